"""Stores provider settings: plain values and sealed secrets."""

from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from logloop_query.records.transactions import current_session


class SettingsStore:
    """Collection `settings`; `_id` is `<kind>` for the default and `<kind>/<project>` for a project."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["settings"]

    async def ensure_indexes(self) -> None:
        """Create the index that finds the settings of a project."""
        await self._collection.create_index([("project_id", ASCENDING)])

    async def find(self, project_id: str | None, kind: str) -> Document | None:
        """Return the settings of a project, or the default (None)."""
        return await self._collection.find_one({"_id": _id(project_id, kind)}, session=current_session())

    async def put(self, project_id: str | None, kind: str, fields: dict[str, Any]) -> None:
        """Replace the settings of a project, or the default."""
        document = {"_id": _id(project_id, kind), "project_id": project_id, "kind": kind, **fields}
        await self._collection.replace_one({"_id": document["_id"]}, document, upsert=True, session=current_session())

    async def delete(self, project_id: str | None, kind: str) -> Document | None:
        """Delete the settings of a project, or the default, and return them."""
        return await self._collection.find_one_and_delete({"_id": _id(project_id, kind)}, session=current_session())

    async def delete_all(self, project_id: str) -> None:
        """Delete all settings of a project."""
        await self._collection.delete_many({"project_id": project_id})


def _id(project_id: str | None, kind: str) -> str:
    return kind if project_id is None else f"{kind}/{project_id}"
