"""Stores the audit trail: numbered entries that are added and never changed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.transactions import current_session, run_in_transaction

T = TypeVar("T")


class NumberTaken(Exception):
    """Another instance has added an entry with this number."""


class AuditStore:
    """Collection `audit`; `_id` is the number of the entry, counted from 1 without gaps."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._collection: AsyncCollection[Document] = database["audit"]

    async def ensure_indexes(self) -> None:
        """Create the indexes for filtering by project and for reports of other services."""
        await self._collection.create_indexes(
            [
                IndexModel([("project_id", ASCENDING), ("_id", DESCENDING)]),
                IndexModel("report_id", unique=True, partialFilterExpression={"report_id": {"$exists": True}}),
            ]
        )

    async def last(self) -> Document | None:
        """Return the newest entry."""
        return await self._collection.find_one({}, sort=[("_id", DESCENDING)], session=current_session())

    async def has_report(self, report_id: str) -> bool:
        """Return whether a change that another service reported has its entry."""
        return await self._collection.find_one({"report_id": report_id}, {"_id": 1}) is not None

    async def add(self, entry: Document) -> None:
        """Insert an entry. Raises NumberTaken."""
        try:
            await self._collection.insert_one(entry, session=current_session())
        except DuplicateKeyError as error:
            raise NumberTaken from error

    @property
    def in_transaction(self) -> bool:
        """Whether the caller is inside `run_in_transaction`."""
        return current_session() is not None

    async def run_in_transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run the store calls of `work` in one transaction. After a conflict `work` runs again."""
        return await run_in_transaction(self._client, work)

    async def page(self, where: Mapping[str, Any], *, before: int | None, limit: int) -> list[Document]:
        """Return up to `limit` entries with numbers below `before`, newest first."""
        condition: Document = {field: {"$eq": value} for field, value in where.items()}
        if before is not None:
            condition["_id"] = {"$lt": before}
        return await self._collection.find(condition, sort=[("_id", DESCENDING)], limit=limit).to_list()

    async def all(self) -> AsyncIterator[Document]:
        """Yield every entry, oldest first."""
        async for entry in self._collection.find({}, sort=[("_id", ASCENDING)]):
            yield entry
