"""Stores projects: `_id` is the slug, `state` is active or deleting."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.store import AlreadyExists
from logloop_query.records.transactions import current_session


class ProjectStore:
    """Collection `projects`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["projects"]

    async def ensure_indexes(self) -> None:
        """Create the index that finds unfinished deletions."""
        await self._collection.create_index([("state", ASCENDING)])

    async def create(self, document: Document) -> None:
        """Insert a project. Raises AlreadyExists."""
        try:
            await self._collection.insert_one(document, session=current_session())
        except DuplicateKeyError as error:
            raise AlreadyExists from error

    async def find(self, project_id: str) -> Document | None:
        """Return a project by its slug."""
        return await self._collection.find_one({"_id": project_id}, session=current_session())

    async def page(self, visible: frozenset[str] | None, *, after: str | None, limit: int) -> list[Document]:
        """Return up to `limit` of the projects in `visible` (None: all), ordered by slug."""
        condition: Document = {}
        if visible is not None:
            condition["_id"] = {"$in": sorted(visible)}
        if after is not None:
            condition.setdefault("_id", {})["$gt"] = after
        return await self._collection.find(condition, sort=[("_id", ASCENDING)], limit=limit).to_list()

    async def update(self, project_id: str, changes: Mapping[str, Any]) -> tuple[Document, Document] | None:
        """Set fields of an active project. Return the project before and after."""
        before = await self._collection.find_one_and_update(
            {"_id": project_id, "state": "active"},
            {"$set": dict(changes)},
            return_document=ReturnDocument.BEFORE,
            session=current_session(),
        )
        return None if before is None else (before, {**before, **changes})

    async def start_deleting(self, project_id: str, at: datetime) -> Document | None:
        """Mark a project as deleting and return the project before. Idempotent."""
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
            session=current_session(),
        )

    async def lease_deletion(self, at: datetime, until: datetime) -> Document | None:
        """Lease a deletion that is not leased at `at`, until the given moment, and return its project."""
        return await self._collection.find_one_and_update(
            {"state": "deleting", "deletion_leased_until": {"$lte": at}}, {"$set": {"deletion_leased_until": until}}
        )

    async def delete(self, project_id: str) -> None:
        """Delete a project whose state is deleting."""
        await self._collection.delete_one({"_id": project_id, "state": "deleting"}, session=current_session())
