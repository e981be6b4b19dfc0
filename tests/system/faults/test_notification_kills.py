"""Kills of ci-bridge, broker and database lose no notification and send none under a second id."""

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.real.ci_bridge.receivers import HttpReceiver
from tests.system.faults.conftest import NewPlatform, Nodes
from tests.system.platform import Platform, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(240)]
KILLS = ("ci-bridge", "rabbit", "mongo", "ci-bridge")
PER_KILL = 3


def test_each_match_is_told_once_although_everything_is_killed_meanwhile(
    new_platform: NewPlatform, nodes: Nodes
) -> None:
    env = {"LOGLOOP_CI_LEASE": "2", "LOGLOOP_CI_RULES_FRESH": "0"}
    with new_platform(services=("query", "ingest", "ci-bridge"), env=env) as platform, HttpReceiver() as hook:
        count = len(KILLS) * PER_KILL
        for number in range(count):
            _notify(platform, number, hook.url)
        for turn, victim in enumerate(KILLS):
            numbers = range(turn * PER_KILL, (turn + 1) * PER_KILL)
            # The victim is killed after a message arrived and before it is known that it did.
            killed = threading.Event()
            hook.before_answer = _killer(platform, nodes, victim, killed)
            _send(platform, numbers, nodes, killed)
            wait_for(killed.is_set, timeout_s=60, what=f"the kill of {victim}")
            nodes.start()
            if victim == "ci-bridge":
                platform[victim].start(ready=False)
            platform["ci-bridge"].wait_ready()
        wait_for(lambda: len(_told(hook)) == count, timeout_s=90, what="every notification")
        wait_for(lambda: _states(platform) == ["sent"] * count, timeout_s=60, what="every outcome")

    told = _told(hook)
    assert set(told) == {f"boom {number:02}" for number in range(count)}
    assert [line for line, ids in told.items() if len(ids) != 1] == []
    contents: dict[str, set[bytes]] = defaultdict(set)
    for post in hook.posts:
        contents[post.headers["webhook-id"]].add(post.raw)
    assert [name for name, raw in contents.items() if len(raw) != 1] == [], "a repetition is the same message"
    assert len(hook.posts) - count <= len(KILLS), "only what a kill interrupted is sent again"


def _notify(platform: Platform, number: int, url: str) -> None:
    """Define a rule with a receiver of its own, so that each match is one message."""
    with platform.client("ci-bridge") as client:

        def create(path: str, **body: object) -> str:
            body = {"project_id": platform.project, "name": f"boom {number:02}", **body}
            return str(client.post(f"/api/v1/ci{path}", json=body).raise_for_status().json()["id"])

        receiver = create("/receivers", kind="webhook", url=url, group_wait="0s")
        create(
            "/rules",
            condition=f'log.message == "boom {number:02}"',
            action={"notify": [receiver]},
            cooldown="1d",
        )


def _send(platform: Platform, numbers: range, nodes: Nodes, killed: threading.Event) -> None:
    """Send lines in one request until it is acknowledged; the kill may come before the acknowledgement."""
    entries = [
        {
            "project_id": platform.project,
            "service_id": "checkout",
            "severity": "error",
            "timestamp": datetime.now(UTC).isoformat(),
            "message": f"boom {number:02}",
        }
        for number in numbers
    ]

    def acknowledged() -> bool:
        answer = platform.send(entries, key=f"boom-{numbers.start}")
        assert answer.status_code in (202, 429, 503), answer.text
        if answer.status_code != 202 and killed.is_set():
            nodes.start()
        return answer.status_code == 202

    wait_for(acknowledged, timeout_s=60, what="the acknowledgement")


def _killer(platform: Platform, nodes: Nodes, victim: str, killed: threading.Event) -> Callable[[], None]:
    def kill() -> None:
        if victim == "rabbit":
            nodes.rabbit.kill()
        elif victim == "mongo":
            nodes.mongo.kill()
        else:
            platform[victim].kill()
        killed.set()

    return kill


def _told(hook: HttpReceiver) -> dict[str, set[str]]:
    """Return the ids of the messages that tell of each line."""
    found: dict[str, set[str]] = defaultdict(set)
    for post in list(hook.posts):
        for line in post.body["lines"]:
            found[line["message"]].add(post.headers["webhook-id"])
    return found


def _states(platform: Platform) -> list[str]:
    with platform.client("ci-bridge") as client:
        answer = client.get("/api/v1/ci/notifications", params={"project_id": platform.project})
        return [item["state"] for item in answer.json()["items"]] if answer.is_success else []
