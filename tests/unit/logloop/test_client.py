"""The clients over an in-memory transport: retries, rejected entries, paging, errors, event streams."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from logloop import AsyncClient, Client, errors
from logloop.api.encoding import moment_text
from logloop.api.retry import Backoff, parse_retry_after
from logloop.api.sse import read_events
from logloop.connection import resolve, save_config
from logloop_contracts import LogEntry

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("URL", "API_KEY", "PROJECT", "SERVICE"):
        monkeypatch.delenv(f"LOGLOOP_{name}", raising=False)
    monkeypatch.setenv("LOGLOOP_CONFIG", str(tmp_path / "config.json"))
    monkeypatch.setenv("LOGLOOP_HOME", str(tmp_path / "home"))


def client(handler: Handler, **options: Any) -> Client:
    made = Client(
        "http://logs.test", "llk_x", project="shop", service="cart", http=httpx.MockTransport(handler), **options
    )
    made._transport._sleep = lambda _seconds: None
    return made


def body(request: httpx.Request) -> list[dict[str, Any]]:
    raw = request.content
    if request.headers.get("content-encoding") == "gzip":
        raw = gzip.decompress(raw)
    return [json.loads(line) for line in raw.splitlines()]


def accepted(request: httpx.Request) -> httpx.Response:
    return httpx.Response(202, json={"accepted": len(body(request)), "rejected": []})


def log(number: int) -> dict[str, Any]:
    return {
        "id": f"i{number}", "project_id": "shop", "service_id": "cart", "message": f"m{number}", "severity": "info",
        "timestamp": "2026-11-22T10:00:00Z", "new_field": 1,
    }  # fmt: skip


def test_missing_fields_of_an_entry_are_filled_in() -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return accepted(request)

    result = client(respond).log("paid", attributes={"amount": 3})
    assert result.accepted == 1
    [entry] = body(seen[0])
    assert (entry["project_id"], entry["service_id"], entry["severity"]) == ("shop", "cart", "info")
    assert datetime.fromisoformat(entry["timestamp"]).tzinfo is not None
    assert seen[0].headers["authorization"] == "Bearer llk_x"
    assert seen[0].headers["idempotency-key"]


def test_a_time_without_a_zone_is_rejected_as_timestamp_but_kept_as_attribute() -> None:
    naive = datetime(2026, 11, 22, 10)  # noqa: DTZ001 - as programs do
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return accepted(request)

    client(respond).send([{"message": "x", "attributes": {"due": naive}}])
    assert body(seen[0])[0]["attributes"] == {"due": "2026-11-22T10:00:00"}
    with pytest.raises(ValueError, match="offset"):
        client(respond).send([{"message": "x", "timestamp": naive}])


def test_a_log_entry_is_sent_unchanged() -> None:
    entry = LogEntry(
        project_id="other", service_id="s", message="m", severity="fatal", timestamp=datetime(2026, 1, 1, tzinfo=UTC)
    )
    seen: list[dict[str, Any]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.extend(body(request))
        return accepted(request)

    client(respond).send([entry])
    assert seen[0]["project_id"] == "other"
    assert seen[0]["severity"] == "error"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_send_is_retried_with_the_same_key_after_a_transient_status(status: int) -> None:
    keys: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        return httpx.Response(status, headers={"Retry-After": "0"}) if len(keys) < 3 else accepted(request)

    assert client(respond).log("x").accepted == 1
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_send_is_retried_after_a_lost_connection() -> None:
    tries: list[int] = []

    def respond(request: httpx.Request) -> httpx.Response:
        tries.append(1)
        if len(tries) == 1:
            raise httpx.ReadError("reset")
        return accepted(request)

    assert client(respond).log("x").accepted == 1


def test_when_retries_run_out_the_last_error_is_raised_with_advice() -> None:
    with pytest.raises(errors.Unavailable) as caught:
        client(lambda _: httpx.Response(503, headers={"Retry-After": "9"}), retry_for=1).log("x")
    assert caught.value.retry_after == 9

    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(errors.Unreachable, match="logloop up"):
        client(refuse, retry_for=0).log("x")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Refused), (401, errors.NotAuthenticated), (403, errors.NotAllowed), (404, errors.NotFound),
        (409, errors.Refused), (413, errors.Refused), (422, errors.Refused), (500, errors.ServerFault),
        (302, errors.ServerFault),
    ],
)  # fmt: skip
def test_a_permanent_error_is_raised_at_once(status: int, kind: type[errors.LogloopError]) -> None:
    tries: list[int] = []

    def respond(_request: httpx.Request) -> httpx.Response:
        tries.append(1)
        problem = {"title": "No", "detail": "say please", "errors": [{"loc": ["a", "b"], "msg": "wrong"}]}
        return httpx.Response(status, json=problem, headers={"content-type": "application/problem+json"})

    with pytest.raises(kind, match="say please") as caught:
        client(respond).log("x")
    assert type(caught.value) is kind
    assert "a.b: wrong" in str(caught.value)
    assert caught.value.status == status
    assert len(tries) == 1


def test_rejected_entries_keep_their_index_across_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop.api.batches.MAX_BATCH_ENTRIES", 2)

    def respond(request: httpx.Request) -> httpx.Response:
        bad = [{"index": i, "errors": ["no"]} for i, entry in enumerate(body(request)) if entry["message"] == "bad"]
        return httpx.Response(202, json={"accepted": len(body(request)) - len(bad), "rejected": bad})

    messages = ("a", "bad", "b", "bad", "bad")
    result = client(respond).send([{"message": message} for message in messages])
    assert result.accepted == 2
    assert [entry.index for entry in result.rejected] == [1, 3, 4]


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(errors.NotConfigured, match="LOGLOOP_SERVICE"):
        Client("http://logs.test", project="shop", http=httpx.MockTransport(accepted)).log("x")
    with pytest.raises(errors.NotConfigured, match="LOGLOOP_PROJECT"):
        Client("http://logs.test", http=httpx.MockTransport(accepted)).search()
    with pytest.raises(errors.NotConfigured, match="http"):
        Client("logs.test")


def pages(request: httpx.Request) -> httpx.Response:
    first = "cursor" not in request.url.params
    items = [log(1), log(2)] if first else [log(3)]
    return httpx.Response(200, json={"items": items, "next_cursor": "c" if first else None, "took_ms": 3})


def test_every_page_of_a_search_is_read() -> None:
    found = list(client(pages).search_all("severity:info", since="1h", limit=2))
    assert [entry.id for entry in found] == ["i1", "i2", "i3"]
    assert found[0].timestamp == datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_parameters_are_encoded_as_the_api_expects() -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"items": []})

    client(respond).search('a & "b"', since=datetime(2026, 1, 1, tzinfo=UTC), order="asc", project="p2")
    assert dict(seen[0].url.params) == {
        "q": 'a & "b"', "since": "2026-01-01T00:00:00Z", "order": "asc", "project_id": "p2",
    }  # fmt: skip
    with pytest.raises(ValueError, match="offset"):
        moment_text(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake under test


async def test_the_async_client_behaves_the_same() -> None:
    tries: list[int] = []

    def respond(request: httpx.Request) -> httpx.Response:
        tries.append(1)
        if request.method == "POST":
            return httpx.Response(503, headers={"Retry-After": "0"}) if len(tries) == 1 else accepted(request)
        return pages(request)

    transport = httpx.MockTransport(respond)
    async with AsyncClient("http://logs.test", "k", project="shop", service="s", http=transport) as connected:
        assert (await connected.log("x")).accepted == 1
        assert [entry.id async for entry in connected.search_all("x")] == ["i1", "i2", "i3"]


STREAM = (
    b": hello\n\nevent: log\nid: 7\ndata: {\"items\":\ndata: [" + json.dumps(log(1)).encode() + b"]}\n\n"
    b'event: dropped\ndata: {"count": 4}\n\nevent: bye\ndata: {"reason": "finished"}\n\n'
)  # fmt: skip


def event_stream(content: bytes) -> httpx.Response:
    return httpx.Response(200, content=content, headers={"content-type": "text/event-stream; charset=utf-8"})


def test_a_tail_yields_logs_and_reports_dropped_ones() -> None:
    seen: list[str] = []
    connected = client(lambda _: event_stream(STREAM))
    found = list(connected.tail("x", on_event=lambda event: seen.append(event.event)))
    assert [entry.id for entry in found] == ["i1"]
    assert seen == ["log", "dropped", "bye"]


def test_a_tail_resumes_after_the_last_event_of_a_lost_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop.api.client.time.sleep", lambda _seconds: None)
    ids: list[str | None] = []

    def respond(request: httpx.Request) -> httpx.Response:
        ids.append(request.headers.get("last-event-id"))
        return event_stream(STREAM if len(ids) == 3 else STREAM.partition(b"event: dropped")[0])

    assert len(list(client(respond).tail())) == 3
    assert ids == [None, "7", "7"]


def test_a_tail_that_is_resumed_yields_what_it_missed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop.api.client.time.sleep", lambda _seconds: None)
    missed = json.dumps({"items": [log(1), log(2)], "missed": True}).encode()
    bye = b'event: bye\ndata: {"reason": "finished"}\n\n'
    streams = iter([STREAM.partition(b"event: dropped")[0], b"event: log\ndata: " + missed + b"\n\n" + bye])
    found = client(lambda _: event_stream(next(streams))).tail()
    assert [entry.id for entry in found] == ["i1", "i2"]


def test_following_an_analysis_ends_with_its_final_event_or_when_nothing_is_left() -> None:
    stream = (
        b'event: progress\ndata: {"stage":"evidence"}\n\nevent: completed\ndata: {}\n\nevent: progress\ndata: {}\n\n'
    )
    connected = client(lambda _: event_stream(stream))
    assert [event.event for event in connected.follow_analysis("a")] == ["progress", "completed"]
    assert list(client(lambda _: httpx.Response(204)).follow_analysis("a")) == []


def test_events_are_parsed_as_the_standard_says() -> None:
    lines = ["event: a", "data: 1", "data:2", "id: x", "", ": keep-alive", "", "data: 3", "", "event: no data", ""]
    found = list(read_events(event_stream("\r\n".join([*lines, ""]).encode())))
    assert [(event.event, event.data, event.id) for event in found] == [("a", "1\n2", "x"), ("message", "3", "x")]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
async def test_a_unicode_line_separator_in_a_message_does_not_split_the_event(separator: str) -> None:
    items = [{**log(1), "message": f"one{separator}two"}]
    data = json.dumps({"items": items}, ensure_ascii=False)
    content = f'event: log\ndata: {data}\n\nevent: bye\ndata: {{"reason": "finished"}}\n\n'.encode()
    assert [found.message for found in client(lambda _: event_stream(content)).tail()] == [f"one{separator}two"]
    transport = httpx.MockTransport(lambda _: event_stream(content))
    async with AsyncClient("http://logs.test", "k", project="shop", service="s", http=transport) as connected:
        assert [found.message async for found in connected.tail()] == [f"one{separator}two"]


def test_a_response_that_is_not_an_event_stream_is_an_error_not_a_retry() -> None:
    page = httpx.Response(200, content=b"<html>", headers={"content-type": "text/html"})
    with pytest.raises(errors.ServerFault, match="LOGLOOP_URL"):
        list(client(lambda _: page).tail())


def test_retry_after_is_parsed_as_seconds_or_date() -> None:
    now = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
    assert parse_retry_after("2") == 2
    assert parse_retry_after("Sun, 22 Nov 2026 10:00:30 GMT", now) == 30
    assert parse_retry_after("Sun, 22 Nov 2026 09:00:00 GMT", now) == 0
    assert parse_retry_after("soon") is None
    assert parse_retry_after(None) is None


def test_delays_grow_respect_retry_after_and_end_with_the_budget() -> None:
    clock = [0.0]
    backoff = Backoff(10, first=1, longest=4, clock=lambda: clock[0], jitter=lambda: 1.0)
    assert [backoff.next_delay() for _ in range(4)] == [1, 2, 4, 4]
    assert backoff.next_delay(5) == 5.5
    clock[0] = 8.0
    assert backoff.next_delay(5) is None
    assert Backoff(0).next_delay() is None
    assert Backoff(None).next_delay(3600) is not None


def test_the_stored_key_is_used_for_the_stored_address_only(tmp_path: Path) -> None:
    path = save_config({"url": "https://logs.test/", "api_key": "llk_stored", "project": "p"})
    assert path.stat().st_mode & 0o777 == 0o600
    assert resolve().api_key == "llk_stored"
    assert resolve("https://logs.test").api_key == "llk_stored"
    assert resolve("https://evil.test").api_key is None
    assert resolve(api_key="llk_mine").api_key == "llk_mine"
    home = tmp_path / "home"
    home.mkdir()
    (home / "credentials.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "api_key": "llk_local"}))
    assert resolve("http://127.0.0.1:9/").api_key == "llk_local"
    assert not re.search("llk_", repr(resolve()))
