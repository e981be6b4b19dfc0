"""Gathers parts of many requests for a few milliseconds and publishes them as one confirmed message a project.

It must not answer before the broker confirmed. It holds only what the callers' in-flight budget let in.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from logloop_chassis.messaging.publisher import NotPublished
from logloop_contracts.channels import HEADER_COUNT, HEADER_KEY_IDS, HEADER_PROJECT, HEADER_SCHEMA, LOGS
from logloop_contracts.log_batch import SCHEMA_VERSION

from logloop_ingest.batching.messages import MAX_PART_BYTES, Message, Part, Redact, build_message
from logloop_ingest.telemetry import BATCH_ENTRIES, BATCHES, PUBLISHED_BYTES

MAX_ROWS = 10_000
MAX_UNCONFIRMED = 2
"""Messages a project has under way at once; meanwhile the next one grows."""
READY_ROWS = 500
"""With so many a message is worth its cost, and waits no longer than for one that is under way."""
_IN_THREAD_FROM = 300
_MAX_KEY_IDS = 50


class Publishing(Protocol):
    """What the batcher needs of the publisher."""

    async def publish_bytes(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        headers: Mapping[str, Any],
        message_id: str,
        content_type: str,
    ) -> None:
        """Publish and return after the confirm. Raises NotPublished."""


@dataclass(slots=True)
class _Waiter:
    part: Part
    key_id: str | None
    done: "asyncio.Future[str]"


@dataclass(slots=True)
class _Lane:
    """What one project has waiting. `is_due`: the next message may go as soon as another is confirmed."""

    waiting: list[_Waiter] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    timer: asyncio.TimerHandle | None = None
    unconfirmed: int = 0
    is_due: bool = False

    def take(self) -> list[_Waiter]:
        """The oldest waiters that fit into one message, at least one."""
        taken, rows, size = 0, 0, 0
        for waiter in self.waiting:
            if taken and (rows + waiter.part.count > MAX_ROWS or size + waiter.part.size > MAX_PART_BYTES):
                break
            taken += 1
            rows += waiter.part.count
            size += waiter.part.size
        waiters = self.waiting[:taken]
        del self.waiting[:taken]
        self.rows -= rows
        self.size -= size
        return waiters

    def take_all(self) -> list[_Waiter]:
        """Everybody who waits."""
        waiters, self.waiting = self.waiting, []
        self.rows = self.size = 0
        self.is_due = False
        return waiters


class Batcher:
    """Per project: linger, build, publish, resolve."""

    def __init__(
        self, publisher: Publishing, *, executor: Executor, linger_s: float = 0.005, redact: Redact | None = None
    ) -> None:
        self._publisher = publisher
        self._executor = executor
        self._linger_s = linger_s
        self._redact = redact
        self._lanes: dict[str, _Lane] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def submit(self, project_id: str, part: Part, *, key_id: str | None = None) -> str:
        """Return the batch id once the broker has confirmed the part. Raises NotPublished."""
        loop = asyncio.get_running_loop()
        lane = self._lanes.get(project_id)
        if lane is None:
            lane = self._lanes[project_id] = _Lane()
        waiter = _Waiter(part, key_id, loop.create_future())
        lane.waiting.append(waiter)
        lane.rows += part.count
        lane.size += part.size
        ready = lane.rows >= READY_ROWS and not lane.unconfirmed
        if ready or lane.rows >= MAX_ROWS or lane.size >= MAX_PART_BYTES:
            self._flush(project_id, lane)
        elif lane.timer is None and not lane.is_due:
            lane.timer = loop.call_later(self._linger_s, self._flush, project_id, lane)
        return await waiter.done

    async def drain(self) -> None:
        """Publish what waits, and wait until everything is confirmed or failed."""
        while self._lanes or self._sending:
            for project_id, lane in list(self._lanes.items()):
                self._flush(project_id, lane)
            if self._sending:
                await asyncio.wait(set(self._sending))

    def _flush(self, project_id: str, lane: _Lane) -> None:
        if lane.timer is not None:
            lane.timer.cancel()
            lane.timer = None
        lane.is_due = bool(lane.waiting)
        while lane.is_due and lane.unconfirmed < MAX_UNCONFIRMED:
            lane.unconfirmed += 1
            waiters = lane.take()
            task = asyncio.get_running_loop().create_task(self._send(project_id, lane, waiters), name="publish-batch")
            self._sending.add(task)
            task.add_done_callback(partial(self._sent, project_id, lane, waiters))
            lane.is_due = bool(lane.waiting)
        if not lane.waiting and not lane.unconfirmed:
            self._lanes.pop(project_id, None)

    async def _send(self, project_id: str, lane: _Lane, waiters: list[_Waiter]) -> None:
        try:
            message = await self._build([waiter.part for waiter in waiters])
            await self._publish(project_id, message, waiters)
        except Exception as error:  # noqa: BLE001  # whatever it is, each waiting request must be answered
            _fail(waiters, error)
            if isinstance(error, NotPublished) and error.reason != "full":
                # Those behind would wait for the same time-out, one after the other.
                _fail(lane.take_all(), NotPublished("unreachable", "RabbitMQ is away"))
        else:
            for waiter, batch_id in zip(waiters, message.batch_ids, strict=True):
                if not waiter.done.done():
                    waiter.done.set_result(batch_id)

    def _sent(self, project_id: str, lane: _Lane, waiters: list[_Waiter], task: asyncio.Task[None]) -> None:
        """A send has ended, if only because its task was cancelled; nobody may go on waiting for it."""
        self._sending.discard(task)
        _fail(waiters, NotPublished("timeout", "sending was broken off before the broker confirmed"))
        lane.unconfirmed -= 1
        if lane.is_due or lane.rows >= READY_ROWS or not (lane.waiting or lane.unconfirmed):
            self._flush(project_id, lane)

    async def _build(self, parts: list[Part]) -> Message:
        if sum(part.count for part in parts) < _IN_THREAD_FROM:
            return build_message(parts, self._redact)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, build_message, parts, self._redact)

    async def _publish(self, project_id: str, message: Message, waiters: list[_Waiter]) -> None:
        headers: dict[str, Any] = {
            HEADER_PROJECT: project_id,
            HEADER_COUNT: message.count,
            HEADER_SCHEMA: SCHEMA_VERSION,
        }
        key_ids = sorted({waiter.key_id for waiter in waiters if waiter.key_id})
        if key_ids:
            headers[HEADER_KEY_IDS] = ",".join(key_ids[:_MAX_KEY_IDS])
        await self._publisher.publish_bytes(
            LOGS.exchange.name,
            project_id,
            message.body,
            headers=headers,
            message_id=message.id,
            content_type=LOGS.content_type,
        )
        BATCHES.inc()
        BATCH_ENTRIES.observe(message.count)
        PUBLISHED_BYTES.inc(len(message.body))


def _fail(waiters: list[_Waiter], error: Exception) -> None:
    for waiter in waiters:
        if not waiter.done.done():
            waiter.done.set_exception(error)
