"""Runs searches and counts, with limits on their cost and their number."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from logloop_query.logs.search.counts import Counter
from logloop_query.logs.search.plan import Budget, LogSelection, SegmentRef, SegmentSource, Snapshot, SummaryCache
from logloop_query.logs.search.scan import Scanner, SearchRequest, SearchResult
from logloop_query.telemetry import SEARCH_BYTES, SEARCH_SECONDS, SEARCHES

_WARM_SEGMENTS = 512
_WARM_AT_ONCE = 64


class TooBusy(Exception):
    """The maximum number of searches is running, and none ended in time."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """Limits on the searches of this process."""

    max_bytes: int = 2 * 2**30
    max_seconds: float = 20.0
    concurrency: int = 8
    max_wait_seconds: float = 10.0
    threads: int = 2


class LogSearch:
    """Runs searches in its own threads, which `close` ends."""

    def __init__(self, source: SegmentSource, limits: SearchLimits) -> None:
        self._source = source
        self.limits = limits
        self.cache = SummaryCache()
        self.executor = ThreadPoolExecutor(limits.threads, thread_name_prefix="search")
        self._slots = asyncio.Semaphore(limits.concurrency)

    def close(self) -> None:
        """End the threads."""
        self.executor.shutdown(wait=False, cancel_futures=True)

    async def warm_up(self, project_ids: Iterable[str]) -> None:
        """Load the summaries of each project's newest segments, so that the first histogram is fast."""
        for project_id in project_ids:
            async with self._source.snapshot() as snapshot:
                refs: list[SegmentRef] = []
                async for ref in snapshot.plan(LogSelection(project_id), newest_first=True):
                    refs.append(ref)
                    if len(refs) == _WARM_SEGMENTS:
                        break
                for start in range(0, len(refs), _WARM_AT_ONCE):
                    if not self.cache.has_room:
                        return
                    await self.cache.read(snapshot, refs[start : start + _WARM_AT_ONCE])

    @asynccontextmanager
    async def opened(self, kind: str) -> AsyncIterator[tuple[Snapshot, Budget]]:
        """Wait for a free slot and yield a snapshot and a new budget. Raises TooBusy."""
        try:
            async with asyncio.timeout(self.limits.max_wait_seconds):
                await self._slots.acquire()
        except TimeoutError as error:
            SEARCHES.labels(kind, "too_busy").inc()
            raise TooBusy from error
        budget = Budget(self.limits.max_bytes, self.limits.max_seconds)
        outcome = "failed"
        try:
            async with self._source.snapshot() as snapshot:
                yield snapshot, budget
            outcome = budget.exhausted or "done"
        finally:
            self._slots.release()
            SEARCHES.labels(kind, outcome).inc()
            SEARCH_SECONDS.labels(kind).observe(budget.took_ms / 1000)
            SEARCH_BYTES.inc(budget.bytes)

    async def search(self, request: SearchRequest) -> tuple[SearchResult, Budget]:
        """Return a page of logs and what it cost."""
        async with self.opened("page") as (snapshot, budget):
            scanner = Scanner(snapshot, self.executor, self.cache, budget)
            return await scanner.search(request), budget

    @asynccontextmanager
    async def counting(self, kind: str) -> AsyncIterator[tuple[Counter, Budget]]:
        """Yield a counter over one snapshot, and its budget."""
        async with self.opened(kind) as (snapshot, budget):
            yield Counter(snapshot, self.executor, self.cache, budget), budget
