"""Gathers what many requests bring for a few milliseconds and publishes it as one confirmed message a project.

It must not answer before the broker confirmed.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from logloop_contracts.channels import HEADER_COUNT, HEADER_KEY_IDS, HEADER_PROJECT, HEADER_SCHEMA, LOGS
from logloop_contracts.log_batch import SCHEMA_VERSION

from logloop_ingest.building import MESSAGE_BYTES, Message, Submission, Taken, build
from logloop_ingest.limits import Limits
from logloop_ingest.telemetry import BATCHES, MESSAGE_ENTRIES, PUBLISHED_BYTES

FLUSH_ENTRIES = 20_000
OFF_LOOP_FROM_ENTRIES = 3000
"""From this many entries on a flush is built in a thread, so that the event loop goes on turning."""

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
class _Waiting:
    submissions: list[Submission] = field(default_factory=list)
    size: int = 0
    entries: int = 0
    timer: asyncio.TimerHandle | None = None


class Batcher:
    """Per project: linger, build, publish, resolve. Flushes run side by side; each owns its submissions."""

    def __init__(
        self, publisher: Publishing, limits: Limits, linger_s: float, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._publisher = publisher
        self._limits = limits
        self._linger_s = linger_s
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}
        self._flushes: set[asyncio.Task[None]] = set()

    async def submit(self, project_id: str, submission: Submission) -> Taken:
        """Hand in entries and wait until the broker has confirmed them. Raises NotPublished."""
        waiting = self._waiting.setdefault(project_id, _Waiting())
        waiting.submissions.append(submission)
        waiting.size += submission.size
        waiting.entries += len(submission.entries)
        if waiting.size >= MESSAGE_BYTES or waiting.entries >= FLUSH_ENTRIES:
            self._flush(project_id)
        elif waiting.timer is None:
            loop = asyncio.get_running_loop()
            waiting.timer = loop.call_later(self._linger_s, self._flush, project_id)
        return await submission.done

    async def drain(self) -> None:
        """Publish what waits and wait for every flush."""
        for project_id in list(self._waiting):
            self._flush(project_id)
        while self._flushes:
            await asyncio.wait(set(self._flushes))

    def _flush(self, project_id: str) -> None:
        waiting = self._waiting.pop(project_id, None)
        if waiting is None:
            return
        if waiting.timer is not None:
            waiting.timer.cancel()
        task = asyncio.create_task(self._publish(project_id, waiting), name="flush")
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)

    async def _publish(self, project_id: str, waiting: _Waiting) -> None:
        submissions = waiting.submissions
        try:
            taken = await self._build_and_publish(project_id, waiting)
        except Exception as error:  # noqa: BLE001  # whoever waits must hear of it, whatever it is
            for submission in submissions:
                if not submission.done.done():
                    submission.done.set_exception(error)
            return
        for submission, answer in zip(submissions, taken, strict=True):
            if not submission.done.done():
                submission.done.set_result(answer)

    async def _build_and_publish(self, project_id: str, waiting: _Waiting) -> list[Taken]:
        arguments = (project_id, waiting.submissions, self._limits, int(self._clock() * 1_000_000))
        if waiting.entries >= OFF_LOOP_FROM_ENTRIES:
            messages, taken = await asyncio.to_thread(build, *arguments)
        else:
            messages, taken = build(*arguments)
        key_ids = sorted({item.key_id for item in waiting.submissions if item.key_id})[:_MAX_KEY_IDS]
        await asyncio.gather(*(self._publish_one(project_id, message, key_ids) for message in messages))
        return taken

    async def _publish_one(self, project_id: str, message: Message, key_ids: list[str]) -> None:
        headers: dict[str, Any] = {
            HEADER_PROJECT: project_id,
            HEADER_COUNT: message.count,
            HEADER_SCHEMA: SCHEMA_VERSION,
        }
        if key_ids:
            headers[HEADER_KEY_IDS] = ",".join(key_ids)
        await self._publisher.publish_bytes(
            LOGS.exchange.name,
            project_id,
            message.body,
            headers=headers,
            message_id=message.id,
            content_type=LOGS.content_type,
        )
        MESSAGE_ENTRIES.observe(message.count)
        BATCHES.inc()
        PUBLISHED_BYTES.inc(len(message.body))
