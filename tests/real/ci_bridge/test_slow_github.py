"""A GitHub that hangs, responds slowly or without end delays only the project that uses it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from logloop_chassis.outbound.egress import EgressGuard
from logloop_chassis.testing import wait_until
from logloop_ci_bridge.github.client import GitHubClient
from logloop_ci_bridge.github.gateway import GitHubCredentials, GitHubUnavailable
from logloop_ci_bridge.github.rest_gateway import RestGateway
from logloop_ci_bridge.project_turns import WORKERS
from logloop_ci_bridge.runs.run import Run
from pydantic import SecretStr

from tests.fakes.github import FakeGitHub, Script
from tests.fakes.github_messages import FakeJob
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import PROJECT, REPOSITORY, FakeQuery, Running, running, settings


async def _dispatch(bridge: Running, project: str, count: int = 1) -> list[str]:
    pipeline = await bridge.pipeline(project_id=project)
    body = {"project_id": project, "pipeline_id": pipeline}
    return [str((await bridge.post("/dispatches", body, 202))["id"]) for _ in range(count)]


async def test_a_github_that_hangs_delays_its_own_project_only(
    emptied_amqp_url: str, mongo_url: str, github: FakeGitHub
) -> None:
    with FakeGitHub() as slow:
        slow.script("dispatch", *[Script(500, hang_s=60.0)] * 20)
        known = {PROJECT: {"token": slow.token, "api_url": slow.url}, "other": {"token": github.token}}
        with FakeQuery(known) as query:
            configured = settings(
                emptied_amqp_url, mongo_url, query.url, github.url, github_timeout=60.0, ci_lease=120.0
            )
            async with running(configured, fresh_database()) as bridge:
                database = bridge.resources.database
                await database["projects"].insert_one({"_id": "other", "name": "Other"})
                await _dispatch(bridge, PROJECT, WORKERS + 2)
                await wait_until(lambda: slow.count("dispatch") >= 1)
                [quick] = await _dispatch(bridge, "other")

                async def sent() -> bool:
                    return bool((await bridge.get(f"/dispatches/{quick}"))["state"] == "sent")

                await wait_until(sent)
                assert slow.count("dispatch") == 1, "one at a time for each project"
                await database["ci_dispatches"].delete_many({"project_id": PROJECT})


async def test_a_search_for_the_run_that_exceeds_the_lease_sends_nothing(bridge: Running, github: FakeGitHub) -> None:
    """Another process may have taken over the dispatch by then."""
    github.script("dispatch", Script(500, {"message": "oops"}, effect=True))
    github.script("runs", Script(200, {"workflow_runs": []}, hang_s=1.5))
    [dispatch] = await _dispatch(bridge, PROJECT)

    async def sent() -> bool:
        return bool((await bridge.get(f"/dispatches/{dispatch}"))["state"] == "sent")

    await wait_until(sent)
    assert github.count("dispatch") == len(github.runs) == 1


class EndlessResponse:
    """A server that sends headers and then an endless body, slowly or as fast as it can."""

    def __init__(self, *, fast: bool) -> None:
        self.fast = fast
        self.written = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        piece = b" " * 2**16 if self.fast else b" "
        try:
            while True:
                writer.write(piece)
                await writer.drain()
                self.written += len(piece)
                await asyncio.sleep(0 if self.fast else 0.05)
        except ConnectionError:
            writer.close()


@pytest.mark.parametrize("fast", [True, False])
async def test_an_endless_response_is_abandoned(fast: bool) -> None:
    endless = EndlessResponse(fast=fast)
    server = await asyncio.start_server(endless.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = GitHubClient(url, EgressGuard(loopback=True), log_hosts=(), timeout_s=0.5)
    gateway = RestGateway(client, GitHubCredentials(token=SecretStr("t")))
    try:
        with pytest.raises(GitHubUnavailable):
            await asyncio.wait_for(gateway.run(REPOSITORY, "1"), 30)
    finally:
        await client.close()
        server.close()
    assert endless.written < 64 * 2**20


async def test_the_output_of_a_run_is_collected_although_another_cannot_be_read(
    bridge: Running, github: FakeGitHub
) -> None:
    await _dispatch(bridge, PROJECT, 2)
    await wait_until(lambda: len(github.runs) == 2)
    first, second = github.runs.values()
    github.script("jobs", Script(503, {"message": "later"}))
    github.finish(first, jobs=[FakeJob(log="one")])
    github.finish(second, jobs=[FakeJob(log="two")])
    await wait_until(lambda: len(bridge.heard.of_type("run-completed")) == 2)
    assert {"one", "two"} <= {line["message"] for line in bridge.heard.run_lines()}
    assert {run["repository"] for run in bridge.heard.of_type("run-completed")} == {REPOSITORY}


async def test_a_completed_run_is_published_without_its_output_when_github_is_unavailable_for_a_day(
    bridge: Running, github: FakeGitHub
) -> None:
    github.script("run", *[Script(503, {"message": "down"})] * 3)
    ended = datetime.now(UTC) - timedelta(days=2)
    bridge.services.run_tracker._started_at = ended
    run = Run(
        run_id="77",
        project_id=PROJECT,
        repository=REPOSITORY,
        service_id="checkout",
        status="completed",
        conclusion="failure",
        updated_at=ended,
    )
    await bridge.services.stores.runs.advance(run, datetime.now(UTC))
    [event] = await wait_until(lambda: bridge.heard.of_type("run-completed"))
    assert (event["run_id"], event["conclusion"], event["log_count"]) == ("77", "failure", 0)

    async def unavailable() -> bool:
        return bool((await bridge.get("/runs/77"))["logs"] == "unavailable")

    await wait_until(unavailable)
    assert "for a day" in (await bridge.get("/runs/77"))["logs_detail"]
