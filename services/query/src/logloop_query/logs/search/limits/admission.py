"""Limits the number of concurrent searches, in total and per caller."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class TooBusy(Exception):
    """The maximum number of searches is running, in total or for this caller, and none ended in time."""


class Admission:
    """Admits at most `most` searches at once, and at most `share` of one caller. Waiting callers take turns."""

    def __init__(self, most: int, share: int, max_wait_seconds: float) -> None:
        self._free = most
        self._share = share
        self._max_wait_seconds = max_wait_seconds
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._nothing_runs = asyncio.Event()
        self._nothing_runs.set()

    async def quiet(self, seconds: float) -> None:
        """Wait for a moment in which no search runs, at most some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._nothing_runs.wait()

    @asynccontextmanager
    async def admitted(self, caller: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it. Raises TooBusy."""
        await self._enter(caller)
        try:
            yield
        finally:
            self._leave(caller)

    async def _enter(self, caller: str) -> None:
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(slot)
        self._admit_waiting()
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await slot
        except BaseException as error:
            self._withdraw(caller, slot)
            if isinstance(error, TimeoutError):
                raise TooBusy from error
            raise

    def _withdraw(self, caller: str, slot: asyncio.Future[None]) -> None:
        """Remove a request that is no longer waiting. If its slot was just granted, release it."""
        if slot.done() and not slot.cancelled():
            self._leave(caller)
            return
        queue = self._waiting.get(caller, deque())
        if slot in queue:
            queue.remove(slot)
        if not queue:
            self._waiting.pop(caller, None)

    def _leave(self, caller: str) -> None:
        self._free += 1
        self._running[caller] -= 1
        if not self._running[caller]:
            del self._running[caller]
            if not self._running:
                self._nothing_runs.set()
        self._admit_waiting()

    def _admit_waiting(self) -> None:
        while self._free:
            caller = next((name for name in self._waiting if self._running[name] < self._share), None)
            if caller is None:
                return
            queue = self._waiting.pop(caller)
            slot = queue.popleft()
            if queue:
                self._waiting[caller] = queue
            if not slot.cancelled():
                self._free -= 1
                self._running[caller] += 1
                self._nothing_runs.clear()
                slot.set_result(None)
