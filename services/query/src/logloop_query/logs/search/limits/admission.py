"""How many searches run at once, and how many of them for one caller."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TooBusy(Exception):
    """As many searches run as are allowed, in all or for this caller, and none ended in time."""


class Admission:
    """At most `most` at once and `share` of them for one caller. Who waits is let in by turns of callers."""

    def __init__(self, most: int, share: int, max_wait_seconds: float) -> None:
        self._free = most
        self._share = share
        self._max_wait_seconds = max_wait_seconds
        self._inside: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def admitted(self, caller: str) -> AsyncIterator[None]:
        """Hold one of the places. Raises TooBusy."""
        await self._enter(caller)
        try:
            yield
        finally:
            self._leave(caller)

    async def _enter(self, caller: str) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(place)
        self._let_in()
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await place
        except BaseException as error:
            self._give_up(caller, place)
            if isinstance(error, TimeoutError):
                raise TooBusy from error
            raise

    def _give_up(self, caller: str, place: asyncio.Future[None]) -> None:
        """Forget a place that nobody waits for any more, or give it to somebody else if it was just granted."""
        if place.done() and not place.cancelled():
            self._leave(caller)
            return
        queue = self._waiting.get(caller, deque())
        if place in queue:
            queue.remove(place)
        if not queue:
            self._waiting.pop(caller, None)

    def _leave(self, caller: str) -> None:
        self._free += 1
        self._inside[caller] -= 1
        if not self._inside[caller]:
            del self._inside[caller]
        self._let_in()

    def _let_in(self) -> None:
        while self._free:
            caller = next((name for name in self._waiting if self._inside[name] < self._share), None)
            if caller is None:
                return
            queue = self._waiting.pop(caller)
            place = queue.popleft()
            if queue:
                self._waiting[caller] = queue
            if not place.cancelled():
                self._free -= 1
                self._inside[caller] += 1
                place.set_result(None)
