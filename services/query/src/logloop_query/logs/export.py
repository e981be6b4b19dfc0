"""Give out every log of a window in time order, as a stream of bytes in one of four formats.

Memory is bounded however many logs there are: time is cut into slices of about 40,000 logs by the counts that
segments carry, and each slice is read, sorted and written by itself. It must not know HTTP.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.export_formats import WRITERS, ExportFormat
from logloop_query.logs.search.kernels import selected_rows
from logloop_query.logs.search.pace import Pace
from logloop_query.logs.search.plan import (
    Pruner,
    SegmentRef,
    SegmentSource,
    Snapshot,
    StoredColumns,
    SummaryCache,
    Window,
    columns_for,
)
from logloop_query.logs.search.rows import ROW_COLUMNS, rows_within
from logloop_query.logs.search.threads import SearchThreads, Work
from logloop_query.logs.segment_codec import MINUTE_US, SegmentColumns
from logloop_query.telemetry import EXPORTED_LOGS

SLICE_LOGS = 40_000
_GROUP_BYTES = 8 * 2**20
_REFS_AT_ONCE = 64
_PIECE_ROWS = 5_000
_COLUMNS = frozenset({*ROW_COLUMNS, "pattern"})


class Export:
    """Reads a window slice by slice. `segment_seconds`: what choosing the rows of one segment may take."""

    def __init__(
        self, source: SegmentSource, threads: SearchThreads, cache: SummaryCache, *, segment_seconds: float = 20.0
    ) -> None:
        self._source = source
        self._threads = threads
        self._cache = cache
        self._segment_seconds = segment_seconds

    async def stream(self, window: Window, kind: ExportFormat, caller: str = "") -> AsyncIterator[bytes]:
        """The window as bytes. Closing the iterator early is fine. Raises OutOfTime for a filter that is too slow."""
        work = self._threads.work(caller)
        writer = WRITERS[kind](window.project_id)
        head = writer.head()
        if head:
            yield head
        async for table in self._tables(window, work):
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

    async def _tables(self, window: Window, work: Work) -> AsyncIterator[pa.Table]:
        """Rows in time order: `rows.ROW_COLUMNS`, pattern and hour, a table a slice."""
        window = window.narrowed()
        coming: asyncio.Task[pa.Table | None] | None = None
        try:
            for low, high in await self._slices(window):
                part = Window(window.project_id, window.wanted, low, high)
                # The next slice is read while the last one is written and sent.
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

    async def _slices(self, window: Window) -> list[tuple[int, int]]:
        """Cut a window so that no piece holds many more than SLICE_LOGS logs before the filter."""
        minutes: dict[int, int] = {}
        async with self._source.snapshot() as snapshot:
            plan = snapshot.plan(window, newest_first=False)
            refs = [ref async for ref in plan if ref.count]
            for start in range(0, len(refs), _REFS_AT_ONCE):
                summaries = await self._cache.read(snapshot, refs[start : start + _REFS_AT_ONCE])
                _add_minutes(minutes, list(summaries.values()))
        return list(cut_time(minutes, window.low, window.high))

    async def _slice(self, window: Window, work: Work) -> pa.Table | None:
        tables: list[pa.Table] = []
        async with self._source.snapshot() as snapshot:
            plan = snapshot.plan(window, newest_first=False)
            refs = [ref async for ref in plan if ref.count]
            kept = await Pruner(snapshot, self._cache, window.wanted, work).keep(refs)
            for group in _by_size(kept):
                tables += await self._read(snapshot, group, window, work)
        filled = [table for table in tables if table.num_rows]
        if not filled:
            return None
        return await work.run(lambda _: _in_order(filled))

    async def _read(
        self, snapshot: Snapshot, refs: Sequence[SegmentRef], window: Window, work: Work
    ) -> list[pa.Table]:
        stored = await snapshot.read(refs, _COLUMNS)

        def rows(ref: SegmentRef, pace: Pace) -> pa.Table:
            return _rows(ref, stored[ref.id], window, pace)

        there = [ref for ref in refs if ref.id in stored]
        return await work.each(rows, there, seconds=self._segment_seconds)


def _add_minutes(minutes: dict[int, int], summaries: Sequence[Any]) -> None:
    if not summaries:
        return
    table = pa.table(
        {
            "minute": pa.chunked_array([batch.column("minute") for batch in summaries]),
            "count": pa.chunked_array([batch.column("count") for batch in summaries]),
        }
    )
    summed = table.group_by("minute").aggregate([("count", "sum")])
    for minute, count in zip(*(summed.column(name).to_pylist() for name in ("minute", "count_sum")), strict=True):
        minutes[minute] = minutes.get(minute, 0) + count


def cut_time(minutes: dict[int, int], low: int, high: int) -> Iterator[tuple[int, int]]:
    """Slices (low, high), both included, that cover every minute with logs; a crowded minute is cut evenly."""
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


def _rows(ref: SegmentRef, stored: StoredColumns, window: Window, pace: Pace) -> pa.Table:
    columns = columns_for(ref, stored)
    times = columns.column("timestamp").cast(pa.int64())
    rows = selected_rows(window.wanted, columns, pace)
    if not window.low <= ref.min_ts or not ref.max_ts <= window.high:
        rows = rows_within(times, rows, window.low, window.high)
    return _taken(columns, rows)


def _taken(columns: SegmentColumns, rows: Any) -> pa.Table:
    taken = {}
    for name in sorted(_COLUMNS):
        array = columns.column(name)
        chosen = array if rows is None else array.take(rows)
        taken[name] = pc.cast(chosen, pa.utf8()) if isinstance(chosen, pa.DictionaryArray) else chosen
    count = columns.count if rows is None else len(rows)
    taken["hour"] = pa.repeat(pa.scalar(columns.hour, pa.int64()), count)
    return pa.table(taken)


def _in_order(tables: list[pa.Table]) -> pa.Table:
    table = pa.concat_tables(tables)
    order = [(name, "ascending") for name in ("timestamp", "batch", "hour", "row")]
    return table.sort_by(order).combine_chunks()
