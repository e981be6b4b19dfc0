"""Plays a situation with a client and counts what the platform stored."""

import contextlib
import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.system.clients.client import Client, Situation
from tests.system.clients.front import DROPPED, Front
from tests.system.platform import Platform, wait_for

_REFUSED = {Situation.TOO_MANY: 429, Situation.UNAVAILABLE: 503, Situation.RESTART: DROPPED}
_TIMEOUT_S = 240.0


@dataclass
class Outcome:
    """What became of the messages of a run: how often each number was stored, and how requests were answered."""

    sent: int
    stored: Counter[int]
    statuses: Counter[int] = field(default_factory=Counter)
    output: str = ""
    cut: int = 0

    @property
    def lost(self) -> int:
        """Messages that were not stored."""
        return self.sent - len(self.stored)

    @property
    def doubled(self) -> int:
        """Messages that were stored more than once."""
        return sum(1 for count in self.stored.values() if count > 1)


def play(
    client: Client,
    situation: Situation,
    platform: Platform,
    front: Front,
    key: str,
    *,
    count: int,
    refusals: int = 1,
    after: Callable[[], None] | None = None,
) -> Outcome:
    """Send numbered messages with a client; the front refuses its first requests if the situation says so.

    `after` is called when the client has ended, before its messages are counted.
    """
    run = f"run{secrets.token_hex(6)}"
    if situation in _REFUSED:
        front.refuse(_REFUSED[situation], refusals)
    front.statuses.clear()
    token = key if situation is not Situation.BAD_TOKEN else f"llk_nosuchkey1_{'0' * 32}"
    url = front.grpc_url if client.over_grpc else front.url
    output = client.run(url, token, [run, str(count), situation.value], timeout_s=_TIMEOUT_S)
    front.refuse(200, 0)
    if after is not None:
        after()
    statuses = Counter(front.statuses)
    stored, cut = stored_numbers(platform, run, wait_until_stored=count if not _may_lose(client, situation) else 0)
    return Outcome(count, stored, statuses, output, cut)


def _may_lose(client: Client, situation: Situation) -> bool:
    """Return whether the messages of a run may be incomplete, so that waiting for all of them is in vain."""
    if situation in _REFUSED:
        return situation not in client.keeps
    return situation in {Situation.BAD_TOKEN, Situation.BAD_ENTRY}


def stored_numbers(platform: Platform, run: str, *, wait_until_stored: int) -> tuple[Counter[int], int]:
    """Return how often each number of a run is stored, and how many of its messages were cut.

    Waits until a later log is found, because logs are stored in the order in which they were accepted.
    """
    end = f"end of {run} {secrets.token_hex(4)}"
    entry = {"project_id": platform.project, "service_id": "checkout", "severity": "info"}
    answer = platform.send([{**entry, "timestamp": "2026-11-22T10:00:00Z", "message": end}])
    assert answer.status_code == 202, answer.text
    wait_for(lambda: [*platform.stored_lines(q=f'"{end}"')], what="the last log of a run")
    numbers: Counter[int] = Counter()

    def complete() -> bool:
        numbers.clear()
        numbers.update(_numbers(platform, run))
        return len(numbers) >= wait_until_stored

    with contextlib.suppress(AssertionError):  # a loss is an outcome
        wait_for(complete, timeout_s=10, what="the logs of a run")
    cut = sum("truncated_bytes" in (log.get("attributes") or {}) for log in platform.stored_lines(q=f'"{run}"'))
    return numbers, cut


def _numbers(platform: Platform, run: str) -> Counter[int]:
    pattern = re.compile(rf"{run} number (\d+)")
    found = (pattern.search(log["message"]) for log in platform.stored_lines(q=f'"{run}"'))
    return Counter(int(match[1]) for match in found if match)
