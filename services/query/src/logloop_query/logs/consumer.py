"""Consumes log batches from the work queue."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import pyarrow as pa
import structlog
from logloop_chassis.ids import utc_now
from logloop_chassis.messaging.delivery import Delivery, Handler
from logloop_chassis.messaging.failures import Dead
from logloop_contracts.channels import HEADER_KEY_IDS, HEADER_PROJECT
from logloop_contracts.log_batch import BadBatch, decode
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pymongo.errors import PyMongoError

from logloop_query.logs.segments.codec import PartTooLarge
from logloop_query.ports import KeyUsage

_PROJECT = re.compile(PROJECT_ID_PATTERN)
MAX_BYTES_IN_FLIGHT = 12 * 2**20
"""Bytes of message bodies, compressed about tenfold, that are handled at once."""
_SMALL_BODY = 16 * 1024
"""A smaller body is decoded on the event loop: a thread would cost more than the 50 µs it takes."""
_log = structlog.get_logger()


class StoresLogs(Protocol):
    """The use case behind the work queue."""

    async def store(self, project_id: str, table: pa.Table) -> None:
        """Return when the rows are durable. Raises PartTooLarge."""


def log_batch_handler(persister: StoresLogs, usage: KeyUsage) -> Handler:
    """Return a handler that returns when the logs of a message are stored. Invalid batches are dead-lettered."""
    in_flight = InFlightBytes(MAX_BYTES_IN_FLIGHT)

    async def handle(delivery: Delivery) -> None:
        project_id = project_of(delivery)
        async with in_flight.reserve(len(delivery.body)):
            table = await _decode(delivery.body)
            try:
                await persister.store(project_id, table)
            except PartTooLarge as error:
                raise Dead("too_large", str(error)) from error
        await _record_keys(usage, delivery)

    return handle


class InFlightBytes:
    """Limits the bytes of the messages that are handled at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._reserved = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def reserve(self, size: int) -> AsyncIterator[None]:
        """Wait until `size` bytes fit. A message over the limit is admitted alone."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._reserved == 0 or self._reserved + size <= self._limit)
            self._reserved += size
        try:
            yield
        finally:
            self._reserved -= size
            await asyncio.shield(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def project_of(delivery: Delivery) -> str:
    """Return the project of a message. Raises Dead."""
    project_id = str(delivery.headers.get(HEADER_PROJECT) or delivery.routing_key)
    if not _PROJECT.fullmatch(project_id):
        raise Dead("bad_project", f"invalid project id {project_id[:80]!r}; send it in the header {HEADER_PROJECT}")
    return project_id


async def _decode(body: bytes) -> pa.Table:
    try:
        if len(body) < _SMALL_BODY:
            return decode(body)
        return await asyncio.get_running_loop().run_in_executor(None, decode, body)
    except BadBatch as error:
        raise Dead("bad_batch", str(error)) from error


async def _record_keys(usage: KeyUsage, delivery: Delivery) -> None:
    key_ids = [key_id for key_id in str(delivery.headers.get(HEADER_KEY_IDS) or "").split(",") if key_id]
    if not key_ids:
        return
    try:
        await usage.record_keys(key_ids, utc_now())
    except PyMongoError as error:
        _log.warning("key usage not recorded", error=str(error)[:200])
