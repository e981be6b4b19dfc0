"""Stores the records that users write: templates, pipelines and rules, each a document of one project."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from logloop_chassis.database.client import Database, Document
from logloop_chassis.http.problems import Conflict
from logloop_chassis.ids import new_id, utc_now
from pydantic import BaseModel
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from logloop_ci_bridge.record import Record

MAX_IN_PROJECT = 500
"""Records of one kind in a project: every rule evaluates every batch, and all projects share the processes."""

Item = TypeVar("Item", bound=Record)


def as_document(item: BaseModel) -> Document:
    """Return a model as it is stored, with its id as `_id`."""
    document = item.model_dump(mode="python")
    document["_id"] = document.pop("id")
    return document


def from_document(document: Document) -> Document:
    """Return the fields of a model from its stored document."""
    return {"id": document["_id"], **{name: value for name, value in document.items() if name != "_id"}}


class RecordStore(Generic[Item]):
    """One collection of records whose names are unique within a project."""

    def __init__(self, database: Database, collection: str, kind: type[Item], noun: str) -> None:
        self._collection = database[collection]
        self._kind: type[Item] = kind
        self._noun = noun

    async def prepare(self) -> None:
        """Create indexes."""
        await self._collection.create_index([("project_id", ASCENDING), ("name", ASCENDING)], unique=True)

    async def create(self, project_id: str, draft: BaseModel) -> Item:
        """Store a new record. Raises Conflict when the name is taken or the project has too many records."""
        if await self._collection.count_documents({"project_id": project_id}, limit=MAX_IN_PROJECT) >= MAX_IN_PROJECT:
            raise Conflict(f"a project may have {MAX_IN_PROJECT} {self._noun}s; delete one that is not needed")
        now = utc_now()
        own: dict[str, Any] = {"id": new_id(), "project_id": project_id, "created_at": now, "updated_at": now}
        item: Item = self._kind.model_validate({**draft.model_dump(), **own})
        try:
            await self._collection.insert_one(_storable(as_document(item)))
        except DuplicateKeyError as error:
            raise self._name_taken(item.name) from error
        return item

    async def find(self, item_id: str) -> Item | None:
        """Return a record by its id."""
        document = await self._collection.find_one({"_id": item_id})
        return None if document is None else self._read(document)

    @property
    def noun(self) -> str:
        """What one of the records is called."""
        return self._noun

    def missing(self, item_id: str) -> str:
        """Return the error text for an id that does not exist."""
        return f"there is no {self._noun} {item_id[:64]!r}"

    async def page(
        self, project_id: str, *, limit: int, after: str | None, where: Document | None = None
    ) -> Sequence[Item]:
        """Return records of a project in the order of their creation, after an id."""
        query: Document = {"project_id": project_id, **(where or {})}
        if after:
            query["_id"] = {"$gt": after}
        found = self._collection.find(query).sort("_id", ASCENDING).limit(limit)
        return [self._read(document) async for document in found]

    async def all(self, where: Document) -> Sequence[Item]:
        """Return every record that meets a query; only for queries with few results."""
        return [self._read(document) async for document in self._collection.find(where).sort("_id", ASCENDING)]

    async def count(self, where: Document) -> int:
        """Return the number of records that meet a query."""
        return await self._collection.count_documents(where)

    async def replace(self, old: Item, draft: BaseModel) -> Item:
        """Store a changed record. Raises Conflict when it was changed in the meantime or the name is taken."""
        changes = {"revision": old.revision + 1, "updated_at": utc_now()}
        item: Item = self._kind.model_validate({**old.model_dump(), **draft.model_dump(), **changes})
        document = _storable(as_document(item))
        try:
            stored = await self._collection.find_one_and_replace(
                {"_id": old.id, "revision": old.revision}, document, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError as error:
            raise self._name_taken(item.name) from error
        if stored is None:
            raise Conflict(f"the {self._noun} was changed in the meantime; read it again and repeat your change")
        return item

    async def annotate(self, item_id: str, fields: Document) -> None:
        """Set fields that do not change what a record does; its revision stays."""
        await self._collection.update_one({"_id": item_id}, {"$set": fields})

    async def delete(self, item_id: str) -> None:
        """Remove a record, if it exists."""
        await self._collection.delete_one({"_id": item_id})

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete every record of a project that was created up to a moment."""
        await self._collection.delete_many({"project_id": project_id, "created_at": {"$lte": until}})

    async def projects(self, where: Document) -> Iterable[str]:
        """Return the projects that have a record which meets a query."""
        found: list[str] = await self._collection.distinct("project_id", where)
        return found

    def _read(self, document: Document) -> Item:
        item: Item = self._kind.model_validate(from_document(document))
        return item

    def _name_taken(self, name: str) -> Conflict:
        return Conflict(f"the project already has a {self._noun} named {name!r}; choose another name")


class VersionStore(Generic[Item]):
    """The earlier versions of records of one kind. The record itself is the latest version."""

    def __init__(self, database: Database, collection: str, kind: type[Item]) -> None:
        self._versions = database[collection]
        self._kind: type[Item] = kind

    async def prepare(self) -> None:
        """Create indexes."""
        await self._versions.create_indexes(
            [
                IndexModel("project_id"),
                IndexModel([("id", ASCENDING), ("revision", DESCENDING)]),
            ]
        )

    async def keep(self, item: Item) -> None:
        """Store a version before it is replaced. Storing it again has no effect: it never changes."""
        key = f"{item.id}.{item.revision}"
        document = _storable(item.model_dump(mode="python"))
        await self._versions.replace_one({"_id": key}, document, upsert=True)

    async def before(self, item: Item) -> Sequence[Item]:
        """Return the earlier versions of a record, newest first."""
        query = {"id": item.id, "revision": {"$lt": item.revision}}
        found = self._versions.find(query, {"_id": 0}).sort("revision", DESCENDING)
        return [self._kind.model_validate(document) async for document in found]

    async def delete(self, item_id: str) -> None:
        """Delete the versions of a record."""
        await self._versions.delete_many({"id": item_id})

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete the versions of a project's records that were created up to a moment."""
        await self._versions.delete_many({"project_id": project_id, "created_at": {"$lte": until}})


def _storable(document: Document) -> Document:
    """Replace enumeration members, which BSON cannot encode, by their texts."""
    kept = document.get("filter")
    if isinstance(kept, dict) and "severities" in kept:
        kept["severities"] = [str(item) for item in kept["severities"]]
    return document
