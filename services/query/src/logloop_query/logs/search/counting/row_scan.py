"""Reads the rows of segments and counts those that a filter selects. The next segments are read meanwhile."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import pyarrow as pa

from logloop_query.logs.search.attribute_values import source_column
from logloop_query.logs.search.caches import Caches
from logloop_query.logs.search.candidates import SUMMARISED, Candidate, Candidates, read_columns
from logloop_query.logs.search.counting.known_counts import KnownCounts
from logloop_query.logs.search.counting.row_counts import (
    Counted,
    InCells,
    by_part,
    count_by_cell,
    count_rows,
    in_cells_of,
    in_time,
    remember,
    remember_excluded,
    time_columns,
)
from logloop_query.logs.search.counting.summary_counts import add_summaries
from logloop_query.logs.search.counting.sums import Buckets, Sum, bound_of, keys_of, take_in
from logloop_query.logs.search.language.filter import EVERYTHING, Filter, needed_columns
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.search.limits.threads import Work
from logloop_query.logs.search.plan import (
    Budget,
    LogSelection,
    PartialReason,
    SegmentRef,
    Snapshot,
    StoredColumns,
    columns_for,
)
from logloop_query.logs.segments.summary import Summary

_MESSAGE_BYTES, _OTHER_BYTES = 16 * 2**20, 48 * 2**20
"""Stored bytes of the segments that are read at once, with and without their messages."""
Part: TypeAlias = tuple[list[SegmentRef], Sequence[Sum]]
"""Segments, and the sums to which their logs are added."""


class _Read(NamedTuple):
    """What was read of some segments: those that may hold logs, and how they are counted."""

    group: list[SegmentRef]
    kept: list[Candidate]
    in_cells: dict[str, InCells]
    stored: dict[str, StoredColumns]


class RowScan:
    """Counts the rows that a filter selects, or the bytes of their messages."""

    def __init__(
        self,
        snapshot: Snapshot,
        work: Work,
        caches: Caches,
        budget: Budget,
        selection: LogSelection,
        buckets: Buckets | None,
        *,
        of_bytes: bool,
    ) -> None:
        self._snapshot = snapshot
        self._work = work
        self._caches = caches
        self._budget = budget
        self._selection = selection
        self._buckets = buckets
        self._of_bytes = of_bytes

    async def add(self, parts: Sequence[Part], left: Mapping[str, Filter]) -> PartialReason | None:
        """Add the logs of each part to its sums, by their keys, and return the limit that ended this early.

        `left` is what is known to be left of the filter in some segments.
        """
        if not parts:
            return None
        self._groupings = [counted.keys for counted in parts[0][1]]
        sources = {source_column(key) for keys in self._groupings for key in keys if key != "bucket"}
        self._sources = frozenset(sources | ({"message"} if self._of_bytes else set()))
        by_minutes = self._buckets is None or self._buckets.whole_minutes
        self._by_cell = not self._of_bytes and keys_of(parts[0][1]) <= SUMMARISED and by_minutes
        sums_of: dict[SegmentRef, Sequence[Sum]] = {}
        known = None
        if not self._of_bytes:
            known = KnownCounts(self._caches.counts, self._selection, self._groupings, self._buckets)
        for refs, sums in parts:
            rest = refs
            if known is not None:
                rest, counts = known.among(refs)
                take_in(sums, counts)
                self._budget.segments += len(refs) - len(rest)
            sums_of |= dict.fromkeys(rest, sums)
        self._candidates = Candidates(self._snapshot, self._caches, self._selection.wanted, self._work, left)
        sums = [counted for _, some in parts for counted in some]
        waiting = iter(self._groups(list(sums_of)))
        bound: PartialReason | None = None

        def read_next() -> asyncio.Task[_Read] | None:
            nonlocal bound
            group = next(waiting, None)
            bound = None if group is None else bound_of(sums, self._budget)
            return None if group is None or bound is not None else asyncio.create_task(self._read(group))

        ahead = read_next()
        try:
            while ahead is not None:
                read = await ahead
                ahead = read_next()
                if not await self._count(read, sums_of, known):
                    return "time"
        finally:
            if ahead is not None:
                await asyncio.wait([ahead])  # a snapshot allows no concurrent calls, whatever comes next
                if not ahead.cancelled():
                    ahead.exception()  # mark a failure as seen: the reason to leave is more important
        return bound

    def _groups(self, refs: Sequence[SegmentRef]) -> list[list[SegmentRef]]:
        """Return segments in groups to read at once."""
        names = needed_columns(self._selection.wanted) | self._sources
        most = _MESSAGE_BYTES if "message" in names else _OTHER_BYTES
        groups: list[list[SegmentRef]] = []
        size = 0
        for ref in refs:
            if not groups or size + ref.size > most:
                groups.append([])
                size = 0
            groups[-1].append(ref)
            size += ref.size
        return groups

    async def _read(self, group: list[SegmentRef]) -> _Read:
        kept = await self._candidates.among(group)
        in_cells: dict[str, InCells] = {}
        if self._by_cell:
            in_cells = await in_cells_of(kept, self._selection, self._snapshot, self._caches)

        def to_count(ref: SegmentRef) -> frozenset[str]:
            if ref.id in in_cells:
                return in_cells[ref.id].to_read
            return self._sources | time_columns(ref, self._selection, self._buckets)

        return _Read(group, kept, in_cells, await read_columns(self._snapshot, kept, self._budget, to_count))

    async def _count(
        self, read: _Read, sums_of: Mapping[SegmentRef, Sequence[Sum]], known: KnownCounts | None
    ) -> bool:
        """Count some segments, and return whether all were counted in time."""
        group, kept, in_cells, stored = read

        def count(item: Candidate, pace: Pace) -> Counted | None:
            columns = columns_for(item.ref, stored[item.ref.id])
            way = in_cells.get(item.ref.id)
            how = self._selection, self._groupings, self._buckets, pace
            return in_time(
                lambda: (
                    (way and count_by_cell(item, columns, way, pace))
                    or count_rows(item, columns, *how, of_bytes=self._of_bytes)
                )
            )

        there = [item for item in kept if item.ref.id in stored]
        found = dict(zip((item.ref for item in there), await self._work.each(count, there), strict=True))
        remember(found, self._selection, known, self._caches)
        gone = set(group) - {item.ref for item in kept}
        remember_excluded(gone, self._selection, self._caches, by_cell=self._by_cell)
        for sums, some in by_part(found, sums_of):
            if not await self._add(some, in_cells, sums):
                return False
        return True

    async def _add(
        self, found: Mapping[SegmentRef, Counted | None], in_cells: Mapping[str, InCells], sums: Sequence[Sum]
    ) -> bool:
        recounted: dict[str, Summary] = {}
        others: list[Sequence[pa.Table] | None] = []
        for ref, counted in found.items():
            if counted is None or counted.counts is None:
                others.append(None if counted is None else counted.in_buckets)
            elif counted.counts.size:
                recounted[ref.id] = in_cells[ref.id].summary.recounted(counted.counts)
        if recounted:
            await add_summaries(self._work, recounted, EVERYTHING, sums, self._buckets)
        return take_in(sums, others)
