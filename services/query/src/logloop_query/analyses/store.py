"""Analyses and what happened to them, as documents.

It must not decide which state may follow which; the use case names the states that a change starts from.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.store import ProjectRecords
from logloop_query.records.transactions import joined

EVENT_RETENTION_S = 30 * 86_400
_HEAVY = ("report.findings", "report.evidence", "report.claims", "messages")


class AnalysisStore(ProjectRecords):
    """Collection `analyses`; ids are unique across projects and sort by time."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "analyses")

    async def ensure_indexes(self) -> None:
        """Create the indexes for lists and for the sweep over what is not finished."""
        await super().ensure_indexes()
        await self.ensure_global_ids()
        await self._collection.create_index([("status", ASCENDING), ("publish_after", ASCENDING)])

    async def newest(self, project_id: str, *, before: str | None, limit: int, status: str | None) -> list[Document]:
        """Up to `limit` analyses, newest first, without their long parts."""
        condition: Document = {"project_id": project_id}
        if status is not None:
            condition["status"] = status
        if before is not None:
            condition["id"] = {"$lt": before}
        projection = dict.fromkeys(_HEAVY, 0)
        cursor = self._collection.find(condition, projection, sort=[("id", DESCENDING)], limit=limit)
        return await cursor.to_list()

    async def by_id(self, analysis_id: str) -> Document | None:
        """An analysis of any project."""
        return await self._collection.find_one({"id": analysis_id})

    async def state(self, analysis_id: str) -> Document | None:
        """Status and turn of an analysis."""
        return await self._collection.find_one({"id": analysis_id}, {"status": 1, "turn": 1})

    async def move(
        self, analysis_id: str, turn: int, start_from: Sequence[str], update: Mapping[str, Any]
    ) -> Document | None:
        """Apply update operators if the analysis is at this turn in one of these states; the analysis after it."""
        return await self._collection.find_one_and_update(
            {"id": analysis_id, "turn": turn, "status": {"$in": list(start_from)}},
            dict(update),
            return_document=ReturnDocument.AFTER,
            session=joined(),
        )

    async def claim_unpublished(self, at: datetime, until: datetime, max_attempts: int) -> Document | None:
        """A queued analysis whose request should be published (again), kept from others until the moment given."""
        return await self._collection.find_one_and_update(
            {"status": "queued", "publish_after": {"$lte": at}, "publish_attempts": {"$lt": max_attempts}},
            {"$set": {"publish_after": until}, "$inc": {"publish_attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )

    async def silent(self, since: datetime) -> list[Document]:
        """Running analyses of which nothing was heard since a moment."""
        return await self._collection.find({"status": "running", "updated_at": {"$lt": since}}, limit=100).to_list()

    async def published(self, analysis_id: str, turn: int, again_after: datetime) -> None:
        """The broker has the request; look again only after a while."""
        await self._collection.update_one({"id": analysis_id, "turn": turn}, {"$set": {"publish_after": again_after}})


class AnalysisEventStore:
    """Collection `analysis_events`; `_id` is `<analysis>/<turn>/<seq>`, so a repeat is refused. 30 days."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["analysis_events"]

    async def ensure_indexes(self) -> None:
        """Let MongoDB remove old events."""
        await self._collection.create_index([("at", ASCENDING)], expireAfterSeconds=EVENT_RETENTION_S)
        await self._collection.create_index([("project_id", ASCENDING)])

    async def add(self, project_id: str, analysis_id: str, turn: int, seq: int, fields: Mapping[str, Any]) -> bool:
        """Insert an event; False when it was there."""
        document = {"_id": _key(analysis_id, turn, seq), "project_id": project_id, "turn": turn, "seq": seq, **fields}
        try:
            await self._collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def after(self, analysis_id: str, turn: int, seq: int, limit: int) -> list[Document]:
        """Up to `limit` events after (turn, seq), in order."""
        condition = {"_id": {"$gt": _key(analysis_id, turn, seq), "$lt": f"{analysis_id}0"}}
        return await self._collection.find(condition, sort=[("_id", ASCENDING)], limit=limit).to_list()

    async def remove(self, analysis_id: str) -> None:
        """Delete the events of an analysis."""
        await self._collection.delete_many({"_id": {"$gt": f"{analysis_id}/", "$lt": f"{analysis_id}0"}})

    async def remove_all(self, project_id: str) -> None:
        """Delete the events of every analysis of a project."""
        await self._collection.delete_many({"project_id": project_id})


def _key(analysis_id: str, turn: int, seq: int) -> str:
    return f"{analysis_id}/{turn:06d}/{seq:010d}"
