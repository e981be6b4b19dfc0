"""Exports every log of a selection in time order, as a stream of bytes in one of four formats.

Memory is bounded: time is split into slices of about 40,000 logs, by the counts in the segments, and each slice is
read, sorted and written separately.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.export_formats import WRITERS, ExportFormat
from logloop_query.logs.search.caches import Caches
from logloop_query.logs.search.candidates import Candidates
from logloop_query.logs.search.kernels import selected_rows
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.search.limits.threads import SearchThreads, Work
from logloop_query.logs.search.plan import (
    LogSelection,
    SegmentRef,
    SegmentSource,
    Snapshot,
    StoredColumns,
    columns_for,
)
from logloop_query.logs.search.rows import ROW_COLUMNS, rows_within
from logloop_query.logs.segments.codec import SegmentColumns
from logloop_query.logs.segments.summary import Summary
from logloop_query.logs.segments.time_units import MINUTE_US
from logloop_query.telemetry import EXPORTED_LOGS

SLICE_LOGS = 25_000
_GROUP_BYTES = 2 * 2**20
_REFS_AT_ONCE = 64
_PIECE_ROWS = 5_000
_COLUMNS = frozenset({*ROW_COLUMNS, "pattern"})


class Export:
    """Reads a selection slice by slice. `segment_seconds` limits the filtering of one segment."""

    def __init__(
        self, source: SegmentSource, threads: SearchThreads, caches: Caches, *, segment_seconds: float = 20.0
    ) -> None:
        self._source = source
        self._threads = threads
        self._caches = caches
        self._segment_seconds = segment_seconds

    async def stream(self, selection: LogSelection, kind: ExportFormat, caller: str = "") -> AsyncIterator[bytes]:
        """Yield the selection as bytes. The iterator may be closed early. Raises OutOfTime for a slow filter."""
        work = self._threads.work(caller)
        writer = WRITERS[kind](selection.project_id)
        head = writer.head()
        if head:
            yield head
        async for table in self._tables(selection, work):
            step = table.num_rows if kind == "parquet" else _PIECE_ROWS
            for start in range(0, table.num_rows, step):
                piece = table.slice(start, step)
                body = await work.run(lambda _, piece=piece: writer.rows(piece))  # type: ignore[misc]
                if body:
                    yield body
            EXPORTED_LOGS.labels(kind).inc(table.num_rows)
        tail = await work.run(lambda _: writer.end())
        if tail:
            yield tail

    async def _tables(self, selection: LogSelection, work: Work) -> AsyncIterator[pa.Table]:
        """Yield the rows in time order, one table per slice: `rows.ROW_COLUMNS`, pattern and hour."""
        selection = selection.narrowed()
        coming: asyncio.Task[pa.Table | None] | None = None
        try:
            for low, high in await self._slices(selection):
                part = LogSelection(selection.project_id, selection.wanted, low, high)
                # The next slice is read while the previous one is written and sent.
                ready, coming = coming, asyncio.create_task(self._slice(part, work))
                table = await ready if ready is not None else None
                if table is not None:
                    yield table
            last = await coming if coming is not None else None
            if last is not None:
                yield last
        finally:
            if coming is not None:
                coming.cancel()

    async def _slices(self, selection: LogSelection) -> list[tuple[int, int]]:
        """Split a selection so that no slice has many more than SLICE_LOGS logs before filtering."""
        minutes: dict[int, int] = {}
        async with self._source.snapshot() as snapshot:
            plan = snapshot.plan(selection, newest_first=False)
            refs = [ref async for ref in plan if ref.count]
            for start in range(0, len(refs), _REFS_AT_ONCE):
                summaries = await self._caches.summaries.read(snapshot, refs[start : start + _REFS_AT_ONCE])
                _add_minutes(minutes, list(summaries.values()))
        return list(cut_time(minutes, selection.low, selection.high))

    async def _slice(self, selection: LogSelection, work: Work) -> pa.Table | None:
        tables: list[pa.Table] = []
        async with self._source.snapshot() as snapshot:
            plan = snapshot.plan(selection, newest_first=False)
            refs = [ref async for ref in plan if ref.count]
            kept = await Candidates(snapshot, self._caches, selection.wanted, work).refs_among(refs)
            for group in _by_size(kept):
                tables += await self._read(snapshot, group, selection, work)
        filled = [table for table in tables if table.num_rows]
        if not filled:
            return None
        return await work.run(lambda _: _in_order(filled))

    async def _read(
        self, snapshot: Snapshot, refs: Sequence[SegmentRef], selection: LogSelection, work: Work
    ) -> list[pa.Table]:
        stored = await snapshot.read(refs, _COLUMNS)

        def rows(ref: SegmentRef, pace: Pace) -> pa.Table:
            return _rows(ref, stored[ref.id], selection, pace)

        there = [ref for ref in refs if ref.id in stored]
        return await work.each(rows, there, seconds=self._segment_seconds)


def _add_minutes(minutes: dict[int, int], summaries: Sequence[Summary]) -> None:
    if not summaries:
        return
    table = pa.table(
        {
            "minute": pa.chunked_array([summary.column("minute") for summary in summaries]),
            "count": pa.chunked_array([summary.column("count") for summary in summaries]),
        }
    )
    summed = table.group_by("minute").aggregate([("count", "sum")])
    for minute, count in zip(*(summed.column(name).to_pylist() for name in ("minute", "count_sum")), strict=True):
        minutes[minute] = minutes.get(minute, 0) + count


def cut_time(minutes: dict[int, int], low: int, high: int) -> Iterator[tuple[int, int]]:
    """Yield inclusive slices (low, high) that cover every minute with logs. A large minute is split evenly."""
    start = end = logs = 0
    for minute in sorted(number for number in minutes if minutes[number] and _overlaps(number, low, high)):
        first, last = minute * MINUTE_US, (minute + 1) * MINUTE_US - 1
        if logs and logs + minutes[minute] > SLICE_LOGS:
            yield max(low, start), min(high, end)
            logs = 0
        if minutes[minute] > SLICE_LOGS:
            yield from _cut_minute(first, -(-minutes[minute] // SLICE_LOGS), low, high)
            continue
        start, end, logs = (start if logs else first), last, logs + minutes[minute]
    if logs:
        yield max(low, start), min(high, end)


def _overlaps(minute: int, low: int, high: int) -> bool:
    return minute * MINUTE_US <= high and (minute + 1) * MINUTE_US > low


def _cut_minute(first: int, pieces: int, low: int, high: int) -> Iterator[tuple[int, int]]:
    bounds = [first + MINUTE_US * number // pieces for number in range(pieces + 1)]
    for begin, end in itertools.pairwise(bounds):
        if begin <= high and end > low:
            yield max(low, begin), min(high, end - 1)


def _by_size(refs: Sequence[SegmentRef]) -> Iterator[list[SegmentRef]]:
    group: list[SegmentRef] = []
    for ref in refs:
        if group and sum(item.size for item in group) + ref.size > _GROUP_BYTES:
            yield group
            group = []
        group.append(ref)
    if group:
        yield group


def _rows(ref: SegmentRef, stored: StoredColumns, selection: LogSelection, pace: Pace) -> pa.Table:
    columns = columns_for(ref, stored)
    times = columns.column("timestamp").cast(pa.int64())
    rows = selected_rows(selection.wanted, columns, pace)
    if not selection.low <= ref.min_ts or not ref.max_ts <= selection.high:
        rows = rows_within(times, rows, selection.low, selection.high)
    return _taken(columns, rows)


def _taken(columns: SegmentColumns, rows: Any) -> pa.Table:
    taken = {}
    for name in sorted(_COLUMNS):
        chosen = columns.column(name) if rows is None else columns.rows(name, rows)
        taken[name] = pc.cast(chosen, pa.utf8()) if isinstance(chosen, pa.DictionaryArray) else chosen
    count = columns.count if rows is None else len(rows)
    taken["hour"] = pa.repeat(pa.scalar(columns.hour, pa.int64()), count)
    return pa.table(taken)


def _in_order(tables: list[pa.Table]) -> pa.Table:
    table = pa.concat_tables(tables)
    order = [(name, "ascending") for name in ("timestamp", "batch", "hour", "row")]
    return table.sort_by(order).combine_chunks()
