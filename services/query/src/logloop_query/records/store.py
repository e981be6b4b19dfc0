"""Documents that belong to a project: every read and write here names the project it may touch.

It must not know what a document means, nor who asks.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.operations import UpdateOne

from logloop_query.records.transactions import joined

_DUPLICATE = 11000


class AlreadyThere(Exception):
    """A document with this id, or another unique value, exists."""


class ProjectRecords:
    """One collection of documents `{project_id, id, …}`; `_id` is `<project_id>/<id>`."""

    def __init__(self, database: Database, collection: str) -> None:
        self._collection: AsyncCollection[Document] = database[collection]

    async def ensure_indexes(self) -> None:
        """Create the index that lists page through."""
        await self._collection.create_index([("project_id", ASCENDING), ("id", ASCENDING)], unique=True)

    async def project_of(self, record_id: str) -> str | None:
        """The project that holds a record whose id is unique across projects; its index: `ensure_global_ids`."""
        document = await self._collection.find_one({"id": record_id}, {"project_id": 1})
        return None if document is None else str(document["project_id"])

    async def ensure_global_ids(self) -> None:
        """Create the index behind `project_of`."""
        await self._collection.create_index([("id", ASCENDING)], unique=True)

    async def create(self, project_id: str, record_id: str, fields: Mapping[str, Any]) -> Document:
        """Insert a document and return it. Raises AlreadyThere."""
        document = {"_id": f"{project_id}/{record_id}", "project_id": project_id, "id": record_id, **fields}
        try:
            await self._collection.insert_one(document, session=joined())
        except DuplicateKeyError as error:
            raise AlreadyThere from error
        return document

    async def find(self, project_id: str, record_id: str) -> Document | None:
        """The document, None when the project has none of this id."""
        condition = {"_id": f"{project_id}/{record_id}", "project_id": project_id}
        return await self._collection.find_one(condition, session=joined())

    async def page(
        self, project_id: str, *, after: str | None, limit: int, where: Mapping[str, str] | None = None
    ) -> list[Document]:
        """Up to `limit` documents ordered by id, after the id given; `where` compares plain values."""
        condition: Document = {"project_id": project_id}
        for field, value in (where or {}).items():
            condition[field] = {"$eq": value}
        if after is not None:
            condition["id"] = {"$gt": after}
        return await self._collection.find(condition, sort=[("id", ASCENDING)], limit=limit).to_list()

    async def change(
        self, project_id: str, record_id: str, changes: Mapping[str, Any]
    ) -> tuple[Document, Document] | None:
        """Set fields; the document before and after, None when there is none. Raises AlreadyThere."""
        condition = {"_id": f"{project_id}/{record_id}", "project_id": project_id}
        try:
            before = await self._collection.find_one_and_update(
                condition, {"$set": dict(changes)}, return_document=ReturnDocument.BEFORE, session=joined()
            )
        except DuplicateKeyError as error:
            raise AlreadyThere from error
        return None if before is None else (before, {**before, **changes})

    async def remove(self, project_id: str, record_id: str) -> Document | None:
        """Delete a document and return what it was."""
        return await self._collection.find_one_and_delete(
            {"_id": f"{project_id}/{record_id}", "project_id": project_id}, session=joined()
        )

    async def remove_all(self, project_id: str) -> int:
        """Delete every document of a project; how many there were."""
        return (await self._collection.delete_many({"project_id": project_id})).deleted_count

    async def remember(self, project_id: str, seen: Sequence[tuple[str, Document]]) -> None:
        """Apply an update to each (id, update operators), creating documents that are missing. Safe to race."""
        await self._write(
            [
                UpdateOne(
                    {"_id": f"{project_id}/{record_id}"},
                    {
                        **update,
                        "$setOnInsert": {"project_id": project_id, "id": record_id, **update.get("$setOnInsert", {})},
                    },
                    upsert=True,
                )
                for record_id, update in seen
            ]
        )

    async def change_newer(self, project_id: str, changes: Sequence[tuple[str, str, datetime, Document]]) -> None:
        """Apply each (id, field, moment, update operators) where the field holds no later moment."""
        await self._write(
            [
                UpdateOne({"_id": f"{project_id}/{record_id}", "$or": [{field: None}, {field: {"$lte": at}}]}, update)
                for record_id, field, at, update in changes
            ]
        )

    async def fill(self, project_id: str, field: str, values: Sequence[tuple[str, Any]]) -> None:
        """Set a field of each (id, value) that has none."""
        await self._write(
            [
                UpdateOne({"_id": f"{project_id}/{record_id}", field: None}, {"$set": {field: value}})
                for record_id, value in values
            ]
        )

    async def _write(self, updates: Sequence[UpdateOne]) -> None:
        if not updates:
            return
        try:
            await self._collection.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            if any(item.get("code") != _DUPLICATE for item in error.details.get("writeErrors", [])):
                raise
