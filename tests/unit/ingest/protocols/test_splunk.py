"""Splunk's HTTP Event Collector: what becomes of an event, and the codes that its clients react to."""

import json
from typing import Any

import pytest
from logloop_chassis.http.problems import Unauthorized
from logloop_chassis.messaging.publisher import NotPublished
from logloop_ingest.protocols.protocol import Envelope
from logloop_ingest.protocols.splunk import refused

from tests.unit.ingest.harness import KEY, ingest_service

EVENTS = "/services/collector/event"
RAW = "/services/collector/raw"
SPLUNK = {"Authorization": f"Splunk {KEY}"}
SUCCESS = {"text": "Success", "code": 0}
EVENT = {
    "time": 1763805600.123,
    "host": "web-1",
    "source": "checkout",
    "sourcetype": "_json",
    "index": "main",
    "event": {"message": "payment failed", "level": "error", "order": 4711},
    "fields": {"region": "eu"},
}


@pytest.mark.parametrize("path", ["/services/collector", EVENTS, f"{EVENTS}/1.0"])
async def test_an_event_is_a_log_with_its_metadata_as_attributes(path: str) -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(path, json.dumps(EVENT).encode(), **SPLUNK)
        assert (answer.status_code, answer.json()) == (200, SUCCESS)
        [log] = ingest.broker.logs
    assert (log["service_id"], log["severity"], log["message"]) == ("checkout", "error", "payment failed")
    assert log["source"] == "checkout"
    assert log["timestamp"].isoformat() == "2025-11-22T10:00:00.123000+00:00"
    assert json.loads(log["attributes"]) == {
        "host": "web-1", "sourcetype": "_json", "index": "main", "order": 4711, "region": "eu",
    }  # fmt: skip


@pytest.mark.parametrize("separator", ["", "\n", " \r\n\r\n"])
async def test_events_follow_each_other_in_any_way(separator: str) -> None:
    body = separator.join(json.dumps({"event": f"line {n}"}) for n in range(3)).encode()
    async with ingest_service() as ingest:
        assert (await ingest.send(EVENTS, body, **SPLUNK)).json() == SUCCESS
        array = await ingest.send(EVENTS, json.dumps([{"event": "line 3"}]).encode(), **SPLUNK)
        assert array.json() == SUCCESS
        assert [log["message"] for log in ingest.broker.logs] == ["line 0", "line 1", "line 2", "line 3"]


@pytest.mark.parametrize(
    ("source", "service"),
    [
        ("checkout", "checkout"),
        ("/var/log/pay.log", "unknown"),
        ("C:\\logs\\pay.log", "unknown"),
        ("http:token", "unknown"),
    ],
)
async def test_a_source_that_is_no_file_names_the_service(source: str, service: str) -> None:
    async with ingest_service() as ingest:
        await ingest.send(EVENTS, json.dumps({"event": "x", "source": source}).encode(), **SPLUNK)
        assert [(log["service_id"], log["source"]) for log in ingest.broker.logs] == [(service, source)]


async def test_nothing_is_lost_where_event_and_metadata_have_the_same_names() -> None:
    event = {"event": {"line": "slow", "source": "stdout", "host": "inner"}, "host": "outer", "source": "docker"}
    async with ingest_service() as ingest:
        await ingest.send(EVENTS, json.dumps(event).encode(), **SPLUNK)
        [log] = ingest.broker.logs
    assert (log["message"], log["source"]) == ("slow", "stdout")
    assert json.loads(log["attributes"]) == {"host": "inner", "splunk.host": "outer", "splunk.source": "docker"}


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"sourcetype": "x"}, 12),
        ({"event": None}, 12),
        ({"event": ""}, 13),
        ({"event": {}}, 13),
        ({"event": "x", "fields": [1]}, 15),
        ({"event": "x", "time": 99999999999}, 6),
        ("no object", 6),
    ],
)
async def test_the_first_bad_event_is_named_and_the_others_are_stored(bad: Any, code: int) -> None:
    body = json.dumps([{"event": "first"}, bad, {"event": "last"}]).encode()
    async with ingest_service() as ingest:
        answer = await ingest.send(EVENTS, body, **SPLUNK)
        assert answer.status_code == 400
        assert (answer.json()["code"], answer.json()["invalid-event-number"]) == (code, 1)
        assert [log["message"] for log in ingest.broker.logs] == ["first", "last"]


async def test_broken_json_is_invalid_data_and_what_comes_before_it_is_stored() -> None:
    async with ingest_service() as ingest:
        some = await ingest.send(EVENTS, b'{"event":"good"}{"event": ', **SPLUNK)
        assert (some.status_code, some.json()["code"], some.json()["invalid-event-number"]) == (400, 6, 1)
        none = await ingest.send(EVENTS, b"hello", **SPLUNK)
        assert (none.status_code, none.json()["code"]) == (400, 6)
        assert [log["message"] for log in ingest.broker.logs] == ["good"]


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [(None, 401, 2), ("Splunk", 401, 3), ("Digest abc", 401, 3), ("Splunk 12345-abc", 403, 4)],
)
def test_a_missing_or_wrong_token_has_its_own_code(authorization: str | None, status: int, code: int) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    answer = refused(Envelope(EVENTS, {}, {}, headers, 0), Unauthorized())
    assert (answer.status, json.loads(answer.body)["code"]) == (status, code)


async def test_an_unknown_token_is_refused() -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(EVENTS, b'{"event":"x"}', Authorization="Splunk llk_wrong_key")
        assert (answer.status_code, answer.json()["code"]) == (403, 4)


async def test_a_body_without_data_or_too_much_of_it_is_refused() -> None:
    async with ingest_service() as ingest:
        for path in (EVENTS, RAW):
            answer = await ingest.send(path, b" \n", **SPLUNK)
            assert (answer.status_code, answer.json()["code"]) == (400, 5)
        many = await ingest.send(EVENTS, b'{"event":"x"}' * 10_001, **SPLUNK)
        assert (many.status_code, many.json()["code"]) == (413, 27)
        assert ingest.broker.logs == []


async def test_an_outage_is_a_busy_server() -> None:
    async with ingest_service() as ingest:
        for reason in ("full", "unreachable"):
            ingest.broker.failure = NotPublished(reason, "no confirm")
            answer = await ingest.send(EVENTS, b'{"event":"x"}', **SPLUNK)
            assert (answer.status_code, answer.json()["code"]) == (503, 9)
            assert int(answer.headers["retry-after"]) > 0


async def test_lines_have_the_metadata_of_their_request() -> None:
    path = f"{RAW}/1.0?channel=00000000-0000-0000-0000-000000000001&source=/var/log/pay.log&host=web-1&service=pay"
    async with ingest_service() as ingest:
        answer = await ingest.send(path, b"ERROR payment failed\r\n\n  second\n", **SPLUNK)
        assert answer.status_code == 200
        assert answer.json()["code"] == 0
        logs = ingest.broker.logs
    assert [(log["service_id"], log["severity"], log["message"]) for log in logs] == [
        ("pay", "error", "ERROR payment failed"),
        ("pay", "info", "  second"),
    ]
    assert {log["source"] for log in logs} == {"/var/log/pay.log"}
    assert json.loads(logs[0]["attributes"]) == {"host": "web-1"}


async def test_a_confirmed_request_of_a_channel_has_an_acknowledgement() -> None:
    channel = {"X-Splunk-Request-Channel": "00000000-0000-0000-0000-000000000001", **SPLUNK}
    async with ingest_service() as ingest:
        ids = [
            (await ingest.send(EVENTS, b'{"event":"x"}', **channel)).json()["ackId"],
            (await ingest.send(f"{EVENTS}?channel=c", b'{"event":"y"}', **SPLUNK)).json()["ackId"],
        ]
        assert len(set(ids)) == 2
        asked = await ingest.send("/services/collector/ack", json.dumps({"acks": ids}).encode(), **channel)
        assert asked.json() == {"acks": {str(ack): True for ack in ids}}
        unnamed = await ingest.send("/services/collector/ack", b'{"acks":[1]}', **SPLUNK)
        assert (unnamed.status_code, unnamed.json()["code"]) == (400, 10)
        for body in (b"x", b"{}", b"[]", b'{"acks":["1"]}'):
            assert (await ingest.send("/services/collector/ack", body, **channel)).json()["code"] == 6


async def test_health_needs_no_key_and_acknowledgements_do() -> None:
    async with ingest_service() as ingest:
        health = await ingest.send("/services/collector/health", b"", method="GET", Authorization="Splunk llk_no_key")
        assert (health.status_code, health.json()["code"]) == (200, 17)
        ack = await ingest.send("/services/collector/ack?channel=c", b"{}", Authorization="Splunk llk_no_key")
        assert (ack.status_code, ack.json()["code"]) == (403, 4)


async def test_a_retry_is_stored_once_and_events_without_times_are_never_taken_for_one() -> None:
    async with ingest_service() as ingest:
        for _ in range(2):
            assert (await ingest.send(EVENTS, json.dumps(EVENT).encode(), **SPLUNK)).json() == SUCCESS
        assert len(ingest.broker.logs) == 1
        for _ in range(2):
            await ingest.send(EVENTS, b'{"event":"timeless"}', **SPLUNK)
            await ingest.send(RAW, b"timeless", **SPLUNK)
        assert len(ingest.broker.logs) == 5
