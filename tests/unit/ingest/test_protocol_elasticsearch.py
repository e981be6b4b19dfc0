"""The bulk API: an answer for each action, what documents become, and what clients ask before."""

import json
from typing import Any

import pytest
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
