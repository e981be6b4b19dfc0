"""The architecture tour: one log on its way through the queue and the segment to a search.

Each test examines the next stage through public formats only: an AMQP message, an Arrow stream, a MongoDB document,
an HTTP response. Read it from top to bottom, next to docs/overview.md.
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
from logloop.plain_http import WITHOUT_TLS
from pymongo import MongoClient

from tests.fundamentals.conftest import TourPlatform, eventually

pytestmark = pytest.mark.xdist_group("fundamentals")

MESSAGE = "order 4711 was not paid within 30 s"
AT = datetime.now(UTC).replace(microsecond=123_456)


@dataclass
class Journey:
    """The data captured at each stage."""

    message: aio_pika.abc.AbstractIncomingMessage
    receipt: dict[str, Any]
    batch: pa.Table
    segment: dict[str, Any]


def arrow(stream: bytes) -> pa.Table:
    """Read an Arrow IPC stream."""
    with pa.ipc.open_stream(stream) as reader:
        return reader.read_all()


async def _send_and_capture(tour: TourPlatform) -> tuple[dict[str, Any], aio_pika.abc.AbstractIncomingMessage]:
    """POST one log while a queue of our own is bound to the exchange of log batches."""
    project = tour.credentials["project"]
    async with await aio_pika.connect(tour.amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("logloop.logs")
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, routing_key=project)
        async with httpx.AsyncClient(base_url=tour.credentials["url"], trust_env=False, verify=WITHOUT_TLS) as http:
            entry = {
                "service_id": "billing",
                "message": MESSAGE,
                "severity": "warning",
                "timestamp": AT.isoformat(),
                "attributes": {"order": {"id": 4711}},
            }
            response = await http.post(
                "/api/v1/logs", json=entry, headers={"Authorization": f"Bearer {tour.credentials['api_key']}"}
            )
        assert response.status_code == 202, response.text
        async with queue.iterator(timeout=30) as messages:
            async for message in messages:
                if MESSAGE in arrow(message.body).column("message").to_pylist():
                    return response.json(), message
    raise AssertionError("no batch on the exchange contained the log")


@pytest.fixture(scope="module")
def journey(tour: TourPlatform) -> Iterator[Journey]:
    receipt, message = asyncio.run(_send_and_capture(tour))
    with MongoClient[dict[str, Any]](tour.mongo_url, tz_aware=True) as mongo:
        segments = mongo[tour.mongo_database]["segments"]

        def stored() -> dict[str, Any] | None:
            return segments.find_one({"parts": {"$regex": f"^{receipt['batch_id']}"}})

        yield Journey(message, receipt, arrow(message.body), eventually(stored))


def test_1_an_accepted_log_is_persisted_by_the_broker(journey: Journey) -> None:
    assert journey.receipt["accepted"] == 1
    assert journey.receipt["rejected"] == []
    assert journey.message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


def test_2_a_message_is_an_arrow_stream_with_batches_of_one_project(tour: TourPlatform, journey: Journey) -> None:
    assert journey.message.routing_key == tour.credentials["project"]
    assert journey.message.content_type == "application/vnd.apache.arrow.stream"

    row = next(row for row in journey.batch.to_pylist() if row["message"] == MESSAGE)
    assert row["batch"] == journey.receipt["batch_id"]
    assert row["row"] == 0
    assert row["timestamp"] == AT
    assert row["severity"] == "warn"  # one of four severities; the sender's original value is an attribute
    assert row["pattern"] == "order <*> was not paid within <*> s"
    assert '"order":{"id":4711}' in row["attributes"]


def test_3_a_segment_stores_the_rows_of_one_project_and_hour_as_columns(tour: TourPlatform, journey: Journey) -> None:
    segment = journey.segment
    assert segment["project_id"] == tour.credentials["project"]
    assert segment["hour"] == int(AT.timestamp()) // 3600
    assert segment["min_ts"] <= int(AT.timestamp() * 1_000_000) <= segment["max_ts"]

    messages = arrow(segment["columns"]["message"])
    [lengths], [texts] = (messages.column(name).to_pylist() for name in ("lengths", "bytes"))
    assert len(lengths) == segment["count"]
    assert MESSAGE.encode() in texts


def test_4_a_unique_index_stores_each_batch_exactly_once(tour: TourPlatform, journey: Journey) -> None:
    [part] = [part for part in journey.segment["parts"] if part.startswith(journey.receipt["batch_id"])]
    with MongoClient[dict[str, Any]](tour.mongo_url) as mongo:
        segments = mongo[tour.mongo_database]["segments"]
        unique = [index["key"] for index in segments.list_indexes() if index.get("unique")]
        assert any("parts" in key for key in unique)
        assert segments.count_documents({"parts": part}) == 1


def test_5_a_search_finds_the_log_by_words_fields_and_id(tour: TourPlatform, journey: Journey) -> None:
    for query in ("order 4711 paid", "service:billing severity:warn", "attributes.order.id:4711 message:/30 s$/"):
        [found] = tour.client.search(query).items
        assert found.message == MESSAGE
        assert found.id.startswith(journey.receipt["batch_id"])
        assert tour.client.get_log(found.id) == found
