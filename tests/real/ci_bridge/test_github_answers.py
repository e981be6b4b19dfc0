"""GitHub's responses: which dispatches are sent again, which are not, and what users see."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from logloop_chassis.crypto import issue_service_token
from logloop_chassis.outbound.egress import EgressGuard
from logloop_chassis.testing import wait_until
from logloop_ci_bridge.github.client import GitHubClient
from logloop_ci_bridge.github.gateway import GitHubCredentials
from pydantic import SecretStr

from tests.fakes.github import FakeGitHub, Script
from tests.fakes.github_messages import FakeJob
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import PREFIX, PROJECT, SECRET_KEY, FakeQuery, Running, running, settings


async def _dispatch(bridge: Running, **pipeline: Any) -> str:
    body = {"project_id": PROJECT, "pipeline_id": await bridge.pipeline(**pipeline)}
    return str((await bridge.post("/dispatches", body, 202))["id"])


async def _until(bridge: Running, dispatch_id: str, *states: str) -> dict[str, Any]:
    async def reached() -> dict[str, Any] | None:
        found = await bridge.get(f"/dispatches/{dispatch_id}")
        return found if found["state"] in states else None

    found: dict[str, Any] | None = await wait_until(reached)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"message": "Bad credentials"}),
        (403, {"message": "Resource not accessible by personal access token"}),
        (404, {"message": "Not Found"}),
        (422, {"message": "No event type", "errors": [{"field": "event_type"}]}),
    ],
)
async def test_a_rejection_is_final_and_shown_with_githubs_message(
    bridge: Running, github: FakeGitHub, status: int, body: dict[str, Any]
) -> None:
    github.script("dispatch", Script(status, body))
    found = await _until(bridge, await _dispatch(bridge), "failed")
    assert found["status"] == status
    assert body["message"] in found["detail"]
    [event] = await wait_until(lambda: bridge.heard.of_type("dispatch-failed"))
    assert (event["status"], body["message"] in event["detail"]) == (status, True)
    assert github.count("dispatch") == 1


@pytest.mark.parametrize(
    "script",
    [
        Script(429, {"message": "slow down"}, {"retry-after": "1"}),
        Script(403, {"message": "You have exceeded a secondary rate limit"}, {"retry-after": "1"}),
        Script(403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}),
    ],
    ids=["429", "secondary", "primary"],
)
async def test_a_dispatch_is_retried_after_a_rate_limit(bridge: Running, github: FakeGitHub, script: Script) -> None:
    github.script("dispatch", script)
    dispatch_id = await _dispatch(bridge)
    found = await _until(bridge, dispatch_id, "sent")
    assert (found["attempts"], found["waits_for"]) == (2, None)
    assert github.count("dispatch") == 2


async def test_a_long_wait_is_respected(bridge: Running, github: FakeGitHub) -> None:
    github.script("dispatch", Script(429, {"message": "slow down"}, {"retry-after": "120"}))
    dispatch_id = await _dispatch(bridge)
    await wait_until(lambda: github.count("dispatch") == 1)

    async def waits() -> bool:
        found = await bridge.get(f"/dispatches/{dispatch_id}")
        return (found["state"], found["detail"]) == ("pending", "slow down")

    await wait_until(waits)
    found = await bridge.get(f"/dispatches/{dispatch_id}")
    assert found["waits_for"] == "secondary_limit"
    assert found["next_attempt_at"] > found["posted_at"]
    # Others wait as well, for the same moment, and GitHub is not asked for them.
    second = await _dispatch(bridge)

    async def both_wait() -> bool:
        return [item["waits_for"] for item in await bridge.items("/dispatches")] == ["secondary_limit"] * 2

    await wait_until(both_wait)
    other = await bridge.get(f"/dispatches/{second}")
    apart = datetime.fromisoformat(other["next_attempt_at"]) - datetime.fromisoformat(found["next_attempt_at"])
    assert abs(apart) < timedelta(seconds=60)
    assert github.count("dispatch") == 1


async def test_a_repository_receives_no_more_within_ten_seconds_than_github_starts(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> None:
    configured = settings(emptied_amqp_url, mongo_url, query.url, github.url, ci_start_limit=1)
    async with running(configured, fresh_database()) as bridge:
        await _until(bridge, await _dispatch(bridge), "sent")
        second = await _dispatch(bridge)

        async def waits() -> bool:
            return bool((await bridge.get(f"/dispatches/{second}"))["waits_for"] == "start_limit")

        await wait_until(waits)
        await bridge.client.put(f"{PREFIX}/pause", json={"project_id": PROJECT})
        held = await bridge.get(f"/dispatches/{second}")
        assert (held["waits_for"], held["next_attempt_at"]) == ("paused", None)
        assert github.count("dispatch") == 1


async def test_a_dispatch_is_sent_again_after_a_server_error_without_a_run(
    bridge: Running, github: FakeGitHub
) -> None:
    github.script("dispatch", Script(502, {"message": "bad gateway"}))
    found = await _until(bridge, await _dispatch(bridge), "sent")
    assert github.count("dispatch") == 2
    assert len(github.runs) == 1
    assert found["attempts"] == 2


async def test_a_server_error_after_the_effect_does_not_start_a_second_run(
    bridge: Running, github: FakeGitHub
) -> None:
    github.script("dispatch", Script(500, {"message": "oops"}, effect=True))
    await _until(bridge, await _dispatch(bridge), "sent")
    assert github.count("dispatch") == len(github.runs) == 1


async def test_a_dispatch_that_no_workflow_listens_to_is_marked_lost(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> None:
    configured = settings(emptied_amqp_url, mongo_url, query.url, github.url, ci_lost_after=1.0)
    async with running(configured, fresh_database()) as bridge:
        dispatch_id = await _dispatch(bridge, event_type="unknown.event")

        async def lost() -> bool:
            return bool((await bridge.get(f"/dispatches/{dispatch_id}"))["lost"])

        await wait_until(lost)
        found = await bridge.get(f"/dispatches/{dispatch_id}")
        assert found["state"] == "sent"
        assert "unknown.event" in found["detail"]
        await _dispatch(bridge)
        assert [item["id"] for item in await bridge.items("/dispatches", lost=True)] == [dispatch_id]


async def test_old_enterprise_servers_receive_the_dispatch_without_the_flag(
    bridge: Running, github: FakeGitHub
) -> None:
    github.old_enterprise = True
    pipeline = {"mode": "workflow_dispatch", "workflow": "manual.yml", "event_type": None}
    found = await _until(bridge, await _dispatch(bridge, **pipeline), "sent")
    sent = github.seen("dispatch")
    assert sent[-1].headers["x-github-api-version"] == "2022-11-28"
    assert "return_run_details" not in sent[-1].body

    async def linked() -> str | None:
        run_id: str | None = (await bridge.get(f"/dispatches/{found['id']}"))["run_id"]
        return run_id

    assert await wait_until(linked) == str(next(iter(github.runs)))


async def test_a_workflow_dispatch_returns_its_run_without_being_asked(bridge: Running, github: FakeGitHub) -> None:
    pipeline = {"mode": "workflow_dispatch", "workflow": "manual.yml", "event_type": None}
    found = await _until(bridge, await _dispatch(bridge, **pipeline), "sent")
    [sent] = github.seen("dispatch")
    assert (sent.headers["x-github-api-version"], "return_run_details" in sent.body) == ("2026-03-10", False)
    assert (found["status"], found["run_id"]) == (200, str(next(iter(github.runs))))


async def test_an_undeclared_input_is_shown_with_githubs_message(bridge: Running, github: FakeGitHub) -> None:
    github.workflows[1].inputs = ()
    pipeline = {"mode": "workflow_dispatch", "workflow": "manual.yml", "event_type": None}
    found = await _until(bridge, await _dispatch(bridge, **pipeline), "failed")
    assert "Unexpected inputs provided" in found["detail"]


def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
async def with_app(emptied_amqp_url: str, mongo_url: str, github: FakeGitHub) -> AsyncIterator[Running]:
    """A project that uses a GitHub App."""
    with FakeQuery({PROJECT: {"app_id": "77", "private_key": _private_key()}}) as query:
        configured = settings(emptied_amqp_url, mongo_url, query.url, github.url)
        async with running(configured, fresh_database()) as started:
            yield started


async def test_an_app_requests_one_installation_token_and_reuses_it(with_app: Running, github: FakeGitHub) -> None:
    for _ in range(3):
        await _until(with_app, await _dispatch(with_app), "sent")
    assert github.count("token") == github.count("installation") == 1
    assert github.app_tokens[0].count(".") == 2
    assert all(
        seen.headers["authorization"].removeprefix("Bearer ") in github.installation_tokens
        for seen in github.seen("dispatch")
    )


async def test_a_token_is_requested_once_at_a_time_and_is_only_for_those_who_have_the_private_key(
    github: FakeGitHub,
) -> None:
    client = GitHubClient(github.url, EgressGuard(loopback=True), log_hosts=(), timeout_s=5)
    own, other = (GitHubCredentials(app_id="77", private_key=SecretStr(_private_key())) for _ in range(2))
    try:
        tokens = await asyncio.gather(*(client.token(who, "acme/shop") for who in (own, own, own, other)))
        assert len(set(tokens[:3])) == 1
        assert github.count("token") == 2, "one request for each private key"
    finally:
        await client.close()


async def test_log_downloads_send_no_credentials_and_follow_redirects_to_no_other_host(
    bridge: Running, github: FakeGitHub
) -> None:
    await _until(bridge, await _dispatch(bridge), "sent")
    [run] = github.runs.values()
    trap = Script(302, headers={"location": "http://127.0.0.1:9/steal"})
    github.script("log", trap)
    github.finish(run, jobs=[FakeJob(name="a", log="one"), FakeJob(name="b", log="two")])
    await wait_until(lambda: bridge.heard.of_type("run-completed"))
    found = await bridge.get(f"/runs/{run.id}")
    assert found["logs"] == "collected"
    assert "job a" in found["logs_detail"]
    assert "127.0.0.1" in found["logs_detail"]
    assert "two" in {line["message"] for line in bridge.heard.run_lines()}


async def test_log_downloads_from_the_api_host_send_no_token(bridge: Running, github: FakeGitHub) -> None:
    await _until(bridge, await _dispatch(bridge), "sent")
    [run] = github.runs.values()
    github.finish(run, jobs=[FakeJob(log="hello from the job")])
    await wait_until(lambda: bridge.heard.of_type("run-completed"))
    assert "hello from the job" in {line["message"] for line in bridge.heard.run_lines()}
    assert all("authorization" not in seen.headers for seen in github.seen("blob"))


async def test_a_dispatch_waits_while_query_is_unavailable_instead_of_being_recorded(
    bridge: Running, query: FakeQuery, github: FakeGitHub
) -> None:
    query.unavailable = True
    dispatch_id = await _dispatch(bridge)

    async def waits() -> bool:
        return "cannot be read from query" in str((await bridge.get(f"/dispatches/{dispatch_id}"))["detail"])

    await wait_until(waits)
    assert github.count("dispatch") == 0


async def test_a_repository_receives_no_more_than_its_budget(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> None:
    configured = settings(emptied_amqp_url, mongo_url, query.url, github.url, ci_repository_budget=2)
    async with running(configured, fresh_database()) as bridge:
        for _ in range(2):
            await _until(bridge, await _dispatch(bridge), "sent")
        third = await _dispatch(bridge)

        async def waits() -> bool:
            return "2 dispatches within the hour" in str((await bridge.get(f"/dispatches/{third}"))["detail"])

        await wait_until(waits)
        assert github.count("dispatch") == 2


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("169.254.169.254", "not a public address"),
        ("10.0.0.1", "not a public address"),
        ("[64:ff9b::7f00:1]", "not a public address"),
        ("[::ffff:127.0.0.1]", "not a public address"),
        ("0x7f.1", "write it as four decimal numbers"),
    ],
)
async def test_a_projects_api_address_inside_the_network_is_never_called(
    emptied_amqp_url: str, mongo_url: str, host: str, reason: str
) -> None:
    """The server on loopback receives nothing. The `host` of the service is not loopback here, as in a container."""
    with FakeGitHub() as trap:
        port = trap.url.rpartition(":")[2]
        settings_of_project = {"api_url": f"http://{host}:{port}", "token": "t"}
        with FakeQuery({PROJECT: settings_of_project}) as query:
            configured = settings(
                emptied_amqp_url, mongo_url, query.url, "https://api.github.com", host="192.0.2.1", no_auth=False
            )
            async with running(configured, fresh_database()) as bridge:
                bridge.client.headers["Authorization"] = f"Bearer {issue_service_token(SECRET_KEY, 'query', PROJECT)}"
                dispatch_id = await _dispatch(bridge)

                async def refused() -> bool:
                    return reason in str((await bridge.get(f"/dispatches/{dispatch_id}"))["detail"])

                await wait_until(refused)
        assert trap.requests == []
