"""Which segments a search looks at, in which order, and how much it may read.

It must not decide what a row means; `kernels` does. Storage is reached through `Snapshot`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pyarrow as pa

from logloop_query.logs.search.filter import (
    EVERYTHING,
    Filter,
    batches_of,
    needed_columns,
    relax,
    time_bounds,
    without_time,
)
from logloop_query.logs.search.kernels import evaluate
from logloop_query.logs.segment_codec import SegmentColumns, possible_keys, read_batch

SUMMARY_COLUMNS = frozenset({"severity", "service_id"})
MIN_US, MAX_US = -(2**62), 2**62

PartialReason = Literal["time", "bytes"]


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """A stored segment as the plan index tells it. Times are microseconds; `size` is bytes of its columns."""

    id: str
    revision: int
    hour: int
    min_ts: int
    max_ts: int
    count: int
    size: int


@dataclass(slots=True)
class StoredColumns:
    """What was read of a segment: encoded columns, summary and pattern counts."""

    columns: dict[str, bytes]
    summary: bytes = b""
    patterns: bytes = b""

    @property
    def size(self) -> int:
        """Bytes read."""
        return sum(map(len, self.columns.values())) + len(self.summary) + len(self.patterns)


@dataclass(frozen=True, slots=True)
class LogSelection:
    """Logs of a project with low <= timestamp <= high, microseconds, that a filter selects."""

    project_id: str
    wanted: Filter = EVERYTHING
    low: int = MIN_US
    high: int = MAX_US

    @property
    def parts(self) -> list[str] | None:
        """Keys of the only parts that may hold these logs; None when any may."""
        batches = batches_of(self.wanted)
        return None if batches is None else [key for batch in sorted(batches) for key in possible_keys(*batch)]

    def narrowed(self) -> "LogSelection":
        """The same logs, with the bounds that the filter demands of every log moved into the selection."""
        low, high = time_bounds(self.wanted)
        return LogSelection(
            self.project_id,
            without_time(self.wanted),
            self.low if low is None else max(low, self.low),
            self.high if high is None else min(high, self.high),
        )


class Snapshot(Protocol):
    """Segments as they were at one moment, so that a compaction never shows a log twice or not at all."""

    def plan(self, selection: LogSelection, *, newest_first: bool) -> AsyncIterator[SegmentRef]:
        """Segments that overlap a selection and hold one of its parts: by falling max_ts, or by rising min_ts."""

    async def read(self, refs: Sequence[SegmentRef], names: AbstractSet[str]) -> dict[str, StoredColumns]:
        """Columns of segments by segment id; `summary` and `patterns` are names too."""


class SegmentSource(Protocol):
    """Where snapshots come from."""

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Open a snapshot for one search."""


@dataclass(slots=True)
class Budget:
    """What one search may cost, and what it has cost."""

    max_bytes: int
    max_seconds: float
    segments: int = 0
    logs: int = 0
    bytes: int = 0
    started: float = field(default_factory=time.monotonic)

    def spend(self, refs: Sequence[SegmentRef], read: dict[str, StoredColumns]) -> None:
        """Note what was read."""
        self.segments += len(refs)
        self.logs += sum(ref.count for ref in refs)
        self.bytes += sum(item.size for item in read.values())

    @property
    def exhausted(self) -> PartialReason | None:
        """Which bound is reached."""
        if self.bytes >= self.max_bytes:
            return "bytes"
        return "time" if time.monotonic() - self.started >= self.max_seconds else None

    @property
    def took_ms(self) -> float:
        """Milliseconds since the search began."""
        return round((time.monotonic() - self.started) * 1000, 3)


class SummaryCache:
    """Decoded summaries by segment and revision, which never change; the oldest leave first.

    One of an hour takes 60 kB with 12 services and ten times that with many, so the bound is in bytes.
    """

    def __init__(self, max_bytes: int = 128 * 2**20) -> None:
        self._max_bytes = max_bytes
        self._items: OrderedDict[tuple[str, int], Any] = OrderedDict()
        self.bytes = 0

    def get(self, ref: SegmentRef) -> Any | None:
        """The summary of a segment, if it was read before."""
        found = self._items.get((ref.id, ref.revision))
        if found is not None:
            self._items.move_to_end((ref.id, ref.revision))
        return found

    def put(self, ref: SegmentRef, summary: Any) -> None:
        """Remember a summary."""
        if (ref.id, ref.revision) in self._items:
            return
        self._items[(ref.id, ref.revision)] = summary
        self.bytes += _cached_bytes(summary)
        while self.bytes > self._max_bytes:
            _, oldest = self._items.popitem(last=False)
            self.bytes -= _cached_bytes(oldest)

    @property
    def has_room(self) -> bool:
        """Whether half of it is free, so that what is put in drives nothing out."""
        return self.bytes < self._max_bytes // 2

    async def read(self, snapshot: Snapshot, refs: Sequence[SegmentRef]) -> dict[str, Any]:
        """Summaries of segments as record batches by segment id, from memory or from the store."""
        known = {ref.id: self.get(ref) for ref in refs}
        missing = [ref for ref in refs if known[ref.id] is None]
        stored = await snapshot.read(missing, {"summary"}) if missing else {}
        for ref in missing:
            if ref.id in stored:
                known[ref.id] = read_batch(stored[ref.id].summary)
                self.put(ref, known[ref.id])
        return {segment_id: summary for segment_id, summary in known.items() if summary is not None}


def _cached_bytes(summary: Any) -> int:
    return int(summary.nbytes) + 1024


class SummaryColumns:
    """A summary as rows to look at: one a minute, severity and service."""

    hour: int | None = None

    def __init__(self, summary: Any) -> None:
        self.count = summary.num_rows
        self._summary = summary

    def column(self, name: str) -> Any:
        """A key column of the summary."""
        column = self._summary.column(name)
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def may_hold(wanted: Filter, summary: Any) -> bool:
    """Whether a segment with this summary may hold logs of a filter. False is sure."""
    relaxed = relax(wanted, SUMMARY_COLUMNS)
    return relaxed == EVERYTHING or evaluate(relaxed, SummaryColumns(summary)) is not False


def columns_for(ref: SegmentRef, stored: StoredColumns) -> SegmentColumns:
    """Columns of a segment ready to be decoded."""
    return SegmentColumns(ref.hour, ref.count, stored.columns, stored.patterns)


async def grouped(
    refs: AsyncIterator[SegmentRef], *, first: int = 1, most: int = 16, max_bytes: int = 16 * 2**20
) -> AsyncIterator[list[SegmentRef]]:
    """Segments in groups to read at once: one, then twice as many each time, so that a first page is quick."""
    group: list[SegmentRef] = []
    size = first
    async for ref in refs:
        if ref.count == 0:
            continue
        group.append(ref)
        if len(group) >= size or sum(item.size for item in group) >= max_bytes:
            yield group
            group, size = [], min(size * 2, most)
    if group:
        yield group


class Pruner:
    """Leaves out the segments that cannot hold a log of a filter."""

    def __init__(self, snapshot: Snapshot, cache: SummaryCache, wanted: Filter) -> None:
        self._snapshot = snapshot
        self._cache = cache
        self._wanted = wanted
        self._useful = relax(wanted, SUMMARY_COLUMNS) != EVERYTHING

    async def keep(self, refs: Sequence[SegmentRef]) -> list[SegmentRef]:
        """The segments worth reading."""
        if not self._useful:
            return list(refs)
        summaries = await self._cache.read(self._snapshot, refs)
        return [ref for ref in refs if ref.id in summaries and may_hold(self._wanted, summaries[ref.id])]


def columns_to_filter(wanted: Filter) -> frozenset[str]:
    """Columns to read before the rows of a filter are known; never the timestamp alone missing."""
    return needed_columns(wanted) | {"timestamp"}


async def in_threads(executor: Any, work: Any, items: Sequence[Any]) -> list[Any]:
    """Run `work` on each item in the search threads; pyarrow lets go of the interpreter lock."""
    loop = asyncio.get_running_loop()
    return list(await asyncio.gather(*(loop.run_in_executor(executor, work, item) for item in items)))
