"""Decides whether and when to retry a request; callers wait in their own way (thread, event loop, condition)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds of a Retry-After header (a number or an HTTP date), at least 0; None without a valid one."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


class Backoff:
    """The delays between attempts of one request: the server's Retry-After, else exponential with jitter.

    `retry_for` is the time budget in seconds from the start; 0 means a single attempt, None means no limit.
    """

    def __init__(
        self,
        retry_for: float | None = 30.0,
        *,
        first: float = 0.25,
        longest: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._retry_for = retry_for
        self._first = first
        self._longest = longest
        self._clock = clock
        self._jitter = jitter
        self._started = clock()
        self._attempt = 0

    def next_delay(self, retry_after: float | None = None) -> float | None:
        """Return the seconds to wait before the next attempt, or None when that would exceed the budget.

        `retry_after` is lengthened by up to 10 % (at most 1 s) so that clients do not all return at once.
        """
        self._attempt += 1
        if retry_after is not None:
            delay = retry_after + min(1.0, retry_after * 0.1) * self._jitter()
        else:
            ceiling = min(self._longest, self._first * 2 ** min(self._attempt - 1, 16))
            delay = ceiling * (0.5 + 0.5 * self._jitter())
        if self._retry_for is not None and self._clock() - self._started + delay > self._retry_for:
            return None
        return delay
