"""Stores what API keys send: the collection `key_usage`, which query reads."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog
from logloop_chassis.database.client import Database, Document
from logloop_contracts.key_usage import KEY_USAGE, usage_id
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

PATIENCE_S = 0.25
"""How long the first request of a key waits for what was counted before."""
WRITE_WITHIN_S = 2.0
_log = structlog.get_logger()


@dataclass(slots=True)
class Counts:
    """What a key sent. `refused` counts requests."""

    entries: int = 0
    bytes: int = 0
    refused: int = 0

    def add(self, other: "Counts") -> None:
        """Add other counts."""
        self.entries += other.entries
        self.bytes += other.bytes
        self.refused += other.refused

    def __bool__(self) -> bool:
        """Return whether anything was counted."""
        return bool(self.entries or self.bytes or self.refused)


class KeyUsageStore:
    """One document for each key and day. An outage of MongoDB is logged and raises nothing."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database[KEY_USAGE]
        self._has_indexes = False

    async def bytes_of(self, counted_as: str, day: str) -> int:
        """Return the bytes that all processes have counted; 0 when MongoDB does not say so in time."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                document = await self._collection.find_one({"_id": usage_id(counted_as, day)}, {"bytes": 1})
        except (PyMongoError, TimeoutError) as error:
            _log.warning("use of an API key not read", error=str(error)[:200])
            return 0
        return int(document["bytes"]) if document else 0

    async def add(self, counted_as: str, day: str, counts: Counts, *, expires_at: datetime) -> int | None:
        """Add counts and return the bytes of all processes, None when they could not be stored."""
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                return await self._add(counted_as, day, counts, expires_at)
        except (PyMongoError, TimeoutError) as error:
            _log.warning("use of an API key not stored", error=str(error)[:200])
            return None

    async def _add(self, counted_as: str, day: str, counts: Counts, expires_at: datetime) -> int:
        if not self._has_indexes:
            await self._collection.create_index([("expires_at", ASCENDING)], expireAfterSeconds=0, name="expiry")
            await self._collection.create_index([("counted_as", ASCENDING), ("day", ASCENDING)], name="key")
            self._has_indexes = True
        document = await self._collection.find_one_and_update(
            {"_id": usage_id(counted_as, day)},
            {
                "$inc": {"entries": counts.entries, "bytes": counts.bytes, "refused": counts.refused},
                "$setOnInsert": {"counted_as": counted_as, "day": day, "expires_at": expires_at},
            },
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert document is not None  # an upsert that returns the document after the update
        return int(document["bytes"])
