"""Stores saved views."""

from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING

from logloop_query.records.store import RecordStore
from logloop_query.records.transactions import current_session

Owner = tuple[str, str]
"""Kind and id of a caller."""


class SavedViewStore(RecordStore):
    """Collection `saved_views`; ids are unique across projects."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "saved_views")

    async def ensure_indexes(self) -> None:
        """Create the indexes that find a view by its id, and the views of an owner."""
        await super().ensure_indexes()
        await self.ensure_global_ids()
        await self._collection.create_index([("owner.id", ASCENDING), ("project_id", ASCENDING)])

    async def by_id(self, view_id: str) -> Document | None:
        """Return a view of any project."""
        return await self._collection.find_one({"id": view_id}, session=current_session())

    async def visible(self, project_id: str, owner: Owner, *, after: str | None, limit: int) -> list[Document]:
        """Return up to `limit` views of a project that are shared or the owner's, ordered by id."""
        condition: Document = {"project_id": project_id, "$or": [{"shared": True}, _owned(owner)]}
        if after is not None:
            condition["id"] = {"$gt": after}
        return await self._collection.find(condition, sort=[("id", ASCENDING)], limit=limit).to_list()

    async def count_shared(self, project_id: str) -> int:
        """Return the number of shared views of a project."""
        return await self._count({"project_id": project_id, "shared": True})

    async def count_personal(self, project_id: str, owner: Owner) -> int:
        """Return the number of views of a project that only the owner sees."""
        return await self._count({"project_id": project_id, "shared": False, **_owned(owner)})

    async def _count(self, condition: Document) -> int:
        return await self._collection.count_documents(condition, session=current_session())

    async def delete_of_user(self, user_id: str) -> None:
        """Delete the personal views of a user in every project. Shared ones stay."""
        await self._collection.delete_many({"shared": False, **_owned(("user", user_id))})


def _owned(owner: Owner) -> dict[str, Any]:
    kind, owner_id = owner
    return {"owner.id": owner_id, "owner.kind": kind}
