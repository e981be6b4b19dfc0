"""Stores sessions by the hash of their token, counters of sign-in attempts, and known addresses. All expire."""

from collections.abc import Sequence
from datetime import datetime

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.transactions import current_session


class SessionStore:
    """Collection `sessions`; `_id` is the token's hash."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["sessions"]

    async def ensure_indexes(self) -> None:
        """Create the index that expires sessions, and the one that finds the sessions of a user."""
        await self._collection.create_indexes(
            [
                IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
                IndexModel([("user_id", ASCENDING)]),
            ]
        )

    async def create(self, document: Document) -> None:
        """Insert a session."""
        await self._collection.insert_one(document)

    async def find(self, session_id: str) -> Document | None:
        """Return a session by the hash of its token."""
        return await self._collection.find_one({"_id": session_id})

    async def extend(self, session_id: str, idle_expires_at: datetime, last_seen_at: datetime) -> None:
        """Move the idle expiry of a session."""
        await self._collection.update_one(
            {"_id": session_id}, {"$max": {"idle_expires_at": idle_expires_at, "last_seen_at": last_seen_at}}
        )

    async def require_two_factor(self, user_ids: Sequence[str], *, required: bool) -> list[str]:
        """Mark the sessions of users as lacking a second factor, or not, and return their ids."""
        condition = {"user_id": {"$in": list(user_ids)}, "provider": None}
        change = {"$set": {"must_set_up_two_factor": required}}
        await self._collection.update_many(condition, change, session=current_session())
        found = self._collection.find(condition, {"_id": 1}, session=current_session())
        return [str(document["_id"]) async for document in found]

    async def delete(self, session_id: str) -> bool:
        """Delete a session and return whether there was one."""
        return (await self._collection.delete_one({"_id": session_id})).deleted_count > 0

    async def delete_of_user(self, user_id: str) -> list[str]:
        """Delete every session of a user and return their ids."""
        ids = [
            str(document["_id"])
            for document in await self._collection.find(
                {"user_id": user_id}, {"_id": 1}, session=current_session()
            ).to_list()
        ]
        await self._collection.delete_many({"user_id": user_id}, session=current_session())
        return ids


class AttemptStore:
    """Collection `sign_in_attempts`: a counter per account or address and window."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["sign_in_attempts"]

    async def ensure_indexes(self) -> None:
        """Create the index that expires counters."""
        await self._collection.create_index([("expires_at", ASCENDING)], expireAfterSeconds=0)

    async def increment(self, key: str, expires_at: datetime) -> int:
        """Add one to a counter, create it if missing, and return its value."""
        update = {"$inc": {"count": 1}, "$setOnInsert": {"expires_at": expires_at}}
        for _ in range(3):
            try:
                document = await self._collection.find_one_and_update(
                    {"_id": key}, update, upsert=True, return_document=ReturnDocument.AFTER
                )
            except DuplicateKeyError:
                continue
            return int(document["count"]) if document else 1
        return 1

    async def exists(self, key: str) -> bool:
        """Return whether there is an entry."""
        return await self._collection.find_one({"_id": key}, {"_id": 1}) is not None

    async def remember(self, key: str, expires_at: datetime) -> None:
        """Keep an entry until it expires."""
        await self._collection.update_one({"_id": key}, {"$set": {"expires_at": expires_at}}, upsert=True)

    async def clear(self, *keys: str) -> None:
        """Delete counters."""
        await self._collection.delete_many({"_id": {"$in": list(keys)}})

    async def decrement(self, *keys: str) -> None:
        """Subtract one from counters."""
        await self._collection.update_many({"_id": {"$in": list(keys)}, "count": {"$gt": 0}}, {"$inc": {"count": -1}})
