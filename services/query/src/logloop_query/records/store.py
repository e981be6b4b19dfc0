"""Stores documents that belong to a project. Every read and write names the project."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.operations import UpdateOne

from logloop_query.records.transactions import current_session

_DUPLICATE = 11000


class AlreadyExists(Exception):
    """A document with this id, or with another value that must be unique, exists."""


class RecordStore:
    """One collection of documents `{project_id, id, …}`; `_id` is `<project_id>/<id>`."""

    def __init__(self, database: Database, collection: str) -> None:
        self._collection: AsyncCollection[Document] = database[collection]

    async def ensure_indexes(self) -> None:
        """Create the index for listing the records of a project."""
        await self._collection.create_index([("project_id", ASCENDING), ("id", ASCENDING)], unique=True)

    async def ensure_global_ids(self) -> None:
        """Create the index that `project_of` uses."""
        await self._collection.create_index([("id", ASCENDING)], unique=True)

    async def project_of(self, record_id: str) -> str | None:
        """Return the project of a record whose id is unique across projects. Needs `ensure_global_ids`."""
        document = await self._collection.find_one({"id": record_id}, {"project_id": 1})
        return None if document is None else str(document["project_id"])

    async def create(self, project_id: str, record_id: str, fields: Mapping[str, Any]) -> Document:
        """Insert a document and return it. Raises AlreadyExists."""
        document = {"_id": f"{project_id}/{record_id}", "project_id": project_id, "id": record_id, **fields}
        try:
            await self._collection.insert_one(document, session=current_session())
        except DuplicateKeyError as error:
            raise AlreadyExists from error
        return document

    async def find(self, project_id: str, record_id: str) -> Document | None:
        """Return a document of the project."""
        condition = {"_id": f"{project_id}/{record_id}", "project_id": project_id}
        return await self._collection.find_one(condition, session=current_session())

    async def some(self, project_id: str, ids: Sequence[str]) -> dict[str, Document]:
        """Return documents of the project by id; unknown ids are missing."""
        condition = {"project_id": project_id, "id": {"$in": list(ids)}}
        return {item["id"]: item async for item in self._collection.find(condition)}

    async def page(
        self,
        project_id: str,
        *,
        after: str | None,
        limit: int,
        where: Mapping[str, str] | None = None,
        operators: Mapping[str, Document] | None = None,
    ) -> list[Document]:
        """Return up to `limit` documents with ids after `after`, ordered by id.

        `where` compares plain values; `operators` holds query operators by field, which no caller of the API chose.
        """
        condition: Document = {"project_id": project_id}
        for field, value in (where or {}).items():
            condition[field] = {"$eq": value}
        condition |= operators or {}
        if after is not None:
            condition["id"] = {"$gt": after}
        return await self._collection.find(condition, sort=[("id", ASCENDING)], limit=limit).to_list()

    async def count(self, project_id: str) -> int:
        """Return the number of documents of a project."""
        return await self._collection.count_documents({"project_id": project_id}, session=current_session())

    async def count_by(self, project_id: str, field: str) -> dict[Any, int]:
        """Return the number of documents of a project by the value of a field."""
        pipeline: list[Document] = [
            {"$match": {"project_id": project_id}},
            {"$group": {"_id": f"${field}", "count": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ]
        cursor = await self._collection.aggregate(pipeline)
        return {item["_id"]: int(item["count"]) async for item in cursor}

    async def update(
        self, project_id: str, record_id: str, changes: Mapping[str, Any]
    ) -> tuple[Document, Document] | None:
        """Set fields. Return the document before and after, None if there is none. Raises AlreadyExists."""
        condition = {"_id": f"{project_id}/{record_id}", "project_id": project_id}
        try:
            before = await self._collection.find_one_and_update(
                condition, {"$set": dict(changes)}, return_document=ReturnDocument.BEFORE, session=current_session()
            )
        except DuplicateKeyError as error:
            raise AlreadyExists from error
        return None if before is None else (before, {**before, **changes})

    async def delete(self, project_id: str, record_id: str) -> Document | None:
        """Delete a document and return it."""
        return await self._collection.find_one_and_delete(
            {"_id": f"{project_id}/{record_id}", "project_id": project_id}, session=current_session()
        )

    async def delete_all(self, project_id: str) -> int:
        """Delete every document of a project and return their number."""
        return (await self._collection.delete_many({"project_id": project_id})).deleted_count

    async def upsert(self, project_id: str, updates: Sequence[tuple[str, Document]]) -> None:
        """Apply each (id, update operators) and create missing documents. Concurrent calls are safe."""
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
                for record_id, update in updates
            ]
        )

    async def update_unless_newer(
        self, project_id: str, changes: Sequence[tuple[str, str, datetime, Document]]
    ) -> None:
        """Apply each (id, field, moment, update operators) whose field does not hold a later moment."""
        await self._write(
            [
                UpdateOne({"_id": f"{project_id}/{record_id}", "$or": [{field: None}, {field: {"$lte": at}}]}, update)
                for record_id, field, at, update in changes
            ]
        )

    async def fill(self, project_id: str, field: str, values: Sequence[tuple[str, Any]]) -> None:
        """Set a field to each (id, value) where it is empty."""
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
