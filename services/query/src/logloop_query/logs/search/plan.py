"""Plans which segments a search reads, in which order, and how much it may read."""

import time
from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from logloop_contracts.patterns.masking import PATTERN_VERSION

from logloop_query.logs.search.language.filter import (
    EVERYTHING,
    Filter,
    batches_of,
    time_bounds,
    without_time,
)
from logloop_query.logs.segments.codec import SegmentColumns, possible_keys

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
    variables: bytes = b""

    @property
    def size(self) -> int:
        """Number of bytes read."""
        return sum(map(len, (*self.columns.values(), self.summary, self.patterns, self.variables)))


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

    def contains(self, ref: SegmentRef) -> bool:
        """Whether every log of a segment is in the time range."""
        return self.low <= ref.min_ts and ref.max_ts <= self.high

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
        """Return columns of segments by segment id. `patterns` is a valid name too.

        So is `summary`, which comes with the patterns and what is known of variables. With `pattern` or `patterns`, a
        segment with patterns of another version comes with its messages. With `minute`, one without minutes comes
        with its timestamps.
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


def columns_for(ref: SegmentRef, stored: StoredColumns) -> SegmentColumns:
    """Return the columns of a segment, ready to be decoded."""
    return SegmentColumns(ref.hour, ref.count, stored.columns, stored.patterns, stored.pattern_version)


async def grouped(
    refs: AsyncIterator[SegmentRef], *, first: int = 1, most: int = 16, max_bytes: int = 16 * 2**20
) -> AsyncIterator[list[SegmentRef]]:
    """Yield segments in groups to read at once: one, then twice as many each time, so that the first page is fast."""
    group: list[SegmentRef] = []
    size, held = first, 0
    async for ref in refs:
        if ref.count == 0:
            continue
        group.append(ref)
        held += ref.size
        if len(group) >= size or held >= max_bytes:
            yield group
            group, size, held = [], min(size * 2, most), 0
    if group:
        yield group
