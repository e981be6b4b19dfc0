"""Stores runs and the webhook deliveries that were applied: ci_runs and ci_deliveries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from logloop_chassis.database.client import Database, Document
from logloop_chassis.ids import utc_now
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from logloop_ci_bridge.runs.run import Run

DELIVERY_HISTORY = timedelta(days=7)
HISTORY_S = 180 * 86_400
"""How long runs are kept; their logs are kept for the project's retention."""
_PROGRESS = (
    "event",
    "created_at",
    "status",
    "conclusion",
    "attempt",
    "url",
    "title",
    "name",
    "workflow",
    "branch",
    "head_sha",
    "started_at",
    "updated_at",
)


class RunStore:
    """Writes runs, whose state moves forward only."""

    def __init__(self, database: Database) -> None:
        self._runs = database["ci_runs"]
        self._deliveries = database["ci_deliveries"]

    async def prepare(self) -> None:
        """Create indexes."""
        await self._runs.create_indexes(
            [
                IndexModel([("project_id", ASCENDING), ("run_id", ASCENDING)], unique=True),
                IndexModel([("project_id", ASCENDING), ("first_seen_at", DESCENDING), ("run_id", DESCENDING)]),
                IndexModel("run_id"),
                IndexModel([("project_id", ASCENDING), ("status", ASCENDING), ("conclusion", ASCENDING)]),
                IndexModel([("project_id", ASCENDING), ("dispatch_id", ASCENDING)]),
                IndexModel("work_at"),
                IndexModel("first_seen_at", expireAfterSeconds=HISTORY_S),
            ]
        )
        await self._deliveries.create_index("at", expireAfterSeconds=int(DELIVERY_HISTORY.total_seconds()))

    async def delivery_is_new(self, delivery_id: str, project_id: str) -> bool:
        """Return whether a webhook delivery has not been applied to a project."""
        found = await self._deliveries.find_one({"_id": f"{project_id}/{delivery_id}"}, {"_id": 1})
        return found is None

    async def delivery_done(self, delivery_id: str, project_id: str, event: str) -> None:
        """Record a delivery after its effect is stored, so that a crash before that does not lose it."""
        document = {"_id": f"{project_id}/{delivery_id}", "event": event, "at": utc_now()}
        await self._deliveries.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def remove_project(self, project_id: str, until: datetime) -> None:
        """Delete a project's runs and deliveries seen up to a moment."""
        await self._runs.delete_many({"project_id": project_id, "first_seen_at": {"$lte": until}})
        # Delivery ids start with the project id and a slash, which project ids cannot contain; 0 follows the slash.
        ids = {"$gte": f"{project_id}/", "$lt": f"{project_id}0"}
        await self._deliveries.delete_many({"_id": ids, "at": {"$lte": until}})

    async def advance(self, run: Run, now: datetime) -> Run | None:
        """Store a newer state of a run and return it, or None when a newer or equal state is stored."""
        document = run.model_dump(mode="python")
        progress = {name: document[name] for name in _PROGRESS if document[name] is not None}
        fresh: Document = {
            "conclusion": run.conclusion,
            "order": run.order,
            "announced": False,
            "work_at": now,
            "logs": "none",
            "jobs": [],
        }
        initial = {name: value for name, value in document.items() if name not in progress and name not in fresh}
        try:
            stored = await self._runs.find_one_and_update(
                {"project_id": run.project_id, "run_id": run.run_id, "order": {"$lt": run.order}},
                {"$set": {**progress, **fresh}, "$setOnInsert": {**initial, "first_seen_at": now}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            return None
        return None if stored is None else _read(stored)

    async def adopt(self, project_id: str, run_id: str, fields: Document) -> None:
        """Link a run to its dispatch, if it was stored without one."""
        await self._runs.update_one(
            {"project_id": project_id, "run_id": run_id, "dispatch_id": None}, {"$set": fields}
        )

    async def due(self, now: datetime, again_in: timedelta, busy: Sequence[str] = ()) -> tuple[Run, bool] | None:
        """Take a run that is due and whose project is not busy, and whether its state was announced.

        It is returned again after `again_in`.
        """
        found = await self._runs.find_one_and_update(
            {"work_at": {"$lte": now}, "project_id": {"$nin": list(busy)}},
            {"$set": {"work_at": now + again_in}},
            sort=[("work_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else (_read(found), bool(found.get("announced")))

    async def poll_now(self, project_id: str, run_id: str, now: datetime) -> None:
        """Make an unfinished run due at once."""
        await self._runs.update_one(
            {"project_id": project_id, "run_id": run_id, "work_at": {"$gt": now}}, {"$set": {"work_at": now}}
        )

    async def update(self, run: Run, fields: Document, *, done: bool = False) -> None:
        """Write fields of a run unless its state has changed. `done`: this state needs no more work."""
        change: dict[str, Any] = {"$set": fields} if fields else {}
        if done:
            change["$unset"] = {"work_at": 1}
        if change:
            await self._runs.update_one(
                {"project_id": run.project_id, "run_id": run.run_id, "order": run.order}, change
            )

    async def find(self, run_id: str, project_ids: Sequence[str] | None) -> Sequence[Run]:
        """Return the runs with GitHub's id, in these projects (None: in all)."""
        query: Document = {"run_id": run_id}
        if project_ids is not None:
            query["project_id"] = {"$in": list(project_ids)}
        return [_read(item) async for item in self._runs.find(query).limit(10)]

    async def count_by_state(self, project_id: str) -> tuple[dict[str, int], dict[str, int]]:
        """Return the number of runs of a project by status, and that of completed ones by conclusion."""
        groups: list[Document] = [
            {"$match": {"project_id": project_id}},
            {"$group": {"_id": {"status": "$status", "conclusion": "$conclusion"}, "count": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ]
        statuses: dict[str, int] = {}
        conclusions: dict[str, int] = {}
        async for item in await self._runs.aggregate(groups):
            status, conclusion, count = item["_id"].get("status"), item["_id"].get("conclusion"), int(item["count"])
            statuses[status] = statuses.get(status, 0) + count
            if status == "completed":
                name = conclusion or "none"
                conclusions[name] = conclusions.get(name, 0) + count
        return statuses, conclusions

    async def of_dispatches(self, project_id: str, dispatch_ids: Sequence[str]) -> Sequence[Run]:
        """Return the runs that dispatches started."""
        query = {"project_id": project_id, "dispatch_id": {"$in": list(dispatch_ids)}}
        return [_read(item) async for item in self._runs.find(query)]

    async def page(
        self, project_id: str, *, limit: int, after: tuple[datetime, str] | None, where: Document
    ) -> Sequence[tuple[Run, datetime]]:
        """Return runs of a project, newest first, with the time they were first seen.

        `after` is such a time with a run id.
        """
        query: Document = {"project_id": project_id, **where}
        if after:
            moment, run_id = after
            earlier = [{"first_seen_at": {"$lt": moment}}, {"first_seen_at": moment, "run_id": {"$lt": run_id}}]
            query["$or"] = earlier
        order = [("first_seen_at", DESCENDING), ("run_id", DESCENDING)]
        found = self._runs.find(query, {"jobs": 0}).sort(order).limit(limit)
        return [(_read(item), item["first_seen_at"]) async for item in found]


def _read(document: Document) -> Run:
    return Run.model_validate(document)
