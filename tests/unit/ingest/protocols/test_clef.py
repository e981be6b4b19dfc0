"""Seq's formats: CLEF and raw events, message templates and exceptions."""

import json
from typing import Any

import pytest
from logloop_chassis.messaging.publisher import NotPublished
from logloop_ingest.protocols.clef import rendered

from tests.unit.ingest.harness import KEY, ingest_service

CLEF = "/ingest/clef"
EVENT = {
    "@t": "2025-11-22T10:00:00.1234567Z",
    "@mt": "Order {OrderId} by {User}",
    "@l": "Warning",
    "@i": "a1b2",
    "@tr": "4bf9",
    "@sp": "00f0",
    "OrderId": 4711,
    "User": "ann",
    "Application": "checkout",
    "@@odd": 1,
}


def lines(*events: Any) -> bytes:
    return b"\n".join(json.dumps(event).encode() for event in events)


@pytest.mark.parametrize("path", [CLEF, "/api/events/raw?clef", "/api/events/raw"])
async def test_an_event_is_a_log_with_its_message_rendered(path: str) -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(path, lines(EVENT), X_Seq_ApiKey=KEY, Authorization="")
        assert (answer.status_code, answer.json()) == (201, {"MinimumLevelAccepted": None})
        [log] = ingest.broker.logs
    assert (log["service_id"], log["severity"], log["message"]) == ("checkout", "warn", "Order 4711 by ann")
    assert log["timestamp"].isoformat() == "2025-11-22T10:00:00.123456+00:00"
    assert json.loads(log["attributes"]) == {
        "message_template": "Order {OrderId} by {User}", "severity_text": "Warning", "event_type": "a1b2",
        "trace_id": "4bf9", "span_id": "00f0", "OrderId": 4711, "User": "ann", "@odd": 1,
    }  # fmt: skip


async def test_raw_events_become_the_same_logs_as_clef() -> None:
    raw = {
        "Timestamp": EVENT["@t"],
        "Level": "Warning",
        "MessageTemplate": EVENT["@mt"],
        "EventType": "a1b2",
        "TraceId": "4bf9",
        "SpanId": "00f0",
        "Properties": {"OrderId": 4711, "User": "ann", "Application": "checkout", "@odd": 1},
    }
    async with ingest_service() as ingest:
        await ingest.send(CLEF, lines(EVENT))
        answer = await ingest.send("/api/events/raw", lines({"Events": [raw, 7]}), Content_Type="application/json")
        assert answer.status_code == 201
        assert "1 events were rejected" in answer.json()["Error"]
        first, second = ingest.broker.logs
    unlike = {"batch", "row"}
    assert {k: v for k, v in first.items() if k not in unlike} == {k: v for k, v in second.items() if k not in unlike}


@pytest.mark.parametrize(
    ("template", "renderings", "message"),
    [
        ("{A} and {@B} and {$C}", None, 'x and {"n":1} and true'),
        ("{{A}} {Missing} {A,10}", None, "{A} {Missing} x"),
        ("{N:000} {A} {N:x}", ["007", "7"], "007 x 7"),
        ("{N:000}", [], "7"),
        ("no holes } {", None, "no holes } {"),
    ],
)
def test_a_template_is_rendered(template: str, renderings: Any, message: str) -> None:
    assert rendered(template, {"A": "x", "B": {"n": 1}, "C": True, "N": 7}, renderings) == message


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ("Verbose", "debug"),
        ("Debug", "debug"),
        ("Information", "info"),
        ("Error", "error"),
        ("Fatal", "error"),
        (None, "info"),
    ],
)
async def test_a_level_is_one_of_serilog_and_information_without_one(level: str | None, severity: str) -> None:
    event = {"@t": EVENT["@t"], "@m": "ERROR in the text", **({} if level is None else {"@l": level})}
    async with ingest_service() as ingest:
        await ingest.send(CLEF, lines(event))
        assert [log["severity"] for log in ingest.broker.logs] == [severity]


@pytest.mark.parametrize(
    ("exception", "named"),
    [
        ("System.InvalidOperationException: boom\n   at Shop.Pay()", "System.InvalidOperationException: boom"),
        ('Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: boom', "ValueError: boom"),
    ],
)
async def test_the_message_names_the_exception_and_an_attribute_has_its_stack_trace(
    exception: str, named: str
) -> None:
    async with ingest_service() as ingest:
        await ingest.send(CLEF, lines({"@t": EVENT["@t"], "@mt": "failed", "@x": exception}, {"@x": exception}))
        first, second = ingest.broker.logs
    assert first["message"] == f"failed\n{named}"
    assert second["message"] == named
    assert json.loads(first["attributes"])["exception.stacktrace"] == exception


async def test_a_full_queue_is_an_unavailable_server() -> None:
    async with ingest_service() as ingest:
        ingest.broker.failure = NotPublished("full", "full")
        answer = await ingest.send(CLEF, lines(EVENT))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_body_without_events_is_refused_and_a_retry_is_stored_once() -> None:
    async with ingest_service() as ingest:
        for body in (b"", b"hello", b'{"Events":'):
            answer = await ingest.send(CLEF, body)
            assert answer.status_code == 400
            assert answer.json()["Error"]
        for _ in range(2):
            await ingest.send(CLEF, lines(EVENT))
        assert len(ingest.broker.logs) == 1
