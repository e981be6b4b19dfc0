"""The audit trail: entries that are only ever added, each holding the hash of the one before.

It must not change or delete an entry.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.transactions import in_one_transaction, joined

T = TypeVar("T")


class NumberTaken(Exception):
    """Another instance has added an entry of this number."""


class AuditStore:
    """Collection `audit`; `_id` is the entry's number, counted from 1 without gaps."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._collection: AsyncCollection[Document] = database["audit"]

    async def ensure_indexes(self) -> None:
        """Create the indexes that filters use."""
        await self._collection.create_index([("project_id", ASCENDING), ("_id", DESCENDING)])

    async def last(self) -> Document | None:
        """The newest entry."""
        return await self._collection.find_one({}, sort=[("_id", DESCENDING)], session=joined())

    async def add(self, entry: Document) -> None:
        """Insert an entry. Raises NumberTaken."""
        try:
            await self._collection.insert_one(entry, session=joined())
        except DuplicateKeyError as error:
            raise NumberTaken from error

    @property
    def is_joined(self) -> bool:
        """Whether this is called within `together`."""
        return joined() is not None

    async def together(self, work: Callable[[], Awaitable[T]]) -> T:
        """Make all that `work` does in the stores one transaction. It may run again after a conflict."""
        return await in_one_transaction(self._client, work)

    async def page(self, where: Mapping[str, Any], *, before: int | None, limit: int) -> list[Document]:
        """Up to `limit` entries, newest first, older than the number given."""
        condition: Document = {field: {"$eq": value} for field, value in where.items()}
        if before is not None:
            condition["_id"] = {"$lt": before}
        return await self._collection.find(condition, sort=[("_id", DESCENDING)], limit=limit).to_list()

    async def all(self) -> AsyncIterator[Document]:
        """Every entry, oldest first."""
        async for entry in self._collection.find({}, sort=[("_id", ASCENDING)]):
            yield entry
