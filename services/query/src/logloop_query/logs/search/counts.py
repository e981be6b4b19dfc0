"""Counts the logs of a selection by time, field or pattern.

Segments contain counts by minute, severity, service and pattern. Rows are read only for other counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.patterns.masking import PATTERN_VERSION

from logloop_query.logs.search.attribute_values import source_column, with_values
from logloop_query.logs.search.caches import Caches
from logloop_query.logs.search.candidates import (
    SUMMARISED,
    Candidate,
    Candidates,
    may_hold,
    read_columns,
    uses_only_summary,
)
from logloop_query.logs.search.kernels import Mask, evaluate, rows_of
from logloop_query.logs.search.known_counts import KnownCounts
from logloop_query.logs.search.language.attribute_fields import is_attribute
from logloop_query.logs.search.language.filter import Filter, needed_columns
from logloop_query.logs.search.limits.pace import OutOfTime, Pace
from logloop_query.logs.search.limits.threads import Work
from logloop_query.logs.search.pattern_rules import AskedOfPatterns, resolved
from logloop_query.logs.search.plan import (
    Budget,
    LogSelection,
    PartialReason,
    SegmentRef,
    Snapshot,
    StoredColumns,
    columns_for,
)
from logloop_query.logs.search.rows import rows_within
from logloop_query.logs.search.sums import Buckets, Sum, add_up, by_minute, grouped, in_buckets
from logloop_query.logs.segments.codec import SegmentColumns, TableColumns
from logloop_query.logs.segments.columns import read_batch
from logloop_query.logs.segments.summary import Summary

_GROUP_BYTES = 16 * 2**20
_SUMMARIES_AT_ONCE = 64
_MAX_KEY_BYTES = 64 * 2**20
_FOLD_BYTES = 16 * 2**20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Counts:
    """`table` has the key columns and `count`. `partial` is the limit that was reached."""

    table: pa.Table
    partial: PartialReason | None


class _Counted(NamedTuple):
    """The rows of a segment that a filter selects, and their counts by each grouping: by minute if possible."""

    mask: Mask
    tables: list[pa.Table]
    in_buckets: list[pa.Table]


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
        counted = Sum(_key_names(keys, buckets), self.max_key_bytes, self.fold_bytes)
        from_summaries = (buckets is None or buckets.whole_minutes) and not of_bytes
        try:
            rest = await self._from_summaries(refs, selection, [counted], buckets) if from_summaries else refs
            partial = await self._scan(rest, selection, buckets, [counted], of_bytes=of_bytes)
        except OutOfTime:
            partial = "time"
        return Counts(counted.table, partial)

    async def by_each(
        self, selection: LogSelection, fields: Sequence[str], refs: list[SegmentRef]
    ) -> dict[str, Counts]:
        """Count logs by each field on its own, such as `source` or `attributes.http.status`.

        Fields that the summaries do not give are counted in one pass over the rows.
        """
        selection = selection.narrowed()
        sums = {name: Sum([name], self.max_key_bytes // len(fields), self.fold_bytes) for name in fields}
        summarised = [sums[name] for name in fields if name in SUMMARISED]
        others = [sums[name] for name in fields if name not in SUMMARISED]
        partial: PartialReason | None = None
        partial_others: PartialReason | None = None
        try:
            rest = await self._from_summaries(refs, selection, summarised, None) if summarised else refs
            partial = await self._scan(rest, selection, None, [*summarised, *others])
            known = {ref.id for ref in rest}
            done = [ref for ref in refs if ref.id not in known]
            partial_others = await self._scan(done, selection, None, others) if others else None
        except OutOfTime:
            partial = "time"
        return {
            name: Counts(counted.table, partial or (partial_others if counted in others else None))
            for name, counted in sums.items()
        }

    async def by_pattern(self, selection: LogSelection) -> Counts:
        """Count logs by `pattern`."""
        selection = selection.narrowed()
        counted = Sum(["pattern"], self.max_key_bytes, self.fold_bytes)
        try:
            refs = await self.refs(selection)
            rest = await self._from_summaries(refs, selection, [counted], None)
            if needed_columns(selection.wanted) <= {"pattern"}:
                inside = [ref for ref in rest if selection.contains(ref)]
                rest = [ref for ref in rest if not selection.contains(ref)]
                partial = await self._from_patterns(inside, selection.wanted, counted)
            else:
                partial = None
            partial = partial or await self._scan(rest, selection, None, [counted])
        except OutOfTime:
            partial = "time"
        return Counts(counted.table, partial)

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
        keys = {key for counted in sums for key in counted.keys} - {"bucket"}
        if not keys <= SUMMARISED or not uses_only_summary(selection.wanted):
            return list(refs)
        rest = [ref for ref in refs if not selection.contains(ref)]
        inside = [ref for ref in refs if selection.contains(ref)]
        for start in range(0, len(inside), _SUMMARIES_AT_ONCE):
            group = inside[start : start + _SUMMARIES_AT_ONCE]
            summaries = await self._caches.summaries.read(self._snapshot, group)

            def count(pace: Pace, found: dict[str, Summary] = summaries) -> tuple[set[str], pa.Table | None]:
                return _count_summaries(found, selection.wanted, sorted(keys), buckets, pace)

            if any(counted.is_full for counted in sums):
                return [*rest, *inside[start:]]
            undecided, table = await self._work.run(count)
            rest += [ref for ref in group if ref.id in undecided]
            self._budget.segments += len(group) - len(undecided)
            if table is not None:
                for counted in sums:
                    counted.add([add_up([table], counted.keys)])
        return rest

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
                return _in_time(lambda: [_count_words(ref, stored[ref.id], wanted, pace)])

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
        candidates = Candidates(self._snapshot, self._caches, selection.wanted, self._work)
        groupings = [counted.keys for counted in sums]
        sources = {source_column(key) for keys in groupings for key in keys if key != "bucket"}
        names = frozenset(sources | ({"message"} if of_bytes else set()))
        known = None if of_bytes else KnownCounts(self._caches.counts, selection, groupings, buckets)
        if known is not None:
            asked = len(refs)
            refs, counts = known.among(refs)
            self._take_in(sums, counts)
            self._budget.segments += asked - len(refs)

        def to_count(ref: SegmentRef) -> frozenset[str]:
            return names | _time_columns(ref, selection, buckets)

        for group in _by_size(refs):
            bound = self._bound(sums)
            if bound is not None:
                return bound
            kept = await candidates.among(group)
            stored = await read_columns(self._snapshot, kept, self._budget, to_count)

            def count(item: Candidate, pace: Pace, stored: dict[str, StoredColumns] = stored) -> _Counted | None:
                columns = columns_for(item.ref, stored[item.ref.id])
                return _in_time(
                    lambda: _count_rows(item, columns, selection, groupings, buckets, pace, of_bytes=of_bytes)
                )

            there = [item for item in kept if item.ref.id in stored]
            found = await self._work.each(count, there)
            for item, counted in zip(there, found, strict=True):
                if counted is not None:
                    self._caches.masks.put(item.ref, selection.wanted, counted.mask)
                    if known is not None:
                        known.put(item.ref, counted.tables)
            if not self._take_in(sums, [None if item is None else item.in_buckets for item in found]):
                return "time"
        return None


def _in_time(count: Callable[[], T]) -> T | None:
    try:
        return count()
    except OutOfTime:
        return None


def _time_columns(ref: SegmentRef, selection: LogSelection, buckets: Buckets | None) -> frozenset[str]:
    """Return the columns that tell which logs of a segment are in the time range, and in which buckets."""
    needed = frozenset() if selection.contains(ref) else frozenset({"timestamp"})
    if buckets is None or needed:
        return needed
    return frozenset({"minute" if buckets.whole_minutes else "timestamp"})


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


def _count_summaries(
    summaries: dict[str, Summary], wanted: Filter, keys: Sequence[str], buckets: Buckets | None, pace: Pace
) -> tuple[set[str], pa.Table | None]:
    """Return the ids of the segments that their summaries do not decide, and the counts of the others."""
    undecided: set[str] = set()
    counts: list[pa.Table] = []
    alike: list[Summary] = []
    asked = AskedOfPatterns.of(wanted)
    names = [*(["minute"] if buckets else []), *keys, "count"]
    needed = needed_columns(asked.wanted if asked else wanted) | set(keys)
    for segment_id, summary in summaries.items():
        if asked and needed <= summary.names and asked.decides(summary):
            alike.append(summary)
            continue
        left = resolved(wanted, summary)
        if needed_columns(left) | set(keys) <= summary.names:
            counts += _chosen(pa.Table.from_batches([summary.counts]), left, names, pace)
        elif may_hold(left, summary, pace):
            undecided.add(segment_id)
    if asked and alike:
        merged = pa.Table.from_batches([summary.counts for summary in alike]).unify_dictionaries().combine_chunks()
        counts += _chosen(merged, asked.wanted, names, pace)
    if not counts:
        return undecided, None
    merged = add_up(counts, names[:-1])
    if buckets is None:
        return undecided, merged
    columns = {
        "bucket": buckets.of_minutes(merged.column("minute")),
        **{name: merged.column(name) for name in (*keys, "count")},
    }
    return undecided, pa.table(columns)


def _chosen(summaries: pa.Table, wanted: Filter, names: Sequence[str], pace: Pace) -> list[pa.Table]:
    """Return columns of the rows of summaries that a filter selects, as at most one table."""
    mask = evaluate(wanted, TableColumns(summaries), pace)
    if mask is False:
        return []
    chosen = summaries.select(names)
    return [chosen if mask is True else chosen.filter(mask)]


def _count_words(ref: SegmentRef, stored: StoredColumns, wanted: Filter, pace: Pace) -> pa.Table:
    if stored.pattern_version == PATTERN_VERSION:
        words, counts = read_batch(stored.patterns).columns
    else:
        words, counts = pc.value_counts(pc.cast(columns_for(ref, stored).column("pattern"), pa.utf8())).flatten()
    table = pa.table({"pattern": words, "count": counts.cast(pa.int64())})
    mask = evaluate(wanted, TableColumns(table), pace)
    if mask is True:
        return table
    return table.slice(0, 0) if mask is False else table.filter(mask)


def _count_rows(
    item: Candidate,
    columns: SegmentColumns,
    selection: LogSelection,
    groupings: Sequence[Sequence[str]],
    buckets: Buckets | None,
    pace: Pace,
    *,
    of_bytes: bool,
) -> _Counted:
    """Return the rows that the filter selects, and the counts of those in the time range for each grouping."""
    mask = evaluate(item.wanted, columns, pace)
    rows = rows_of(mask)
    if not selection.contains(item.ref):
        times = columns.column("timestamp").cast(pa.int64())
        rows = rows_within(times, rows, selection.low, selection.high)

    def chosen(array: Any) -> Any:
        return array if rows is None else array.take(rows)

    keys = {key for grouping in groupings for key in grouping}
    counted = {key: chosen(columns.column(key)) for key in keys if key != "bucket" and not is_attribute(key)}
    if buckets is not None:
        if "minute" in _time_columns(item.ref, selection, buckets):
            counted["minute"] = chosen(columns.column("minute")).cast(pa.int64())
        else:
            counted["bucket"] = buckets.number(chosen(columns.column("timestamp").cast(pa.int64())))
    attributes = sorted(filter(is_attribute, keys))
    if attributes:
        counted |= with_values(chosen(columns.column("attributes")), attributes, pace)
    count = columns.count if rows is None else len(rows)
    sizes = pc.binary_length(chosen(columns.column("message"))).cast(pa.int64()) if of_bytes else None
    if "minute" in counted:
        groupings = [by_minute(grouping) for grouping in groupings]
    tables = [grouped({key: counted[key] for key in grouping}, count, sizes) for grouping in groupings]
    return _Counted(mask, tables, [in_buckets(table, buckets) for table in tables])
