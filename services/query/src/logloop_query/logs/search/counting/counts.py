"""Counts the logs of a selection by time, field or pattern.

Segments contain counts by minute, severity, service and pattern. Rows are read only for other counts, and for filters
that these do not decide.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from logloop_query.logs.search.attribute_values import source_column
from logloop_query.logs.search.caches import Caches
from logloop_query.logs.search.candidates import (
    SUMMARISED,
    Candidate,
    Candidates,
    read_columns,
    uses_only_summary,
)
from logloop_query.logs.search.counting.groups import Group, groups_of
from logloop_query.logs.search.counting.known_counts import KnownCounts
from logloop_query.logs.search.counting.row_counts import (
    Counted,
    InCells,
    count_by_cell,
    count_rows,
    in_time,
    time_columns,
)
from logloop_query.logs.search.counting.summary_counts import count_patterns, count_summaries
from logloop_query.logs.search.counting.sums import MINUTES, Buckets, Sum, add_up, of_minutes
from logloop_query.logs.search.language.filter import EVERYTHING, And, Filter, needed_columns, simplified
from logloop_query.logs.search.limits.pace import OutOfTime, Pace
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
from logloop_query.logs.segments.cells import NO_LOGS, CellCounts
from logloop_query.logs.segments.summary import Summary

_GROUP_BYTES = 16 * 2**20
_SUMMARIES_AT_ONCE = 64
_MAX_KEY_BYTES = 64 * 2**20
_FOLD_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Counts:
    """`table` has the key columns and `count`. `partial` is the limit that was reached."""

    table: pa.Table
    partial: PartialReason | None


class Ended(NamedTuple):
    """The limits that ended a count early, if any: of everything, and of what the summaries do not give."""

    all: PartialReason | None = None
    of_some: PartialReason | None = None


class Counter:
    """Counts within one snapshot.

    `max_key_bytes` bounds the distinct keys of one count. They are summed whenever `fold_bytes` have accumulated.
    """

    max_key_bytes = _MAX_KEY_BYTES
    fold_bytes = _FOLD_BYTES

    def __init__(self, snapshot: Snapshot, work: Work, caches: Caches, budget: Budget) -> None:
        self._snapshot = snapshot
        self._work = work
        self._caches = caches
        self._budget = budget
        self._left: dict[Filter, dict[str, Filter]] = {}

    async def refs(self, selection: LogSelection) -> list[SegmentRef]:
        """Return the segments that overlap a selection and contain logs, newest first."""
        plan = self._snapshot.plan(selection, newest_first=True)
        return [ref async for ref in plan if ref.count]

    async def by(
        self,
        selection: LogSelection,
        keys: Sequence[str],
        buckets: Buckets | None = None,
        refs: list[SegmentRef] | None = None,
        *,
        of_bytes: bool = False,
    ) -> Counts:
        """Count logs, or the bytes of their messages, by key columns, and by `bucket` when buckets are given."""
        selection = selection.narrowed()
        refs = await self.refs(selection) if refs is None else refs
        from_summaries = (buckets is None or buckets.whole_minutes) and not of_bytes
        total = Sum(_key_names(keys, buckets), self.max_key_bytes, self.fold_bytes)

        async def count(group: Group, sums: Sequence[Sum]) -> Ended:
            pieces = MINUTES if buckets is not None and group.is_kept else buckets
            rest = await self._from_summaries(group.refs, selection, sums, pieces) if from_summaries else group.refs
            return Ended(await self._scan(rest, selection, pieces, sums, of_bytes=of_bytes))

        groups = groups_of(refs, selection) if from_summaries else [Group(refs, is_kept=False)]
        ended = await self._by_group(groups, selection, [total], count, buckets)
        return Counts(total.table, ended.all)

    async def by_each(
        self, selection: LogSelection, fields: Sequence[str], refs: list[SegmentRef]
    ) -> dict[str, Counts]:
        """Count logs by each field on its own, such as `source` or `attributes.http.status`.

        Fields that the summaries do not give are counted in one pass over the rows.
        """
        selection = selection.narrowed()
        names = sorted(fields, key=lambda name: name not in SUMMARISED)
        totals = [Sum([name], self.max_key_bytes // len(fields), self.fold_bytes) for name in names]
        summarised = sum(name in SUMMARISED for name in names)
        of_others: PartialReason | None = None

        async def count(group: Group, sums: Sequence[Sum]) -> Ended:
            nonlocal of_others
            first, others = sums[:summarised], sums[summarised:]
            rest = await self._from_summaries(group.refs, selection, first, None) if first else group.refs
            partial = await self._scan(rest, selection, None, sums)
            if partial is None and others and of_others is None:
                left = {ref.id for ref in rest}
                done = [ref for ref in group.refs if ref.id not in left]
                of_others = await self._scan(done, selection, None, others)
            return Ended(partial, of_others)

        ended = await self._by_group(groups_of(refs, selection), selection, totals, count)
        tables = {name: total.table for name, total in zip(names, totals, strict=True)}
        return {
            name: Counts(tables[name], ended.all or (None if name in SUMMARISED else ended.of_some))
            for name in fields
        }

    async def by_pattern(self, selection: LogSelection) -> Counts:
        """Count logs by `pattern`."""
        selection = selection.narrowed()
        total = Sum(["pattern"], self.max_key_bytes, self.fold_bytes)

        async def count(group: Group, sums: Sequence[Sum]) -> Ended:
            rest = await self._from_summaries(group.refs, selection, sums, None)
            partial: PartialReason | None = None
            if needed_columns(selection.wanted) <= {"pattern"}:
                inside = [ref for ref in rest if selection.contains(ref)]
                rest = [ref for ref in rest if not selection.contains(ref)]
                partial = await self._from_patterns(inside, selection.wanted, sums[0])
            return Ended(partial or await self._scan(rest, selection, None, sums))

        refs = await self.refs(selection)
        ended = await self._by_group(groups_of(refs, selection), selection, [total], count)
        return Counts(total.table, ended.all)

    async def _by_group(
        self,
        groups: Sequence[Group],
        selection: LogSelection,
        totals: Sequence[Sum],
        count: Callable[[Group, Sequence[Sum]], Awaitable[Ended]],
        buckets: Buckets | None = None,
    ) -> Ended:
        """Add what is remembered of groups to totals, or else count them. Kept counts by minute become `buckets`."""
        ended = Ended()
        keys = [total.keys for total in totals]
        for group in groups:
            may_know = group.is_kept and not any(total.is_full for total in totals)
            tables = self._caches.groups.get(group.refs, selection.wanted, keys) if may_know else None
            if tables is None:
                sums = [total.part() for total in totals]
                try:
                    ended = await count(group, sums)
                except OutOfTime:
                    ended = Ended("time", ended.of_some)
                tables = [counted.table for counted in sums]
                if group.is_kept and ended == Ended():
                    self._caches.groups.put(group.refs, selection.wanted, keys, tables)
            else:
                self._budget.segments += len(group.refs)
            for total, table in zip(totals, tables, strict=True):
                total.add([of_minutes(table, buckets) if buckets is not None and group.is_kept else table])
            if ended.all is not None:
                break
        return ended

    def _bound(self, sums: Sequence[Sum]) -> PartialReason | None:
        return "bytes" if any(counted.is_full for counted in sums) else self._budget.exhausted

    @staticmethod
    def _take_in(sums: Sequence[Sum], found: Sequence[Sequence[pa.Table] | None]) -> bool:
        """Add the counts of segments, one table for each sum; whether every segment was counted in time."""
        done = [tables for tables in found if tables is not None]
        for counted, tables in zip(sums, zip(*done, strict=True), strict=bool(done)):
            counted.add(tables)
        return len(done) == len(found)

    async def _from_summaries(
        self, refs: Sequence[SegmentRef], selection: LogSelection, sums: Sequence[Sum], buckets: Buckets | None
    ) -> list[SegmentRef]:
        """Count what the summaries decide, and return the segments that are not counted."""
        if not _keys_of(sums) <= SUMMARISED:
            return list(refs)
        rest: list[SegmentRef] = []
        asked: dict[Filter, list[SegmentRef]] = {}
        counts: dict[str, CellCounts] = {}
        for ref in refs:
            known = self._caches.cell_counts.best(ref, selection.wanted) if selection.contains(ref) else None
            left = selection.wanted if known is None else simplified(And(known.left))
            if known is not None and not known.counts.size:
                self._budget.segments += 1
            elif selection.contains(ref) and uses_only_summary(left):
                asked.setdefault(left, []).append(ref)
                if known is not None:
                    counts[ref.id] = known.counts
            else:
                rest.append(ref)
        for left, inside in asked.items():
            for start in range(0, len(inside), _SUMMARIES_AT_ONCE):
                if any(counted.is_full for counted in sums):
                    rest += inside[start:]
                    break
                group = inside[start : start + _SUMMARIES_AT_ONCE]
                read = await self._caches.summaries.read(self._snapshot, group)
                summaries = {
                    number: summary.recounted(counts[number]) if number in counts else summary
                    for number, summary in read.items()
                }
                undecided = await self._add_summaries(summaries, left, sums, buckets)
                rest += [ref for ref in group if ref.id in undecided]
                if left == selection.wanted:
                    self._left.setdefault(left, {}).update(undecided)
                self._budget.segments += len(group) - len(undecided)
        return rest

    async def _add_summaries(
        self, summaries: dict[str, Summary], wanted: Filter, sums: Sequence[Sum], buckets: Buckets | None
    ) -> dict[str, Filter]:
        """Add the logs of summaries that a filter selects, and return what is left where they do not decide."""
        keys = sorted(_keys_of(sums))
        undecided, table = await self._work.run(lambda pace: count_summaries(summaries, wanted, keys, buckets, pace))
        if table is not None:
            for counted in sums:
                counted.add([table if len(counted.keys) == table.num_columns - 1 else add_up([table], counted.keys)])
        return undecided

    async def _from_patterns(self, refs: Sequence[SegmentRef], wanted: Filter, counted: Sum) -> PartialReason | None:
        for start in range(0, len(refs), 64):
            bound = self._bound([counted])
            if bound is not None:
                return bound
            group = refs[start : start + 64]
            stored = await self._snapshot.read(group, {"patterns"})
            self._budget.spend(group, stored)

            def count(
                ref: SegmentRef, pace: Pace, stored: dict[str, StoredColumns] = stored
            ) -> Sequence[pa.Table] | None:
                return in_time(lambda: [count_patterns(ref, stored[ref.id], wanted, pace)])

            there = [ref for ref in group if ref.id in stored]
            if not self._take_in([counted], await self._work.each(count, there)):
                return "time"
        return None

    async def _scan(
        self,
        refs: Sequence[SegmentRef],
        selection: LogSelection,
        buckets: Buckets | None,
        sums: Sequence[Sum],
        *,
        of_bytes: bool = False,
    ) -> PartialReason | None:
        """Read rows and add them, or the bytes of their messages, to each sum, by its keys."""
        left = self._left.get(selection.wanted, {})
        candidates = Candidates(self._snapshot, self._caches, selection.wanted, self._work, left)
        groupings = [counted.keys for counted in sums]
        sources = {source_column(key) for keys in groupings for key in keys if key != "bucket"}
        names = frozenset(sources | ({"message"} if of_bytes else set()))
        known = None if of_bytes else KnownCounts(self._caches.counts, selection, groupings, buckets)
        if known is not None:
            asked = len(refs)
            refs, counts = known.among(refs)
            self._take_in(sums, counts)
            self._budget.segments += asked - len(refs)
        by_cell = not of_bytes and _keys_of(sums) <= SUMMARISED and (buckets is None or buckets.whole_minutes)
        for group in _by_size(refs):
            bound = self._bound(sums)
            if bound is not None:
                return bound
            kept = await candidates.among(group)
            in_cells = await self._in_cells(kept, selection) if by_cell else {}

            def to_count(ref: SegmentRef, in_cells: dict[str, InCells] = in_cells) -> frozenset[str]:
                if ref.id in in_cells:
                    return in_cells[ref.id].to_read
                return names | time_columns(ref, selection, buckets)

            stored = await read_columns(self._snapshot, kept, self._budget, to_count)

            def count(
                item: Candidate,
                pace: Pace,
                stored: dict[str, StoredColumns] = stored,
                in_cells: dict[str, InCells] = in_cells,
            ) -> Counted | None:
                columns = columns_for(item.ref, stored[item.ref.id])
                way = in_cells.get(item.ref.id)
                return in_time(
                    lambda: (
                        (way and count_by_cell(item, columns, way, pace))
                        or count_rows(item, columns, selection, groupings, buckets, pace, of_bytes=of_bytes)
                    )
                )

            there = [item for item in kept if item.ref.id in stored]
            found = dict(zip((item.ref for item in there), await self._work.each(count, there), strict=True))
            self._remember(found, selection, known)
            self._remember_excluded(set(group) - {item.ref for item in kept}, selection, by_cell=by_cell)
            if not await self._add_found(found, in_cells, sums, buckets):
                return "time"
        return None

    async def _in_cells(self, kept: Sequence[Candidate], selection: LogSelection) -> dict[str, InCells]:
        """Return how segments are counted by cell, by id: those in the time range, if their patterns are known."""
        refs = [item.ref for item in kept if selection.contains(item.ref)]
        cells = {ref.id: self._caches.cells.get(ref) for ref in refs}
        summaries = await self._caches.summaries.read(self._snapshot, refs)
        return {
            number: InCells(summary, cells[number])
            for number, summary in summaries.items()
            if summary.patterns is not None
        }

    def _remember(
        self, found: dict[SegmentRef, Counted | None], selection: LogSelection, known: KnownCounts | None
    ) -> None:
        for ref, counted in found.items():
            if counted is None:
                continue
            self._caches.masks.put(ref, selection.wanted, counted.mask)
            if counted.counts is not None and counted.cells is not None:
                self._caches.cells.put(ref, counted.cells)
                self._caches.cell_counts.put(ref, selection.wanted, counted.counts)
            elif known is not None:
                known.put(ref, counted.tables)

    def _remember_excluded(self, refs: Iterable[SegmentRef], selection: LogSelection, *, by_cell: bool) -> None:
        """Remember that a filter selects nothing in some segments."""
        for ref in refs:
            self._caches.masks.put(ref, selection.wanted, False)
            if by_cell and selection.contains(ref):
                self._caches.cell_counts.put(ref, selection.wanted, NO_LOGS)

    async def _add_found(
        self,
        found: dict[SegmentRef, Counted | None],
        in_cells: dict[str, InCells],
        sums: Sequence[Sum],
        buckets: Buckets | None,
    ) -> bool:
        """Add the counts of segments; whether every segment was counted in time."""
        recounted: dict[str, Summary] = {}
        others: list[Sequence[pa.Table] | None] = []
        for ref, counted in found.items():
            if counted is None or counted.counts is None:
                others.append(None if counted is None else counted.in_buckets)
            elif counted.counts.size:
                recounted[ref.id] = in_cells[ref.id].summary.recounted(counted.counts)
        await self._add_summaries(recounted, EVERYTHING, sums, buckets)
        return self._take_in(sums, others)


def _keys_of(sums: Sequence[Sum]) -> set[str]:
    return {key for counted in sums for key in counted.keys} - {"bucket"}


def _by_size(refs: Sequence[SegmentRef]) -> list[list[SegmentRef]]:
    groups: list[list[SegmentRef]] = []
    size = 0
    for ref in refs:
        if not groups or size + ref.size > _GROUP_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(ref)
        size += ref.size
    return groups


def _key_names(keys: Sequence[str], buckets: Buckets | None) -> list[str]:
    return [*(["bucket"] if buckets else []), *keys]
