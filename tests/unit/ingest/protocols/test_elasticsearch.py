"""The bulk API: an answer for each action, what documents become, and what clients ask before."""

import json
from typing import Any

import pytest
from logloop_chassis.messaging.publisher import NotPublished
from logloop_ingest.protocols.elasticsearch import service_of_index

from tests.unit.ingest.harness import ingest_service

NDJSON = "application/x-ndjson"
DOCUMENT = {
    "@timestamp": "2025-11-22T10:00:00.123Z",
    "message": "payment failed",
    "log.level": "ERROR",
    "service": {"name": "checkout"},
    "http": {"status": 502},
}


def bulk(*pairs: tuple[dict[str, Any], Any]) -> bytes:
    lines = [part if isinstance(part, bytes) else json.dumps(part).encode() for pair in pairs for part in pair]
    return b"\n".join(lines) + b"\n"


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("path", ["/_bulk", "/elasticsearch/_bulk", "/logs-shop/_bulk"])
async def test_a_document_is_a_log(method: str, path: str) -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(path, bulk(({"create": {}}, DOCUMENT)), Content_Type=NDJSON, method=method)
        assert answer.status_code == 200
        assert answer.headers["x-elastic-product"] == "Elasticsearch"
        document = answer.json()
        assert document["errors"] is False
        assert document["items"][0]["create"]["status"] == 201
        [log] = ingest.broker.logs
    assert (log["service_id"], log["severity"], log["message"]) == ("checkout", "error", "payment failed")
    assert log["timestamp"].isoformat() == "2025-11-22T10:00:00.123000+00:00"
    assert json.loads(log["attributes"])["http"] == {"status": 502}


async def test_each_action_has_its_own_answer_in_order() -> None:
    body = bulk(
        ({"index": {"_index": "shop-2026.11.22", "_id": "7"}}, DOCUMENT),
        ({"create": {}}, b"{not json"),
        ({"update": {"_id": "1"}}, {"doc": {}}),
        ({"create": {}}, {**DOCUMENT, "@timestamp": "2199-01-01T00:00:00Z"}),
        ({"create": {}}, {"message": "second"}),
    )
    async with ingest_service() as ingest:
        document = (await ingest.send("/_bulk", body, Content_Type=NDJSON)).json()
        assert document["errors"] is True
        [actions] = zip(*[item.items() for item in document["items"]], strict=True)
        assert [action for action, _ in actions] == ["index", "create", "update", "create", "create"]
        assert [status["status"] for _, status in actions] == [201, 400, 400, 400, 201]
        assert actions[0][1]["_id"] == "7"
        assert "not JSON" in actions[1][1]["error"]["reason"]
        assert [log["message"] for log in ingest.broker.logs] == ["payment failed", "second"]


async def test_a_delete_has_no_document() -> None:
    body = json.dumps({"delete": {"_id": "1"}}).encode() + b"\n" + bulk(({"create": {}}, DOCUMENT))
    async with ingest_service() as ingest:
        document = (await ingest.send("/_bulk", body, Content_Type=NDJSON)).json()
        assert [next(iter(item)) for item in document["items"]] == ["delete", "create"]
        assert len(ingest.broker.logs) == 1


@pytest.mark.parametrize("body", [b"hello\n", b'{"create":{},"index":{}}\n{}\n', b'{"create":1}\n{}\n'])
async def test_a_line_that_is_no_action_refuses_the_request(body: bytes) -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send("/_bulk", body, Content_Type=NDJSON)
        assert answer.status_code == 400
        assert "bulk request" in answer.json()["error"]["reason"]
        assert answer.headers["x-elastic-product"] == "Elasticsearch"


@pytest.mark.parametrize(
    ("index", "service"),
    [
        ("checkout", "checkout"),
        ("checkout-2026.11.22", "checkout"),
        ("logs-checkout-default", "checkout"),
        (".ds-logs-shop.web-default-2026.11.22-000001", "shop.web"),
        ("", None),
    ],
)
def test_the_name_of_an_index_is_a_service_without_its_date(index: str, service: str | None) -> None:
    assert service_of_index(index) == service


async def test_clients_find_an_elasticsearch_that_is_ready() -> None:
    async with ingest_service() as ingest:
        information = await ingest.send("/elasticsearch/", b"", method="GET")
        assert information.headers["x-elastic-product"] == "Elasticsearch"
        assert information.json()["version"]["number"].startswith("8.")
        licence = await ingest.send("/elasticsearch/_license", b"", method="GET")
        assert licence.json()["license"]["status"] == "active"
        template = await ingest.send("/elasticsearch/_index_template/filebeat-9", b"{}", method="PUT")
        assert template.json() == {"acknowledged": True}
        assert (await ingest.send("/elasticsearch/filebeat", b"", method="HEAD")).status_code == 200
        anonymous = await ingest.send("/elasticsearch/", b"", method="GET", Authorization="Bearer llk_no_key")
        assert anonymous.status_code == 401


# -- refusals

FULL = NotPublished("full", "the queue is full")
AWAY = NotPublished("unreachable", "RabbitMQ is away")
PYTHON_HELPER = {"X_Elastic_Client_Meta": "es=9.5.1,py=3.11.7,t=9.1.0,ur=2.5.0,h=bp"}
JS_HELPER = {"X_Elastic_Client_Meta": "es=9.4.3,js=24.19.0,t=9.1.0,hc=24.19.0,h=bp"}


@pytest.mark.parametrize(
    ("failure", "client"),
    [(FULL, {}), (FULL, {"User_Agent": "Fluent-Bit"}), (FULL, JS_HELPER), (AWAY, JS_HELPER), (AWAY, PYTHON_HELPER)],
)
async def test_a_refusal_has_status_429_for_each_action_so_that_clients_send_them_again(
    failure: NotPublished, client: dict[str, str]
) -> None:
    body = bulk(({"index": {"_index": "shop", "_id": "7"}}, DOCUMENT), ({"create": {}}, DOCUMENT))
    async with ingest_service() as ingest:
        ingest.broker.failure = failure
        answer = await ingest.send("/_bulk", body, Content_Type=NDJSON, **client)
        assert answer.status_code == 200
        document = answer.json()
        assert document["errors"] is True
        assert [next(iter(item)) for item in document["items"]] == ["index", "create"]
        items = [status for item in document["items"] for status in item.values()]
        assert {(item["status"], item["error"]["type"]) for item in items} == {
            (429, "es_rejected_execution_exception")
        }
        assert "send again" in items[0]["error"]["reason"]
        assert (items[0]["_index"], items[0]["_id"]) == ("shop", "7")
        ingest.broker.failure = None
        again = await ingest.send("/_bulk", body, Content_Type=NDJSON, **client)
        assert again.json()["errors"] is False
        assert len(ingest.broker.logs) == 2


@pytest.mark.parametrize(
    ("failure", "client", "status"),
    [
        (FULL, {"User_Agent": "Vector/0.57.0 (x86_64-unknown-linux-gnu)"}, 429),
        (FULL, {"User_Agent": "go-elasticsearch/9.4.0 (linux amd64; Go 1.26)"}, 429),
        (AWAY, {"User_Agent": "Vector/0.57.0"}, 503),
        (AWAY, {"User_Agent": "opensearch-py/3.2.0"}, 503),
        (AWAY, {"X_Elastic_Client_Meta": "es=9.5.1,py=3.11.7"}, 503),
        (AWAY, {"X_Elastic_Client_Meta": "es=9.4.0,go=1.26,h=bp"}, 503),
    ],
)
async def test_clients_that_send_only_requests_again_get_the_status_of_the_request(
    failure: NotPublished, client: dict[str, str], status: int
) -> None:
    async with ingest_service() as ingest:
        ingest.broker.failure = failure
        answer = await ingest.send("/_bulk", bulk(({"create": {}}, DOCUMENT)), Content_Type=NDJSON, **client)
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert int(answer.headers["retry-after"]) > 0


async def test_a_body_that_was_not_read_is_refused_as_a_whole() -> None:
    async with ingest_service(max_in_flight=100) as ingest:
        with ingest.in_flight.reserve() as other:
            other.grow_to(90)
            answer = await ingest.send("/_bulk", bulk(({"create": {}}, DOCUMENT)), Content_Type=NDJSON)
    assert answer.status_code == 429
    assert answer.json()["error"]["type"] == "es_rejected_execution_exception"
