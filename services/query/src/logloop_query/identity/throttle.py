"""How many times one may try to sign in: per account and address together, per account, and per address.

It must not know whether a password was right before the attempt is counted.
"""

import hashlib
import math
from datetime import datetime, timedelta

from logloop_chassis.http.problems import TooManyRequests

from logloop_query.identity.stores.sessions import AttemptStore
from logloop_query.records.types import now

WINDOW = timedelta(minutes=10)
PER_ACCOUNT_AND_ADDRESS = 10
PER_ACCOUNT = 50
PER_ADDRESS = 50


class Throttle:
    """Counts an attempt before the password is looked at, so that parallel guesses count too.

    The windows start at multiples of ten minutes, shifted by account or address.
    """

    def __init__(self, store: AttemptStore) -> None:
        self._store = store

    async def attempt(self, email: str, ip: str | None) -> list[str]:
        """Count an attempt; the counters it went into. Raises TooManyRequests with the seconds to wait."""
        moment = now()
        limits = [
            (f"{email}\n{ip}", PER_ACCOUNT_AND_ADDRESS),
            (email, PER_ACCOUNT),
            (f"\n{ip}", PER_ADDRESS),
        ]
        keys = []
        for name, limit in limits:
            key, ends = _window(name, moment)
            if await self._store.count(key, ends) > limit:
                raise TooManyRequests(
                    "too many attempts to sign in; wait, then try again",
                    retry_after=max(1, math.ceil((ends - moment).total_seconds())),
                )
            keys.append(key)
        return keys

    async def succeeded(self, keys: list[str]) -> None:
        """Forget the failures of this account from this address; the wider counters lose this attempt only."""
        await self._store.clear(keys[0])
        await self._store.take_back(*keys[1:])


def _window(name: str, moment: datetime) -> tuple[str, datetime]:
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    length = int(WINDOW.total_seconds())
    shift = int(digest[:8], 16) % length
    number = (int(moment.timestamp()) + shift) // length
    ends = datetime.fromtimestamp((number + 1) * length - shift, tz=moment.tzinfo)
    return f"{digest}/{number}", ends
