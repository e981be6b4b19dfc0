"""Stores analyses and their events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from logloop_query.records.store import RecordStore
from logloop_query.records.transactions import current_session

EVENT_RETENTION_S = 30 * 86_400
_LARGE_FIELDS = ("report.findings", "report.evidence", "report.claims", "messages")


class AnalysisStore(RecordStore):
    """Collection `analyses`; ids are unique across projects."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "analyses")

    async def ensure_indexes(self) -> None:
        """Create the indexes for lists and for the sweep over unfinished analyses."""
        await super().ensure_indexes()
        await self.ensure_global_ids()
        await self._collection.create_indexes(
            [
                IndexModel([("project_id", ASCENDING), ("created_at", DESCENDING), ("id", DESCENDING)]),
                IndexModel([("status", ASCENDING), ("publish_after", ASCENDING)]),
            ]
        )

    async def newest(
        self, project_id: str, *, before: tuple[datetime, str] | None, limit: int, status: str | None
    ) -> list[Document]:
        """Return up to `limit` analyses created before (time, id), newest first, without large fields."""
        condition: Document = {"project_id": project_id}
        if status is not None:
            condition["status"] = status
        if before is not None:
            created_at, analysis_id = before
            condition["created_at"] = {"$lte": created_at}
            condition["$or"] = [{"created_at": {"$lt": created_at}}, {"id": {"$lt": analysis_id}}]
        order = [("created_at", DESCENDING), ("id", DESCENDING)]
        return await self._collection.find(
            condition, dict.fromkeys(_LARGE_FIELDS, 0), sort=order, limit=limit
        ).to_list()

    async def by_id(self, analysis_id: str) -> Document | None:
        """Return an analysis of any project."""
        return await self._collection.find_one({"id": analysis_id})

    async def state(self, analysis_id: str) -> Document | None:
        """Return the status and turn of an analysis."""
        return await self._collection.find_one({"id": analysis_id}, {"status": 1, "turn": 1})

    async def transition(
        self, analysis_id: str, turn: int, start_from: Sequence[str], update: Mapping[str, Any]
    ) -> Document | None:
        """Apply update operators to an analysis at this turn in one of these states, and return the analysis."""
        return await self._collection.find_one_and_update(
            {"id": analysis_id, "turn": turn, "status": {"$in": list(start_from)}},
            dict(update),
            return_document=ReturnDocument.AFTER,
            session=current_session(),
        )

    async def claim_unpublished(self, at: datetime, until: datetime, max_attempts: int) -> Document | None:
        """Claim a queued analysis whose request is to be published, until the given moment, and return it."""
        return await self._collection.find_one_and_update(
            {"status": "queued", "publish_after": {"$lte": at}, "publish_attempts": {"$lt": max_attempts}},
            {"$set": {"publish_after": until}, "$inc": {"publish_attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )

    async def silent_since(self, moment: datetime) -> list[Document]:
        """Return running analyses without an event since a moment, at most 100."""
        condition = {"status": "running", "updated_at": {"$lt": moment}}
        return await self._collection.find(condition, limit=100).to_list()

    async def set_publish_after(self, analysis_id: str, turn: int, moment: datetime) -> None:
        """Set when the request is published again unless the analyzer has started."""
        await self._collection.update_one({"id": analysis_id, "turn": turn}, {"$set": {"publish_after": moment}})


class AnalysisEventStore:
    """Collection `analysis_events`; `_id` is `<analysis>/<turn>/<seq>`. Events expire after 30 days."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["analysis_events"]

    async def ensure_indexes(self) -> None:
        """Create the index that expires events, and the one that finds the events of a project."""
        await self._collection.create_indexes(
            [
                IndexModel([("at", ASCENDING)], expireAfterSeconds=EVENT_RETENTION_S),
                IndexModel([("project_id", ASCENDING)]),
            ]
        )

    async def add(self, project_id: str, analysis_id: str, turn: int, seq: int, fields: Mapping[str, Any]) -> None:
        """Insert an event unless it is stored."""
        document = {"_id": _key(analysis_id, turn, seq), "project_id": project_id, "turn": turn, "seq": seq, **fields}
        try:
            await self._collection.insert_one(document)
        except DuplicateKeyError:
            return

    async def after(self, analysis_id: str, turn: int, seq: int, limit: int) -> list[Document]:
        """Return up to `limit` events after (turn, seq), in order."""
        condition = {"_id": {"$gt": _key(analysis_id, turn, seq), "$lt": f"{analysis_id}0"}}
        return await self._collection.find(condition, sort=[("_id", ASCENDING)], limit=limit).to_list()

    async def delete(self, analysis_id: str) -> None:
        """Delete the events of an analysis."""
        await self._collection.delete_many({"_id": {"$gt": f"{analysis_id}/", "$lt": f"{analysis_id}0"}})

    async def delete_all(self, project_id: str) -> None:
        """Delete the events of every analysis of a project."""
        await self._collection.delete_many({"project_id": project_id})


def _key(analysis_id: str, turn: int, seq: int) -> str:
    return f"{analysis_id}/{turn:06d}/{seq:010d}"
