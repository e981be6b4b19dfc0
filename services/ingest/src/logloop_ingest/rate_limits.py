"""Limits what each API key sends, and counts it.

A body is admitted before it is parsed, as a whole or not at all. Bytes are the unit because they are known then, and
because they are what storage costs. The rate is kept by each process of ingest for itself. The counts of a day are
shared: processes add what they have counted every `FLUSH_EVERY_S`, and learn from it what the others have admitted.
A quota may therefore be exceeded by what the processes admit within that time.
"""

import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from logloop_chassis.auth.principal import Principal, SendingLimits
from logloop_chassis.clock import utc_now
from logloop_chassis.http.problems import TooLarge, TooManyRequests
from logloop_contracts.key_usage import USAGE_KEPT, usage_day, usage_id

from logloop_ingest.key_usage_store import Counts
from logloop_ingest.telemetry import REFUSED_BY_KEY_LIMITS

BURST_S = 10
"""A key that was idle may send the bytes of so many seconds at once."""
FLUSH_EVERY_S = 2.0


class StoresUsage(Protocol):
    """The part of the store that is used here."""

    async def bytes_of(self, counted_as: str, day: str) -> int:
        """Return the bytes that all processes have counted; 0 when that is unknown."""

    async def add(self, counted_as: str, day: str, counts: Counts, *, expires_at: datetime) -> int | None:
        """Add counts and return the bytes of all processes, None when they could not be stored."""


@dataclass(slots=True)
class _Day:
    """One key on one day: `stored` by all processes, `unsaved` by this one, and `admitted` bytes in progress."""

    counted_as: str
    day: str
    stored: int = 0
    unsaved: Counts = field(default_factory=Counts)
    admitted: int = 0

    @property
    def used(self) -> int:
        return self.stored + self.unsaved.bytes + self.admitted


@dataclass(slots=True)
class _Rate:
    """A balance of bytes that grows with time. A body is admitted while it is positive, and may overdraw it."""

    balance: float
    at: float

    def wait_s(self, bytes_per_s: int, now: float) -> float:
        """Return the seconds until the next body is admitted; 0 if one is admitted now."""
        self.balance = min(bytes_per_s * BURST_S, self.balance + (now - self.at) * bytes_per_s)
        self.at = now
        return 0.0 if self.balance > 0 else max(0.001, -self.balance / bytes_per_s)


class KeyLimits:
    """Admits the bodies of API keys and counts them in the collection `key_usage`."""

    def __init__(
        self,
        store: StoresUsage,
        *,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._days: dict[str, _Day] = {}
        self._rates: dict[str, _Rate] = {}

    @asynccontextmanager
    async def admitted(self, principal: Principal, size: int) -> AsyncIterator[Counts]:
        """Admit a body of `size` bytes of a key; callers without a key have no limits and are not counted.

        Set `entries` of the yielded counts to the entries that were stored for the first time. A body without any
        counts for the rate alone, so neither a failure nor a retry uses up the quota.
        Raises TooManyRequests, and TooLarge for a body over the whole quota of a day.
        """
        accepted = Counts(bytes=size)
        if principal.sending is None:
            yield accepted
            return
        day = await self._today(principal.sending)
        self._admit(principal.sending, day, size)
        day.admitted += size
        try:
            yield accepted
        finally:
            day.admitted -= size
        if accepted.entries:
            day.unsaved.add(accepted)

    def _admit(self, limits: SendingLimits, day: _Day, size: int) -> None:
        if limits.daily_quota_bytes is not None:
            self._check_quota(limits.daily_quota_bytes, day, size)
        if limits.max_bytes_per_s is not None:
            self._check_rate(limits.counted_as, limits.max_bytes_per_s, day, size)

    def _check_quota(self, quota: int, day: _Day, size: int) -> None:
        if size > quota:
            _refuse(day, "quota")
            raise TooLarge(
                f"this body has {size} bytes, and the key may send {quota} bytes a day (daily_quota_bytes); "
                "send smaller requests, or ask an administrator to change the quota"
            )
        if day.used + size > quota:
            _refuse(day, "quota")
            now = self._clock().astimezone(UTC)
            midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            raise TooManyRequests(
                f"this key may send {quota} bytes a day (daily_quota_bytes) and has sent {day.used} today; this body "
                f"of {size} bytes was not accepted; send it again from {midnight:%Y-%m-%dT%H:%M:%SZ}, or ask an "
                "administrator to change the quota",
                retry_after=max(1, math.ceil((midnight - now).total_seconds())),
            )

    def _check_rate(self, counted_as: str, bytes_per_s: int, day: _Day, size: int) -> None:
        now = self._monotonic()
        rate = self._rates.setdefault(counted_as, _Rate(float(bytes_per_s * BURST_S), now))
        wait_s = rate.wait_s(bytes_per_s, now)
        if wait_s:
            _refuse(day, "rate")
            seconds = math.ceil(wait_s)
            raise TooManyRequests(
                f"this key may send {bytes_per_s} bytes a second (max_bytes_per_s) and has sent more; this body was "
                f"not accepted; send it again in {seconds} s, or ask an administrator to change the limit",
                retry_after=seconds,
            )
        rate.balance -= size

    async def _today(self, limits: SendingLimits) -> _Day:
        """Return the counts of today. The first request of a key with a quota reads what was counted before."""
        name = usage_day(self._clock())
        key = usage_id(limits.counted_as, name)
        found = self._days.get(key)
        if found is not None:
            return found
        stored = 0 if limits.daily_quota_bytes is None else await self._store.bytes_of(limits.counted_as, name)
        return self._days.setdefault(key, _Day(limits.counted_as, name, stored))

    async def flush(self) -> None:
        """Store what was counted, and learn what all processes have counted. What cannot be stored now stays."""
        today = usage_day(self._clock())
        for key, day in list(self._days.items()):
            if day.unsaved:
                await self._save(day)
            elif day.day != today and not day.admitted:
                del self._days[key]
        self._forget_full_rates()

    async def _save(self, day: _Day) -> None:
        saving, day.unsaved = day.unsaved, Counts()
        day.stored += saving.bytes
        total = await self._store.add(day.counted_as, day.day, saving, expires_at=self._clock() + USAGE_KEPT)
        if total is None:
            day.unsaved.add(saving)
            day.stored -= saving.bytes
        else:
            day.stored = total

    def _forget_full_rates(self) -> None:
        """Forget the balances of keys that were idle for so long that they are full again."""
        oldest = self._monotonic() - 10 * BURST_S
        for key, rate in list(self._rates.items()):
            if rate.at < oldest and rate.balance >= 0:
                del self._rates[key]


def _refuse(day: _Day, limit: str) -> None:
    day.unsaved.refused += 1
    REFUSED_BY_KEY_LIMITS.labels(limit).inc()
