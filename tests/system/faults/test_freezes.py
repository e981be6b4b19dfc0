"""No line is lost or duplicated by frozen nodes, rolling restarts, late nodes or a full broker disk."""

import concurrent.futures
import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from logloop.plain_http import WITHOUT_TLS

from tests.system.faults.conftest import (
    NewPlatform,
    Nodes,
    Survivor,
    assert_each_line_once,
    messages_in,
    stream_to,
)
from tests.system.platform import Platform, frozen, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(170)]

_GRACE_S = 25.0
_PROMPT_S = 5.0
_FREEZE_S = 45.0
"""Clients give up a silent connection after 33 to 39 s: three missed heartbeats, detected at the next one."""


def test_a_frozen_broker_is_reported_as_an_outage_and_loses_nothing(survivor: Survivor) -> None:
    platform, nodes = survivor
    with _tail_of(platform) as tailed:
        with stream_to(platform) as stream:
            wait_for(lambda: tailed, what="a line in the tail")
            stream.wait_acknowledged(300)
            with frozen(nodes.rabbit.broker, _FREEZE_S):
                wait_for(lambda: stream.ledger.rejections[503], timeout_s=12.0, what="a 503 while the broker hangs")
            tailed.clear()
            stream.wait_acknowledged(300)
        assert stream.ledger.failed_calls == 0, "a call hung until the client timed out"
        assert_each_line_once(platform, nodes, stream)
        wait_for(lambda: tailed, what="a line in the tail that stayed open")
        held = _metric(platform, "ingest", "logloop_ingest_in_flight_bytes")
        assert held == 0
        for name in ("ingest", "query"):
            assert platform[name].terminate(_GRACE_S) < _PROMPT_S


def test_a_frozen_database_does_not_stop_the_intake(survivor: Survivor) -> None:
    platform, nodes = survivor
    with stream_to(platform) as stream:
        stream.wait_acknowledged(300)
        with frozen(nodes.mongo.process, 10.0):
            stream.wait_acknowledged(300)
        stream.wait_acknowledged(300)
    assert_each_line_once(platform, nodes, stream)


def test_rolling_restarts_lose_nothing_and_leave_no_dead_letters(survivor: Survivor) -> None:
    platform, nodes = survivor
    with stream_to(platform) as stream:
        for _ in range(2):
            for name in ("ingest", "query"):
                stream.wait_acknowledged(200)
                took = platform[name].terminate(_GRACE_S)
                assert took < _GRACE_S
                assert platform[name].child.exit_code() in {0, -15}, platform[name].child.last_lines()
                platform[name].start()
    assert_each_line_once(platform, nodes, stream)


def test_an_open_live_tail_does_not_block_the_shutdown_of_query(survivor: Survivor) -> None:
    platform = survivor.platform
    with platform.query() as client:
        parameters = {"project_id": platform.project}
        with client.stream("GET", "/api/v1/logs/tail", params=parameters, timeout=60.0) as tail:
            assert tail.status_code == 200
            begin = time.monotonic()
            platform["query"].child.signal(15)
            events = "".join(tail.iter_text())
            assert "event: bye" in events
            assert platform["query"].child.wait(_GRACE_S)
            assert time.monotonic() - begin < 15.0


def test_concurrent_requests_with_the_same_idempotency_key_are_stored_once(survivor: Survivor) -> None:
    platform, nodes = survivor
    entries = [_entry(f"same-{number}", platform.project) for number in range(50)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: platform.send(entries, key="same key"), range(8)))
    assert {response.status_code for response in responses} == {202}
    assert len({response.json()["batch_id"] for response in responses}) == 1
    last = _entry("last", platform.project)
    platform.send([last])
    wait_for(lambda: "last" in messages_in(platform), what="the last line being stored")
    wait_for(lambda: nodes.queue_depth("query.logs") == 0, what="an empty queue")
    stored = messages_in(platform)
    assert sorted(stored) == sorted(entry["message"] for entry in [*entries, last])


def test_services_start_without_a_broker_and_connect_later(new_platform: NewPlatform, nodes: Nodes) -> None:
    platform = new_platform()
    nodes.rabbit.kill()
    _start_until_alive(platform)
    assert platform["ingest"].status("/readyz") == 503
    _assert_rejects(platform)
    nodes.rabbit.start()
    _assert_ready_and_storing(platform)


def test_services_start_without_a_database_and_connect_later(new_platform: NewPlatform, nodes: Nodes) -> None:
    platform = new_platform()
    nodes.mongo.kill()
    for service in platform.services.values():
        service.start(ready=False)
    time.sleep(2.0)  # time in which a service could give up and exit
    assert all(service.child.is_running() for service in platform.services.values())
    assert all(service.status("/readyz") != 200 for service in platform.services.values())
    nodes.mongo.start()
    _assert_ready_and_storing(platform)


@pytest.mark.parametrize(
    ("raise_alarm", "clear_alarm"),
    [
        ('rabbit_disk_monitor set_disk_free_limit ["900000GB"]', 'rabbit_disk_monitor set_disk_free_limit ["50MB"]'),
        (
            "vm_memory_monitor set_vm_memory_high_watermark [0.00001]",
            "vm_memory_monitor set_vm_memory_high_watermark [0.4]",
        ),
    ],
    ids=["disk", "memory"],
)
def test_a_broker_with_an_alarm_rejects_lines_and_loses_none(
    survivor: Survivor, raise_alarm: str, clear_alarm: str
) -> None:
    platform, nodes = survivor
    with stream_to(platform) as stream:
        stream.wait_acknowledged(300)
        nodes.rabbit.call(raise_alarm)
        try:
            wait_for(lambda: stream.ledger.rejections, timeout_s=20.0, what="a rejection during the alarm")
            wait_for(lambda: platform["ingest"].status("/readyz") == 503, what="ingest being not ready")
            report = httpx.get(f"{platform['ingest'].url}/readyz", trust_env=False, verify=WITHOUT_TLS).json()
            assert "memory or disk alarm" in report["checks"]["rabbitmq"]
        finally:
            nodes.rabbit.call(clear_alarm)
        wait_for(lambda: platform["ingest"].status("/readyz") == 200, what="ingest being ready again")
        stream.wait_acknowledged(300)
    assert_each_line_once(platform, nodes, stream)


@contextlib.contextmanager
def _tail_of(platform: Platform) -> Iterator[list[str]]:
    """Collect the lines that a live tail of the project receives while the body runs."""
    received: list[str] = []

    def read() -> None:
        parameters = {"project_id": platform.project}
        with (
            contextlib.suppress(httpx.TransportError),
            platform.query() as client,
            client.stream("GET", "/api/v1/logs/tail", params=parameters, timeout=60.0) as response,
        ):
            received.extend(line for line in response.iter_lines() if '"message"' in line)

    threading.Thread(target=read, daemon=True).start()
    yield received


def _metric(platform: Platform, name: str, metric: str) -> float:
    """Return the value of a metric without labels that a service exposes."""
    text = httpx.get(f"{platform[name].url}/metrics", trust_env=False, verify=WITHOUT_TLS).text
    [value] = [line.split()[1] for line in text.splitlines() if line.startswith(f"{metric} ")]
    return float(value)


def _entry(message: str, project: str) -> dict[str, str]:
    return {
        "project_id": project,
        "service_id": "numbers",
        "severity": "info",
        "timestamp": datetime.now(UTC).isoformat(),
        "message": message,
    }


def _start_until_alive(platform: Platform) -> None:
    for service in platform.services.values():
        service.start(ready=False)
    for service in platform.services.values():
        service.wait_alive()


def _assert_rejects(platform: Platform) -> None:
    """Check that a line is rejected with a 503 and a Retry-After header."""
    platform.make_project(platform.project)
    response: httpx.Response = platform.send([_entry("too early", platform.project)])
    assert response.status_code == 503, response.text
    assert "retry-after" in response.headers


def _assert_ready_and_storing(platform: Platform) -> None:
    for service in platform.services.values():
        service.wait_ready()
    platform.make_project(platform.project)
    response = platform.send([_entry("at last", platform.project)])
    assert response.status_code == 202, response.text
    wait_for(lambda: "at last" in messages_in(platform), what="the line being stored")
