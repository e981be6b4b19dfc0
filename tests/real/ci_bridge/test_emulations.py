"""Workflows that the emulator runs for ci-bridge: approved by an administrator, run once, reported once."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from logloop.plain_http import WITHOUT_TLS
from logloop_chassis.testing import wait_until
from logloop_ci_bridge.emulations.emulation import content_hash

from tests.emulation import TOKEN, Emulator, refusal
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import PROJECT, FakeQuery, Listener, Process, listening, settings

WORKFLOW = """
on: {repository_dispatch: {types: [logloop.checkout]}}
jobs:
  probe:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo "probing for ${{ github.event.client_payload.logloop.correlation_id }}"
          echo "FAILED tests/test_pay.py::test_card - timed out"
          exit 3
"""
ENDLESS = """
on: {repository_dispatch: {types: [logloop.checkout]}}
concurrency: one
jobs:
  probe:
    runs-on: ubuntu-latest
    steps:
      - {name: Prepare, run: echo ready}
      - {name: Tick, run: "while true; do echo tick; sleep 0.3; done"}
      - {name: Later, run: echo never}
"""
SLOW = WORKFLOW.replace("exit 3", "sleep 3")


@dataclass
class Platform:
    """ci-bridge and an emulator as processes."""

    client: httpx.AsyncClient
    heard: Listener
    bridge: Process
    emulator: Emulator

    async def call(self, method: str, path: str, body: Any = None, status: int = 200, **more: Any) -> dict[str, Any]:
        answer = await self.client.request(method, f"/api/v1/ci{path}", json=body, **more)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    async def approve(self, workflow: str) -> None:
        await self.call("PUT", f"/emulations/approvals/{content_hash(workflow)}", {"project_id": PROJECT})

    async def emulate(self, workflow: str, status: int = 202, key: str | None = None) -> dict[str, Any]:
        event = {"event_type": "logloop.checkout"}
        body = {"project_id": PROJECT, "service_id": "checkout", "workflow": workflow, "event": event}
        return await self.call("POST", "/emulations", body, status, headers={"Idempotency-Key": key} if key else {})

    async def claim(self, key: str) -> str | None:
        """Ask for work as an emulator does. Return the id of what is handed out."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": key}
        answer = (await self.client.post("/internal/emulator/claim", headers=headers)).raise_for_status()
        return str(answer.json()["id"]) if answer.content else None

    async def run(self, run_id: str) -> dict[str, Any]:
        return await self.call("GET", f"/runs/{run_id}")

    async def status(self, run_id: str) -> str:
        return str((await self.run(run_id))["status"])

    async def ended(self, run_id: str) -> dict[str, Any]:
        """The run, once its output is collected and its end is announced."""
        await wait_until(lambda: self.completions(run_id), timeout_s=60)
        return await self.run(run_id)

    def completions(self, run_id: str) -> list[dict[str, Any]]:
        return [item for item in self.heard.of_type("run-completed") if item["run_id"] == run_id]

    def lines(self, run_id: str) -> list[dict[str, Any]]:
        return [row for row in self.heard.run_lines() if f'"ci.run_id":"{run_id}"' in row["attributes"]]


@pytest.fixture
async def platform(emptied_amqp_url: str, mongo_url: str) -> AsyncIterator[Platform]:
    if reason := refusal():
        pytest.skip(reason)
    database = fresh_database()
    with FakeQuery() as query:
        configured = settings(
            emptied_amqp_url, mongo_url, query.url, "http://127.0.0.1:9", emulator_token=TOKEN, ci_emulation_lease=3.0
        )
        async with contextlib.AsyncExitStack() as stack:
            heard = await stack.enter_async_context(listening(emptied_amqp_url))
            bridge = stack.enter_context(Process(configured, database))
            await wait_until(bridge.is_ready, timeout_s=60)
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=bridge.url, timeout=10, trust_env=False, verify=WITHOUT_TLS)
            )
            await _create_project(mongo_url, database)
            emulator = Emulator(bridge.url)
            emulator.start()
            stack.callback(emulator.kill)
            yield Platform(client, heard, bridge, emulator)


async def _create_project(mongo_url: str, database: str) -> None:
    from pymongo import AsyncMongoClient

    async with AsyncMongoClient[dict[str, Any]](mongo_url) as mongo:
        await mongo[database]["projects"].update_one({"_id": PROJECT}, {"$set": {"name": "Shop"}}, upsert=True)


async def test_an_emulated_pipeline_has_the_records_and_logs_of_a_run_on_github(platform: Platform) -> None:
    pipeline = {
        "project_id": PROJECT,
        "name": "probe",
        "service_id": "checkout",
        "repository": "acme/shop",
        "mode": "emulated",
        "workflow": "probe.yml",
        "workflow_text": WORKFLOW,
        "event_type": "logloop.checkout",
    }
    created = await platform.call("POST", "/pipelines", pipeline, 201)
    request = {"project_id": PROJECT, "pipeline_id": created["id"]}

    async def dispatch() -> dict[str, Any]:
        sent = await platform.call("POST", "/dispatches", request, 202)

        async def done() -> dict[str, Any] | None:
            found = await platform.call("GET", f"/dispatches/{sent['id']}")
            return found if found["state"] in ("sent", "failed") else None

        settled: dict[str, Any] | None = await wait_until(done)
        assert settled is not None
        return settled

    refused = await dispatch()
    assert refused["state"] == "failed"
    assert f"no administrator has approved this workflow (SHA-256 {content_hash(WORKFLOW)})" in refused["detail"]

    await platform.approve(WORKFLOW)
    sent = await dispatch()
    run = await platform.ended(sent["run_id"])
    assert (run["conclusion"], run["emulated"], run["dispatch_id"]) == ("failure", True, sent["id"])
    assert run["failed_jobs"] == ["probe"]
    assert run["failed_tests"] == ["tests/test_pay.py::test_card"]
    assert [(step["name"], step["conclusion"]) for step in run["jobs"][0]["steps"]] == [
        ("Set up job", "success"),
        ('Run echo "probing for ${{ github.event.client_payload.logloop.correlation_id }}"', "failure"),
    ]
    lines = await wait_until(lambda: platform.lines(sent["run_id"]))
    assert f"probing for {sent['correlation_id']}" in [line["message"] for line in lines]
    assert all('"ci.emulated":true' in line["attributes"] for line in lines)
    assert "Process completed with exit code 3." in [line["message"] for line in lines if line["severity"] == "error"]
    [event] = platform.heard.of_type("dispatched")
    assert event["mode"] == "emulated"


async def test_only_approved_text_runs_and_a_repeated_request_runs_once(platform: Platform) -> None:
    refused = await platform.emulate(WORKFLOW, 403)
    assert "logloop ci approvals add" in refused["detail"]
    await platform.approve(WORKFLOW)
    first = await platform.emulate(WORKFLOW, key="one")
    again = await platform.emulate(WORKFLOW, key="one")
    assert first["run_id"] == again["run_id"]
    await platform.ended(first["run_id"])
    listed = await platform.call("GET", f"/runs?project_id={PROJECT}")
    assert [item["run_id"] for item in listed["items"]] == [first["run_id"]]

    # A claim that is repeated gets the same work, also when its first response was lost.
    platform.emulator.kill()
    for _ in range(2):
        await platform.emulate(WORKFLOW)
    claimed = [await platform.claim(key) for key in ("one", "one", "two", "three")]
    assert claimed[0] == claimed[1] != claimed[2]
    assert (claimed[2] is None, claimed[3]) == (False, None)
    platform.emulator.start()

    await platform.emulate(WORKFLOW + "# changed", 403)
    await platform.call("DELETE", f"/emulations/approvals/{content_hash(WORKFLOW)}?project_id={PROJECT}", status=204)
    await platform.emulate(WORKFLOW, 403)

    # Work is handed out to nobody without the token.
    for token in ("", "Bearer wrong"):
        answer = await platform.client.post("/internal/emulator/claim", headers={"Authorization": token})
        assert answer.status_code == 404

    # What the emulator finds is in the output of the run.
    workflow = WORKFLOW.replace("ubuntu-latest", "windows-latest")
    await platform.approve(workflow)
    run = await platform.ended((await platform.emulate(workflow))["run_id"])
    assert (run["conclusion"], run["failed_jobs"]) == ("startup_failure", ["emulation"])
    [line, *_] = await wait_until(lambda: platform.lines(run["run_id"]))
    assert line["message"].startswith("unmapped-runner: job probe: ")


async def test_steps_and_output_are_there_while_the_workflow_runs_and_a_stopped_run_keeps_them(
    platform: Platform,
) -> None:
    await platform.approve(ENDLESS)
    run_id = (await platform.emulate(ENDLESS))["run_id"]

    async def printed(cursor: str | None = None) -> dict[str, Any] | None:
        more = {"cursor": cursor} if cursor else {}
        found = await platform.call("GET", f"/runs/{run_id}/logs", params={"project_id": PROJECT, **more})
        return found if any("tick" in item["message"] for item in found["items"]) else None

    async def prepared() -> dict[str, Any] | None:
        """The run whose steps are reported, which may be a moment after their output."""
        run = await platform.run(run_id)
        steps = {
            step["name"]: (step["conclusion"], step["started_at"] is not None)
            for job in run["jobs"]
            for step in job["steps"]
        }
        expected = {"Prepare": ("success", True), "Tick": (None, True), "Later": (None, False)}
        return run if expected.items() <= steps.items() else None

    first: Any = await wait_until(printed, timeout_s=60)
    run = await wait_until(prepared)
    assert run is not None
    assert (run["status"], run["jobs"][0]["conclusion"]) == ("in_progress", None)
    found = await platform.call("GET", f"/emulations/{run_id}", params={"project_id": PROJECT})
    assert [finding["code"] for finding in found["findings"]] == ["concurrency"]
    later: Any = await wait_until(lambda: printed(first["live"]))
    ids = [item["id"] for item in first["items"] + later["items"]]
    assert len(set(ids)) == len(ids)

    await platform.call("POST", f"/runs/{run_id}/cancel", params={"project_id": PROJECT})
    run = await platform.ended(run_id)
    assert run["conclusion"] == "cancelled"
    assert {step["name"]: step["conclusion"] for step in run["jobs"][0]["steps"]} == {
        "Set up job": "success",
        "Prepare": "success",
        "Tick": "cancelled",
        "Later": "skipped",
    }
    lines = await wait_until(lambda: platform.lines(run_id))
    assert sum("tick" in line["message"] for line in lines) >= 2


async def test_what_waits_for_approval_is_listed_with_its_text_and_the_version_before(platform: Platform) -> None:
    changed = WORKFLOW + "# changed\n"
    await platform.emulate(WORKFLOW, 403)
    await platform.approve(WORKFLOW)
    await platform.emulate(changed, 403)
    own = {"project_id": PROJECT}
    listed = (await platform.call("GET", "/emulations/requests", params=own))["items"]
    assert [(item["sha256"], item["state"]) for item in listed] == [
        (content_hash(changed), "waiting"),
        (content_hash(WORKFLOW), "approved"),
    ]
    path = f"/emulations/requests/{content_hash(changed)}"
    found = await platform.call("GET", path, params=own)
    assert (found["workflow"], found["approved"]["workflow"]) == (changed, WORKFLOW)
    assert (await platform.call("DELETE", path, params=own))["state"] == "rejected"
    await platform.emulate(changed, 403)
    await platform.call("DELETE", path, params=own, status=404)
    assert (await platform.call("GET", "/summary", params=own))["approvals_waiting"] == 0


async def test_the_run_of_a_killed_emulator_is_reported_as_lost_once_and_not_run_again(platform: Platform) -> None:
    await platform.approve(SLOW)
    run_id = (await platform.emulate(SLOW))["run_id"]
    await wait_until(lambda: _is(platform, run_id, "in_progress"))
    platform.emulator.kill()
    platform.emulator.start()
    run = await platform.ended(run_id)
    assert run["conclusion"] == "failure"
    messages = [line["message"] for line in await wait_until(lambda: platform.lines(run_id))]
    assert "lost: the emulator stopped while it ran this workflow; it is not run again" in messages
    # A later run shows that the new emulator works, and that it left the lost one alone.
    await platform.approve(WORKFLOW)
    await platform.ended((await platform.emulate(WORKFLOW))["run_id"])
    assert not any("probing for" in line["message"] for line in platform.lines(run_id))
    assert len(platform.completions(run_id)) == 1


async def test_a_cancelled_run_ends_in_the_emulator_too(platform: Platform) -> None:
    endless = WORKFLOW.replace("exit 3", "sleep 500")
    await platform.approve(endless)
    run_id = (await platform.emulate(endless))["run_id"]
    await wait_until(lambda: _is(platform, run_id, "in_progress"))
    await platform.call("POST", f"/runs/{run_id}/cancel")
    run = await platform.ended(run_id)
    assert (run["status"], run["conclusion"]) == ("completed", "cancelled")
    await platform.call("POST", f"/runs/{run_id}/cancel", status=409)
    # The emulator runs one workflow at a time: it has stopped the endless one when the next one ends.
    await platform.approve(WORKFLOW)
    following = await platform.ended((await platform.emulate(WORKFLOW))["run_id"])
    assert following["conclusion"] == "failure"
    assert len(platform.completions(run_id)) == 1

    queued_behind = (await platform.emulate(WORKFLOW))["run_id"]
    same = await platform.call(
        "GET", f"/runs/{following['run_id']}/differences?emulated={await _done(platform, queued_behind)}"
    )
    assert (same["same"], same["differences"]) == (True, [])


async def _done(platform: Platform, run_id: str) -> str:
    await platform.ended(run_id)
    return run_id


async def test_a_run_survives_the_death_of_ci_bridge(platform: Platform) -> None:
    await platform.approve(SLOW)
    run_id = (await platform.emulate(SLOW))["run_id"]
    await wait_until(lambda: _is(platform, run_id, "in_progress"))
    platform.bridge.kill()
    platform.bridge.start()
    run = await platform.ended(run_id)
    assert run["conclusion"] == "success"


async def _is(platform: Platform, run_id: str, status: str) -> bool:
    return await platform.status(run_id) == status
