"""Counts the logs of a selection by time, field or pattern.

Segments contain counts by minute, severity, service and pattern. Rows are read only for other counts, and for filters
that these do not decide.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from logloop_query.logs.search.caches import Caches
from logloop_query.logs.search.candidates import SUMMARISED, uses_only_summary
from logloop_query.logs.search.counting.groups import Group, OpenGroup, groups_of
from logloop_query.logs.search.counting.row_counts import in_time
from logloop_query.logs.search.counting.row_scan import Part, RowScan
from logloop_query.logs.search.counting.summary_counts import add_summaries, count_patterns
from logloop_query.logs.search.counting.sums import MINUTES, Buckets, Sum, bound_of, keys_of, of_minutes, take_in
from logloop_query.logs.search.language.filter import And, Filter, needed_columns, simplified
from logloop_query.logs.search.limits.pace import OutOfTime, Pace
from logloop_query.logs.search.limits.threads import Work
from logloop_query.logs.search.plan import Budget, LogSelection, PartialReason, SegmentRef, Snapshot, StoredColumns
from logloop_query.logs.segments.cells import CellCounts

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

        def pieces(group: Group) -> Buckets | None:
            return MINUTES if buckets is not None and group.is_kept else buckets

        async def begin(item: OpenGroup) -> list[SegmentRef]:
            group = item.group
            if not from_summaries:
                return group.refs
            return await self._from_summaries(group.refs, selection, item.sums, pieces(group))

        async def finish(opened: Sequence[OpenGroup]) -> Ended:
            for is_kept in (False, True):
                parts = [(item.rest, item.sums) for item in opened if item.group.is_kept is is_kept]
                if parts:
                    width = pieces(Group([], is_kept))
                    partial = await self._scan(parts, selection, width, of_bytes=of_bytes)
                    if partial is not None:
                        return Ended(partial)
            return Ended()

        groups = groups_of(refs, selection) if from_summaries else [Group(refs, is_kept=False)]
        ended = await self._by_group(groups, selection, [total], begin, finish, buckets)
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

        async def begin(item: OpenGroup) -> list[SegmentRef]:
            first = item.sums[:summarised]
            return await self._from_summaries(item.group.refs, selection, first, None) if first else item.group.refs

        async def finish(opened: Sequence[OpenGroup]) -> Ended:
            partial = await self._scan([(item.rest, item.sums) for item in opened], selection, None)
            if partial is not None or summarised == len(names):
                return Ended(partial)
            done = [(item.done, item.sums[summarised:]) for item in opened]
            return Ended(None, await self._scan(done, selection, None))

        ended = await self._by_group(groups_of(refs, selection), selection, totals, begin, finish)
        tables = {name: total.table for name, total in zip(names, totals, strict=True)}
        return {
            name: Counts(tables[name], ended.all or (None if name in SUMMARISED else ended.of_some))
            for name in fields
        }

    async def by_pattern(self, selection: LogSelection) -> Counts:
        """Count logs by `pattern`."""
        selection = selection.narrowed()
        total = Sum(["pattern"], self.max_key_bytes, self.fold_bytes)

        async def begin(item: OpenGroup) -> list[SegmentRef]:
            return await self._from_summaries(item.group.refs, selection, item.sums, None)

        async def finish(opened: Sequence[OpenGroup]) -> Ended:
            if needed_columns(selection.wanted) <= {"pattern"}:
                for item in opened:
                    inside = [ref for ref in item.rest if selection.contains(ref)]
                    item.rest = [ref for ref in item.rest if not selection.contains(ref)]
                    partial = await self._from_patterns(inside, selection.wanted, item.sums[0])
                    if partial is not None:
                        return Ended(partial)
            return Ended(await self._scan([(item.rest, item.sums) for item in opened], selection, None))

        refs = await self.refs(selection)
        ended = await self._by_group(groups_of(refs, selection), selection, [total], begin, finish)
        return Counts(total.table, ended.all)

    async def _by_group(
        self,
        groups: Sequence[Group],
        selection: LogSelection,
        totals: Sequence[Sum],
        begin: Callable[[OpenGroup], Awaitable[list[SegmentRef]]],
        finish: Callable[[Sequence[OpenGroup]], Awaitable[Ended]],
        buckets: Buckets | None = None,
    ) -> Ended:
        """Add what is remembered of groups, and count the others: `begin` each, then `finish` those that are left."""
        keys = [total.keys for total in totals]
        opened: list[OpenGroup] = []

        def add(group: Group, tables: Sequence[pa.Table]) -> None:
            for total, table in zip(totals, tables, strict=True):
                total.add([of_minutes(table, buckets) if buckets is not None and group.is_kept else table])

        try:
            for group in groups:
                may_know = group.is_kept and not any(total.is_full for total in totals)
                known = self._caches.groups.get(group.refs, selection.wanted, keys) if may_know else None
                if known is None:
                    opened.append(OpenGroup(group, [total.part() for total in totals]))
                    opened[-1].rest = await begin(opened[-1])
                else:
                    self._budget.segments += len(group.refs)
                    add(group, known)
            ended = await finish(opened)
        except OutOfTime:
            ended = Ended("time")
        for item in opened:
            tables = [part.table for part in item.sums]
            if item.group.is_kept and ended == Ended():
                self._caches.groups.put(item.group.refs, selection.wanted, keys, tables)
            add(item.group, tables)
        return ended

    async def _scan(
        self, parts: Sequence[Part], selection: LogSelection, buckets: Buckets | None, *, of_bytes: bool = False
    ) -> PartialReason | None:
        scan = RowScan(self._snapshot, self._work, self._caches, self._budget, selection, buckets, of_bytes=of_bytes)
        return await scan.add(parts, self._left.get(selection.wanted, {}))

    async def _from_summaries(
        self, refs: Sequence[SegmentRef], selection: LogSelection, sums: Sequence[Sum], buckets: Buckets | None
    ) -> list[SegmentRef]:
        """Count what the summaries decide, and return the segments that are not counted."""
        if not keys_of(sums) <= SUMMARISED:
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
                undecided = await add_summaries(self._work, summaries, left, sums, buckets)
                rest += [ref for ref in group if ref.id in undecided]
                if left == selection.wanted:
                    self._left.setdefault(left, {}).update(undecided)
                self._budget.segments += len(group) - len(undecided)
        return rest

    async def _from_patterns(self, refs: Sequence[SegmentRef], wanted: Filter, counted: Sum) -> PartialReason | None:
        for start in range(0, len(refs), 64):
            bound = bound_of([counted], self._budget)
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
            if not take_in([counted], await self._work.each(count, there)):
                return "time"
        return None


def _key_names(keys: Sequence[str], buckets: Buckets | None) -> list[str]:
    return [*(["bucket"] if buckets else []), *keys]
