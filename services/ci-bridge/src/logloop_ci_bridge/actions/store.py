"""Stores the requests of rules: ci_requests."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from logloop_ci_bridge.actions.request import ActionRequest
from logloop_ci_bridge.record_store import as_document, from_document

HISTORY_S = 30 * 86_400


class RequestStore:
    """Writes and claims requests."""

    def __init__(self, database: Database) -> None:
        self._requests = database["ci_requests"]

    async def prepare(self) -> None:
        """Create indexes."""
        await self._requests.create_indexes(
            [
                IndexModel([("project_id", ASCENDING), ("_id", DESCENDING)]),
                IndexModel([("state", ASCENDING), ("next_attempt_at", ASCENDING)]),
                IndexModel("analysis_id"),
                IndexModel("finished_at", expireAfterSeconds=HISTORY_S),
            ]
        )

    async def insert(self, request: ActionRequest, session: AsyncClientSession) -> None:
        """Store a request within a transaction."""
        await self._requests.insert_one(as_document(request), session=session)

    async def claim(self, now: datetime, lease: timedelta, busy: Sequence[str]) -> ActionRequest | None:
        """Take the next request that is due and whose project is not busy; no other process gets it for `lease`."""
        found = await self._requests.find_one_and_update(
            {"state": "pending", "next_attempt_at": {"$lte": now}, "project_id": {"$nin": list(busy)}},
            {"$set": {"next_attempt_at": now + lease}, "$inc": {"attempts": 1}},
            sort=[("next_attempt_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _read(found)

    async def settle(self, request_id: str, fields: Document) -> None:
        """Write the outcome of an attempt."""
        await self._requests.update_one({"_id": request_id, "state": "pending"}, {"$set": fields})

    async def of_analysis(self, project_id: str, analysis_id: str) -> ActionRequest | None:
        """Return the request of a rule that started an analysis."""
        found = await self._requests.find_one({"analysis_id": analysis_id, "project_id": project_id})
        return None if found is None else _read(found)

    async def find(self, request_id: str) -> ActionRequest | None:
        """Return a request by its id."""
        found = await self._requests.find_one({"_id": request_id})
        return None if found is None else _read(found)

    async def page(
        self, project_id: str, *, limit: int, before: str | None, where: Document
    ) -> Sequence[ActionRequest]:
        """Return requests of a project, newest first."""
        query: Document = {"project_id": project_id, **where}
        if before:
            query["_id"] = {"$lt": before}
        return [_read(item) async for item in self._requests.find(query).sort("_id", DESCENDING).limit(limit)]

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete a project's requests that were created up to a moment."""
        await self._requests.delete_many({"project_id": project_id, "created_at": {"$lte": until}})


def _read(document: Document) -> ActionRequest:
    return ActionRequest.model_validate(from_document(document))
