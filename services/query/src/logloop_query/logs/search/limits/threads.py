"""The threads of searches, shared fairly between callers."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from logloop_query.logs.search.limits.pace import NEVER, Pace, Turns

_POOL = 64
"""Maximum number of threads. Nearly all of them wait for a turn."""
T = TypeVar("T")
R = TypeVar("R")


class SearchThreads:
    """A pool in which `most` threads work at once. `close` ends them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.turns = Turns(most)
        self.pool = ThreadPoolExecutor(max(_POOL, most), thread_name_prefix="search")

    def close(self) -> None:
        """End the threads."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def work(self, caller: str, deadline: float = NEVER) -> "Work":
        """Return work for one caller. `deadline` is a time of the monotonic clock."""
        return Work(self, caller, Pace(deadline, between=lambda: self.turns.pass_on(caller)))


class Work:
    """Runs the steps of one search. If one fails or is cancelled, the others end at their next step."""

    def __init__(self, threads: SearchThreads, caller: str, pace: Pace) -> None:
        self._threads = threads
        self._caller = caller
        self._pace = pace

    async def each(self, do: Callable[[T, Pace], R], items: Iterable[T], *, seconds: float | None = None) -> list[R]:
        """Call `do` with each item. `seconds` limits each item, instead of the deadline of the work."""

        inputs = list(items)
        results: dict[int, R] = {}
        positions = iter(range(len(inputs)))  # each thread takes the next one

        def work() -> None:
            for position in positions:
                self._threads.turns.take(self._caller)
                try:
                    if self._pace.stopped.is_set():
                        return
                    pace = self._pace if seconds is None else self._pace.within(seconds)
                    results[position] = do(inputs[position], pace)
                finally:
                    self._threads.turns.give_back()

        submit = asyncio.get_running_loop().run_in_executor
        try:
            await asyncio.gather(
                *(submit(self._threads.pool, work) for _ in range(min(self._threads.most, len(inputs))))
            )
        except BaseException:
            self._pace.stopped.set()
            raise
        return [results[position] for position in range(len(inputs))]

    async def run(self, do: Callable[[Pace], R], *, seconds: float | None = None) -> R:
        """Call `do` once."""
        return (await self.each(lambda _, pace: do(pace), [None], seconds=seconds))[0]
