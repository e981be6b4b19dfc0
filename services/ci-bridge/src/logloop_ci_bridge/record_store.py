"""What people write: templates, pipelines and rules, each a document of one project.

It must not check anything but uniqueness and revisions.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from logloop_chassis.database.client import Database, Document
from logloop_chassis.http.problems import Conflict
from pydantic import BaseModel
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.templates import Template
from logloop_ci_bridge.durations import new_ulid
from logloop_ci_bridge.rules.rule import Rule

MAX_IN_PROJECT = 500
"""Records of a kind: each rule looks at every batch, and all projects share the processes that do it."""

Item = TypeVar("Item", Template, Pipeline, Rule)


def as_document(item: BaseModel) -> Document:
    """A model as it is stored: its id is the key."""
    document = item.model_dump(mode="python")
    document["_id"] = document.pop("id")
    return document


def from_document(document: Document) -> Document:
    """The other way round."""
    return {"id": document["_id"], **{name: value for name, value in document.items() if name != "_id"}}


class Records(Generic[Item]):
    """One collection of records with names that are unique within a project."""

    def __init__(self, database: Database, collection: str, kind: type[Item], word: str) -> None:
        self._collection = database[collection]
        self._kind: type[Item] = kind
        self._word = word

    async def prepare(self) -> None:
        """Create indexes."""
        await self._collection.create_index([("project_id", ASCENDING), ("name", ASCENDING)], unique=True)

    async def create(self, project_id: str, draft: BaseModel) -> Item:
        """Store a new record. Raises Conflict when the name is taken or the project has too many."""
        if await self._collection.count_documents({"project_id": project_id}, limit=MAX_IN_PROJECT) >= MAX_IN_PROJECT:
            raise Conflict(f"a project may have {MAX_IN_PROJECT} {self._word}s; delete one that is not needed")
        now = datetime.now(UTC)
        names: dict[str, Any] = {"id": new_ulid(), "project_id": project_id, "created_at": now, "updated_at": now}
        item: Item = self._kind.model_validate({**draft.model_dump(), **names})
        try:
            await self._collection.insert_one(_plain(as_document(item)))
        except DuplicateKeyError as error:
            raise self._name_taken(item.name) from error
        return item

    async def find(self, item_id: str) -> Item | None:
        """A record by its id."""
        document = await self._collection.find_one({"_id": item_id})
        return None if document is None else self._read(document)

    def missing(self, item_id: str) -> str:
        """What is said of an id that is not there."""
        return f"there is no {self._word} {item_id[:64]!r}"

    async def page(
        self, project_id: str, *, limit: int, after: str | None, where: Document | None = None
    ) -> Sequence[Item]:
        """Records of a project in the order of their creation, after a given id."""
        query: Document = {"project_id": project_id, **(where or {})}
        if after:
            query["_id"] = {"$gt": after}
        found = self._collection.find(query).sort("_id", ASCENDING).limit(limit)
        return [self._read(document) async for document in found]

    async def all(self, where: Document) -> Sequence[Item]:
        """Every record that meets a query; for records few by nature."""
        return [self._read(document) async for document in self._collection.find(where).sort("_id", ASCENDING)]

    async def replace(self, old: Item, draft: BaseModel) -> Item:
        """Store a changed record. Raises Conflict when somebody else changed it first or the name is taken."""
        changes = {"revision": old.revision + 1, "updated_at": datetime.now(UTC)}
        item: Item = self._kind.model_validate({**old.model_dump(), **draft.model_dump(), **changes})
        document = _plain(as_document(item))
        try:
            stored = await self._collection.find_one_and_replace(
                {"_id": old.id, "revision": old.revision}, document, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError as error:
            raise self._name_taken(item.name) from error
        if stored is None:
            raise Conflict(f"somebody else changed this {self._word}; read it again and repeat your change")
        return item

    async def delete(self, item_id: str) -> None:
        """Remove a record; one that is gone already is no error."""
        await self._collection.delete_one({"_id": item_id})

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete every record of a project that was created up to a moment."""
        await self._collection.delete_many({"project_id": project_id, "created_at": {"$lte": until}})

    async def projects(self, where: Document) -> Iterable[str]:
        """Projects that have a record which meets a query."""
        found: list[str] = await self._collection.distinct("project_id", where)
        return found

    def _read(self, document: Document) -> Item:
        item: Item = self._kind.model_validate(from_document(document))
        return item

    def _name_taken(self, name: str) -> Conflict:
        return Conflict(f"the project has a {self._word} named {name!r} already; choose another name")


def _plain(document: Document) -> Document:
    """Enumerations as their texts, which BSON knows."""
    kept = document.get("filter")
    if isinstance(kept, dict) and "severities" in kept:
        kept["severities"] = [str(item) for item in kept["severities"]]
    return document


def templates(database: Database) -> Records[Template]:
    """Event templates."""
    return Records(database, "ci_templates", Template, "template")


def pipelines(database: Database) -> Records[Pipeline]:
    """Pipelines."""
    return Records(database, "ci_pipelines", Pipeline, "pipeline")


def rules(database: Database) -> Records[Rule]:
    """Rules."""
    return Records(database, "ci_rules", Rule, "rule")
