"""Sentry's envelopes: logs, errors with their stack traces, and what is counted only."""

import gzip
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from logloop_chassis.messaging.publisher import NotPublished
from prometheus_client import REGISTRY

from tests.unit.ingest.harness import KEY, ingest_service

ENVELOPE = "/api/7/envelope/"
AUTH = {"X_Sentry_Auth": f"Sentry sentry_key={KEY}, sentry_version=7", "Authorization": ""}
TIME = 1763805600.123456
EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"


def envelope(*items: tuple[dict[str, Any], Any], with_length: bool = True) -> bytes:
    body = json.dumps({"event_id": EVENT_ID, "dsn": "http://key@host/7"}).encode() + b"\n"
    for header, payload in items:
        content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        stated = {**header, "length": len(content)} if with_length else header
        body += json.dumps(stated).encode() + b"\n" + content + b"\n"
    return body


def log(message: str, **attributes: Any) -> dict[str, Any]:
    stated = {name: {"value": value, "type": "string"} for name, value in attributes.items()}
    return {
        "timestamp": TIME, "trace_id": "4bf9", "level": "warn", "severity_number": 13, "body": message,
        "attributes": stated,
    }  # fmt: skip


@pytest.mark.parametrize("with_length", [True, False])
async def test_a_batch_of_logs_becomes_logs(with_length: bool) -> None:
    batch = {"items": [log("slow", **{"sentry.release": "shop@1.2", "order": 7}), log("second")]}
    async with ingest_service() as ingest:
        body = envelope(({"type": "log", "item_count": 2}, batch), with_length=with_length)
        answer = await ingest.send(ENVELOPE, body, **AUTH)
        assert (answer.status_code, answer.json()) == (200, {"id": EVENT_ID})
        first, second = ingest.broker.logs
    assert (first["service_id"], first["severity"], first["message"]) == ("shop", "warn", "slow")
    assert first["timestamp"].isoformat() == "2025-11-22T10:00:00.123456+00:00"
    assert json.loads(first["attributes"]) == {
        "trace_id": "4bf9", "severity_number": 13, "sentry.release": "shop@1.2", "order": 7,
    }  # fmt: skip
    assert second["service_id"] == "sentry-7"


async def test_an_error_has_its_exception_in_the_message_and_its_stack_trace_as_an_attribute() -> None:
    frames = [
        {"function": "main", "module": "shop", "filename": "shop.py", "lineno": 3, "context_line": "    pay()"},
        {"function": "charge", "module": "shop.pay", "abs_path": "/app/pay.py", "lineno": 7},
    ]
    event = {
        "event_id": EVENT_ID,
        "timestamp": "2025-11-22T10:00:00.123456Z",
        "logentry": {"message": "order %s failed", "params": ["4711"], "formatted": "order 4711 failed"},
        "exception": {
            "values": [
                {"type": "OSError", "value": "refused"},
                {"type": "PaymentError", "value": "declined", "stacktrace": {"frames": frames}},
            ]
        },
        "contexts": {"trace": {"trace_id": "4bf9", "span_id": "00f0"}, "runtime": {"name": "CPython"}},
        "tags": {"region": "eu"},
        "extra": {"order": 4711},
        "release": "shop@1.2",
        "environment": "test",
    }
    async with ingest_service() as ingest:
        answer = await ingest.send(ENVELOPE, envelope(({"type": "event"}, event)), **AUTH)
        assert answer.status_code == 200
        [entry] = ingest.broker.logs
    assert (entry["service_id"], entry["severity"], entry["func_id"]) == ("shop", "error", "shop.pay:charge")
    assert entry["message"] == "order 4711 failed\nPaymentError: declined"
    attributes = json.loads(entry["attributes"])
    assert attributes["exception.type"] == "PaymentError"
    assert attributes["exception.stacktrace"].splitlines() == [
        "OSError: refused",
        "",
        "Traceback (most recent call last):",
        '  File "shop.py", line 3, in main',
        "    pay()",
        '  File "/app/pay.py", line 7, in charge',
        "PaymentError: declined",
    ]
    for name, value in (("region", "eu"), ("order", 4711), ("trace_id", "4bf9"), ("environment", "test")):
        assert attributes[name] == value


async def test_a_message_is_no_error() -> None:
    async with ingest_service() as ingest:
        await ingest.send(ENVELOPE, envelope(({"type": "event"}, {"message": "hello", "level": "info"})), **AUTH)
        [entry] = ingest.broker.logs
    assert (entry["severity"], entry["message"]) == ("info", "hello")


async def test_what_is_no_log_is_counted_and_the_rest_of_the_envelope_is_stored() -> None:
    def ignored(kind: str) -> float:
        return REGISTRY.get_sample_value("logloop_ingest_ignored_total", {"door": "sentry", "kind": kind}) or 0

    before = ignored("transaction"), ignored("other")
    body = envelope(
        ({"type": "transaction"}, b'{"x":\n1}'),
        ({"type": "new kind"}, {}),
        ({"type": "log"}, {"items": [log("kept")]}),
    )
    async with ingest_service() as ingest:
        assert (await ingest.send(ENVELOPE, body, **AUTH)).status_code == 200
        only = envelope(({"type": "session"}, {}))
        assert (await ingest.send(ENVELOPE, only, **AUTH)).status_code == 200
        assert [entry["message"] for entry in ingest.broker.logs] == ["kept"]
    assert (ignored("transaction"), ignored("other")) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]\n",
        b"{}\nhello\n",
        b"{}\n{}\n",
        b'{}\n{"type":"log","length":9}\n{}',
        b'{}\n{"type":"log","length":-1}',
    ],
)
async def test_a_body_that_is_no_envelope_is_refused(body: bytes) -> None:
    async with ingest_service() as ingest:
        answer = await ingest.send(ENVELOPE, body, **AUTH)
        assert answer.status_code == 400
        assert "envelope" in answer.json()["detail"]


async def test_a_bad_log_is_counted_and_the_others_are_stored() -> None:
    body = envelope(({"type": "log"}, {"items": ["no object", log("kept")]}), ({"type": "event"}, b"{broken"))
    async with ingest_service() as ingest:
        answer = await ingest.send(ENVELOPE, body, **AUTH)
        assert answer.status_code == 200
        assert answer.json()["detail"].startswith("2 rejected")
        assert [entry["message"] for entry in ingest.broker.logs] == ["kept"]


async def test_a_full_queue_tells_clients_how_long_to_wait() -> None:
    async with ingest_service() as ingest:
        ingest.broker.failure = NotPublished("full", "full")
        answer = await ingest.send(ENVELOPE, envelope(({"type": "log"}, {"items": [log("x")]})), **AUTH)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
        assert answer.headers["x-sentry-rate-limits"] == "5::organization:queue_full"
        wrong = await ingest.send(ENVELOPE, envelope(), X_Sentry_Auth="Sentry sentry_key=x", Authorization="")
        assert wrong.status_code == 403


async def test_a_retry_is_stored_once() -> None:
    async with ingest_service() as ingest:
        for _ in range(2):
            await ingest.send(ENVELOPE, envelope(({"type": "log"}, {"items": [log("x")]})), **AUTH)
        assert len(ingest.broker.logs) == 1


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
async def test_a_tunnel_has_its_key_in_the_header_of_the_envelope_only(compress: Callable[[bytes], bytes]) -> None:
    encoding = {"Content_Encoding": "gzip"} if compress is gzip.compress else {}
    batch = {"type": "log"}, {"items": [log("through a tunnel")]}
    async with ingest_service(needs_key=True) as ingest:

        async def send(dsn: Any) -> httpx.Response:
            body = json.dumps({"dsn": dsn}).encode() + b"\n" + envelope(batch).partition(b"\n")[2]
            return await ingest.send(ENVELOPE, compress(body), Authorization="", **encoding)

        assert (await send(f"https://{KEY}@logs.example.org/7")).status_code == 200
        for dsn in ("https://llk_no_key@logs.example.org/7", "https://logs.example.org/7", "https://[", 7, None):
            assert (await send(dsn)).status_code == 403
        assert (await ingest.send(ENVELOPE, b"\x1f\x8bno gzip", Authorization="", **encoding)).status_code == 403
        assert [entry["message"] for entry in ingest.broker.logs] == ["through a tunnel"]


async def test_a_first_line_that_is_endless_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 2**20:
            sent += 1024
            yield b" " * 1024

    async with ingest_service(needs_key=True) as ingest:
        answer = await ingest.client.post(ENVELOPE, content=endless())
    assert (answer.status_code, sent) == (403, 16 * 1024)
