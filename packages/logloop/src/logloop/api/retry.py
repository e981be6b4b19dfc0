"""Decides whether and how long to wait before a request is tried again.

It must not sleep or do I/O: the callers wait in their own way (thread, event loop, condition).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a Retry-After header (a number or an HTTP date), never negative; None when absent or unreadable."""
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
    """Delays of one request: what the server asked for, else exponential with full jitter, within a time budget.

    `retry_for` is the budget in seconds from the start; 0 means one attempt, None means for ever.
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
        """Seconds to wait before the next attempt, None when the budget would be over by then.

        A server's own time is kept and spread by up to 10 % (at most 1 s) so that clients do not return together.
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
