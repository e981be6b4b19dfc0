"""Merge small segments of a project and hour, so that a trickle of logs reads like a bulk.

One process at a time does it, under a lease (which only spares work: of two merges of the same segments one is
"overtaken" and changes nothing). Segments of about equal size are merged once there are eight of
them (so a log is rewritten three or four times at most), and all that is left once an hour is over. It must
not change a row.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from logloop_contracts.log_batch import HOUR_US
from pymongo.errors import PyMongoError

from logloop_query.logs import segment_codec as segments
from logloop_query.logs.segment_codec import Segment, decode_segment, encode_segment, merge_tables
from logloop_query.logs.stores.segments import SmallSegment, StoredSegment
from logloop_query.telemetry import COMPACTIONS, SEGMENTS_COMPACTED

JOB = "compaction"
FAN_IN = 8
LEASE_INTERVALS = 3
"""The lease is this many intervals long: a process that was killed holds the others up no longer."""
QUIET = timedelta(minutes=2)
"""An hour is over when it ended, and nothing was stored in it, this long ago."""
_HOURS_A_ROUND = 50
_MAX_PARTS = 20_000
_log = structlog.get_logger()


class SmallSegments(Protocol):
    """The segments as compaction needs them."""

    async def small_hours(self, limit: int) -> list[tuple[str, int]]:
        """Projects and hours with at least two small segments."""

    async def small_segments(self, project_id: str, hour: int) -> list[SmallSegment]:
        """Small segments of a project and hour, oldest logs first."""

    async def load(self, ids: Sequence[str]) -> list[StoredSegment]:
        """Whole segments by id."""

    async def merge(self, old: Sequence[StoredSegment], merged: Segment) -> bool:
        """Put one segment in the place of several."""


class Leases(Protocol):
    """Who may do the job."""

    async def take(self, job: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease."""

    async def give_back(self, job: str, holder: str) -> None:
        """End a lease early."""


def choose_merges(small: Sequence[SmallSegment], hour: int, now: datetime) -> Iterator[list[SmallSegment]]:
    """Sets of segments to merge into one each. `small` are those of one project and hour."""
    if len(small) >= 2 and _is_over(small, hour, now):
        yield from _fitting(small, fewest=2)
        return
    for tier in sorted({item.tier for item in small}):
        same = [item for item in small if item.tier == tier]
        if len(same) >= FAN_IN:
            yield from _fitting(same, fewest=FAN_IN // 2)


def _is_over(small: Sequence[SmallSegment], hour: int, now: datetime) -> bool:
    ended = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=(hour + 1) * HOUR_US)
    return max(ended, *(item.stored_at for item in small)) + QUIET <= now


def _fitting(small: Sequence[SmallSegment], *, fewest: int) -> Iterator[list[SmallSegment]]:
    """Cut a row of segments into sets that fit into one segment each."""
    chosen: list[SmallSegment] = []
    logs = raw = parts = 0
    for item in small:
        fits = logs + item.count <= segments.MAX_LOGS and raw + item.raw_bytes <= segments.MAX_RAW_BYTES
        if chosen and not (fits and parts + item.parts <= _MAX_PARTS):
            if len(chosen) >= fewest:
                yield chosen
            chosen, logs, raw, parts = [], 0, 0, 0
        chosen.append(item)
        logs, raw, parts = logs + item.count, raw + item.raw_bytes, parts + item.parts
    if len(chosen) >= fewest:
        yield chosen


def merge_segments(old: Sequence[StoredSegment]) -> Segment:
    """One segment with the rows and parts of several of one project and hour."""
    first = old[0].segment
    filled = [item.segment for item in old if item.segment.count]
    parts = [key for item in old for key in item.segment.parts]
    tables = [decode_segment(item) for item in (filled or [first])]
    return encode_segment(first.project_id, first.hour, parts, merge_tables(tables))


class Compaction:
    """Looks for small segments every now and then. `run` until cancelled."""

    def __init__(
        self,
        store: SmallSegments,
        leases: Leases,
        executor: ThreadPoolExecutor,
        *,
        holder: str,
        interval_s: float = 10.0,
    ) -> None:
        self._store = store
        self._leases = leases
        self._executor = executor
        self._holder = holder
        self._interval_s = interval_s
        self._lease_s = LEASE_INTERVALS * interval_s

    async def run(self) -> None:
        """A round every interval; an outage of MongoDB only skips rounds."""
        try:
            while True:
                await asyncio.sleep(self._interval_s)
                try:
                    await self.round()
                except PyMongoError as error:
                    _log.warning("compaction waits for MongoDB", error=str(error)[:200])
        finally:
            await self._give_back()

    async def round(self) -> int:
        """Merge what should be merged, if this process may; how many merges were made."""
        if not await self._leases.take(JOB, self._holder, self._lease_s):
            return 0
        started, merges = time.monotonic(), 0
        for project_id, hour in await self._store.small_hours(_HOURS_A_ROUND):
            small = await self._store.small_segments(project_id, hour)
            for chosen in choose_merges(small, hour, datetime.now(UTC)):
                merges += await self.merge([item.id for item in chosen])
                if time.monotonic() - started > self._lease_s / 4:
                    return merges
        return merges

    async def merge(self, ids: Sequence[str]) -> bool:
        """Merge these segments of one project and hour; False when one of them changed or went meanwhile."""
        old = await self._store.load(ids)
        if len(old) < 2:
            return False
        old.sort(key=lambda item: item.segment.min_ts)
        loop = asyncio.get_running_loop()
        merged = await loop.run_in_executor(self._executor, merge_segments, old)
        done = await self._store.merge(old, merged)
        COMPACTIONS.labels("done" if done else "overtaken").inc()
        if done:
            SEGMENTS_COMPACTED.inc(len(old))
        return done

    async def _give_back(self) -> None:
        try:
            await asyncio.shield(self._leases.give_back(JOB, self._holder))
        except PyMongoError:
            _log.info("the compaction lease will run out by itself")
