"""Webhooks: forged, repeated, out of order, missed."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from logloop_chassis.testing import wait_until

from tests.fakes.github import FakeGitHub
from tests.fakes.github_messages import WEBHOOK_EXAMPLES, FakeRun, sign, webhook_request
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import (
    PROJECT,
    REPOSITORY,
    WEBHOOK_SECRET,
    FakeQuery,
    Running,
    entries,
    publish_logs,
    running,
    settings,
)

ALL_EXAMPLES = Path(__file__).parents[3] / "web/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
HOOK = "http://t/api/v1/ci/webhooks/github"


async def _deliver(
    bridge: Running, payload: dict[str, Any], *, secret: str = WEBHOOK_SECRET, **more: Any
) -> httpx.Response:
    return await bridge.client.send(webhook_request(HOOK, payload, secret=secret, **more))


async def _dispatched(bridge: Running, github: FakeGitHub) -> FakeRun:
    await bridge.rule(await bridge.pipeline())
    await publish_logs(bridge.amqp_url, entries("boom"))
    await wait_until(lambda: bridge.heard.of_type("dispatched"))
    [run] = github.runs.values()
    return run


@pytest.fixture
async def hooked(emptied_amqp_url: str, mongo_url: str) -> AsyncIterator[Running]:
    """A project with a webhook secret and no token: it receives events but cannot call GitHub."""
    with FakeQuery({PROJECT: {"webhook_secret": WEBHOOK_SECRET}}) as query:
        configured = settings(emptied_amqp_url, mongo_url, query.url, "http://127.0.0.1:1")
        async with running(configured, fresh_database()) as started:
            await started.pipeline(collect_logs="all", repository="octo-org/octo-repo")
            yield started


async def test_the_same_delivery_ten_times_in_parallel_completes_a_run_once(
    bridge: Running, github: FakeGitHub
) -> None:
    run = await _dispatched(bridge, github)
    github.finish(run)
    payload = github.webhook(run)
    answers = await asyncio.gather(*(_deliver(bridge, payload, delivery="d-1") for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    again = await _deliver(bridge, payload, delivery="d-1")
    assert again.json() == {"outcome": "repeated"}
    await wait_until(lambda: bridge.heard.of_type("run-completed"))
    assert {event["id"] for event in bridge.heard.events if "run-completed" in event["type"]} == {
        f"run-{PROJECT}-{run.id}-12"
    }


async def test_a_late_in_progress_does_not_reopen_a_completed_run(hooked: Running) -> None:
    requested, completed = WEBHOOK_EXAMPLES["workflow_run"][2], WEBHOOK_EXAMPLES["workflow_run"][1]
    for payload in (completed, requested):
        assert (await _deliver(hooked, payload)).status_code == 202
    [run] = await hooked.items("/runs")
    assert (run["status"], run["conclusion"]) == ("completed", "success")
    [event] = await wait_until(lambda: hooked.heard.of_type("run-completed"))
    assert event["repository"] == "octo-org/octo-repo"


async def test_a_second_attempt_of_a_completed_run_is_tracked(hooked: Running) -> None:
    completed = json.loads(json.dumps(WEBHOOK_EXAMPLES["workflow_run"][1]))
    await _deliver(hooked, completed)
    await wait_until(lambda: len(hooked.heard.of_type("run-completed")) == 1)
    completed["workflow_run"] |= {"run_attempt": 2, "conclusion": "failure"}
    await _deliver(hooked, completed)
    await wait_until(lambda: len(hooked.heard.of_type("run-completed")) == 2)
    [run] = await hooked.items("/runs")
    assert (run["attempt"], run["conclusion"]) == (2, "failure")


async def test_without_any_webhook_polling_finds_the_end(bridge: Running, github: FakeGitHub) -> None:
    run = await _dispatched(bridge, github)
    await wait_until(lambda: bridge.heard.of_type("run-updated"))
    run.status = "in_progress"
    await wait_until(lambda: any(event["status"] == "in_progress" for event in bridge.heard.of_type("run-updated")))
    github.finish(run, "failure")
    [completed] = await wait_until(lambda: bridge.heard.of_type("run-completed"))
    assert completed["conclusion"] == "failure"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"X-Hub-Signature-256": None}, 401),
        ({"X-Hub-Signature-256": "sha256=" + "0" * 64}, 401),
        ({"X-Hub-Signature-256": "sha256=é"}, 401),
        ({"X-Hub-Signature-256": None, "X-Hub-Signature": "sha1=" + "0" * 40}, 401),
        ({"X-GitHub-Event": None}, 400),
        ({"X-GitHub-Delivery": None}, 400),
    ],
    ids=["unsigned", "wrong", "not ascii", "sha1 only", "no event", "no delivery id"],
)
async def test_an_invalid_delivery_is_rejected(hooked: Running, change: dict[str, str | None], status: int) -> None:
    request = webhook_request(HOOK, WEBHOOK_EXAMPLES["workflow_run"][1], secret=WEBHOOK_SECRET)
    for name, value in change.items():
        request.headers.pop(name, None)
        if value is not None:
            request.headers.raw.append((name.encode(), value.encode()))
    headers = [(name.decode(), value) for name, value in request.headers.raw]
    answer = await hooked.client.post(HOOK, content=request.content, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert await hooked.items("/runs") == []


async def test_a_changed_body_another_secret_and_an_empty_one_are_rejected(hooked: Running) -> None:
    payload = WEBHOOK_EXAMPLES["workflow_run"][1]
    request = webhook_request(HOOK, payload, secret=WEBHOOK_SECRET)
    body = request.content.replace(b"success", b"failure")
    flipped = await hooked.client.post(HOOK, content=body, headers=request.headers)
    assert flipped.status_code == 401
    for secret in ("other", ""):
        assert (await _deliver(hooked, payload, secret=secret)).status_code == 401


async def test_a_body_over_the_limit_is_rejected_before_it_is_read(hooked: Running) -> None:
    body = b'{"x":"' + b"a" * (3 * 2**20) + b'"}'
    headers = {
        "X-GitHub-Event": "workflow_run",
        "X-GitHub-Delivery": "1",
        "X-Hub-Signature-256": sign(WEBHOOK_SECRET, body),
    }
    assert (await hooked.client.post(HOOK, content=body, headers=headers)).status_code == 413
    sent: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        for piece in range(64):
            sent.append(piece)
            yield b"a" * 2**20

    assert (await hooked.client.post(HOOK, content=endless(), headers=headers)).status_code == 413
    assert len(sent) < 5


async def test_signed_deliveries_with_parts_of_the_wrong_type_are_rejected_or_ignored(hooked: Running) -> None:
    example = WEBHOOK_EXAMPLES["workflow_run"][1]
    wrong: list[Any] = [None, [], "x", 7, {}, True]
    payloads: list[Any] = [{**example, "workflow_run": value} for value in wrong]
    fields = ("id", "run_attempt", "name", "status", "conclusion", "path", "created_at", "repository")
    payloads += [{**example, "workflow_run": {**example["workflow_run"], name: 10**25}} for name in fields]
    payloads += [{**example, "workflow_run": {**example["workflow_run"], name: [None]}} for name in fields]
    payloads += [{**example, "repository": value} for value in wrong]
    payloads += [{**example, "repository": {"full_name": value}} for value in wrong[:-1]]
    payloads += [None, [], "x", 7, True]
    statuses = set()
    for number, payload in enumerate(payloads):
        for event in ("workflow_run", "workflow_job", "ping", "check_run"):
            answer = await _deliver(hooked, payload, event=event, delivery=f"w-{number}-{event}")
            statuses.add(answer.status_code)
    assert statuses <= {202, 400, 401}


async def test_an_unknown_repository_is_rejected_like_a_wrong_signature(hooked: Running) -> None:
    answer = await _deliver(hooked, WEBHOOK_EXAMPLES["workflow_run"][0])
    assert answer.status_code == 401


async def test_a_ping_is_accepted_and_ignored(hooked: Running) -> None:
    ping = json.loads(json.dumps(WEBHOOK_EXAMPLES["ping"][0]))
    ping["repository"]["full_name"] = "octo-org/octo-repo"
    answer = await _deliver(hooked, ping, event="ping")
    assert (answer.status_code, answer.json()) == (202, {"outcome": "ignored"})


async def test_every_example_of_github_is_accepted_or_ignored(hooked: Running) -> None:
    if not ALL_EXAMPLES.exists():
        pytest.skip("the packages of the web app are not installed")
    examples = [
        (event["name"], payload) for event in json.loads(ALL_EXAMPLES.read_bytes()) for payload in event["examples"]
    ]
    assert len(examples) > 300
    for repository in {payload["repository"]["full_name"] for _, payload in examples if payload.get("repository")}:
        await hooked.pipeline(repository=repository, collect_logs="all")
    outcomes = Counter[tuple[str, str]]()
    for number, (event, payload) in enumerate(examples):
        answer = await _deliver(hooked, payload, event=event, delivery=f"e-{number}")
        assert answer.status_code == 202, f"{event} {number}: {answer.text}"
        outcomes[event, answer.json()["outcome"]] += 1
    assert outcomes["workflow_run", "accepted"] >= 4
    assert {event for event, outcome in outcomes if outcome == "accepted"} <= {"workflow_run", "push"}


async def test_runs_that_logloop_did_not_start_become_logs_only_if_the_pipeline_collects_all(
    bridge: Running, github: FakeGitHub
) -> None:
    await bridge.pipeline()
    outside = github.outside_run(REPOSITORY)
    github.finish(outside)
    assert (await _deliver(bridge, github.webhook(outside))).json() == {"outcome": "ignored"}
    await bridge.pipeline(collect_logs="all", workflow="ci.yml", service_id="ci")
    assert (await _deliver(bridge, github.webhook(outside))).json() == {"outcome": "accepted"}
    await wait_until(lambda: bridge.heard.of_type("run-completed"))
    assert {line["service_id"] for line in bridge.heard.run_lines()} == {"ci"}
    assert all("ci.hop" not in line["attributes"] for line in bridge.heard.run_lines())
