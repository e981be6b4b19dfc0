"""Runs searches and counts, with limits on their cost and their number."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from logloop_query.logs.search.attribute_names import AttributeNames, NameCounts
from logloop_query.logs.search.caches import Caches
from logloop_query.logs.search.counting.counts import Counter
from logloop_query.logs.search.limits.admission import Admission, TooBusy
from logloop_query.logs.search.limits.pace import OutOfTime, Pace
from logloop_query.logs.search.limits.threads import SearchThreads, Work
from logloop_query.logs.search.plan import (
    Budget,
    LogSelection,
    SegmentRef,
    SegmentSource,
    Snapshot,
    columns_for,
)
from logloop_query.logs.search.scan import Scanner, SearchRequest, SearchResult
from logloop_query.logs.segments.cells import CELL_COLUMNS, Cells, cells_of
from logloop_query.telemetry import SEARCH_BYTES, SEARCH_SECONDS, SEARCHES

_WARM_SEGMENTS = 512
_SUMMARIES_AT_ONCE, _CELLS_AT_ONCE = 64, 16
_WARM_WAIT_S = 2.0
"""How long the warm-up waits for a moment without searches before it continues beside them."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """Limits on the searches of this process."""

    max_bytes: int = 2 * 2**30
    max_seconds: float = 7.0
    concurrency: int = 8
    max_wait_seconds: float = 2.5
    threads: int = 2

    @property
    def share(self) -> int:
        """Searches that one caller may run at once: half, so that there is always room for another."""
        return max(1, self.concurrency // 2)


class LogSearch:
    """Runs searches in its own threads, which `close` ends."""

    def __init__(self, source: SegmentSource, limits: SearchLimits) -> None:
        self._source = source
        self.limits = limits
        self.caches = Caches()
        self.threads = SearchThreads(limits.threads)
        self._admission = Admission(limits.concurrency, limits.share, limits.max_wait_seconds)

    def close(self) -> None:
        """End the threads."""
        self.threads.close()

    async def warm_up(self, project_ids: Sequence[str]) -> None:
        """Load the summaries of each project's newest segments, and then the cells of their rows, between searches.

        The first histograms are fast with summaries alone. Only those that read rows need cells.
        """
        for project_id in project_ids:
            await self._warm(project_id, _SUMMARIES_AT_ONCE, self._warm_summaries)
        for project_id in project_ids:
            await self._warm(project_id, _CELLS_AT_ONCE, self._warm_cells)

    async def _warm(
        self, project_id: str, at_once: int, load: Callable[[Snapshot, list[SegmentRef]], Awaitable[bool]]
    ) -> None:
        async with self._source.snapshot() as snapshot:
            plan = snapshot.plan(LogSelection(project_id), newest_first=True)
            refs = [ref async for ref in plan if ref.count][:_WARM_SEGMENTS]
            for start in range(0, len(refs), at_once):
                await self._admission.quiet(_WARM_WAIT_S)
                if not await load(snapshot, refs[start : start + at_once]):
                    return

    async def _warm_summaries(self, snapshot: Snapshot, refs: list[SegmentRef]) -> bool:
        """Load summaries, and return whether there is room for more."""
        await self.caches.summaries.read(snapshot, refs)
        return self.caches.summaries.has_room

    async def _warm_cells(self, snapshot: Snapshot, refs: list[SegmentRef]) -> bool:
        """Find cells, and return whether there is room for more."""
        summaries = {ref.id: self.caches.summaries.get(ref) for ref in refs if self.caches.cells.get(ref) is None}
        known = {number: item for number, item in summaries.items() if item is not None and item.patterns is not None}
        wanted = [ref for ref in refs if ref.id in known]
        stored = await snapshot.read(wanted, CELL_COLUMNS) if wanted else {}
        there = [ref for ref in wanted if ref.id in stored]

        def find(ref: SegmentRef, _: Pace) -> Cells | None:
            return cells_of(columns_for(ref, stored[ref.id]), known[ref.id])

        for ref, cells in zip(there, await self.threads.work("").each(find, there), strict=True):
            if cells is not None:
                self.caches.cells.put(ref, cells)
        return self.caches.cells.has_room

    @asynccontextmanager
    async def admitted(self, kind: str, caller: str) -> AsyncIterator[None]:
        """Wait for one of the slots that searches share. Raises TooBusy."""
        try:
            async with self._admission.admitted(caller):
                yield
        except TooBusy:
            SEARCHES.labels(kind, "too_busy").inc()
            raise

    @asynccontextmanager
    async def opened(self, kind: str, caller: str = "") -> AsyncIterator[tuple[Snapshot, Budget, Work]]:
        """A snapshot, a fresh budget and threads to work in, when it is this search's turn. Raises TooBusy."""
        async with self.admitted(kind, caller):
            budget = Budget(self.limits.max_bytes, self.limits.max_seconds)
            async with self._measured(kind, budget), self._source.snapshot() as snapshot:
                yield snapshot, budget, self.threads.work(caller, budget.deadline)

    @asynccontextmanager
    async def _measured(self, kind: str, budget: Budget) -> AsyncIterator[None]:
        outcome = "failed"
        try:
            yield
            outcome = budget.exhausted or "done"
        except OutOfTime:
            outcome = "time"
            raise
        finally:
            SEARCHES.labels(kind, outcome).inc()
            SEARCH_SECONDS.labels(kind).observe(budget.took_ms / 1000)
            SEARCH_BYTES.inc(budget.bytes)

    async def search(self, request: SearchRequest, caller: str = "") -> tuple[SearchResult, Budget]:
        """Return a page of logs and what it cost. Raises TooBusy, or OutOfTime if no segment was finished in time."""
        async with self.opened("page", caller) as (snapshot, budget, work):
            scanner = Scanner(snapshot, work, self.caches, budget)
            return await scanner.search(request), budget

    @asynccontextmanager
    async def counting(self, kind: str, caller: str = "") -> AsyncIterator[tuple[Counter, Budget]]:
        """Yield a counter over one snapshot, and its budget."""
        async with self.opened(kind, caller) as (snapshot, budget, work):
            yield Counter(snapshot, work, self.caches, budget), budget

    async def attribute_names(self, selection: LogSelection, caller: str = "") -> tuple[NameCounts, Budget]:
        """Return the names of attributes in the logs of a selection, and what it cost. Raises TooBusy."""
        async with self.opened("attributes", caller) as (snapshot, budget, work):
            return await AttributeNames(snapshot, work, self.caches, budget).count(selection), budget
