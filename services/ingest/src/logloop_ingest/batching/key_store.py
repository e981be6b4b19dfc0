"""Stores the digest of the content of each idempotency key, so that every process answers 409 to other content.

A key is stored before its entries are published. While MongoDB is unavailable, ingest accepts logs without this check
and stores the keys later; query still stores a batch once.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from bson.binary import Binary
from logloop_chassis.database.client import Database, Document
from logloop_chassis.ids import utc_now
from logloop_contracts.log_batch import IDEMPOTENCY_KEYS, KEY_KEPT_LONGER
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, PyMongoError

from logloop_ingest.batching.duplicates import Digest, OtherContent
from logloop_ingest.telemetry import UNCHECKED_KEYS

PATIENCE_S = 2.0
"""How long a request waits for MongoDB before its key is accepted unchecked."""
AWAY_S = 5.0
"""How long after such a wait other requests do not wait."""
MAX_UNSAVED = 50_000
_MAX_WRITE = 1_000
_DUPLICATE = 11000
_log = structlog.get_logger()

RetentionDays = Callable[[str], Awaitable[int]]


@dataclass(slots=True)
class _Key:
    """A key to store, and the future of the digest that MongoDB has for it; None when that is unknown."""

    batch_id: str
    project_id: str
    digest: Digest
    stored_at: datetime
    stored: "asyncio.Future[Digest | None]" = field(repr=False)
    is_new: bool = True


class KeyStore:
    """Collection `idempotency_keys`: one document per batch id with the digest of its content.

    Keys of requests that run at the same time are stored with one write.
    """

    def __init__(self, database: Database, retention_days: RetentionDays, *, patience_s: float = PATIENCE_S) -> None:
        self._collection: AsyncCollection[Document] = database[IDEMPOTENCY_KEYS]
        self._retention_days = retention_days
        self._patience_s = patience_s
        self._waiting: deque[_Key] = deque(maxlen=MAX_UNSAVED)
        self._saving: asyncio.Task[None] | None = None
        self._away_until = 0.0
        self._has_index = False

    async def claim(self, batch_id: str, project_id: str, digest: Digest) -> bool:
        """Store the digest of a batch, or compare it with the stored one. Raises OtherContent when they differ.

        Return whether the digest was not stored before, as far as is known.
        """
        key = _Key(batch_id, project_id, digest, utc_now(), asyncio.get_running_loop().create_future())
        self._waiting.append(key)
        if self._saving is None:
            self._saving = asyncio.create_task(self._save_all(), name="store-idempotency-keys")
        stored = None
        if time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(self._patience_s):
                    stored = await asyncio.shield(key.stored)
            except TimeoutError:
                self._away_until = time.monotonic() + AWAY_S
        if stored is None:
            UNCHECKED_KEYS.inc()
        elif stored != digest:
            raise OtherContent
        return key.is_new

    async def release(self, batch_id: str, digest: Digest) -> None:
        """Forget a digest whose batch the broker did not confirm, so that the key may be used for other content."""
        for key in [key for key in self._waiting if (key.batch_id, key.digest) == (batch_id, digest)]:
            self._waiting.remove(key)
        try:
            async with asyncio.timeout(self._patience_s):
                await self._collection.delete_one({"_id": batch_id, "digest": Binary(digest)})
        except (PyMongoError, TimeoutError) as error:
            _log.warning("idempotency key not released", error=str(error)[:200])

    async def close(self) -> None:
        """Wait up to 5 s for the write that is running."""
        if self._saving is not None:
            await asyncio.wait([self._saving], timeout=5)

    async def _save_all(self) -> None:
        """Store all waiting keys. After a failure the keys wait for the next claim."""
        try:
            while self._waiting:
                keys = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MAX_WRITE))]
                try:
                    stored = await self._save(keys)
                except PyMongoError as error:
                    _log.warning("idempotency keys not stored", count=len(keys), error=str(error)[:200])
                    self._away_until = time.monotonic() + AWAY_S
                    self._waiting.extendleft(reversed(keys))
                    _answer(self._waiting, {})
                    return
                _answer(keys, stored)
        finally:
            self._saving = None

    async def _save(self, keys: list[_Key]) -> dict[str, Digest]:
        """Insert keys, and return the digest that is stored for each of them."""
        if not self._has_index:
            await self._collection.create_index([("expires_at", ASCENDING)], expireAfterSeconds=0, name="expiry")
            await self._collection.create_index([("project_id", ASCENDING), ("_id", ASCENDING)], name="project")
            self._has_index = True
        stored = {key.batch_id: key.digest for key in reversed(keys)}
        days = {project_id: await self._retention_days(project_id) for project_id in {key.project_id for key in keys}}
        documents = [_document(key, timedelta(days=days[key.project_id])) for key in keys]
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            known = set(_known(error.details))
            for key in keys:
                key.is_new = key.batch_id not in known
            found = self._collection.find({"_id": {"$in": sorted(known)}}, {"digest": 1})
            async for document in found:
                stored[document["_id"]] = bytes(document["digest"])
        return stored


def _document(key: _Key, retention: timedelta) -> Document:
    return {
        "_id": key.batch_id,
        "project_id": key.project_id,
        "digest": Binary(key.digest),
        "stored_at": key.stored_at,
        "expires_at": key.stored_at + retention + KEY_KEPT_LONGER,
    }


def _known(details: Any) -> list[str]:
    """Return the ids that were stored before. Raises PyMongoError for any other failure of the write."""
    errors = details["writeErrors"]
    if details.get("writeConcernErrors") or any(item["code"] != _DUPLICATE for item in errors):
        raise PyMongoError(f"the write failed: {str(details)[:200]}")
    return [item["op"]["_id"] for item in errors]


def _answer(keys: Iterable[_Key], stored: dict[str, Digest]) -> None:
    for key in keys:
        if not key.stored.done():
            key.stored.set_result(stored.get(key.batch_id))
