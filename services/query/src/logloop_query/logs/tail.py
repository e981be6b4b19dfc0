"""Sends arriving logs to live tails.

The pipeline never waits for a tail: each instance has its own queue of batches, and logs that a client does not
take in time are dropped and counted.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
import pyarrow as pa
import structlog
from logloop_chassis.background import wait_for_any
from logloop_contracts.log_batch import BadBatch, decode

from logloop_query.logs.search.kernels import selected_rows
from logloop_query.logs.search.language.filter import Filter
from logloop_query.logs.search.limits.pace import OutOfTime, Pace
from logloop_query.logs.search.limits.threads import SearchThreads
from logloop_query.logs.search.rows import json_rows, materialise
from logloop_query.logs.segments.codec import TableColumns
from logloop_query.stream_slots import NoFreeSlot, Slots
from logloop_query.telemetry import TAIL_CLIENTS, TAIL_DROPPED

MAX_WAITING_BATCHES = 64
MAX_BUFFERED = 10_000
MAX_BUFFERED_BYTES = 8 << 20
"""Logs, and bytes of their JSON, that wait for one client. The last batch that it accepts may exceed the bytes."""
MAX_RATE = 10_000
"""Logs per second and client: twice what the web app is measured with."""
FILTER_SECONDS = 0.5
"""Time limit of one tail's filter for one batch. Over it, the batch counts as dropped for this tail."""
BATCH_SECONDS = 2.0
"""Time limit of the filters of all tails for one batch."""
MAX_TOO_SLOW = 3
"""Number of consecutive batches for which a filter may be too slow before its tail ends."""
_log = structlog.get_logger()


class TooManyTails(Exception):
    """The maximum number of tails is open, in all or of this caller or project."""


class LiveBatches(Protocol):
    """The source of the batches of followed projects."""

    async def follow(self, project_id: str) -> None:
        """Start passing the batches of a project to `Tails.offer`. Returns when it has started."""

    async def leave(self, project_id: str) -> None:
        """Stop passing the batches of a project."""


@dataclass(slots=True, eq=False)
class Tail:
    """One open tail, with the logs that its client has not taken yet."""

    project_id: str
    wanted: Filter
    closed: str | None = None
    too_slow: int = 0
    _chunks: deque[bytes] = field(default_factory=deque)
    _buffered: int = 0
    _buffered_bytes: int = 0
    _dropped: int = 0
    _allowance: float = float(MAX_RATE)
    _allowed_at: float = field(default_factory=time.monotonic)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, timeout_s: float) -> None:
        """Return when there is something to take, the tail is closed, or the timeout has passed."""
        await wait_for_any(self._changed, timeout_s=timeout_s)

    def take(self) -> tuple[list[bytes], int]:
        """Return JSON documents {"items": […]} in order, and the number of logs dropped since the last call."""
        chunks, dropped = list(self._chunks), self._dropped
        self._chunks.clear()
        self._buffered = self._buffered_bytes = self._dropped = 0
        if self.closed is None:
            self._changed.clear()
        return chunks, dropped

    def room(self) -> int:
        """Return how many logs the tail can accept now."""
        moment = time.monotonic()
        earned = (moment - self._allowed_at) * MAX_RATE
        self._allowance, self._allowed_at = min(float(MAX_RATE), self._allowance + earned), moment
        if self._buffered_bytes >= MAX_BUFFERED_BYTES:
            return 0
        return max(0, min(MAX_BUFFERED - self._buffered, int(self._allowance)))

    def give(self, chunk: bytes | None, count: int, dropped: int) -> None:
        """Add logs, and count dropped ones."""
        if chunk is not None:
            self._chunks.append(chunk)
            self._buffered += count
            self._buffered_bytes += len(chunk)
            self._allowance -= count
        if dropped:
            self._dropped += dropped
            TAIL_DROPPED.inc(dropped)
        if chunk is not None or dropped:
            self._changed.set()

    def wake(self) -> None:
        """Let `wait` return."""
        self._changed.set()

    def close(self, reason: str) -> None:
        """Close the tail. Its reader gets the reason."""
        self.closed = reason
        self._changed.set()


class Tails:
    """All open tails of this instance."""

    def __init__(
        self,
        source: LiveBatches,
        threads: SearchThreads,
        *,
        most: int = 200,
        caller_share: int | None = None,
        project_share: int | None = None,
    ) -> None:
        self._source = source
        self._threads = threads
        self._slots = Slots(
            most,
            caller_share=max(1, most // 4) if caller_share is None else caller_share,
            project_share=max(1, most // 2) if project_share is None else project_share,
        )
        self._open: dict[str, set[Tail]] = {}
        self._batches: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(MAX_WAITING_BATCHES)
        self._changing = asyncio.Lock()

    @asynccontextmanager
    async def tail(self, project_id: str, wanted: Filter, caller: str = "") -> AsyncIterator[Tail]:
        """Open a tail that gets every batch confirmed from now on. Raises TooManyTails."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._slots.slot(caller, project_id))
            except NoFreeSlot as error:
                raise TooManyTails from error
            async with self._followed(Tail(project_id, wanted)) as opened:
                yield opened

    @asynccontextmanager
    async def _followed(self, opened: Tail) -> AsyncIterator[Tail]:
        project_id = opened.project_id
        async with self._changing:
            if project_id not in self._open:
                await self._source.follow(project_id)
            self._open.setdefault(project_id, set()).add(opened)
        TAIL_CLIENTS.inc()
        try:
            yield opened
        finally:
            TAIL_CLIENTS.dec()
            await asyncio.shield(self._close(opened))

    async def _close(self, opened: Tail) -> None:
        async with self._changing:
            others = self._open[opened.project_id]
            others.discard(opened)
            if not others:
                del self._open[opened.project_id]
                await self._source.leave(opened.project_id)

    def offer(self, project_id: str, body: bytes, count: int) -> None:
        """Accept an arriving batch and return at once. When too many are waiting, its `count` logs are dropped."""
        tails = self._open.get(project_id)
        if not tails:
            return
        try:
            self._batches.put_nowait((project_id, body))
        except asyncio.QueueFull:
            for tail in tails:
                tail.give(None, 0, count)

    async def run(self) -> None:
        """Pass batches to tails until cancelled."""
        while True:
            project_id, body = await self._batches.get()
            try:
                await self._distribute(project_id, body)
            except (BadBatch, pa.ArrowException) as error:
                _log.warning("batch for live tails unreadable", error=str(error)[:200])

    async def close_when(self, stopping: asyncio.Event) -> None:
        """Close every tail when the service stops."""
        await stopping.wait()
        for tails in self._open.values():
            for tail in tails:
                tail.close("stopping")

    async def _distribute(self, project_id: str, body: bytes) -> None:
        rooms = [(tail, tail.room()) for tail in self._open.get(project_id, ())]
        if not rooms:
            return
        work = self._threads.work(f"tail:{project_id}")
        chosen = await work.run(lambda pace: _choose(project_id, body, rooms, pace))
        for tail, (chunk, count, dropped) in zip((tail for tail, _ in rooms), chosen, strict=True):
            tail.give(chunk, count, dropped)
            if tail.too_slow >= MAX_TOO_SLOW:
                tail.close("too_slow")


def _choose(
    project_id: str, body: bytes, rooms: list[tuple[Tail, int]], pace: Pace
) -> list[tuple[bytes | None, int, int]]:
    """Return for each tail: JSON of the newest rows it can accept, their number, and the number of dropped rows."""
    columns = TableColumns(decode(body))
    ready: dict[tuple[int, ...], bytes] = {}
    chosen: list[tuple[bytes | None, int, int]] = []
    whole = pace.within(BATCH_SECONDS)
    for tail, room in rooms:
        numbers = _selected(tail, columns, whole)
        if numbers is None:
            chosen.append((None, 0, columns.count))
            continue
        shown = tuple(numbers[max(0, len(numbers) - room) :]) if room else ()
        if shown and shown not in ready:
            ready[shown] = _json(project_id, columns, shown)
        chosen.append((ready[shown] if shown else None, len(shown), len(numbers) - len(shown)))
    return chosen


def _selected(tail: Tail, columns: TableColumns, whole: Pace) -> Sequence[int] | None:
    """Row numbers that a tail wants; None when its filter, or those before it, took too long."""
    try:
        whole.check()
    except OutOfTime:
        return None
    try:
        rows = selected_rows(tail.wanted, columns, whole.within(FILTER_SECONDS))
    except OutOfTime:
        tail.too_slow += 1
        return None
    tail.too_slow = 0
    return range(columns.count) if rows is None else rows.to_pylist()


def _json(project_id: str, columns: Any, numbers: tuple[int, ...]) -> bytes:
    return orjson.dumps({"items": json_rows(project_id, materialise(columns, numbers))})
