"""What query consumes: log batches from its work queue. It must not store anything itself."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

import pyarrow as pa
import structlog
from logloop_chassis.messaging.failures import Dead, Delivery, Handler
from logloop_contracts.channels import HEADER_KEY_IDS, HEADER_PROJECT
from logloop_contracts.log_batch import BadBatch, decode
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pymongo.errors import PyMongoError

from logloop_query.logs.segment_codec import TooLargePart

_PROJECT = re.compile(PROJECT_ID_PATTERN)
MAX_BYTES_IN_WORK = 12 * 2**20
"""Bodies, compressed about tenfold, of messages that are decoded at one time."""
_SMALL_BODY = 16 * 1024
"""A body below this is decoded on the loop: a thread would cost more than the 50 µs it takes."""
_log = structlog.get_logger()


class Persists(Protocol):
    """The use case behind the work queue."""

    async def store(self, project_id: str, table: pa.Table) -> None:
        """Return when the rows are durable."""


class NotesKeys(Protocol):
    """Who wants to know which API keys were used."""

    async def on_keys_used(self, key_ids: list[str], at: datetime) -> None:
        """Keys were used to send logs."""


def log_batch_handler(persister: Persists, records: NotesKeys) -> Handler:
    """A handler that returns once the logs of a message are stored. A message that is no batch is dead."""

    in_work = BytesInWork(MAX_BYTES_IN_WORK)

    async def handle(delivery: Delivery) -> None:
        project_id = project_of(delivery)
        async with in_work.admitted(len(delivery.body)):
            table = await _decoded(delivery)
            try:
                await persister.store(project_id, table)
            except TooLargePart as error:
                raise Dead("too_large", str(error)) from error
        await _note_keys(records, delivery)

    return handle


class BytesInWork:
    """Lets messages in while those in work stay under a number of bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def admitted(self, size: int) -> AsyncIterator[None]:
        """Wait for room. A message is always let in when nothing else is in work."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._now == 0 or self._now + size <= self._most)
            self._now += size
        try:
            yield
        finally:
            self._now -= size
            await asyncio.shield(self._tell())

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def project_of(delivery: Delivery) -> str:
    """The project that a message is about. Raises Dead."""
    project_id = str(delivery.headers.get(HEADER_PROJECT) or delivery.routing_key)
    if not _PROJECT.fullmatch(project_id):
        raise Dead("bad_project", f"{project_id[:80]!r} is no project id; it belongs into header {HEADER_PROJECT}")
    return project_id


async def _decoded(delivery: Delivery) -> pa.Table:
    decoding: Callable[[], pa.Table] = lambda: decode(delivery.body)  # noqa: E731
    try:
        if len(delivery.body) < _SMALL_BODY:
            return decoding()
        return await asyncio.get_running_loop().run_in_executor(None, decoding)
    except BadBatch as error:
        raise Dead("bad_batch", str(error)) from error


async def _note_keys(records: NotesKeys, delivery: Delivery) -> None:
    key_ids = str(delivery.headers.get(HEADER_KEY_IDS) or "")
    if not key_ids:
        return
    try:
        await records.on_keys_used([key_id for key_id in key_ids.split(",") if key_id], datetime.now(UTC))
    except PyMongoError as error:
        _log.warning("could not note the use of keys", error=str(error)[:200])
