"""A broker or database that hangs instead of dying, restarts in order, and a full disk."""

import concurrent.futures
import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.system.faults.conftest import NewPlatform, Parts, assert_each_line_once, messages_in, stream_to
from tests.system.platform import Platform, frozen, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(170)]

_GRACE_S = 25.0
_QUICK_S = 5.0
_FOUND_STUCK_S = 45.0
"""The clients give a silent connection up after 33 to 39 s: three heartbeats, found at the next one."""


def test_a_frozen_broker_is_told_as_an_outage_and_loses_nothing(new_platform: NewPlatform, parts: Parts) -> None:
    with new_platform() as platform, _tail_of(platform) as tailed:
        with stream_to(platform) as stream:
            wait_for(lambda: tailed, what="a line in the tail")
            stream.wait_more(300)
            with frozen(parts.rabbit.broker, _FOUND_STUCK_S):
                wait_for(lambda: stream.ledger.refusals[503], timeout_s=12.0, what="a 503 while the broker hangs")
            tailed.clear()
            stream.wait_more(300)
        assert stream.ledger.broken_calls == 0, "a call hung until the client's time-out"
        assert_each_line_once(platform, parts, stream)
        wait_for(lambda: tailed, what="a line in the tail that was open all the time")
        held = _metric(platform, "ingest", "logloop_ingest_in_flight_bytes")
        assert held == 0
        for name in ("ingest", "query"):
            assert platform[name].terminate(_GRACE_S) < _QUICK_S


def test_a_frozen_database_does_not_stop_the_intake(new_platform: NewPlatform, parts: Parts) -> None:
    with new_platform() as platform:
        with stream_to(platform) as stream:
            stream.wait_more(300)
            with frozen(parts.mongo.process, 10.0):
                stream.wait_more(300)
            stream.wait_more(300)
        assert_each_line_once(platform, parts, stream)


def test_rolling_restarts_lose_nothing_and_leave_no_dead_letters(new_platform: NewPlatform, parts: Parts) -> None:
    with new_platform() as platform:
        with stream_to(platform) as stream:
            for _ in range(2):
                for name in ("ingest", "query"):
                    stream.wait_more(200)
                    took = platform[name].terminate(_GRACE_S)
                    assert took < _GRACE_S
                    assert platform[name].child.exit_code() in {0, -15}, platform[name].child.last_lines()
                    platform[name].start()
        assert_each_line_once(platform, parts, stream)


def test_a_live_tail_does_not_keep_query_from_stopping(new_platform: NewPlatform) -> None:
    with new_platform() as platform, platform.query() as client:
        parameters = {"project_id": platform.project}
        with client.stream("GET", "/api/v1/logs/tail", params=parameters, timeout=60.0) as tail:
            assert tail.status_code == 200
            begin = time.monotonic()
            platform["query"].child.signal(15)
            said = "".join(tail.iter_text())
            assert "event: bye" in said
            assert platform["query"].child.wait(_GRACE_S)
            assert time.monotonic() - begin < 15.0


def test_the_same_key_at_the_same_time_is_stored_once(new_platform: NewPlatform, parts: Parts) -> None:
    entries = [_entry(f"same-{number}") for number in range(50)]
    with new_platform() as platform:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: platform.send(entries, key="one and the same"), range(8)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["batch_id"] for answer in answers}) == 1
        platform.send([_entry("last")])
        wait_for(lambda: "last" in messages_in(platform), what="the last line being stored")
        wait_for(lambda: parts.waiting("query.logs") == 0, what="an empty queue")
        stored = messages_in(platform)
        assert sorted(stored) == sorted(entry["message"] for entry in [*entries, _entry("last")])


def test_services_start_without_a_broker_and_find_it_later(new_platform: NewPlatform, parts: Parts) -> None:
    platform = new_platform()
    parts.rabbit.kill()
    _start_alive(platform)
    assert platform["ingest"].status("/readyz") == 503
    _refuses(platform)
    parts.rabbit.start()
    _ready_and_storing(platform)


def test_services_start_without_a_database_and_find_it_later(new_platform: NewPlatform, parts: Parts) -> None:
    platform = new_platform()
    parts.mongo.kill()
    for service in platform.services.values():
        service.start(ready=False)
    time.sleep(2.0)  # time for a service that gives up to do so
    assert all(service.child.is_running() for service in platform.services.values())
    assert all(service.status("/readyz") != 200 for service in platform.services.values())
    parts.mongo.start()
    _ready_and_storing(platform)


def test_a_full_disk_of_the_broker_refuses_lines_and_loses_none(new_platform: NewPlatform, parts: Parts) -> None:
    with new_platform() as platform:
        with stream_to(platform) as stream:
            stream.wait_more(300)
            parts.rabbit.control("set_disk_free_limit", "900000GB")
            try:
                wait_for(lambda: stream.ledger.refusals, timeout_s=20.0, what="a refusal while the disk is full")
            finally:
                parts.rabbit.control("set_disk_free_limit", "50MB")
            stream.wait_more(300)
        assert_each_line_once(platform, parts, stream)


@contextlib.contextmanager
def _tail_of(platform: Platform) -> Iterator[list[str]]:
    """The lines that a live tail of everything is told while the body runs."""
    told: list[str] = []

    def read() -> None:
        parameters = {"project_id": platform.project}
        with (
            contextlib.suppress(httpx.TransportError),
            platform.query() as client,
            client.stream("GET", "/api/v1/logs/tail", params=parameters, timeout=60.0) as answer,
        ):
            told.extend(line for line in answer.iter_lines() if '"message"' in line)

    threading.Thread(target=read, daemon=True).start()
    yield told


def _metric(platform: Platform, name: str, metric: str) -> float:
    """A metric without labels, as a service tells it."""
    text = httpx.get(f"{platform[name].url}/metrics", trust_env=False).text
    [value] = [line.split()[1] for line in text.splitlines() if line.startswith(f"{metric} ")]
    return float(value)


def _entry(message: str) -> dict[str, str]:
    return {
        "project_id": "shop",
        "service_id": "numbers",
        "severity": "info",
        "timestamp": datetime.now(UTC).isoformat(),
        "message": message,
    }


def _start_alive(platform: Platform) -> None:
    for service in platform.services.values():
        service.start(ready=False)
    for service in platform.services.values():
        service.wait_alive()


def _refuses(platform: Platform) -> None:
    """A line is refused with a 503 that says when to come back."""
    platform.make_project(platform.project)
    answer: httpx.Response = platform.send([_entry("too early")])
    assert answer.status_code == 503, answer.text
    assert "retry-after" in answer.headers


def _ready_and_storing(platform: Platform) -> None:
    for service in platform.services.values():
        service.wait_ready()
    platform.make_project(platform.project)
    answer = platform.send([_entry("at last")])
    assert answer.status_code == 202, answer.text
    wait_for(lambda: "at last" in messages_in(platform), what="the line being stored")
