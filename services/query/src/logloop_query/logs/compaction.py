"""Merges small segments of a project and hour, so that searches read few segments.

Segments of about equal size are merged when there are eight of them, so a log is rewritten three or four times at
most. The rest is merged when the hour is over. When there is nothing to merge, segments of an earlier format are
rewritten, newest hours first. A lease lets one process do the work. It only saves work: when two processes merge the
same segments, the later merge fails as "overtaken" and changes nothing.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import structlog
from logloop_chassis.background import periodically
from logloop_chassis.ids import utc_now
from logloop_contracts.log_batch import HOUR_US
from pymongo.errors import PyMongoError

from logloop_query.logs.patterns import pattern_stats
from logloop_query.logs.segments import codec as segments
from logloop_query.logs.segments.codec import Effort, Segment, columns_of, encode_segment, merge_tables
from logloop_query.logs.segments.filters.build import QUIET, SegmentFilter, filter_of, needs_filter
from logloop_query.logs.stores.patterns import PatternStats
from logloop_query.logs.stores.segment_documents import StoredSegment
from logloop_query.logs.stores.segments import SmallSegment
from logloop_query.telemetry import COMPACTIONS, SEGMENTS_COMPACTED

JOB = "compaction"
FAN_IN = 8
LEASE_INTERVALS = 3
"""Length of the lease in intervals, after which another process takes over from a killed one."""
_HOURS_PER_ROUND = 50
_MAX_PARTS = 20_000
_MAX_BYTES = 8 * 2**20
"""Compressed bytes of the segments that are merged: the result stays below MongoDB's limit of 16 MB."""
_MAX_RAW_BYTES = 32 * 2**20
"""Their bytes before compression, which a merge and a search hold in memory."""
_REWRITES_PER_ROUND = 100
_log = structlog.get_logger()
T = TypeVar("T")


class SmallSegments(Protocol):
    """What compaction needs of the segment store."""

    async def small_hours(self, limit: int) -> list[tuple[str, int]]:
        """Return projects and hours with at least two small segments."""

    async def small_segments(self, project_id: str, hour: int) -> list[SmallSegment]:
        """Return the small segments of a project and hour, oldest logs first."""

    async def load(self, ids: Sequence[str]) -> list[StoredSegment]:
        """Return whole segments by id."""

    async def merge(self, old: Sequence[StoredSegment], merged: Segment) -> StoredSegment | None:
        """Replace several segments by one, and return it unless one of them was changed."""

    async def add_filter(self, stored: StoredSegment, made: SegmentFilter) -> None:
        """Store the filter of a segment."""

    async def earlier_formats(self, limit: int) -> list[str]:
        """Return the ids of segments of an earlier format, newest hours first."""

    async def rewrite(self, old: StoredSegment, segment: Segment) -> StoredSegment | None:
        """Replace a segment and return it, None when it was changed."""


class PatternRecords(Protocol):
    """Keeps the statistics of patterns."""

    async def record(self, project_id: str, stats: dict[str, PatternStats]) -> None:
        """Add statistics by pattern."""


class Leases(Protocol):
    """What compaction needs of the lease store."""

    async def take(self, job: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease."""

    async def release(self, job: str, holder: str) -> None:
        """End a lease early."""


def choose_merges(small: Sequence[SmallSegment], hour: int, now: datetime) -> Iterator[list[SmallSegment]]:
    """Yield the sets of segments to merge. `small` are the small segments of one project and hour."""
    if len(small) >= 2 and is_over(small, hour, now):
        yield from _fitting(small, fewest=2)
        return
    for tier in sorted({item.tier for item in small}):
        same = [item for item in small if item.tier == tier]
        if len(same) >= FAN_IN:
            yield from _fitting(same, fewest=FAN_IN // 2)


def is_over(small: Sequence[SmallSegment], hour: int, now: datetime) -> bool:
    ended = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=(hour + 1) * HOUR_US)
    return max(ended, *(item.stored_at for item in small)) + QUIET <= now


def _fitting(small: Sequence[SmallSegment], *, fewest: int) -> Iterator[list[SmallSegment]]:
    """Split segments into sets that fit into one segment each."""
    chosen: list[SmallSegment] = []
    logs = raw = parts = size = 0
    for item in small:
        fits = logs + item.count <= segments.MAX_LOGS and raw + item.raw_bytes <= _MAX_RAW_BYTES
        if chosen and not (fits and parts + item.parts <= _MAX_PARTS and size + item.bytes <= _MAX_BYTES):
            if len(chosen) >= fewest:
                yield chosen
            chosen, logs, raw, parts, size = [], 0, 0, 0, 0
        chosen.append(item)
        logs, raw, parts, size = logs + item.count, raw + item.raw_bytes, parts + item.parts, size + item.bytes
    if len(chosen) >= fewest:
        yield chosen


def merge_segments(old: Sequence[StoredSegment], *, final: bool = False) -> tuple[Segment, dict[str, PatternStats]]:
    """Return one segment with the rows and parts of one or several segments of one project and hour.

    Its patterns and its format are the current ones. Also return the statistics of the patterns that replace those of
    another version. `final` says that it is not expected to be merged again.
    """
    first = old[0].segment
    filled = [columns_of(item.segment) for item in old if item.segment.count]
    parts = [key for item in old for key in item.segment.parts]
    tables = [columns.table() for columns in filled or [columns_of(first)]]
    replaced = [table.filter(columns.replaced_patterns()) for table, columns in zip(tables, filled, strict=False)]
    table = merge_tables(tables)
    final = final or table.num_rows >= segments.LASTING_LOGS
    effort = Effort.FINAL if final else Effort.MERGE
    merged = encode_segment(first.project_id, first.hour, parts, table, effort=effort)
    return merged, pattern_stats(merge_tables(replaced)) if replaced else {}


class Compaction:
    """Finds and merges small segments every `interval_s` seconds."""

    def __init__(
        self,
        store: SmallSegments,
        leases: Leases,
        patterns: PatternRecords,
        executor: ThreadPoolExecutor,
        *,
        holder: str,
        interval_s: float = 10.0,
    ) -> None:
        self._store = store
        self._leases = leases
        self._patterns = patterns
        self._executor = executor
        self._holder = holder
        self._interval_s = interval_s
        self._lease_s = LEASE_INTERVALS * interval_s

    async def run(self, stopping: asyncio.Event) -> None:
        """Run a round every interval until `stopping`, then release the lease."""
        try:
            await periodically(self.round, JOB, stopping, every_s=self._interval_s)
        finally:
            await self._release()

    async def round(self) -> int:
        """Merge or rewrite segments if this process gets the lease, and return the number of new segments."""
        if not await self._leases.take(JOB, self._holder, self._lease_s):
            return 0
        until, merges = time.monotonic() + self._lease_s / 4, 0
        for project_id, hour in await self._store.small_hours(_HOURS_PER_ROUND):
            small = await self._store.small_segments(project_id, hour)
            now = utc_now()
            for chosen in choose_merges(small, hour, now):
                merges += await self.merge([item.id for item in chosen], final=is_over(small, hour, now))
                if time.monotonic() > until:
                    return merges
        return merges or await self._rewrite_earlier_formats(until)

    async def _rewrite_earlier_formats(self, until: float) -> int:
        rewritten = 0
        for segment_id in await self._store.earlier_formats(_REWRITES_PER_ROUND):
            for old in await self._store.load([segment_id]):
                segment, replaced = await self._in_thread(lambda old=old: merge_segments([old], final=True))  # type: ignore[misc]
                stored = await self._store.rewrite(old, segment)
                if stored is not None:
                    rewritten += 1
                    await self._finish(stored, replaced)
            if time.monotonic() > until:
                break
        return rewritten

    async def merge(self, ids: Sequence[str], *, final: bool = False) -> bool:
        """Merge segments of one project and hour. Return False when one of them was changed or deleted."""
        old = await self._store.load(ids)
        if len(old) < 2:
            return False
        old.sort(key=lambda item: item.segment.min_ts)
        merged, replaced = await self._in_thread(lambda: merge_segments(old, final=final))
        stored = await self._store.merge(old, merged)
        COMPACTIONS.labels("overtaken" if stored is None else "done").inc()
        if stored is None:
            return False
        SEGMENTS_COMPACTED.inc(len(old))
        await self._finish(stored, replaced)
        return True

    async def _finish(self, stored: StoredSegment, replaced: dict[str, PatternStats]) -> None:
        """Record replaced patterns and write the filter of a new segment."""
        await self._patterns.record(stored.segment.project_id, replaced)
        if needs_filter(stored.segment, utc_now()):
            made = await self._in_thread(lambda: filter_of(stored.segment))
            await self._store.add_filter(stored, made)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def _release(self) -> None:
        try:
            await asyncio.shield(self._leases.release(JOB, self._holder))
        except PyMongoError:
            _log.info("compaction lease not released, it will expire")
