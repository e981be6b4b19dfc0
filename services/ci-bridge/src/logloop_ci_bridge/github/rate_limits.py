"""Remembers until when GitHub asks to wait, so that nothing is sent before: more requests prolong the wait."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import TLRUCache

from logloop_ci_bridge.dispatches.outbox import DispatchDeferred, WaitReason
from logloop_ci_bridge.github.gateway import GitHubBusy
from logloop_ci_bridge.github.responses import GitHubResponse, failure_of, quota_reset_at

_MAX_HELD = 10_000


@dataclass(frozen=True, slots=True)
class _Hold:
    until: float
    waits_for: WaitReason
    detail: str


class RateLimits:
    """The limits of each token of each API, in this process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._held: TLRUCache[str, _Hold] = TLRUCache(_MAX_HELD, ttu=lambda _key, hold, _now: hold.until, timer=clock)

    def check(self, host: str, token: str) -> None:
        """Raise GitHubBusy while GitHub asks to wait."""
        hold = self._held.get(_key(host, token))
        if hold is not None:
            wait_s = max(1.0, hold.until - self._clock())
            raise GitHubBusy(hold.detail, retry_after_s=wait_s, waits_for=hold.waits_for)

    def note(self, host: str, token: str, response: GitHubResponse) -> None:
        """Take what a response says about the limits."""
        failure = failure_of(response)
        if isinstance(failure, DispatchDeferred) and failure.retry_after_s is not None:
            until = self._clock() + failure.retry_after_s
            self._held[_key(host, token)] = _Hold(until, failure.waits_for, failure.detail)
            return
        reset_at = quota_reset_at(response)
        if reset_at is not None and reset_at > self._clock():
            self._held[_key(host, token)] = _Hold(reset_at, "rate_limit", "GitHub's hourly limit is used up")


def _key(host: str, token: str) -> str:
    return hashlib.sha256(f"{host} {token}".encode()).hexdigest()
