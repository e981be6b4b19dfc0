"""What rules do besides starting a pipeline: analyses, whose verdict other rules act on, and changes of runs."""

import time
from datetime import datetime, timedelta
from typing import Any

import aio_pika
from logloop_chassis.testing import wait_until
from logloop_contracts.analyses import AnalysisCompleted, Finding, Report, keyed_analysis_id
from logloop_contracts.channels import ANALYSIS_COMPLETED
from logloop_contracts.envelope import Event

from tests.fakes.github import FakeGitHub
from tests.fakes.github_messages import FakeJob, FakeRun
from tests.real.ci_bridge.bridge_app import PREFIX, PROJECT, FakeQuery, Running, entries, publish_logs
from tests.real.ci_bridge.receivers import HttpReceiver


async def _rule(bridge: Running, action: dict[str, Any], **more: Any) -> str:
    body = {"project_id": PROJECT, "name": f"rule {time.time_ns()}", "action": action, **more}
    return str((await bridge.post("/rules", {"condition": 'log.severity == "error"', **body}))["id"])


async def _requests(bridge: Running, state: str) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]]:
        return await bridge.items("/requests", state=state)

    return await wait_until(found, timeout_s=90)


async def _complete(bridge: Running, analysis_id: str) -> None:
    finding = Finding(kind="burst", title="burst of timeouts", score=3.0, service_id="checkout")
    report = Report(verdict="likely", summary="payments fail", findings=[finding])
    data = AnalysisCompleted(analysis_id=analysis_id, project_id=PROJECT, report=report)
    event = Event[AnalysisCompleted](
        source="/logloop/analyzer", type=ANALYSIS_COMPLETED.event_type, projectid=PROJECT, data=data
    )
    connection = await aio_pika.connect(bridge.amqp_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(ANALYSIS_COMPLETED.exchange.name)
        message = aio_pika.Message(event.model_dump_json().encode(), message_id=event.id)
        await exchange.publish(message, ANALYSIS_COMPLETED.key)


async def test_the_verdict_of_an_analysis_that_a_rule_requested_moves_another_rule_within_the_hop_limit(
    bridge: Running, query: FakeQuery, github: FakeGitHub
) -> None:
    query.busy = 1
    first = await _rule(bridge, {"analyze": {"before": "10m", "after": "0s", "question": "Why?"}})
    pipeline = await bridge.pipeline()
    condition = f'analysis.rule == "{first}" && analysis.verdict == "likely" && analysis.findings > 0'
    second = await _rule(bridge, {"pipeline_id": pipeline}, on="analysis", condition=condition)
    stopped = await _rule(
        bridge, {"pipeline_id": pipeline}, on="analysis", condition="analysis.findings > 0", max_hops=0
    )
    logs = entries("boom")
    await publish_logs(bridge.amqp_url, logs, times=2)
    [done] = await _requests(bridge, "done")
    assert (done["kind"], done["attempts"], done["rule_id"]) == ("analyze", 2, first)
    assert {key for key, _ in query.analyses} == {done["id"]}
    body = query.analyses[0][1]
    until = datetime.fromisoformat(body["until"])
    assert body["q"] == 'service:"checkout"'
    assert body["question"] == "Why?"
    assert until - datetime.fromisoformat(body["since"]) == timedelta(minutes=10)
    assert abs(until - logs[0].timestamp) < timedelta(seconds=1)

    assert done["analysis_id"] == keyed_analysis_id(PROJECT, done["id"])
    await _complete(bridge, done["analysis_id"])
    await wait_until(lambda: bridge.heard.of_type("dispatched"))
    [dispatch] = await bridge.items("/dispatches")
    assert (dispatch["rule_id"], dispatch["hop"]) == (second, 1)
    assert sorted(dispatch["rules"]) == sorted([first, second])

    async def blocked() -> bool:
        items = (await bridge.get(f"/rules/{stopped}/evaluations"))["items"]
        return bool(items) and items[0]["gate"] == "max_hops"

    await wait_until(blocked)
    assert github.count("dispatch") == 1


async def test_failed_jobs_run_again_up_to_the_limit_and_the_team_hears_of_it(
    bridge: Running, github: FakeGitHub
) -> None:
    with HttpReceiver() as hook:
        body = {"project_id": PROJECT, "name": "hook", "kind": "webhook", "url": hook.url, "group_wait": "0s"}
        receiver = (await bridge.post("/receivers", body))["id"]
        action = {"rerun_failed": {"max_attempts": 2}, "notify": [receiver]}
        await _rule(bridge, action, on="run", condition='run.conclusion == "failure"', cooldown="10s")
        await bridge.post("/dispatches", {"project_id": PROJECT, "pipeline_id": await bridge.pipeline()}, 202)
        [run] = await wait_until(lambda: list(github.runs.values()))
        github.finish(run, "failure", [FakeJob(name="build", conclusion="failure")])
        await wait_until(lambda: run.attempt == 2)
        [post] = await wait_until(lambda: hook.posts)
        assert post.body["lines"][0]["kind"] == "run"
        assert "failure: build" in post.body["text"]
        [done] = await _requests(bridge, "done")
        assert done["values"]["run_id"] == str(run.id)
        await _fails_again(bridge, github, run)
        [skipped] = await _requests(bridge, "skipped")
        assert "the rule allows 2" in skipped["detail"]
        assert github.count("rerun") == 1


async def _fails_again(bridge: Running, github: FakeGitHub, run: FakeRun) -> None:
    """End the second attempt once the cooldown of the rule is over."""
    await bridge.resources.database["ci_rule_state"].update_many({}, {"$set": {"fired_at": []}})
    github.finish(run, "failure", [FakeJob(name="build", conclusion="failure")])


async def test_a_log_cancels_the_run_that_it_names_but_only_one_of_its_project(
    bridge: Running, github: FakeGitHub
) -> None:
    for disk in ("sda", "sdb"):
        await _rule(bridge, {"cancel_run": True}, condition=f'log.message.contains("{disk} is full")')
    await bridge.post("/dispatches", {"project_id": PROJECT, "pipeline_id": await bridge.pipeline()}, 202)
    [run] = await wait_until(lambda: list(github.runs.values()))
    foreign = github.outside_run("acme/shop")

    async def tracked() -> list[dict[str, Any]]:
        return await bridge.items("/runs")

    await wait_until(tracked)
    await publish_logs(bridge.amqp_url, entries("sda is full", attributes={"ci.run_id": str(foreign.id)}))
    [skipped] = await _requests(bridge, "skipped")
    assert "the project has no run" in skipped["detail"]
    await publish_logs(bridge.amqp_url, entries("sdb is full", attributes={"ci.run_id": str(run.id)}))
    await _requests(bridge, "done")
    assert (run.conclusion, foreign.status) == ("cancelled", "queued")
    assert github.count("cancel") == 1


async def test_actions_that_cannot_work_are_refused_when_a_rule_is_saved(bridge: Running) -> None:
    refused: list[tuple[dict[str, Any], str]] = [
        ({}, "logs"),
        ({"template_id": "x"}, "logs"),
        ({"rerun_failed": {}}, "logs"),
        ({"cancel_run": True}, "run"),
        ({"notify": ["unknown"]}, "logs"),
        ({"analyze": {"before": "8d"}}, "logs"),
    ]
    for action, on in refused:
        body = {"project_id": PROJECT, "name": "bad", "on": on, "condition": "true", "action": action}
        answer = await bridge.client.post(f"{PREFIX}/rules", json=body)
        assert answer.status_code == 422, action


async def test_a_dry_run_notifies_and_requests_nothing(bridge: Running, query: FakeQuery) -> None:
    with HttpReceiver() as hook:
        body = {"project_id": PROJECT, "name": "hook", "kind": "slack", "url": hook.url, "group_wait": "0s"}
        receiver = (await bridge.post("/receivers", body))["id"]
        rule = await _rule(bridge, {"notify": [receiver], "analyze": {"after": "0s"}}, dry_run=True)
        await publish_logs(bridge.amqp_url, entries("boom"))

        async def seen() -> bool:
            items = (await bridge.get(f"/rules/{rule}/evaluations"))["items"]
            return bool(items) and items[0]["outcome"] == "dry_run"

        await wait_until(seen)
        assert await bridge.items("/notifications") == []
        assert await bridge.items("/requests") == []
        assert (hook.posts, query.analyses) == ([], [])
