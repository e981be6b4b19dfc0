"""Lets the idempotency keys that ingest stores expire and end with the logs of their project."""

from collections.abc import AsyncIterator
from datetime import timedelta

from logloop_chassis.database.client import Database, Document
from logloop_contracts.log_batch import IDEMPOTENCY_KEYS, KEY_KEPT_LONGER
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection

_KEYS_PER_WRITE = 5_000


class IdempotencyKeys:
    """Collection `idempotency_keys`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database[IDEMPOTENCY_KEYS]

    async def delete_project(self, project_id: str) -> None:
        """Delete the keys of a project in groups."""
        async for group in self._groups(project_id):
            await self._collection.delete_many(group)

    async def set_retention(self, project_id: str, retention: timedelta) -> None:
        """Set the expiry of the keys of a project in groups."""
        age_ms = int((retention + KEY_KEPT_LONGER).total_seconds() * 1000)
        async for group in self._groups(project_id):
            await self._collection.update_many(group, [{"$set": {"expires_at": {"$add": ["$stored_at", age_ms]}}}])

    async def _groups(self, project_id: str) -> AsyncIterator[Document]:
        """Yield conditions that select the keys of a project in groups, so that no single call takes long."""
        last = ""
        while True:
            ids = [
                document["_id"]
                async for document in self._collection.find(
                    {"project_id": project_id, "_id": {"$gt": last}},
                    {"_id": 1},
                    sort=[("_id", ASCENDING)],
                    limit=_KEYS_PER_WRITE,
                )
            ]
            if not ids:
                return
            yield {"project_id": project_id, "_id": {"$gt": last, "$lte": ids[-1]}}
            last = ids[-1]
