"""API keys as documents: `_id` is the public part, `hash` the digest of the secret one.

It must not see a secret.
"""

from collections.abc import Iterable
from datetime import datetime

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.store import AlreadyThere
from logloop_query.records.transactions import joined


class ApiKeyStore:
    """Collection `api_keys`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["api_keys"]

    async def ensure_indexes(self) -> None:
        """Create the index that lists page through."""
        await self._collection.create_index([("project_id", ASCENDING), ("_id", ASCENDING)])

    async def create(self, document: Document) -> None:
        """Insert a key. Raises AlreadyThere."""
        try:
            await self._collection.insert_one(document, session=joined())
        except DuplicateKeyError as error:
            raise AlreadyThere from error

    async def find(self, key_id: str) -> Document | None:
        """A key by its public part."""
        return await self._collection.find_one({"_id": key_id}, session=joined())

    async def page(
        self, project_id: str | None, *, everywhere: bool, after: str | None, limit: int
    ) -> list[Document]:
        """Up to `limit` keys ordered by id: of one project, or all of them when `everywhere`."""
        condition: Document = {} if everywhere else {"project_id": project_id}
        if after is not None:
            condition["_id"] = {"$gt": after}
        return await self._collection.find(condition, sort=[("_id", ASCENDING)], limit=limit).to_list()

    async def revoke(self, key_id: str, at: datetime) -> Document | None:
        """Mark a key as revoked for good; the key after it. The first revocation keeps its time."""
        return await self._collection.find_one_and_update(
            {"_id": key_id},
            [{"$set": {"revoked_at": {"$ifNull": ["$revoked_at", at]}}}],
            return_document=ReturnDocument.AFTER,
            session=joined(),
        )

    async def used(self, key_ids: Iterable[str], at: datetime) -> None:
        """Move the last use of keys forward."""
        await self._collection.update_many({"_id": {"$in": list(key_ids)}}, {"$max": {"last_used_at": at}})

    async def remove_all(self, project_id: str) -> list[str]:
        """Delete every key of a project; their ids."""
        ids = [
            str(document["_id"])
            for document in await self._collection.find({"project_id": project_id}, {"_id": 1}).to_list()
        ]
        await self._collection.delete_many({"project_id": project_id})
        return ids
