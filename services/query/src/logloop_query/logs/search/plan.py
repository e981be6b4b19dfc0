"""Plans which segments a search reads, in which order, and how much it may read."""

import time
from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pyarrow as pa
from cachetools import LRUCache
from logloop_contracts.patterns.masking import PATTERN_VERSION

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
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.search.limits.threads import Work
from logloop_query.logs.segment_codec import SegmentColumns, possible_keys, read_batch

SUMMARY_COLUMNS = frozenset({"severity", "service_id"})
MIN_US, MAX_US = -(2**62), 2**62

PartialReason = Literal["time", "bytes"]


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """A stored segment as in the plan index. Times are in microseconds, `size` is in bytes."""

    id: str
    revision: int
    hour: int
    min_ts: int
    max_ts: int
    count: int
    size: int


@dataclass(slots=True)
class StoredColumns:
    """The encoded columns, summary and pattern counts that were read of a segment."""

    columns: dict[str, bytes]
    summary: bytes = b""
    patterns: bytes = b""
    pattern_version: int = PATTERN_VERSION

    @property
    def size(self) -> int:
        """Number of bytes read."""
        return sum(map(len, self.columns.values())) + len(self.summary) + len(self.patterns)


@dataclass(frozen=True, slots=True)
class LogSelection:
    """The logs of a project that a filter selects, with low <= timestamp <= high in microseconds."""

    project_id: str
    wanted: Filter = EVERYTHING
    low: int = MIN_US
    high: int = MAX_US

    @property
    def parts(self) -> list[str] | None:
        """Keys of the parts that may contain these logs, None when any part may."""
        batches = batches_of(self.wanted)
        return None if batches is None else [key for batch in sorted(batches) for key in possible_keys(*batch)]

    def narrowed(self) -> "LogSelection":
        """Return the same logs, with the time bounds of the filter moved into low and high."""
        low, high = time_bounds(self.wanted)
        return LogSelection(
            self.project_id,
            without_time(self.wanted),
            self.low if low is None else max(low, self.low),
            self.high if high is None else min(high, self.high),
        )


class Snapshot(Protocol):
    """The segments at one moment, so that compaction never hides or repeats a log in a search."""

    def plan(self, selection: LogSelection, *, newest_first: bool) -> AsyncIterator[SegmentRef]:
        """Yield the segments of a selection by descending max_ts, or by ascending min_ts."""

    async def read(self, refs: Sequence[SegmentRef], names: AbstractSet[str]) -> dict[str, StoredColumns]:
        """Return columns of segments by segment id. `summary` and `patterns` are valid names too.

        A segment with patterns of another version comes with its messages.
        """


class SegmentSource(Protocol):
    """Opens snapshots."""

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Open a snapshot for one search."""


@dataclass(slots=True)
class Budget:
    """The limits and the cost so far of one search."""

    max_bytes: int
    max_seconds: float
    segments: int = 0
    logs: int = 0
    bytes: int = 0
    started: float = field(default_factory=time.monotonic)

    def spend(self, refs: Sequence[SegmentRef], read: dict[str, StoredColumns]) -> None:
        """Add what was read."""
        self.segments += len(refs)
        self.logs += sum(ref.count for ref in refs)
        self.bytes += sum(item.size for item in read.values())

    @property
    def deadline(self) -> float:
        """When the time is over, on the monotonic clock."""
        return self.started + self.max_seconds

    @property
    def exhausted(self) -> PartialReason | None:
        """The limit that is reached, if any."""
        if self.bytes >= self.max_bytes:
            return "bytes"
        return "time" if time.monotonic() >= self.deadline else None

    @property
    def took_ms(self) -> float:
        """Milliseconds since the search started."""
        return round((time.monotonic() - self.started) * 1000, 3)


class SummaryCache:
    """Decoded summaries by segment and revision, bounded in bytes.

    The summary of an hour takes 60 kB with 12 services, and ten times as much with many services.
    """

    def __init__(self, max_bytes: int = 128 * 2**20) -> None:
        self._items: LRUCache[tuple[str, int], Any] = LRUCache(max_bytes, getsizeof=_cached_bytes)

    @property
    def bytes(self) -> int:
        """Size of the cached summaries in bytes."""
        return int(self._items.currsize)

    def get(self, ref: SegmentRef) -> Any | None:
        """Return the summary of a segment if it is cached."""
        return self._items.get((ref.id, ref.revision))

    def put(self, ref: SegmentRef, summary: Any) -> None:
        """Cache a summary, unless it is larger than the whole cache."""
        if _cached_bytes(summary) <= self._items.maxsize:
            self._items[(ref.id, ref.revision)] = summary

    @property
    def has_room(self) -> bool:
        """Whether half of the cache is free, so that a new summary evicts nothing."""
        return self._items.currsize < self._items.maxsize // 2

    async def read(self, snapshot: Snapshot, refs: Sequence[SegmentRef]) -> dict[str, Any]:
        """Return the summaries of segments as record batches by segment id, from the cache or the store."""
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
    """A summary as rows to evaluate: one per minute, severity and service."""

    hour: int | None = None

    def __init__(self, summary: Any) -> None:
        self.count = summary.num_rows
        self._summary = summary

    def column(self, name: str) -> Any:
        """Return a key column of the summary."""
        column = self._summary.column(name)
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def may_hold(wanted: Filter, summary: Any, pace: Pace | None = None) -> bool:
    """Return whether a segment with this summary may contain logs of a filter. Only False is certain."""
    relaxed = relax(wanted, SUMMARY_COLUMNS)
    return relaxed == EVERYTHING or evaluate(relaxed, SummaryColumns(summary), pace) is not False


def columns_for(ref: SegmentRef, stored: StoredColumns) -> SegmentColumns:
    """Return the columns of a segment, ready to be decoded."""
    return SegmentColumns(ref.hour, ref.count, stored.columns, stored.patterns, stored.pattern_version)


async def grouped(
    refs: AsyncIterator[SegmentRef], *, first: int = 1, most: int = 16, max_bytes: int = 16 * 2**20
) -> AsyncIterator[list[SegmentRef]]:
    """Yield segments in groups to read at once: one, then twice as many each time, so that the first page is fast."""
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
    """Drops the segments that cannot contain a log of a filter."""

    def __init__(self, snapshot: Snapshot, cache: SummaryCache, wanted: Filter, work: Work) -> None:
        self._snapshot = snapshot
        self._work = work
        self._cache = cache
        self._wanted = wanted
        self._useful = relax(wanted, SUMMARY_COLUMNS) != EVERYTHING

    async def keep(self, refs: Sequence[SegmentRef]) -> list[SegmentRef]:
        """Return the segments that may contain a log."""
        if not self._useful:
            return list(refs)
        summaries = await self._cache.read(self._snapshot, refs)
        there = [ref for ref in refs if ref.id in summaries]

        def worth_it(pace: Pace) -> list[SegmentRef]:
            return [ref for ref in there if may_hold(self._wanted, summaries[ref.id], pace)]

        return await self._work.run(worth_it)


def columns_to_filter(wanted: Filter) -> frozenset[str]:
    """Return the columns to read before the rows of a filter are known, always with the timestamp."""
    return needed_columns(wanted) | {"timestamp"}
