"""kill -9 at any step neither loses a dispatch nor starts a workflow twice."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from logloop_chassis.testing import wait_until
from logloop_ci_bridge.settings import CiBridgeSettings
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from tests.fakes.github import FakeGitHub, Script
from tests.fakes.github_messages import FakeJob
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import (
    FakeQuery,
    Listener,
    Process,
    entries,
    listening,
    publish_logs,
    running,
    settings,
)

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]


eventually = partial(wait_until, timeout_s=120, every_s=0.1)
"""Starting a process takes seconds when tests share two cores."""


@dataclass
class Scene:
    """A database with rules, for a ci-bridge that is not running yet."""

    configured: CiBridgeSettings
    database: str
    amqp_url: str
    outbox: AsyncCollection[dict[str, Any]]
    heard: Listener

    async def dispatches(self) -> list[dict[str, Any]]:
        """The dispatches of the outbox."""
        return await self.outbox.find().to_list()

    async def all_in(self, state: str, count: int) -> bool:
        """Whether there are `count` dispatches, all in one state."""
        found = await self.dispatches()
        return len(found) == count and all(item["state"] == state for item in found)


@pytest.fixture
async def scene(emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub) -> AsyncIterator[Scene]:
    """One rule on errors."""
    async with _scene(emptied_amqp_url, mongo_url, query, github, rules=1) as made:
        yield made


@contextlib.asynccontextmanager
async def _scene(
    amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub, *, rules: int, **pipeline: Any
) -> AsyncIterator[Scene]:
    configured = settings(amqp_url, mongo_url, query.url, github.url)
    database = fresh_database()
    async with running(configured, database) as bridge:
        target = await bridge.pipeline(**pipeline)
        for number in range(rules):
            await bridge.rule(target, condition=f'log.message.contains("boom {number:02}")')
    async with listening(amqp_url) as heard, AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        yield Scene(configured, database, amqp_url, client[database]["ci_dispatches"], heard)


async def test_a_dispatch_that_did_not_reach_github_is_sent_after_a_kill(scene: Scene, github: FakeGitHub) -> None:
    with Process(scene.configured, scene.database) as process:
        github.on_dispatch = _once(process.kill)
        # The request of a killed process is lost: it has no effect.
        github.script("dispatch", Script(status=502))
        await eventually(process.is_ready)
        await publish_logs(scene.amqp_url, entries("boom 00"))
        await eventually(lambda: github.count("dispatch") == 1)
        assert [item["state"] for item in await scene.dispatches()] == ["sending"]
        assert github.runs == {}

        process.start()
        await eventually(lambda: scene.all_in("sent", 1))
        assert len(github.runs) == 1
        assert github.count("dispatch") == 2
        await eventually(lambda: scene.heard.of_type("dispatched"))
        assert len({event["id"] for event in scene.heard.events if "dispatched" in event["type"]}) == 1


@pytest.mark.parametrize("echo", [True, False], ids=["run-name shows the id", "run-name shows nothing"])
async def test_a_dispatch_that_reached_github_is_not_sent_again_after_a_kill(
    scene: Scene, github: FakeGitHub, echo: bool
) -> None:
    github.workflows[0].echo = echo
    with Process(scene.configured, scene.database) as process:
        github.after_dispatch = _once(process.kill)
        await eventually(process.is_ready)
        await publish_logs(scene.amqp_url, entries("boom 00"))
        await eventually(lambda: len(github.runs) == 1)

        process.start()
        await eventually(lambda: scene.all_in("sent", 1))
        assert github.count("dispatch") == 1

        async def with_run() -> Any:
            [sent] = await scene.dispatches()
            return sent if sent["run_id"] else None

        # The response may arrive before the kill; then the run is found afterwards.
        dispatch = await eventually(with_run)
        [run] = github.runs.values()
        assert dispatch["run_id"] == str(run.id)
        assert dispatch["guessed"] is not echo


async def test_without_a_response_the_run_is_looked_for_before_sending_again(
    scene: Scene, github: FakeGitHub
) -> None:
    github.script("dispatch", Script(effect=True, hang_s=6.0))
    with Process(scene.configured, scene.database) as process:
        await eventually(process.is_ready)
        await publish_logs(scene.amqp_url, entries("boom 00"))
        await eventually(lambda: scene.all_in("sent", 1))
        assert github.count("dispatch") == 1
        assert github.count("runs") >= 1


async def test_twenty_rules_under_random_kills_start_one_run_each(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> None:
    count, chance = 20, random.Random(7)
    async with _scene(emptied_amqp_url, mongo_url, query, github, rules=count) as scene:
        with Process(scene.configured, scene.database) as process:
            for _ in range(4):
                await eventually(process.is_ready)
                for number in range(count):
                    await publish_logs(scene.amqp_url, entries(f"boom {number:02}"), f"{number:026}")
                await asyncio.sleep(chance.uniform(0.0, 0.5))
                process.kill()
                process.start()
            await eventually(lambda: scene.all_in("sent", count))
        correlations = [run.title for run in github.runs.values()]
        assert len(correlations) == len(set(correlations)) == count


async def test_each_line_is_stored_once_although_a_kill_interrupted_the_collection(
    scene: Scene, github: FakeGitHub
) -> None:
    with Process(scene.configured, scene.database) as process:
        await eventually(process.is_ready)
        await publish_logs(scene.amqp_url, entries("boom 00"))
        await eventually(lambda: len(github.runs) == 1)
        [run] = github.runs.values()
        lines = "\n".join(f"2026-11-22T10:00:01.{number:07}Z line {number}" for number in range(6_000))
        github.finish(run, jobs=[FakeJob(name="a", log=lines), FakeJob(name="b", log=lines)])
        await eventually(lambda: len(scene.heard.batches) > 1)
        process.kill()
        process.start()
        [completed] = await eventually(lambda: scene.heard.of_type("run-completed"))
    found = scene.heard.run_lines()
    assert completed["log_count"] == len(found) == 2 * 6_000 + 2
    assert sum(line["message"] == "line 77" for line in found) == 2


def _once(action: Callable[[], None]) -> Callable[[], None]:
    done: list[bool] = []

    def act() -> None:
        if not done:
            done.append(True)
            action()

    return act
