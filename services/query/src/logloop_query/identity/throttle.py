"""Limits sign-in attempts per account and address, per account, and per address."""

import hashlib
import math
from datetime import datetime, timedelta

from logloop_chassis.http.problems import TooManyRequests
from logloop_chassis.ids import utc_now

from logloop_query.identity.stores.sessions import AttemptStore

WINDOW = timedelta(minutes=10)
PER_ACCOUNT_AND_ADDRESS = 10
PER_ACCOUNT = 50
PER_ADDRESS = 50


class SignInThrottle:
    """Counts an attempt before the password is checked, so that parallel guesses count too.

    Windows start at multiples of ten minutes, shifted by account or address.
    """

    def __init__(self, store: AttemptStore) -> None:
        self._store = store

    async def attempt(self, email: str, ip: str | None) -> list[str]:
        """Count an attempt and return the keys of its counters. Raises TooManyRequests."""
        now = utc_now()
        limits = [
            (f"{email}\n{ip}", PER_ACCOUNT_AND_ADDRESS),
            (email, PER_ACCOUNT),
            (f"\n{ip}", PER_ADDRESS),
        ]
        keys = []
        for name, limit in limits:
            key, ends = _window(name, now)
            if await self._store.increment(key, ends) > limit:
                raise TooManyRequests(
                    "too many sign-in attempts; wait, then try again",
                    retry_after=max(1, math.ceil((ends - now).total_seconds())),
                )
            keys.append(key)
        return keys

    async def succeeded(self, keys: list[str]) -> None:
        """Clear the counter of this account and address, and subtract this attempt from the wider counters."""
        await self._store.clear(keys[0])
        await self._store.decrement(*keys[1:])


def _window(name: str, now: datetime) -> tuple[str, datetime]:
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    length = int(WINDOW.total_seconds())
    shift = int(digest[:8], 16) % length
    number = (int(now.timestamp()) + shift) // length
    ends = datetime.fromtimestamp((number + 1) * length - shift, tz=now.tzinfo)
    return f"{digest}/{number}", ends
