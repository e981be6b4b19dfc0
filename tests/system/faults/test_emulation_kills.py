"""Kills of broker and database lose no line of an emulated run, and neither repeat the run nor what follows it."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import psutil
import pytest
from logloop_ci_bridge.emulations.emulation import content_hash

from tests.emulation import TOKEN, Emulator, refusal
from tests.system.faults.conftest import NewPlatform, Nodes
from tests.system.platform import Platform, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(240)]
LEASE_S = 2.0
SLOW, FAST = 70, 6000
"""Lines that are printed over seven seconds, and lines that follow at once: more than one batch of logs."""
PROBE = f"""
on: {{repository_dispatch: {{types: [logloop.checkout]}}}}
jobs:
  probe:
    runs-on: ubuntu-latest
    steps:
      - run: |
          for number in $(seq 1 {SLOW}); do echo "probe $number."; sleep 0.1; done
          seq -f "probe %g." {SLOW + 1} {SLOW + FAST}
"""
REPORT = """
on: {repository_dispatch: {types: [logloop.checkout]}}
jobs: {report: {runs-on: ubuntu-latest, steps: [{run: echo reported}]}}
"""


@pytest.fixture
def platform(new_platform: NewPlatform) -> Iterator[Platform]:
    """A platform whose runs count as lost soon."""
    if reason := refusal():
        pytest.skip(reason)
    env = {
        "LOGLOOP_EMULATOR_TOKEN": TOKEN,
        "LOGLOOP_CI_EMULATION_LEASE": str(LEASE_S),
        "LOGLOOP_CI_POLL": "0.2",
        "LOGLOOP_CI_LEASE": "2",
        "LOGLOOP_CI_RULES_FRESH": "0",
    }
    with new_platform(services=("query", "ci-bridge"), env=env) as platform:
        yield platform


@pytest.fixture
def emulator(platform: Platform) -> Iterator[Emulator]:
    """An emulator of the platform."""
    emulator = Emulator(platform["ci-bridge"].url)
    emulator.start()
    yield emulator
    emulator.kill()


def test_a_run_its_output_and_what_follows_are_there_once_although_broker_and_database_are_killed(
    platform: Platform, nodes: Nodes, emulator: Emulator
) -> None:
    probe = _pipeline(platform, "probe", PROBE)
    report = _pipeline(platform, "report", REPORT)
    _create(
        platform,
        "/rules",
        name="report",
        on="run",
        filter={"pipelines": [probe]},
        condition='run.conclusion == "success"',
        action={"pipeline_id": report},
    )
    dispatch = _create(platform, "/dispatches", pipeline_id=probe)
    run_id = wait_for(lambda: _get(platform, f"/dispatches/{dispatch}").get("run_id"), what="the run")

    # The database is away for longer than the lease of the run, and the broker until the run has ended.
    wait_for(lambda: _live(platform, run_id), what="the first line")
    nodes.rabbit.kill()
    nodes.mongo.kill()
    back_at = time.monotonic() + 1.5 * LEASE_S
    wait_for(lambda: time.monotonic() > back_at, what="the lease being over")
    nodes.mongo.start()
    wait_for(lambda: _get(platform, f"/runs/{run_id}").get("logs") == "waiting", what="the output being collected")
    assert _runs(platform) == {"probe.yml": "success"}

    # The database is killed again as soon as a part of the output is stored.
    nodes.rabbit.start()
    wait_for(lambda: _stored(platform), what="the first line being stored")
    nodes.mongo.kill()
    nodes.mongo.start()

    wait_for(lambda: _states(platform) == ["sent", "sent"], timeout_s=60, what="the dispatch that follows")
    wait_for(lambda: _runs(platform) == {"probe.yml": "success", "report.yml": "success"}, what="both runs")
    wait_for(lambda: "reported" in _stored(platform), timeout_s=60, what="all output being stored")
    queues = ("query.logs", "query.logs.retry", "ci-bridge.logs", "ci-bridge.runs")
    wait_for(lambda: not any(map(nodes.queue_depth, queues)), every_s=0.3, what="the queues being empty")
    stored = _stored(platform)
    numbers = Counter(int(found[1]) for line in stored if (found := re.fullmatch(r"probe (\d+)\.", line)))
    assert numbers == Counter(range(1, SLOW + FAST + 1))
    assert stored.count("reported") == 1
    assert _states(platform) == ["sent", "sent"]
    assert platform.dead_letters() == []
    assert emulator.process is not None
    assert psutil.Process(emulator.process.pid).children() == [], "a workflow still runs"


def _create(platform: Platform, path: str, **body: object) -> str:
    with platform.client("ci-bridge") as client:
        body = {"project_id": platform.project, **body}
        return str(client.post(f"/api/v1/ci{path}", json=body).raise_for_status().json()["id"])


def _pipeline(platform: Platform, name: str, workflow: str) -> str:
    """Create a pipeline whose workflow is approved."""
    with platform.client("ci-bridge") as client:
        path = f"/api/v1/ci/emulations/approvals/{content_hash(workflow)}"
        client.put(path, json={"project_id": platform.project}).raise_for_status()
    return _create(
        platform,
        "/pipelines",
        name=name,
        service_id=name,
        repository="acme/shop",
        mode="emulated",
        workflow=f"{name}.yml",
        workflow_text=workflow,
        event_type="logloop.checkout",
    )


def _get(platform: Platform, path: str) -> dict[str, Any]:
    """Return what ci-bridge returns; nothing while it is unavailable."""
    with platform.client("ci-bridge") as client:
        answer = client.get(f"/api/v1/ci{path}", params={"project_id": platform.project})
        assert answer.status_code in (200, 404, 503), answer.text
        found: dict[str, Any] = answer.json() if answer.is_success else {}
        return found


def _live(platform: Platform, run_id: str) -> Sequence[str]:
    """Return the first lines that a run has printed so far."""
    items = _get(platform, f"/runs/{run_id}/logs").get("items", [])
    return [item["message"] for item in items if item["message"].startswith("probe")]


def _stored(platform: Platform) -> list[str]:
    """Return the messages of all stored logs; nothing while query is unavailable."""
    with platform.query() as client:
        parameters = {"project_id": platform.project, "format": "ndjson"}
        if client.get("/api/v1/logs", params=parameters).status_code != 200:
            return []
    return [line["message"] for line in platform.stored_lines()]


def _runs(platform: Platform) -> dict[str, str | None]:
    """Return the conclusion of each run by its file; no file has two."""
    items = _get(platform, "/runs").get("items", [])
    assert len({item["workflow"] for item in items}) == len(items), items
    return {item["workflow"]: item["conclusion"] for item in items}


def _states(platform: Platform) -> list[str]:
    return [item["state"] for item in _get(platform, "/dispatches").get("items", [])]
