"""Chains: runs and analyses that start the next action, and how chains end."""

from collections import Counter
from typing import Any

import aio_pika
from logloop_chassis.testing import wait_until
from logloop_contracts.analyses import AnalysisCompleted, Finding, Report
from logloop_contracts.channels import ANALYSIS_COMPLETED
from logloop_contracts.envelope import Event

from tests.fakes.github import FakeGitHub
from tests.fakes.github_messages import FakeJob
from tests.real.ci_bridge.bridge_app import PROJECT, Running, entries, publish_logs


async def _evaluation(bridge: Running, rule_id: str, **wanted: Any) -> dict[str, Any]:
    async def found() -> dict[str, Any] | None:
        items = (await bridge.get(f"/rules/{rule_id}/evaluations"))["items"]
        return next((item for item in items if all(item[name] == value for name, value in wanted.items())), None)

    evaluation: dict[str, Any] | None = await wait_until(found)
    assert evaluation is not None
    return evaluation


async def test_a_failed_run_starts_the_next_pipeline_with_one_more_hop(bridge: Running, github: FakeGitHub) -> None:
    github.workflow("acme/shop", "repair.yml", types=("repair",))
    first, second = await bridge.pipeline(), await bridge.pipeline(event_type="repair")
    starter = await bridge.rule(first)
    follower = await bridge.rule(
        second,
        on="run",
        filter={"pipelines": [first]},
        condition='run.conclusion == "failure" && run.failed_jobs.exists(job, job == "build")',
    )
    await publish_logs(bridge.amqp_url, entries("boom"))
    await wait_until(lambda: len(github.runs) == 1)
    github.finish(next(iter(github.runs.values())), "failure", [FakeJob(conclusion="failure")])
    await wait_until(lambda: github.count("dispatch") == 2)
    envelope = github.seen("dispatch")[1].body["client_payload"]["logloop"]
    assert (envelope["hop"], envelope["rule"]) == (1, follower)
    dispatches = await bridge.items("/dispatches")
    assert sorted(dispatches[0]["rules"]) == sorted([starter, follower])


async def test_a_chain_ends_at_max_hops(bridge: Running, github: FakeGitHub) -> None:
    pipeline = await bridge.pipeline()
    rule = await bridge.rule(
        pipeline,
        on="run",
        filter={"pipelines": [pipeline]},
        condition='run.conclusion == "failure"',
        allow_own_runs=True,
        max_hops=1,
        cooldown="10s",
    )
    body = {"project_id": PROJECT, "pipeline_id": pipeline}
    await bridge.post("/dispatches", body, 202)
    for _ in range(2):
        await wait_until(lambda: any(run.status == "queued" for run in github.runs.values()))
        github.finish(next(run for run in github.runs.values() if run.status == "queued"), "failure")
    evaluation = await _evaluation(bridge, rule, gate="max_hops")
    assert evaluation["outcome"] == "blocked"
    assert github.count("dispatch") == 2
    history = await bridge.get(f"/rules/{rule}/history")
    counts = Counter[str]()
    for hour in history["hours"]:
        counts.update(hour["counts"])
    assert counts == {"fired": 1, "max_hops": 1}
    assert history["hours"][-1]["latest"]["max_hops"]["subject_id"] == evaluation["subject_id"]


async def test_logs_of_a_rules_own_run_do_not_trigger_it_again(bridge: Running, github: FakeGitHub) -> None:
    rule = await bridge.rule(await bridge.pipeline(), max_hops=5)
    await publish_logs(bridge.amqp_url, entries("boom"))
    await wait_until(lambda: len(github.runs) == 1)
    run = next(iter(github.runs.values()))
    github.finish(run, "failure", [FakeJob(conclusion="failure", log="##[error]boom again")])
    evaluation = await _evaluation(bridge, rule, gate="own_run")
    assert evaluation["subject_id"]
    assert github.count("dispatch") == 1


async def test_an_analysis_with_findings_starts_a_workflow_once(bridge: Running, github: FakeGitHub) -> None:
    await bridge.rule(
        await bridge.pipeline(),
        on="analysis",
        condition='analysis.findings > 0 && analysis.kinds.exists(kind, kind == "burst")',
    )
    finding = Finding(kind="burst", title="burst of timeouts", score=3.0, service_id="checkout")
    report = Report(verdict="likely", summary="s", findings=[finding])
    data = AnalysisCompleted(analysis_id="a-1", project_id=PROJECT, report=report)
    event = Event[AnalysisCompleted](
        source="/logloop/analyzer", type=ANALYSIS_COMPLETED.event_type, projectid=PROJECT, data=data
    )
    connection = await aio_pika.connect(bridge.amqp_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(ANALYSIS_COMPLETED.exchange.name)
        for _ in range(3):
            message = aio_pika.Message(event.model_dump_json().encode(), message_id=event.id)
            await exchange.publish(message, ANALYSIS_COMPLETED.key)
    await wait_until(lambda: bridge.heard.of_type("dispatched"))
    [dispatch] = await bridge.items("/dispatches")
    assert dispatch["cause"] == ["a-1"]
    assert github.count("dispatch") == 1


async def test_a_dry_run_records_the_dispatch(bridge: Running, github: FakeGitHub) -> None:
    rule = await bridge.rule(await bridge.pipeline(), dry_run=True)
    await publish_logs(bridge.amqp_url, entries("boom"))
    evaluation = await _evaluation(bridge, rule, outcome="dry_run")
    dispatch = await bridge.get(f"/dispatches/{evaluation['dispatch_id']}")
    assert (dispatch["state"], dispatch["dry_run"]) == ("recorded", True)
    assert dispatch["payload"]["service"] == "checkout"
    await bridge.services.dispatcher.announce()
    assert bridge.heard.events == []
    assert github.count("dispatch") == 0


async def test_evaluations_explain_clause_by_clause_why_a_rule_did_not_fire(bridge: Running) -> None:
    rule = await bridge.rule(
        await bridge.pipeline(), condition='log.message.contains("boom") && stats.count > 3 && stats.services >= 1'
    )
    await publish_logs(bridge.amqp_url, entries("boom", "other"))
    evaluation = await _evaluation(bridge, rule, outcome="no_match")
    assert [(part["text"], part["holds"]) for part in evaluation["parts"]] == [
        ("stats.count > 3", False),
        ("stats.services >= 1", True),
    ]
    assert (evaluation["matched"], evaluation["stats"]["stats.count"]) == (1, 1)
    now = (await bridge.get(f"/rules/{rule}/evaluations"))["now"]
    assert (now["enabled"], now["looks"], now["matched"], now["gate"], now["fired_last_day"]) == (True, 1, 1, None, 0)
    assert now["stats"]["stats.count"] == 1


async def test_the_status_of_a_rule_after_it_fired(bridge: Running) -> None:
    rule = await bridge.rule(await bridge.pipeline())
    await publish_logs(bridge.amqp_url, entries("boom"))
    await wait_until(lambda: bridge.heard.of_type("dispatched"))
    now = (await bridge.get(f"/rules/{rule}/evaluations"))["now"]
    assert (now["gate"], now["fired_last_day"]) == ("cooldown", 1)
    assert now["quiet_until"] > now["last_look_at"]
