"""Stores users: `_id`, unique lower-case `email`, `password_hash`, `role`, `projects`, flags and times."""

from collections.abc import Mapping
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.store import AlreadyExists
from logloop_query.records.transactions import current_session


class UserStore:
    """Collection `users`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["users"]

    async def ensure_indexes(self) -> None:
        """Create the unique index of e-mail addresses, and the one that finds the members of a project."""
        await self._collection.create_indexes(
            [
                IndexModel([("email", ASCENDING)], unique=True),
                IndexModel([("projects.project_id", ASCENDING)]),
                IndexModel(
                    [("identity.issuer", ASCENDING), ("identity.subject", ASCENDING)],
                    unique=True,
                    partialFilterExpression={"identity.subject": {"$exists": True}},
                    name="identity",
                ),
            ]
        )

    async def any(self) -> bool:
        """Return whether there is any user."""
        return await self._collection.find_one({}, {"_id": 1}) is not None

    async def create(self, document: Document) -> None:
        """Insert a user. Raises AlreadyExists for a taken id or address."""
        try:
            await self._collection.insert_one(document, session=current_session())
        except DuplicateKeyError as error:
            raise AlreadyExists from error

    async def find(self, user_id: str) -> Document | None:
        """Return a user by id."""
        return await self._collection.find_one({"_id": user_id}, session=current_session())

    async def find_by_email(self, email: str) -> Document | None:
        """Return a user by address, which is stored in lower case."""
        return await self._collection.find_one({"email": email})

    async def find_by_identity(self, issuer: str, subject: str) -> Document | None:
        """Return the user for whom an identity provider vouches."""
        return await self._collection.find_one({"identity.issuer": issuer, "identity.subject": subject})

    async def page(self, *, after: str | None, limit: int) -> list[Document]:
        """Return up to `limit` users ordered by id."""
        condition: Document = {} if after is None else {"_id": {"$gt": after}}
        return await self._collection.find(condition, sort=[("_id", ASCENDING)], limit=limit).to_list()

    async def page_of_project(self, project_id: str, *, after: str | None, limit: int) -> list[Document]:
        """Return up to `limit` members of a project and administrators of the installation, ordered by id."""
        condition: Document = {"$or": [{"projects.project_id": project_id}, {"role": "admin"}]}
        if after is not None:
            condition["_id"] = {"$gt": after}
        return await self._collection.find(condition, sort=[("_id", ASCENDING)], limit=limit).to_list()

    async def update(self, user_id: str, changes: Mapping[str, Any]) -> tuple[Document, Document] | None:
        """Set fields. Return the user before and after. Raises AlreadyExists for a taken address."""
        try:
            before = await self._collection.find_one_and_update(
                {"_id": user_id},
                {"$set": dict(changes)},
                return_document=ReturnDocument.BEFORE,
                session=current_session(),
            )
        except DuplicateKeyError as error:
            raise AlreadyExists from error
        return None if before is None else (before, {**before, **changes})

    async def use_step(self, user_id: str, step: int) -> bool:
        """Store the step of a code unless it or a later one was used. Return whether it was stored."""
        changed = await self._collection.update_one(
            {"_id": user_id, "two_factor.last_step": {"$lt": step}}, {"$set": {"two_factor.last_step": step}}
        )
        return changed.modified_count > 0

    async def use_recovery_code(self, user_id: str, digest: str) -> bool:
        """Remove a recovery code and return whether there was one."""
        changed = await self._collection.update_one(
            {"_id": user_id, "two_factor.recovery": digest}, {"$pull": {"two_factor.recovery": digest}}
        )
        return changed.modified_count > 0

    async def delete(self, user_id: str) -> Document | None:
        """Delete a user and return it."""
        return await self._collection.find_one_and_delete({"_id": user_id}, session=current_session())

    async def other_admins(self, user_id: str) -> int:
        """Return the number of enabled administrators other than this user."""
        return await self._collection.count_documents(
            {"role": "admin", "disabled": {"$ne": True}, "_id": {"$ne": user_id}}, session=current_session()
        )

    async def ids_without_two_factor(self) -> list[str]:
        """Return the ids of the users who have a password and no second factor."""
        condition: Document = {"two_factor": None, "password_hash": {"$ne": None}}
        found = self._collection.find(condition, {"_id": 1}, session=current_session())
        return [str(user["_id"]) async for user in found]

    async def count_members(self, project_id: str) -> int:
        """Return the number of users with a role in a project."""
        return await self._collection.count_documents({"projects.project_id": project_id})

    async def remove_members(self, project_id: str) -> None:
        """Remove every member from a project."""
        await self._collection.update_many(
            {"projects.project_id": project_id}, {"$pull": {"projects": {"project_id": project_id}}}
        )
