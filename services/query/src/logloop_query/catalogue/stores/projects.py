"""Projects as documents: `_id` is the slug, `state` is active or deleting.

It must not delete what belongs to a project.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.store import AlreadyThere
from logloop_query.records.transactions import joined


class ProjectStore:
    """Collection `projects`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["projects"]

    async def ensure_indexes(self) -> None:
        """Create the index by which interrupted deletions are found."""
        await self._collection.create_index([("state", ASCENDING)])

    async def create(self, document: Document) -> None:
        """Insert a project. Raises AlreadyThere."""
        try:
            await self._collection.insert_one(document, session=joined())
        except DuplicateKeyError as error:
            raise AlreadyThere from error

    async def find(self, project_id: str) -> Document | None:
        """A project by its slug."""
        return await self._collection.find_one({"_id": project_id}, session=joined())

    async def page(self, visible: frozenset[str] | None, *, after: str | None, limit: int) -> list[Document]:
        """Up to `limit` projects ordered by slug, of those named in `visible` (None: all)."""
        condition: Document = {}
        if visible is not None:
            condition["_id"] = {"$in": sorted(visible)}
        if after is not None:
            condition.setdefault("_id", {})["$gt"] = after
        return await self._collection.find(condition, sort=[("_id", ASCENDING)], limit=limit).to_list()

    async def change(self, project_id: str, changes: Mapping[str, Any]) -> tuple[Document, Document] | None:
        """Set fields of an active project; the project before and after."""
        before = await self._collection.find_one_and_update(
            {"_id": project_id, "state": "active"},
            {"$set": dict(changes)},
            return_document=ReturnDocument.BEFORE,
            session=joined(),
        )
        return None if before is None else (before, {**before, **changes})

    async def start_deleting(self, project_id: str, at: datetime) -> Document | None:
        """Mark a project; what it was. Repeating it does no harm."""
        return await self._collection.find_one_and_update(
            {"_id": project_id},
            [
                {
                    "$set": {
                        "state": "deleting",
                        "deleting_since": {"$ifNull": ["$deleting_since", at]},
                        "deletion_leased_until": at,
                    }
                }
            ],
            return_document=ReturnDocument.BEFORE,
            session=joined(),
        )

    async def lease_deletion(self, at: datetime, until: datetime) -> Document | None:
        """A project whose deletion nobody works on, leased until the moment given."""
        return await self._collection.find_one_and_update(
            {"state": "deleting", "deletion_leased_until": {"$lte": at}}, {"$set": {"deletion_leased_until": until}}
        )

    async def remove(self, project_id: str) -> None:
        """Delete a project that is being deleted."""
        await self._collection.delete_one({"_id": project_id, "state": "deleting"}, session=joined())
