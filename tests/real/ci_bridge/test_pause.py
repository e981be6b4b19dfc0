"""The kill switch: while it is on, no rule fires and nothing is sent."""

from datetime import datetime
from functools import partial
from typing import Any

from logloop_chassis.ids import utc_now
from logloop_chassis.testing import wait_until

from tests.fakes.github import FakeGitHub, Script
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import (
    PREFIX,
    PROJECT,
    FakeQuery,
    Process,
    Running,
    entries,
    publish_logs,
    running,
    settings,
)
from tests.real.ci_bridge.receivers import HttpReceiver


async def switch(bridge: Running, method: str, project: str | None, **fields: Any) -> dict[str, Any]:
    """Read or change the kill switch of a project, or of everything."""
    scope = {"project_id": project} if project else {}
    sent: dict[str, Any] = {"json": {**scope, **fields}} if method == "PUT" else {"params": scope}
    answer = await bridge.client.request(method, f"{PREFIX}/pause", **sent)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _sent(github: FakeGitHub, times: int) -> bool:
    return github.count("dispatch") == times


async def test_a_pause_stops_rules_and_dispatches_until_it_ends(bridge: Running, github: FakeGitHub) -> None:
    pipeline = await bridge.pipeline()
    for project in (PROJECT, None):
        rule, sent = await bridge.rule(pipeline), github.count("dispatch")
        state = await switch(bridge, "PUT", project, reason="a workflow misbehaves")
        assert (state["paused"], bool(state["everything"])) == (True, project is None)
        assert (await switch(bridge, "GET", PROJECT))["paused"]
        assert (await bridge.get("/summary", project_id=PROJECT))["paused"]
        await publish_logs(bridge.amqp_url, entries("boom"))

        async def blocked(rule: str = rule) -> dict[str, Any] | None:
            found = await bridge.get(f"/rules/{rule}/evaluations")
            assert found["now"]["gate"] == "paused"
            return next((item for item in found["items"] if item["gate"] == "paused"), None)

        evaluation: Any = await wait_until(blocked)
        assert "a workflow misbehaves" in evaluation["detail"]
        refused = await bridge.post("/dispatches", {"project_id": PROJECT, "pipeline_id": pipeline}, 409)
        assert "paused by local user" in refused["detail"]
        assert github.count("dispatch") == sent

        assert not (await switch(bridge, "DELETE", project))["paused"]
        await publish_logs(bridge.amqp_url, entries("boom"))
        await wait_until(partial(_sent, github, sent + 1))
        assert (await bridge.client.delete(f"{PREFIX}/rules/{rule}")).status_code == 204


async def test_what_waits_in_the_outbox_is_held_and_sent_afterwards(bridge: Running, github: FakeGitHub) -> None:
    github.script("dispatch", Script(429, headers={"retry-after": "5"}))
    dispatch = await bridge.post("/dispatches", {"project_id": PROJECT, "pipeline_id": await bridge.pipeline()}, 202)

    async def waiting() -> dict[str, Any] | None:
        found = await bridge.get(f"/dispatches/{dispatch['id']}")
        return found if found["state"] == "pending" and found["status"] == 429 else None

    again = (await wait_until(waiting))["next_attempt_at"]
    await switch(bridge, "PUT", PROJECT)
    await wait_until(lambda: utc_now() > datetime.fromisoformat(again))
    for _ in range(3):
        assert not await bridge.services.dispatcher.step()
    assert github.count("dispatch") == 1

    await switch(bridge, "DELETE", PROJECT)
    await wait_until(lambda: github.count("dispatch") == 2)


async def test_queued_notifications_and_requests_wait_for_the_end_of_a_pause_also_after_a_kill(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> None:
    configured, database = settings(emptied_amqp_url, mongo_url, query.url, github.url), fresh_database()
    eventually = partial(wait_until, timeout_s=60, every_s=0.1)
    with HttpReceiver() as hook:
        async with running(configured, database) as bridge:
            body = {"project_id": PROJECT, "name": "hook", "kind": "webhook", "url": hook.url, "group_wait": "1h"}
            receiver = (await bridge.post("/receivers", body))["id"]
            action = {"notify": [receiver], "analyze": {"after": "1h"}}
            await bridge.post("/rules", {"project_id": PROJECT, "name": "r", "action": action})
            await publish_logs(bridge.amqp_url, entries("boom"))
            [waiting] = await wait_until(lambda: bridge.items("/notifications"))
            await switch(bridge, "PUT", PROJECT)
            for name in ("ci_notifications", "ci_requests"):
                due = {"$set": {"next_attempt_at": utc_now()}}
                assert (await bridge.resources.database[name].update_many({}, due)).modified_count == 1
            for loop in (bridge.services.notifier, bridge.services.actions):
                assert not await loop.step()
        with Process(configured, database) as process:
            await eventually(process.is_ready)
            process.kill()
        async with running(configured, database) as bridge:
            assert not await bridge.services.notifier.step()
            assert (hook.posts, query.analyses) == ([], [])
            await switch(bridge, "DELETE", PROJECT)
            await eventually(lambda: hook.posts and query.analyses)
            [sent] = await bridge.items("/notifications")
    assert len(hook.posts) == 1
    assert hook.posts[0].headers["webhook-id"] == sent["id"] == waiting["id"]
