"""Provider settings as documents: plain values, and secrets sealed by the use case.

It must not see an unsealed secret.
"""

from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

from logloop_query.records.transactions import joined


class SettingsStore:
    """Collection `settings`; `_id` is `<kind>` for the default, `<kind>/<project>` for a project's."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["settings"]

    async def ensure_indexes(self) -> None:
        """Create the index by which a project's settings are removed."""
        await self._collection.create_index([("project_id", ASCENDING)])

    async def find(self, project_id: str | None, kind: str) -> Document | None:
        """The settings of exactly this place."""
        return await self._collection.find_one({"_id": _id(project_id, kind)}, session=joined())

    async def put(self, project_id: str | None, kind: str, fields: dict[str, Any]) -> None:
        """Replace the settings of a place."""
        document = {"_id": _id(project_id, kind), "project_id": project_id, "kind": kind, **fields}
        await self._collection.replace_one({"_id": document["_id"]}, document, upsert=True, session=joined())

    async def remove(self, project_id: str | None, kind: str) -> Document | None:
        """Delete the settings of a place; what they were."""
        return await self._collection.find_one_and_delete({"_id": _id(project_id, kind)}, session=joined())

    async def remove_all(self, project_id: str) -> None:
        """Delete every setting of a project."""
        await self._collection.delete_many({"project_id": project_id})


def _id(project_id: str | None, kind: str) -> str:
    return kind if project_id is None else f"{kind}/{project_id}"
