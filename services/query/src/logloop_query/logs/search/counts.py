"""Counts the logs of a selection by time, field or pattern.

Segments contain counts by minute, severity and service, and counts by pattern. Rows are read only for counts that
these do not give.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.acero  # Table.group_by loads it at its first call otherwise
import pyarrow.compute as pc
from logloop_contracts.patterns.masking import PATTERN_VERSION

from logloop_query.logs.search.attribute_values import source_column, with_values
from logloop_query.logs.search.attributes import is_attribute
from logloop_query.logs.search.filter import EVERYTHING, Filter, needed_columns
from logloop_query.logs.search.kernels import evaluate, selected_rows
from logloop_query.logs.search.limits.pace import OutOfTime, Pace
from logloop_query.logs.search.limits.threads import Work
from logloop_query.logs.search.plan import (
    SUMMARY_COLUMNS,
    Budget,
    LogSelection,
    PartialReason,
    Pruner,
    SegmentRef,
    Snapshot,
    StoredColumns,
    SummaryCache,
    SummaryColumns,
    columns_for,
    columns_to_filter,
)
from logloop_query.logs.search.rows import rows_within
from logloop_query.logs.segment_codec import MINUTE_US, SegmentColumns, read_batch

_GROUP_BYTES = 16 * 2**20
_SUMMARIES_AT_ONCE = 256
_MAX_KEY_BYTES = 64 * 2**20
_FOLD_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Buckets:
    """Splits time into buckets of `width` microseconds, counted from `origin`."""

    origin: int
    width: int

    @property
    def whole_minutes(self) -> bool:
        """Whether counts by minute can be summed to these buckets."""
        return self.width % MINUTE_US == 0 and self.origin % MINUTE_US == 0

    def number(self, microseconds: Any) -> Any:
        """Return the bucket number of each moment, which must not be before the origin."""
        return pc.divide(pc.subtract(microseconds, pa.scalar(self.origin)), pa.scalar(self.width))


@dataclass(frozen=True, slots=True)
class Counts:
    """`table` has the key columns and `count`. `partial` is the limit that was reached."""

    table: pa.Table
    partial: PartialReason | None


class _Sum:
    """Sums the counts of segments. The memory depends on the number of distinct keys, and is bounded."""

    def __init__(self, keys: list[str], max_bytes: int, fold_at: int) -> None:
        self.keys = keys
        self._max_bytes = max_bytes
        self._fold_at = min(fold_at, max_bytes)
        self._tables: list[pa.Table] = []
        self._bytes = 0

    def add(self, tables: Sequence[pa.Table]) -> None:
        """Add counts of segments."""
        self._tables += tables
        self._bytes += sum(table.nbytes for table in tables)
        if self._bytes > self._fold_at:
            self._tables = [self.table]
            self._bytes = self._tables[0].nbytes
            self._fold_at = max(self._fold_at, 2 * self._bytes)

    @property
    def is_full(self) -> bool:
        """Whether there are too many distinct keys to continue."""
        return self._bytes > self._max_bytes

    @property
    def table(self) -> pa.Table:
        """The keys and their counts."""
        return _add_up(self._tables, self.keys)


class Counter:
    """Counts within one snapshot.

    `max_key_bytes` bounds the distinct keys of one count. They are summed whenever `fold_bytes` have accumulated.
    """

    max_key_bytes = _MAX_KEY_BYTES
    fold_bytes = _FOLD_BYTES

    def __init__(self, snapshot: Snapshot, work: Work, cache: SummaryCache, budget: Budget) -> None:
        self._snapshot = snapshot
        self._work = work
        self._cache = cache
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
        from_summaries = (
            (needed_columns(selection.wanted) | set(keys)) <= SUMMARY_COLUMNS
            and (buckets is None or buckets.whole_minutes)
            and not of_bytes
        )
        inside = [ref for ref in refs if from_summaries and lies_inside(ref, selection)]
        known = {ref.id for ref in inside}
        counted = _Sum(_key_names(keys, buckets), self.max_key_bytes, self.fold_bytes)
        rest = [ref for ref in refs if ref.id not in known]
        try:
            await self._from_summaries(inside, selection.wanted, keys, buckets, counted)
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
        known = SUMMARY_COLUMNS if needed_columns(selection.wanted) <= SUMMARY_COLUMNS else frozenset()
        found = {name: await self.by(selection, (name,), None, refs) for name in fields if name in known}
        read = [name for name in fields if name not in known]
        sums = [_Sum([name], self.max_key_bytes // len(read), self.fold_bytes) for name in read]
        try:
            partial = await self._scan(refs, selection, None, sums) if sums else None
        except OutOfTime:
            partial = "time"
        found |= {name: Counts(counted.table, partial) for name, counted in zip(read, sums, strict=True)}
        return {name: found[name] for name in fields}

    async def by_pattern(self, selection: LogSelection) -> Counts:
        """Count logs by `pattern`."""
        selection = selection.narrowed()
        refs = await self.refs(selection)
        from_words = needed_columns(selection.wanted) <= {"pattern"}
        inside = [ref for ref in refs if from_words and lies_inside(ref, selection)]
        counted = _Sum(["pattern"], self.max_key_bytes, self.fold_bytes)
        known = {ref.id for ref in inside}
        rest = [ref for ref in refs if ref.id not in known]
        try:
            partial = await self._from_patterns(inside, selection.wanted, counted)
            partial = partial or await self._scan(rest, selection, None, [counted])
        except OutOfTime:
            partial = "time"
        return Counts(counted.table, partial)

    def _bound(self, sums: Sequence[_Sum]) -> PartialReason | None:
        return "bytes" if any(counted.is_full for counted in sums) else self._budget.exhausted

    @staticmethod
    def _take_in(sums: Sequence[_Sum], found: Sequence[Sequence[pa.Table] | None]) -> bool:
        """Add the counts of segments, one table for each sum; whether every segment was counted in time."""
        done = [tables for tables in found if tables is not None]
        for counted, tables in zip(sums, zip(*done, strict=True), strict=bool(done)):
            counted.add(tables)
        return len(done) == len(found)

    async def _from_summaries(
        self,
        refs: Sequence[SegmentRef],
        wanted: Filter,
        keys: Sequence[str],
        buckets: Buckets | None,
        counted: _Sum,
    ) -> None:
        for start in range(0, len(refs), _SUMMARIES_AT_ONCE):
            group = refs[start : start + _SUMMARIES_AT_ONCE]
            summaries = await self._cache.read(self._snapshot, group)
            self._budget.segments += len(group)

            def count(pace: Pace, found: dict[str, Any] = summaries) -> pa.Table:
                return _count_summaries(list(found.values()), wanted, keys, buckets, pace)

            if summaries:
                counted.add([await self._work.run(count)])

    async def _from_patterns(self, refs: Sequence[SegmentRef], wanted: Filter, counted: _Sum) -> PartialReason | None:
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
        sums: Sequence[_Sum],
        *,
        of_bytes: bool = False,
    ) -> PartialReason | None:
        """Read rows and add them, or the bytes of their messages, to each sum, by its keys."""
        pruner = Pruner(self._snapshot, self._cache, selection.wanted, self._work)
        groupings = [counted.keys for counted in sums]
        sources = {source_column(key) for keys in groupings for key in keys if key != "bucket"}
        names = columns_to_filter(selection.wanted) | sources | ({"message"} if of_bytes else set())
        for group in _by_size(refs):
            bound = self._bound(sums)
            if bound is not None:
                return bound
            kept = await pruner.keep(group)
            stored = await self._snapshot.read(kept, names) if kept else {}
            self._budget.spend(kept, stored)

            def count(
                ref: SegmentRef, pace: Pace, stored: dict[str, StoredColumns] = stored
            ) -> Sequence[pa.Table] | None:
                columns = columns_for(ref, stored[ref.id])
                return _in_time(
                    lambda: _count_rows(ref, columns, selection, groupings, buckets, pace, of_bytes=of_bytes)
                )

            there = [ref for ref in kept if ref.id in stored]
            if not self._take_in(sums, await self._work.each(count, there)):
                return "time"
        return None


def _in_time(count: Callable[[], Sequence[pa.Table]]) -> Sequence[pa.Table] | None:
    try:
        return count()
    except OutOfTime:
        return None


def lies_inside(ref: SegmentRef, selection: LogSelection) -> bool:
    """Return whether every log of a segment is in the time range of a selection."""
    return selection.low <= ref.min_ts and ref.max_ts <= selection.high


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
    summaries: Sequence[Any], wanted: Filter, keys: Sequence[str], buckets: Buckets | None, pace: Pace
) -> pa.Table:
    merged = pa.Table.from_batches(summaries).unify_dictionaries().combine_chunks()
    mask = evaluate(wanted, SummaryColumns(merged), pace) if wanted != EVERYTHING else True
    if mask is not True:
        merged = merged.slice(0, 0) if mask is False else merged.filter(mask)
    columns = {name: merged.column(name) for name in keys}
    if buckets is not None:
        moments = pc.multiply(merged.column("minute").cast(pa.int64()), pa.scalar(MINUTE_US))
        columns["bucket"] = buckets.number(moments)
    columns["count"] = merged.column("count").cast(pa.int64())
    return _add_up([pa.table(columns)], _key_names(keys, buckets))


def _count_words(ref: SegmentRef, stored: StoredColumns, wanted: Filter, pace: Pace) -> pa.Table:
    if stored.pattern_version == PATTERN_VERSION:
        words, counts = read_batch(stored.patterns).columns
    else:
        words, counts = pc.value_counts(pc.cast(columns_for(ref, stored).column("pattern"), pa.utf8())).flatten()
    table = pa.table({"pattern": words, "count": counts.cast(pa.int64())})
    mask = evaluate(wanted, SummaryColumns(table), pace)
    if mask is True:
        return table
    return table.slice(0, 0) if mask is False else table.filter(mask)


def _count_rows(
    ref: SegmentRef,
    columns: SegmentColumns,
    selection: LogSelection,
    groupings: Sequence[Sequence[str]],
    buckets: Buckets | None,
    pace: Pace,
    *,
    of_bytes: bool,
) -> list[pa.Table]:
    times = columns.column("timestamp").cast(pa.int64())
    rows = selected_rows(selection.wanted, columns, pace)
    if not lies_inside(ref, selection):
        rows = rows_within(times, rows, selection.low, selection.high)

    def chosen(array: Any) -> Any:
        return array if rows is None else array.take(rows)

    keys = {key for grouping in groupings for key in grouping}
    counted = {key: chosen(columns.column(key)) for key in keys if key != "bucket" and not is_attribute(key)}
    if buckets is not None:
        counted["bucket"] = buckets.number(chosen(times))
    attributes = sorted(filter(is_attribute, keys))
    if attributes:
        counted |= with_values(chosen(columns.column("attributes")), attributes, pace)
    count = columns.count if rows is None else len(rows)
    sizes = pc.binary_length(chosen(columns.column("message"))).cast(pa.int64()) if of_bytes else None
    return [_grouped({key: counted[key] for key in grouping}, count, sizes) for grouping in groupings]


def _grouped(columns: dict[str, Any], count: int, sizes: Any | None) -> pa.Table:
    if not columns:
        return pa.table({"count": pa.array([count if sizes is None else pc.sum(sizes).as_py() or 0], pa.int64())})
    if sizes is not None:
        return _add_up([pa.table({**columns, "count": sizes})], list(columns))
    grouped = pa.table(columns).group_by(list(columns), use_threads=False).aggregate([([], "count_all")])
    return _plain(grouped.rename_columns({"count_all": "count"}))


def _plain(table: pa.Table) -> pa.Table:
    """Return dictionary columns as plain text, so that tables of several segments can be summed."""
    kinds = [
        pa.field(field.name, pa.utf8() if pa.types.is_dictionary(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(kinds))


def _add_up(tables: Sequence[pa.Table], keys: list[str]) -> pa.Table:
    order = [*keys, "count"]
    plain = [_plain(table).select(order) for table in tables if table.num_rows]
    if not plain:
        kinds = {name: pa.int64() if name in {"bucket", "count"} else pa.utf8() for name in order}
        return pa.table({name: pa.array([], kind) for name, kind in kinds.items()})
    table = pa.concat_tables(plain)
    if not keys:
        return pa.table({"count": pa.array([pc.sum(table.column("count")).as_py()], pa.int64())})
    summed = table.group_by(keys, use_threads=False).aggregate([("count", "sum")])
    return summed.rename_columns({"count_sum": "count"}).select(order)


def most_frequent(table: pa.Table, limit: int) -> list[tuple[Any, int]]:
    """Return (value, count) of a table with one key: the most frequent first, then by value, null first."""
    order = [("count", "descending"), (table.schema.names[0], "ascending", "at_start")]
    best = table.take(pc.sort_indices(table, sort_keys=order)[:limit])
    return list(zip(*(best.column(number).to_pylist() for number in (0, 1)), strict=True))
