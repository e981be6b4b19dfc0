"""Stores what a sign-in in several steps needs until it ends, and the settings of signing in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection

from logloop_query.records.transactions import current_session


class PendingStore:
    """Collection `pending_sign_ins`; `_id` is the hash of the token. All expire."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["pending_sign_ins"]

    async def ensure_indexes(self) -> None:
        """Create the index that expires them, and the one that finds those of a user."""
        await self._collection.create_indexes(
            [
                IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
                IndexModel([("user_id", ASCENDING)]),
            ]
        )

    async def create(self, document: Document) -> None:
        """Insert a sign-in."""
        await self._collection.insert_one(document)

    async def find(self, pending_id: str, step: str, now: datetime) -> Document | None:
        """Return a sign-in that waits for a step and has not expired."""
        return await self._collection.find_one({"_id": pending_id, "step": step, "expires_at": {"$gt": now}})

    async def take(self, pending_id: str, step: str, now: datetime) -> Document | None:
        """Delete a sign-in that waits for a step and return it, unless it has expired or another call took it."""
        condition = {"_id": pending_id, "step": step, "expires_at": {"$gt": now}}
        return await self._collection.find_one_and_delete(condition)

    async def delete_of_user(self, user_id: str) -> None:
        """Delete every sign-in of a user."""
        await self._collection.delete_many({"user_id": user_id}, session=current_session())


class SignInSettingsStore:
    """Collection `sign_in_settings`: one document per `_id`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["sign_in_settings"]

    async def ensure_indexes(self) -> None:
        """Nothing to create: documents are read by `_id`."""

    async def find(self, name: str) -> Document | None:
        """Return settings by name."""
        return await self._collection.find_one({"_id": name}, session=current_session())

    async def put(self, name: str, fields: Mapping[str, Any]) -> None:
        """Replace settings."""
        await self._collection.replace_one(
            {"_id": name}, {"_id": name, **fields}, upsert=True, session=current_session()
        )

    async def delete(self, name: str) -> Document | None:
        """Delete settings and return them."""
        return await self._collection.find_one_and_delete({"_id": name}, session=current_session())
