"""Users as documents: `_id`, unique lower-case `email`, `password_hash`, `role`, `projects`, flags and times.

It must not hash passwords or decide who may do what.
"""

from collections.abc import Mapping
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.store import AlreadyThere
from logloop_query.records.transactions import joined


class UserStore:
    """Collection `users`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["users"]

    async def ensure_indexes(self) -> None:
        """Make e-mail addresses unique."""
        await self._collection.create_index([("email", ASCENDING)], unique=True)
        await self._collection.create_index([("projects.project_id", ASCENDING)])

    async def any(self) -> bool:
        """Whether there is a user at all."""
        return await self._collection.find_one({}, {"_id": 1}) is not None

    async def create(self, document: Document) -> None:
        """Insert a user. Raises AlreadyThere for a taken id or address."""
        try:
            await self._collection.insert_one(document, session=joined())
        except DuplicateKeyError as error:
            raise AlreadyThere from error

    async def find(self, user_id: str) -> Document | None:
        """A user by id."""
        return await self._collection.find_one({"_id": user_id}, session=joined())

    async def find_by_email(self, email: str) -> Document | None:
        """A user by address, which is kept in lower case."""
        return await self._collection.find_one({"email": email})

    async def page(self, *, after: str | None, limit: int) -> list[Document]:
        """Up to `limit` users ordered by id."""
        condition: Document = {} if after is None else {"_id": {"$gt": after}}
        return await self._collection.find(condition, sort=[("_id", ASCENDING)], limit=limit).to_list()

    async def change(self, user_id: str, changes: Mapping[str, Any]) -> tuple[Document, Document] | None:
        """Set fields; the user before and after. Raises AlreadyThere for a taken address."""
        try:
            before = await self._collection.find_one_and_update(
                {"_id": user_id},
                {"$set": dict(changes)},
                return_document=ReturnDocument.BEFORE,
                session=joined(),
            )
        except DuplicateKeyError as error:
            raise AlreadyThere from error
        return None if before is None else (before, {**before, **changes})

    async def remove(self, user_id: str) -> Document | None:
        """Delete a user and return what it was."""
        return await self._collection.find_one_and_delete({"_id": user_id}, session=joined())

    async def other_admins(self, user_id: str) -> int:
        """How many enabled administrators there are besides this user."""
        return await self._collection.count_documents(
            {"role": "admin", "disabled": {"$ne": True}, "_id": {"$ne": user_id}}, session=joined()
        )

    async def leave_project(self, project_id: str) -> None:
        """Take every member out of a project."""
        await self._collection.update_many(
            {"projects.project_id": project_id}, {"$pull": {"projects": {"project_id": project_id}}}
        )
