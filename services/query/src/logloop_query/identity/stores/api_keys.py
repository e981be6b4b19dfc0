"""Stores API keys: `_id` is the public part, `hash` the digest of the secret part."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from logloop_contracts.key_usage import KEY_USAGE
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.store import AlreadyExists
from logloop_query.records.transactions import current_session


class ApiKeyStore:
    """Collection `api_keys`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["api_keys"]
        self._usage: AsyncCollection[Document] = database[KEY_USAGE]

    async def ensure_indexes(self) -> None:
        """Create the index for listing the keys of a project."""
        await self._collection.create_index([("project_id", ASCENDING), ("_id", ASCENDING)])

    async def create(self, document: Document) -> None:
        """Insert a key. Raises AlreadyExists."""
        try:
            await self._collection.insert_one(document, session=current_session())
        except DuplicateKeyError as error:
            raise AlreadyExists from error

    async def find(self, key_id: str) -> Document | None:
        """Return a key by its public part."""
        return await self._collection.find_one({"_id": key_id}, session=current_session())

    async def page(
        self, project_id: str | None, *, everywhere: bool, after: str | None, limit: int
    ) -> list[Document]:
        """Return up to `limit` keys of one project, or of all when `everywhere`, ordered by id."""
        condition: Document = {} if everywhere else {"project_id": project_id}
        if after is not None:
            condition["_id"] = {"$gt": after}
        return await self._collection.find(condition, sort=[("_id", ASCENDING)], limit=limit).to_list()

    async def count_valid(self, project_id: str, at: datetime) -> int:
        """Return the number of keys of a project that are valid at a moment."""
        unexpired = [{"expires_at": None}, {"expires_at": {"$gt": at}}]
        return await self._collection.count_documents(
            {"project_id": project_id, "revoked_at": None, "$or": unexpired}
        )

    async def update(self, key_id: str, changes: Mapping[str, Any]) -> tuple[Document, Document] | None:
        """Set fields. Return the key before and after, None if there is none."""
        before = await self._collection.find_one_and_update(
            {"_id": key_id},
            {"$set": dict(changes)},
            return_document=ReturnDocument.BEFORE,
            session=current_session(),
        )
        return None if before is None else (before, {**before, **changes})

    async def usage_since(self, counted_as: Iterable[str], day: str) -> list[Document]:
        """Return what ingest has counted for keys since a day, newest day first."""
        condition = {"counted_as": {"$in": list(counted_as)}, "day": {"$gte": day}}
        return await self._usage.find(condition, sort=[("day", DESCENDING)]).to_list()

    async def revoke(self, key_id: str, at: datetime) -> Document | None:
        """Mark a key as revoked and return it. Revoking again keeps the time of the first revocation."""
        return await self._collection.find_one_and_update(
            {"_id": key_id},
            [{"$set": {"revoked_at": {"$ifNull": ["$revoked_at", at]}}}],
            return_document=ReturnDocument.AFTER,
            session=current_session(),
        )

    async def set_last_use(self, key_ids: Iterable[str], at: datetime) -> None:
        """Set the last use of keys unless a later one is stored."""
        await self._collection.update_many({"_id": {"$in": list(key_ids)}}, {"$max": {"last_used_at": at}})

    async def delete_all(self, project_id: str) -> list[str]:
        """Delete every key of a project with its counts, and return their ids."""
        ids = [
            str(document["_id"])
            for document in await self._collection.find({"project_id": project_id}, {"_id": 1}).to_list()
        ]
        await self._usage.delete_many({"counted_as": {"$in": ids}})
        await self._collection.delete_many({"project_id": project_id})
        return ids
