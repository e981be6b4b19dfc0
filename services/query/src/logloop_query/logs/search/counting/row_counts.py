"""Counts the rows of one segment that a filter selects."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa

from logloop_query.logs.search.attribute_values import with_values
from logloop_query.logs.search.caches import Caches
from logloop_query.logs.search.candidates import Candidate
from logloop_query.logs.search.counting.known_counts import KnownCounts
from logloop_query.logs.search.counting.sums import Buckets, Sum, by_minute, grouped, in_buckets
from logloop_query.logs.search.kernels import Mask, evaluate, rows_of
from logloop_query.logs.search.language.attribute_fields import is_attribute
from logloop_query.logs.search.limits.pace import OutOfTime, Pace
from logloop_query.logs.search.plan import LogSelection, SegmentRef, Snapshot
from logloop_query.logs.search.rows import rows_within
from logloop_query.logs.segments.cells import CELL_COLUMNS, NO_LOGS, CellCounts, Cells, cells_of, count_cells
from logloop_query.logs.segments.codec import SegmentColumns
from logloop_query.logs.segments.summary import Summary

T = TypeVar("T")


class Counted(NamedTuple):
    """The rows of a segment that a filter selects, and their counts.

    Either `counts` has them by cell, or `tables` by each grouping, by minute if possible, and `in_buckets` too.
    """

    mask: Mask
    tables: Sequence[pa.Table] = ()
    in_buckets: Sequence[pa.Table] = ()
    cells: Cells | None = None
    counts: CellCounts | None = None


class InCells(NamedTuple):
    """What is needed to count a segment by cell: its summary, and the cells of its rows if they are known."""

    summary: Summary
    cells: Cells | None

    @property
    def to_read(self) -> frozenset[str]:
        """The columns to read beside those of the filter."""
        return CELL_COLUMNS if self.cells is None else frozenset()


def in_time(count: Callable[[], T]) -> T | None:
    """Return what a count returns, None if it is out of time."""
    try:
        return count()
    except OutOfTime:
        return None


def time_columns(ref: SegmentRef, selection: LogSelection, buckets: Buckets | None) -> frozenset[str]:
    """Return the columns that tell which logs of a segment are in the time range, and in which buckets."""
    needed = frozenset() if selection.contains(ref) else frozenset({"timestamp"})
    if buckets is None or needed:
        return needed
    return frozenset({"minute" if buckets.whole_minutes else "timestamp"})


def count_by_cell(item: Candidate, columns: SegmentColumns, way: InCells, pace: Pace) -> Counted | None:
    """Return the rows that the filter selects, and their counts by cell. None if the cells cannot be found."""
    cells = cells_of(columns, way.summary) if way.cells is None else way.cells
    if cells is None:
        return None
    mask = evaluate(item.wanted, columns, pace)
    return Counted(mask, cells=cells, counts=count_cells(cells, mask, way.summary.count))


def count_rows(
    item: Candidate,
    columns: SegmentColumns,
    selection: LogSelection,
    groupings: Sequence[Sequence[str]],
    buckets: Buckets | None,
    pace: Pace,
    *,
    of_bytes: bool,
) -> Counted:
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
        if "minute" in time_columns(item.ref, selection, buckets):
            counted["minute"] = chosen(columns.column("minute")).cast(pa.int64())
        else:
            counted["bucket"] = buckets.number(chosen(columns.column("timestamp").cast(pa.int64())))
    attributes = sorted(filter(is_attribute, keys))
    if attributes:
        counted |= with_values(chosen(columns.column("attributes")), attributes, pace)
    count = columns.count if rows is None else len(rows)
    sizes = chosen(columns.message_sizes()) if of_bytes else None
    if "minute" in counted:
        groupings = [by_minute(grouping) for grouping in groupings]
    tables = [grouped({key: counted[key] for key in grouping}, count, sizes) for grouping in groupings]
    return Counted(mask, tables, [in_buckets(table, buckets) for table in tables])


async def in_cells_of(
    kept: Sequence[Candidate], selection: LogSelection, snapshot: Snapshot, caches: Caches
) -> dict[str, InCells]:
    """Return how segments are counted by cell, by id: those in the time range, if their patterns are known."""
    refs = [item.ref for item in kept if selection.contains(item.ref)]
    cells = {ref.id: caches.cells.get(ref) for ref in refs}
    summaries = await caches.summaries.read(snapshot, refs)
    return {
        number: InCells(summary, cells[number])
        for number, summary in summaries.items()
        if summary.patterns is not None
    }


def remember(
    found: Mapping[SegmentRef, Counted | None], selection: LogSelection, known: KnownCounts | None, caches: Caches
) -> None:
    """Remember the rows and counts of segments."""
    for ref, counted in found.items():
        if counted is None:
            continue
        caches.masks.put(ref, selection.wanted, counted.mask)
        if counted.counts is not None and counted.cells is not None:
            caches.cells.put(ref, counted.cells)
            caches.cell_counts.put(ref, selection.wanted, counted.counts)
        elif known is not None:
            known.put(ref, counted.tables)


def remember_excluded(refs: Iterable[SegmentRef], selection: LogSelection, caches: Caches, *, by_cell: bool) -> None:
    """Remember that a filter selects nothing in some segments."""
    for ref in refs:
        caches.masks.put(ref, selection.wanted, False)
        if by_cell and selection.contains(ref):
            caches.cell_counts.put(ref, selection.wanted, NO_LOGS)


def by_part(
    found: Mapping[SegmentRef, T], sums_of: Mapping[SegmentRef, Sequence[Sum]]
) -> list[tuple[Sequence[Sum], dict[SegmentRef, T]]]:
    """Return what was found in the segments of each part, with the sums to which it is added."""
    parts: dict[int, tuple[Sequence[Sum], dict[SegmentRef, T]]] = {}
    for ref, counted in found.items():
        sums = sums_of[ref]
        parts.setdefault(id(sums), (sums, {}))[1][ref] = counted
    return list(parts.values())
