"""The architecture tour: one log on its way through the queue and the segment to a search.

Each test looks at the next station with nothing but public formats: an AMQP message, an Arrow stream, a MongoDB
document, an HTTP response. Read it from top to bottom with docs/overview.md beside it.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aio_pika
import httpx
import pyarrow as pa
import pytest
from pymongo import MongoClient

from tests.fundamentals.conftest import Place, eventually

pytestmark = pytest.mark.xdist_group("fundamentals")

MESSAGE = "order 4711 was not paid within 30 s"
AT = datetime.now(UTC).replace(microsecond=123_456)


@dataclass
class Journey:
    """What the stations have shown so far."""

    message: aio_pika.abc.AbstractIncomingMessage
    receipt: dict[str, Any]
    batch: pa.Table
    segment: dict[str, Any]


def arrow(stream: bytes) -> pa.Table:
    """Read an Arrow IPC stream."""
    with pa.ipc.open_stream(stream) as reader:
        return reader.read_all()


async def _send_and_listen(place: Place) -> tuple[dict[str, Any], aio_pika.abc.AbstractIncomingMessage]:
    """POST one log while a queue of our own is bound to the exchange of log batches."""
    project = place.credentials["project"]
    async with await aio_pika.connect(place.amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("logloop.logs")
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, routing_key=project)
        async with httpx.AsyncClient(base_url=place.credentials["url"], trust_env=False) as http:
            entry = {
                "service_id": "billing",
                "message": MESSAGE,
                "severity": "warning",
                "timestamp": AT.isoformat(),
                "attributes": {"order": {"id": 4711}},
            }
            response = await http.post(
                "/api/v1/logs", json=entry, headers={"Authorization": f"Bearer {place.credentials['api_key']}"}
            )
        assert response.status_code == 202, response.text
        async with queue.iterator(timeout=30) as messages:
            async for message in messages:
                if MESSAGE in arrow(message.body).column("message").to_pylist():
                    return response.json(), message
    raise AssertionError("the exchange carried no batch with the log")


@pytest.fixture(scope="module")
def journey(place: Place) -> Iterator[Journey]:
    receipt, message = asyncio.run(_send_and_listen(place))
    with MongoClient[dict[str, Any]](place.mongo_url, tz_aware=True) as mongo:
        segments = mongo[place.mongo_database]["segments"]

        def stored() -> dict[str, Any] | None:
            return segments.find_one({"parts": {"$regex": f"^{receipt['batch_id']}"}})

        yield Journey(message, receipt, arrow(message.body), eventually(stored))


def test_1_the_response_means_that_the_broker_has_the_log_on_disk(journey: Journey) -> None:
    assert journey.receipt["accepted"] == 1
    assert journey.receipt["rejected"] == []
    assert journey.message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


def test_2_the_message_is_one_arrow_stream_of_the_batches_of_one_project(place: Place, journey: Journey) -> None:
    assert journey.message.routing_key == place.credentials["project"]
    assert journey.message.content_type == "application/vnd.apache.arrow.stream"

    row = next(row for row in journey.batch.to_pylist() if row["message"] == MESSAGE)
    assert row["batch"] == journey.receipt["batch_id"]
    assert row["row"] == 0
    assert row["timestamp"] == AT
    assert row["severity"] == "warn"  # one of four severities; the sender's own word is an attribute
    assert row["pattern"] == "order <*> was not paid within <*> s"
    assert '"order":{"id":4711}' in row["attributes"]


def test_3_the_segment_holds_the_rows_of_one_project_and_hour_as_compressed_columns(
    place: Place, journey: Journey
) -> None:
    segment = journey.segment
    assert segment["project_id"] == place.credentials["project"]
    assert segment["hour"] == int(AT.timestamp()) // 3600
    assert segment["min_ts"] <= int(AT.timestamp() * 1_000_000) <= segment["max_ts"]

    messages = arrow(segment["columns"]["message"]).column(0).to_pylist()
    assert len(messages) == segment["count"]
    assert MESSAGE in messages


def test_4_a_unique_index_on_the_parts_stores_every_batch_exactly_once(place: Place, journey: Journey) -> None:
    [part] = [part for part in journey.segment["parts"] if part.startswith(journey.receipt["batch_id"])]
    with MongoClient[dict[str, Any]](place.mongo_url) as mongo:
        segments = mongo[place.mongo_database]["segments"]
        unique = [index["key"] for index in segments.list_indexes() if index.get("unique")]
        assert any("parts" in key for key in unique)
        assert segments.count_documents({"parts": part}) == 1


def test_5_a_search_finds_the_log_by_its_words_its_fields_and_its_id(place: Place, journey: Journey) -> None:
    for query in ("order 4711 paid", "service:billing severity:warn", "attributes.order.id:4711 message:/30 s$/"):
        [found] = place.client.search(query).items
        assert found.message == MESSAGE
        assert found.id.startswith(journey.receipt["batch_id"])
        assert place.client.get_log(found.id) == found
