"""The kill switch: while it is on, no rule fires and nothing is sent."""

from datetime import datetime
from functools import partial
from typing import Any

from logloop_chassis.ids import utc_now
from logloop_chassis.testing import wait_until

from tests.fakes.github import FakeGitHub, Script
from tests.real.ci_bridge.bridge_app import PREFIX, PROJECT, Running, entries, publish_logs


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
    github.script("dispatch", Script(429, headers={"retry-after": "1"}))
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
