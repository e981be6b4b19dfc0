"""From end to end: a log matches a rule, a workflow starts once, its output is collected as logs."""

import asyncio
from typing import Any

from logloop_chassis.testing import wait_until

from tests.fakes.github import FakeGitHub
from tests.fakes.github_messages import FakeJob
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import (
    PROJECT,
    REPOSITORY,
    FakeQuery,
    Running,
    entries,
    publish_logs,
    running,
    settings,
)

LOG = (
    "\ufeff2026-11-22T10:00:01.1234567Z ##[group]Run pytest\n"
    "2026-11-22T10:00:01.2000000Z ##[endgroup]\n"
    "2026-11-22T10:00:02.0000000Z FAILED tests/test_pay.py::test_card - assert 1 == 2\n"
    "2026-11-22T10:00:03.0000000Z ##[error]Process completed with exit code 1.\n"
)


async def test_a_log_starts_one_workflow_whose_output_is_collected_as_logs(
    bridge: Running, github: FakeGitHub
) -> None:
    pipeline = await bridge.pipeline()
    rule = await bridge.rule(pipeline, condition='log.severity == "error" && stats.count >= 3')
    await publish_logs(bridge.amqp_url, entries("timeout 1", "timeout 2", "timeout 3", "timeout 4"))

    [sent] = await wait_until(lambda: github.seen("dispatch"))
    envelope = sent.body["client_payload"]["logloop"]
    assert envelope["rule"] == rule
    assert envelope["hop"] == 0
    [run] = await wait_until(lambda: list(github.runs.values()))
    assert envelope["correlation_id"] in run.title

    github.finish(run, "failure", [FakeJob(name="build", conclusion="failure", log=LOG)])
    [completed] = await wait_until(lambda: bridge.heard.of_type("run-completed"))
    assert completed["conclusion"] == "failure"
    assert completed["failed_jobs"] == ["build"]
    assert completed["failed_tests"] == ["tests/test_pay.py::test_card"]
    assert completed["correlation_id"] == envelope["correlation_id"]

    lines = bridge.heard.run_lines()
    failed = next(line for line in lines if line["test_id"])
    assert failed["service_id"] == "checkout"
    assert failed["severity"] == "error"
    assert f'"ci.correlation_id":"{envelope["correlation_id"]}"' in failed["attributes"]
    assert f'"ci.rules":["{rule}"]' in failed["attributes"]
    assert completed["log_count"] == len(lines) == 4
    [dispatch] = await bridge.items("/dispatches")
    assert (dispatch["state"], dispatch["run_id"]) == ("sent", str(run.id))
    [event] = bridge.heard.of_type("dispatched")
    assert event["mode"] == "repository_dispatch"
    assert github.count("dispatch") == 1


async def test_a_batch_that_arrives_five_times_starts_one_workflow(bridge: Running, github: FakeGitHub) -> None:
    await bridge.rule(await bridge.pipeline())
    await publish_logs(bridge.amqp_url, entries("boom"), times=5)
    await wait_until(lambda: bridge.heard.of_type("dispatched"))
    await publish_logs(bridge.amqp_url, entries("again"))
    await _blocked(bridge, "cooldown")
    assert github.count("dispatch") == 1


async def _blocked(bridge: Running, gate: str) -> dict[str, Any]:
    [rule] = await bridge.items("/rules")

    async def found() -> dict[str, Any] | None:
        items = (await bridge.get(f"/rules/{rule['id']}/evaluations"))["items"]
        return next((item for item in items if item["gate"] == gate), None)

    evaluation: dict[str, Any] | None = await wait_until(found)
    assert evaluation is not None
    return evaluation


async def test_the_console_gateway_records_dispatches_and_sends_nothing(
    emptied_amqp_url: str, mongo_url: str, github: FakeGitHub
) -> None:
    with FakeQuery() as query:
        configured = settings(emptied_amqp_url, mongo_url, query.url, github.url)
        async with running(configured, fresh_database()) as bridge:
            await bridge.rule(await bridge.pipeline())
            await publish_logs(bridge.amqp_url, entries("boom"))
            [event] = await wait_until(lambda: bridge.heard.of_type("dispatched"))
            assert event["mode"] == "console"
            [dispatch] = await bridge.items("/dispatches")
            assert dispatch["state"] == "recorded"
            assert "credentials" in dispatch["detail"]
            assert github.requests == []


async def test_a_manual_workflow_dispatch_has_its_run_at_once(bridge: Running, github: FakeGitHub) -> None:
    pipeline = await bridge.pipeline(mode="workflow_dispatch", workflow="manual.yml", event_type=None)
    template = await bridge.post(
        "/templates",
        {
            "project_id": PROJECT,
            "name": "count",
            "event_type": "x",
            "fields": [{"name": "count", "type": "integer"}],
        },
    )
    body = {
        "project_id": PROJECT,
        "pipeline_id": pipeline,
        "template_id": template["id"],
        "values": {"count": 12},
    }
    first = await bridge.post("/dispatches", body, 202, headers={"Idempotency-Key": "k1"})
    again = await bridge.post("/dispatches", body, 200, headers={"Idempotency-Key": "k1"})
    assert again["id"] == first["id"]
    [sent] = await wait_until(lambda: github.seen("dispatch"))
    assert sent.body["inputs"] == {"count": "12", "logloop_correlation_id": first["correlation_id"]}
    assert sent.path == f"/repos/{REPOSITORY}/actions/workflows/manual.yml/dispatches"
    [run] = await wait_until(lambda: list(github.runs.values()))
    github.finish(run)
    [completed] = await wait_until(lambda: bridge.heard.of_type("run-completed"))
    assert completed["run_id"] == str(run.id)
    assert github.count("dispatch") == 1


async def test_two_processes_fire_a_rule_once_and_send_it_once(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> None:
    configured = settings(emptied_amqp_url, mongo_url, query.url, github.url)
    database = fresh_database()
    async with running(configured, database) as one, running(configured, database) as two:
        rules = [await one.rule(await one.pipeline()) for _ in range(3)]
        await asyncio.gather(*(publish_logs(one.amqp_url, entries(f"boom {number}")) for number in range(30)))
        await wait_until(lambda: len({event["rule_id"] for event in one.heard.of_type("dispatched")}) == len(rules))

        async def all_evaluated() -> bool:
            counts = [(await place.get(f"/rules/{rules[0]}/evaluations"))["now"]["looks"] for place in (one, two)]
            return sum(counts) == 30 and all(counts)

        await wait_until(all_evaluated)
        assert github.count("dispatch") == len(github.runs) == len(rules)
        assert len(await two.items("/dispatches")) == len(rules)
