"""Collects slices of many requests for a few milliseconds and publishes them as one confirmed message per project.

It holds no more than the in-flight budget of the callers admits.
"""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from logloop_chassis.messaging.publisher import BytesPublisher, NotPublished
from logloop_contracts.channels import HEADER_COUNT, HEADER_KEY_IDS, HEADER_PROJECT, HEADER_SCHEMA, LOGS
from logloop_contracts.log_batch import SCHEMA_VERSION

from logloop_ingest.batching.messages import Message, Redact, build_message
from logloop_ingest.batching.slices import MAX_SLICE_BYTES, BatchSlice
from logloop_ingest.telemetry import BATCH_ENTRIES, BATCHES, PUBLISHED_BYTES

MAX_ROWS = 10_000
MAX_UNCONFIRMED = 2
"""Messages of a project that may wait for a confirm at once; the next message grows in the meantime.

At most one of them is small: a message costs much however little is in it.
"""
LARGE_ROWS = 500
"""From this many rows on a message is large. It does not linger; it waits only while another one is unconfirmed."""
_BUILD_IN_THREAD_FROM = 300
_MAX_KEY_IDS = 50


@dataclass(slots=True)
class _Waiter:
    """A slice whose request waits for the confirm."""

    slice: BatchSlice
    key_id: str | None
    confirm: "asyncio.Future[str]"


@dataclass(slots=True)
class _ProjectQueue:
    """The waiting slices of one project. `is_due`: the next message is published after the next confirm.

    `small` counts the unconfirmed messages that are not large.
    """

    waiting: list[_Waiter] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    timer: asyncio.Handle | None = None
    unconfirmed: int = 0
    small: int = 0
    is_due: bool = False

    @property
    def is_large(self) -> bool:
        """Whether the next message is large."""
        return self.rows >= LARGE_ROWS or self.size >= MAX_SLICE_BYTES

    @property
    def may_publish(self) -> bool:
        """Whether few enough messages are unconfirmed for the next one."""
        return self.unconfirmed < MAX_UNCONFIRMED and (self.is_large or not self.small)

    def add(self, waiter: _Waiter) -> None:
        """Append a slice."""
        self.waiting.append(waiter)
        self.rows += waiter.slice.count
        self.size += waiter.slice.size

    def take(self) -> list[_Waiter]:
        """Remove the oldest slices that fit into one message, at least one."""
        taken, rows, size = 0, 0, 0
        for waiter in self.waiting:
            if taken and (rows + waiter.slice.count > MAX_ROWS or size + waiter.slice.size > MAX_SLICE_BYTES):
                break
            taken += 1
            rows += waiter.slice.count
            size += waiter.slice.size
        waiters = self.waiting[:taken]
        del self.waiting[:taken]
        self.rows -= rows
        self.size -= size
        return waiters

    def take_all(self) -> list[_Waiter]:
        """Remove all slices."""
        waiters, self.waiting = self.waiting, []
        self.rows = self.size = 0
        self.is_due = False
        return waiters


class Batcher:
    """Publishes slices in batches, a project at a time."""

    def __init__(
        self, publisher: BytesPublisher, *, executor: Executor, linger_s: float = 0.005, redact: Redact | None = None
    ) -> None:
        self._publisher = publisher
        self._executor = executor
        self._linger_s = linger_s
        self._redact = redact
        self._queues: dict[str, _ProjectQueue] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def submit(self, project_id: str, batch_slice: BatchSlice, *, key_id: str | None = None) -> str:
        """Return the batch id once the broker has confirmed the slice. Raises NotPublished."""
        loop = asyncio.get_running_loop()
        queue = self._queues.get(project_id)
        is_first = queue is None
        if queue is None:
            queue = self._queues[project_id] = _ProjectQueue()
        waiter = _Waiter(batch_slice, key_id, loop.create_future())
        queue.add(waiter)
        is_large = queue.rows >= LARGE_ROWS and not queue.unconfirmed
        if is_large or queue.rows >= MAX_ROWS or queue.size >= MAX_SLICE_BYTES:
            self._flush(project_id, queue)
        elif is_first:  # after a pause there is probably nothing to wait for
            queue.timer = loop.call_soon(self._flush, project_id, queue)
        elif queue.timer is None and not queue.is_due:
            queue.timer = loop.call_later(self._linger_s, self._flush, project_id, queue)
        return await waiter.confirm

    async def drain(self) -> None:
        """Publish all waiting slices and return when each is confirmed or has failed."""
        while self._queues or self._sending:
            for project_id, queue in list(self._queues.items()):
                self._flush(project_id, queue)
                self._forget(project_id, queue)
            if self._sending:
                await asyncio.wait(set(self._sending))

    def _flush(self, project_id: str, queue: _ProjectQueue) -> None:
        """Start to publish what waits, as far as unconfirmed messages allow."""
        if queue.timer is not None:
            queue.timer.cancel()
            queue.timer = None
        queue.is_due = bool(queue.waiting)
        while queue.is_due and queue.may_publish:
            small = 0 if queue.is_large else 1
            queue.unconfirmed += 1
            queue.small += small
            waiters = queue.take()
            task = asyncio.get_running_loop().create_task(
                self._send(project_id, queue, waiters), name="publish-batch"
            )
            self._sending.add(task)
            task.add_done_callback(partial(self._sent, project_id, queue, waiters, small))
            queue.is_due = bool(queue.waiting)
        if not queue.waiting and not queue.unconfirmed:
            asyncio.get_running_loop().call_later(self._linger_s, self._forget, project_id, queue)

    def _forget(self, project_id: str, queue: _ProjectQueue) -> None:
        """Remove the queue of a project that sends nothing; its next slice is published at once."""
        if not queue.waiting and not queue.unconfirmed and self._queues.get(project_id) is queue:
            del self._queues[project_id]

    async def _send(self, project_id: str, queue: _ProjectQueue, waiters: list[_Waiter]) -> None:
        try:
            message = await self._build([waiter.slice for waiter in waiters])
            await self._publish(project_id, message, waiters)
        except Exception as error:  # noqa: BLE001  # every waiting request must be answered, whatever the error is
            _fail(waiters, error)
            if isinstance(error, NotPublished) and error.reason != "full":
                # The next messages would wait for the same timeout, one after the other.
                _fail(queue.take_all(), NotPublished("unreachable", "RabbitMQ is unavailable"))
        else:
            for waiter, batch_id in zip(waiters, message.batch_ids, strict=True):
                if not waiter.confirm.done():
                    waiter.confirm.set_result(batch_id)

    def _sent(
        self, project_id: str, queue: _ProjectQueue, waiters: list[_Waiter], small: int, task: asyncio.Task[None]
    ) -> None:
        """Publish the next message. A task that was cancelled has not answered its requests; fail them."""
        self._sending.discard(task)
        _fail(waiters, NotPublished("timeout", "publishing was cancelled before the broker confirmed"))
        queue.unconfirmed -= 1
        queue.small -= small
        if queue.is_due or queue.rows >= LARGE_ROWS or not (queue.waiting or queue.unconfirmed):
            self._flush(project_id, queue)

    async def _build(self, slices: list[BatchSlice]) -> Message:
        if sum(item.count for item in slices) < _BUILD_IN_THREAD_FROM:
            return build_message(slices, self._redact)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, build_message, slices, self._redact)

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
        if not waiter.confirm.done():
            waiter.confirm.set_exception(error)
