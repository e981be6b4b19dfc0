"""Stores log batches: collects them for a moment and writes one segment per project and hour.

`store` returns when the rows are durable, and only then is the message acknowledged.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import pyarrow as pa
import structlog
from logloop_chassis.database.outages import wait_out_outages
from logloop_chassis.ids import utc_now
from pymongo.errors import PyMongoError

from logloop_query.logs.patterns import PatternIndex, pattern_stats
from logloop_query.logs.segments import codec as segments
from logloop_query.logs.segments.codec import Chunk, Segment, encode_segment, merge_tables, without_parts
from logloop_query.logs.segments.filters.build import SegmentFilter, filter_of, is_large
from logloop_query.logs.stores.patterns import PatternStats
from logloop_query.logs.stores.segment_documents import StoredSegment
from logloop_query.logs.stores.segments import DuplicateParts
from logloop_query.outcomes import outcomes_in
from logloop_query.ports import RetentionSource, SeenRegistry
from logloop_query.run_reports import reports_in
from logloop_query.telemetry import (
    BYTES_STORED,
    LOGS_STORED,
    PARTS_REPEATED,
    SEGMENTS_STORED,
    WRITE_SECONDS,
    WRITE_WAITS,
)

_WRITERS = 2
_CONCURRENT_PACKS = 4
_SMALL_TABLE = 2_000
"""Fewer rows are split on the event loop: a thread would cost more than it saves."""
_log = structlog.get_logger()
T = TypeVar("T")


class SegmentWriter(Protocol):
    """Stores segments."""

    async def insert(self, segment: Segment, *, retention: timedelta) -> StoredSegment:
        """Store a segment and return it. Raises DuplicateParts."""

    async def add_filter(self, stored: StoredSegment, made: SegmentFilter) -> None:
        """Store the filter of a segment."""

    async def stored_parts(self, project_id: str, parts: Iterable[str]) -> set[str]:
        """Return which of these part keys are stored."""


@dataclass(slots=True)
class _PendingMessage:
    """The chunks of one message, and the future that its handler waits for."""

    project_id: str
    chunks: list[Chunk]
    logs: int
    done: "asyncio.Future[None]"


@dataclass(slots=True)
class Pack:
    """Chunks of one project and hour that become one segment."""

    project_id: str
    hour: int
    chunks: list[Chunk] = field(default_factory=list)
    logs: int = 0
    raw_bytes: int = 0

    def fits(self, chunk: Chunk) -> bool:
        """Return whether a chunk still fits."""
        if not self.chunks:
            return True
        return self.raw_bytes + chunk.raw_bytes <= segments.MAX_RAW_BYTES and (
            self.logs + chunk.table.num_rows <= segments.MAX_LOGS
        )

    def add(self, chunk: Chunk) -> None:
        """Add a chunk."""
        self.chunks.append(chunk)
        self.logs += chunk.table.num_rows
        self.raw_bytes += chunk.raw_bytes


def pack_chunks(items: Iterable[tuple[str, Chunk]]) -> Iterator[Pack]:
    """Yield the packs of (project, chunk) pairs. A part that occurs twice is packed once."""
    open_packs: dict[tuple[str, int], Pack] = {}
    seen: set[tuple[str, str]] = set()
    for project_id, chunk in items:
        repeated = [key for key in chunk.parts if (project_id, key) in seen]
        PARTS_REPEATED.inc(len(repeated))
        kept = without_parts(chunk, repeated)
        if kept is None:
            continue
        seen.update((project_id, key) for key in kept.parts)
        pack = open_packs.setdefault((project_id, chunk.hour), Pack(project_id, chunk.hour))
        if not pack.fits(kept):
            yield pack
            pack = open_packs[(project_id, chunk.hour)] = Pack(project_id, chunk.hour)
        pack.add(kept)
    yield from open_packs.values()


class Persister:
    """Collects batches and writes them while `run` is running.

    A write starts after `linger_s` seconds, or at once with `max_logs` logs or `max_messages` messages. The latter
    is half of the prefetch, so that the other half arrives during the write.
    """

    def __init__(
        self,
        store: SegmentWriter,
        registry: SeenRegistry,
        retention: RetentionSource,
        patterns: PatternIndex,
        executor: ThreadPoolExecutor,
        *,
        linger_s: float = 0.3,
        max_logs: int = segments.MAX_LOGS,
        max_messages: int = 128,
    ) -> None:
        self._store = store
        self._registry = registry
        self._retention = retention
        self._patterns = patterns
        self._executor = executor
        self._linger_s = linger_s
        self._max_logs = max_logs
        self._max_messages = max_messages
        self._pending: list[_PendingMessage] = []
        self._pending_logs = 0
        self._arrived = asyncio.Event()
        self._full = asyncio.Event()
        self._slots = asyncio.Semaphore(_WRITERS)
        self._writes: set[asyncio.Task[None]] = set()

    async def store(self, project_id: str, table: pa.Table) -> None:
        """Return when every row of a log batch table is durable. Raises PartTooLarge.

        Rows that are already stored are not stored again.
        """
        if table.num_rows == 0:
            return
        if table.num_rows < _SMALL_TABLE:
            chunks = list(segments.chunks_of(table))
        else:
            chunks = await self._in_thread(lambda: list(segments.chunks_of(table)))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append(_PendingMessage(project_id, chunks, table.num_rows, done))
        self._pending_logs += table.num_rows
        self._arrived.set()
        if self._pending_logs >= self._max_logs or len(self._pending) >= self._max_messages:
            self._full.set()
        await done

    async def run(self) -> None:
        """Write until cancelled. `close` finishes the writes that are running then."""
        while True:
            await self._arrived.wait()
            try:
                async with asyncio.timeout(self._linger_s):
                    await self._full.wait()
            except TimeoutError:
                pass
            await self._slots.acquire()
            task = asyncio.create_task(self._write_all(self._take()))
            self._writes.add(task)
            task.add_done_callback(self._written)

    async def close(self) -> None:
        """Wait up to 10 s for running writes."""
        if self._writes:
            await asyncio.wait(self._writes, timeout=10)

    def _take(self) -> list[_PendingMessage]:
        taken, self._pending = self._pending, []
        self._pending_logs = 0
        self._arrived.clear()
        self._full.clear()
        return taken

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writes.discard(task)
        self._slots.release()

    async def _write_all(self, waiting: Sequence[_PendingMessage]) -> None:
        try:
            await self._write_packs(waiting)
        except Exception as error:  # noqa: BLE001  # one bad message must not fail the others
            if len(waiting) == 1:
                _settle(waiting[0], error)
                return
            _log.warning("write failed, retrying each message alone", error=str(error)[:300])
            for item in waiting:
                await self._write_all([item])
            return
        else:
            for item in waiting:
                _settle(item, None)
        finally:
            for item in waiting:  # also when the write was cancelled, so that no message hangs unacknowledged
                _settle(item, RuntimeError("the write was broken off"))

    async def _write_packs(self, waiting: Sequence[_PendingMessage]) -> None:
        pairs = [(item.project_id, chunk) for item in waiting for chunk in item.chunks]
        packs = await self._in_thread(lambda: list(pack_chunks(pairs)))
        for start in range(0, len(packs), _CONCURRENT_PACKS):
            writes = (self._write(pack) for pack in packs[start : start + _CONCURRENT_PACKS])
            for outcome in await asyncio.gather(*writes, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome

    async def _write(self, pack: Pack) -> None:
        started = time.perf_counter()
        retention = timedelta(
            days=await self._through_outages(lambda: self._retention.retention_days(pack.project_id))
        )
        chunks = pack.chunks
        while chunks:
            segment, stats, messages = await self._in_thread(
                lambda chunks=chunks: _encode(pack.project_id, pack.hour, chunks)  # type: ignore[misc]
            )
            try:
                stored = await self._through_outages(
                    lambda segment=segment: self._store.insert(  # type: ignore[misc]
                        segment, retention=retention
                    )
                )
            except DuplicateParts:
                chunks = await self._without_stored(pack.project_id, chunks)
                continue
            LOGS_STORED.inc(segment.count)
            SEGMENTS_STORED.inc()
            BYTES_STORED.inc(segment.stored_bytes)
            WRITE_SECONDS.observe(time.perf_counter() - started)
            await self._register(pack.project_id, chunks, stats)
            await self._add_filter(stored, messages)
            break
        await self._record_test_runs(pack)

    async def _add_filter(self, stored: StoredSegment, messages: Any) -> None:
        """Store the filter of a large segment. Smaller ones get theirs when compaction has merged them."""
        if is_large(stored.segment):
            made = await self._in_thread(lambda: filter_of(stored.segment, messages))
            await self._store.add_filter(stored, made)

    async def _without_stored(self, project_id: str, chunks: Sequence[Chunk]) -> list[Chunk]:
        parts = [key for chunk in chunks for key in chunk.parts]
        stored = await self._through_outages(lambda: self._store.stored_parts(project_id, parts))
        if not stored:
            # Another instance has written them, but not yet to a majority.
            await asyncio.sleep(random.uniform(0.01, 0.05))  # noqa: S311  # jitter
            return list(chunks)
        PARTS_REPEATED.inc(len(stored))
        return [kept for kept in (without_parts(chunk, stored) for chunk in chunks) if kept is not None]

    async def _register(self, project_id: str, chunks: Sequence[Chunk], stats: dict[str, PatternStats]) -> None:
        """Register services, tests and patterns. The rows are stored, so a failure here loses no log."""
        services: set[str] = set().union(*(_words(chunk, "service_id") for chunk in chunks))
        tests: set[str] = set().union(*(_words(chunk, "test_id") for chunk in chunks))
        try:
            await self._registry.register(project_id, services, tests, utc_now())
            await self._registry.record_outcomes(project_id, outcomes_in(chunk.table for chunk in chunks))
            await self._patterns.record(project_id, stats)
        except PyMongoError as error:
            _log.warning("stored logs not registered", project_id=project_id, error=str(error)[:200])

    async def _record_test_runs(self, pack: Pack) -> None:
        """Record the test runs of all rows, also of those that an interrupted write had already stored."""
        reports = reports_in(chunk.table for chunk in pack.chunks)
        try:
            await self._registry.record_test_runs(pack.project_id, reports)
        except PyMongoError as error:
            _log.warning("test runs not recorded", project_id=pack.project_id, error=str(error)[:200])

    async def _through_outages(self, call: Callable[[], Awaitable[T]]) -> T:
        return await wait_out_outages(call, "write logs", on_wait=WRITE_WAITS.inc)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _encode(project_id: str, hour: int, chunks: Sequence[Chunk]) -> tuple[Segment, dict[str, PatternStats], Any]:
    """Return the segment of chunks, the statistics of their patterns, and their messages."""
    table = merge_tables([chunk.table for chunk in chunks])
    segment = encode_segment(project_id, hour, [key for chunk in chunks for key in chunk.parts], table)
    return segment, pattern_stats(table), table.column("message").combine_chunks()


def _words(chunk: Chunk, name: str) -> AbstractSet[str]:
    words: set[str] = set()
    for part in chunk.table.column(name).chunks:
        words.update(part.dictionary.take(part.indices.unique().drop_null()).to_pylist())
    return words


def _settle(item: _PendingMessage, error: Exception | None) -> None:
    if item.done.done():
        return
    if error is None:
        item.done.set_result(None)
    else:
        item.done.set_exception(error)
