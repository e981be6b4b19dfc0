"""Limits sign-in attempts per account and address, per account, and per address.

Nobody can lock others out. An address that has signed in to an account is exempt from the account's limit. The
limit of an address bounds guesses over many accounts; it is far above what the people behind one address need.
"""

import hashlib
import math
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from logloop_chassis.http.problems import TooManyRequests
from logloop_chassis.ids import utc_now

from logloop_query.identity.stores.sessions import AttemptStore

WINDOW = timedelta(minutes=10)
PER_ACCOUNT_AND_ADDRESS = 10
PER_ACCOUNT = 50
PER_ADDRESS = 1000
AT_ONCE = 30
"""Attempts of one address in progress. Each computes a hash for some 50 ms, two at a time in all."""
KNOWN_FOR = timedelta(days=30)
"""How long an address counts as known to an account after it signed in."""


class SignInThrottle:
    """Counts an attempt before the password is checked, so that parallel guesses count too.

    Windows start at multiples of ten minutes, shifted by account or address.
    """

    def __init__(self, store: AttemptStore) -> None:
        self._store = store
        self._in_progress: Counter[str | None] = Counter()

    async def count_visit(self, ip: str | None) -> None:
        """Count a visit that costs a document and has no account yet. Raises TooManyRequests for an address."""
        await self._count(f"visit\n{ip}", PER_ADDRESS, utc_now())

    @asynccontextmanager
    async def attempt(self, email: str, ip: str | None) -> AsyncIterator["Attempt"]:
        """Count an attempt and hold it; an address may have few at once. Raises TooManyRequests."""
        if self._in_progress[ip] >= AT_ONCE:
            raise TooManyRequests("too many sign-in attempts at once; try again in a moment", retry_after=1)
        self._in_progress[ip] += 1
        try:
            yield Attempt(self._store, email, ip, await self._counted(email, ip))
        finally:
            self._in_progress[ip] -= 1
            if not self._in_progress[ip]:
                del self._in_progress[ip]

    async def _counted(self, email: str, ip: str | None) -> list[str]:
        """Count an attempt and return the keys of its counters."""
        now = utc_now()
        limits = [
            (f"{email}\n{ip}", PER_ACCOUNT_AND_ADDRESS),
            (email, PER_ACCOUNT),
            (f"\n{ip}", PER_ADDRESS),
        ]
        keys = []
        for name, limit in limits:
            known = _known(email, ip) if name == email else None
            keys.append(await self._count(name, limit, now, known))
        return keys

    async def _count(self, name: str, limit: int, now: datetime, known: str | None = None) -> str:
        """Count in the window of a name and return the key of the counter. Raises TooManyRequests over the limit.

        An entry `known` exempts from the limit.
        """
        key, ends = _window(name, now)
        is_over = await self._store.increment(key, ends) > limit
        if is_over and not (known is not None and await self._store.exists(known)):
            raise TooManyRequests(
                "too many sign-in attempts; wait, then try again",
                retry_after=max(1, math.ceil((ends - now).total_seconds())),
            )
        return key


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt to sign in."""

    store: AttemptStore
    email: str
    ip: str | None
    keys: list[str]

    async def succeeded(self) -> None:
        """Clear the counter of this account and address, which is now known, and subtract from the wider ones."""
        await self.store.clear(self.keys[0])
        await self.store.decrement(*self.keys[1:])
        await self.store.remember(_known(self.email, self.ip), utc_now() + KNOWN_FOR)


def _known(email: str, ip: str | None) -> str:
    name = f"{email}\n{ip}"
    return f"{hashlib.sha256(name.encode()).hexdigest()[:32]}/known"


def _window(name: str, now: datetime) -> tuple[str, datetime]:
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    length = int(WINDOW.total_seconds())
    shift = int(digest[:8], 16) % length
    number = (int(now.timestamp()) + shift) // length
    ends = datetime.fromtimestamp((number + 1) * length - shift, tz=now.tzinfo)
    return f"{digest}/{number}", ends
