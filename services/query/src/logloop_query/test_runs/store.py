"""Stores runs of tests and their outcomes, both for 180 days."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.operations import UpdateOne

from logloop_query.records.transactions import current_session, run_in_transaction

HISTORY_S = 180 * 86_400
MAX_SERVICES = 50
MAX_READ = 100_000
"""Newest outcomes that a search for flaky tests reads."""
MAX_CHANGING = 500
_AT_ONCE = 500
_NEWEST = [("started_at", DESCENDING), ("_id", DESCENDING)]


class TestRunStore:
    """Collections `test_runs` and `test_outcomes`; an outcome belongs to its `run`."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._runs: AsyncCollection[Document] = database["test_runs"]
        self._outcomes: AsyncCollection[Document] = database["test_outcomes"]

    async def ensure_indexes(self) -> None:
        """Create the indexes for lists, and those that expire what is old."""
        await self._runs.create_indexes(
            [
                IndexModel([("project_id", ASCENDING), *_NEWEST]),
                IndexModel("stored_at", expireAfterSeconds=HISTORY_S),
            ]
        )
        await self._outcomes.create_indexes(
            [
                IndexModel([("run", ASCENDING), ("test_id", ASCENDING), ("_id", ASCENDING)]),
                IndexModel(
                    [("project_id", ASCENDING), ("test_id", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)]
                ),
                IndexModel([("project_id", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)]),
                IndexModel("stored_at", expireAfterSeconds=HISTORY_S),
            ]
        )

    async def add(
        self,
        run_id: str,
        run: Mapping[str, Any],
        services: Sequence[str],
        outcomes: Mapping[str, Document],
        now: datetime,
    ) -> None:
        """Store what is new of a run. `run` holds update operators, and `outcomes` fields by id.

        The counts of the run grow in the same transaction, by the outcomes that were not stored. A run keeps about
        MAX_SERVICES services.
        """
        pending = [
            (f"{run_id}/{key}", {**fields, "run": run_id, "stored_at": now}) for key, fields in outcomes.items()
        ]
        for start in range(0, max(1, len(pending)), _AT_ONCE):
            part = pending[start : start + _AT_ONCE]

            async def write(part: Sequence[tuple[str, Document]] = part) -> None:
                await self._add(run_id, run, part)
                await self._add_services(run_id, services)

            await run_in_transaction(self._client, write)

    async def _add(self, run_id: str, run: Mapping[str, Any], outcomes: Sequence[tuple[str, Document]]) -> None:
        session = current_session()
        added: dict[str, int] = {}
        if outcomes:
            writes = [UpdateOne({"_id": key}, {"$setOnInsert": fields}, upsert=True) for key, fields in outcomes]
            result = await self._outcomes.bulk_write(writes, ordered=False, session=session)
            for place in result.upserted_ids or {}:
                name = f"counts.{outcomes[place][1]['outcome']}"
                added[name] = added.get(name, 0) + 1
        counted = {"$inc": added} if added else {}
        await self._runs.update_one({"_id": run_id}, {**run, **counted}, upsert=True, session=session)

    async def _add_services(self, run_id: str, services: Sequence[str]) -> None:
        await self._runs.update_one(
            {"_id": run_id, f"services.{MAX_SERVICES - 1}": {"$exists": False}},
            {"$addToSet": {"services": {"$each": list(services)[:MAX_SERVICES]}}},
            session=current_session(),
        )

    async def find(self, run_id: str) -> Document | None:
        """Return a run of any project."""
        return await self._runs.find_one({"_id": run_id})

    async def some(self, run_ids: Collection[str]) -> dict[str, Document]:
        """Return runs by id; those that have expired are missing."""
        found: dict[str, Document] = {}
        wanted = list(run_ids)
        for start in range(0, len(wanted), _AT_ONCE):
            part = {"$in": wanted[start : start + _AT_ONCE]}
            found |= {item["_id"]: item async for item in self._runs.find({"_id": part})}
        return found

    async def page(
        self, project_id: str, where: Mapping[str, Any], *, before: tuple[datetime, str] | None, limit: int
    ) -> list[Document]:
        """Return up to `limit` runs that started before (time, id), newest first."""
        condition: Document = {"project_id": project_id, **where}
        if before is not None:
            started_at, run_id = before
            condition["started_at"] = {"$lte": started_at}
            condition["$and"] = [{"$or": [{"started_at": {"$lt": started_at}}, {"_id": {"$lt": run_id}}]}]
        return await self._runs.find(condition, sort=_NEWEST, limit=limit).to_list()

    async def outcomes(
        self, run_id: str, outcome: str | None, *, after: tuple[str, str] | None, limit: int
    ) -> list[Document]:
        """Return up to `limit` outcomes of a run after (test, id), ordered by test."""
        condition: Document = {"run": run_id}
        if outcome is not None:
            condition["outcome"] = outcome
        if after is not None:
            test_id, key = after
            condition["test_id"] = {"$gte": test_id}
            condition["$or"] = [{"test_id": {"$gt": test_id}}, {"_id": {"$gt": key}}]
        order = [("test_id", ASCENDING), ("_id", ASCENDING)]
        return await self._outcomes.find(condition, sort=order, limit=limit).to_list()

    async def history(self, project_id: str, test_id: str, limit: int) -> list[Document]:
        """Return the newest outcomes of a test."""
        order = [("at", DESCENDING), ("_id", DESCENDING)]
        condition = {"project_id": project_id, "test_id": test_id}
        return await self._outcomes.find(condition, sort=order, limit=limit).to_list()

    async def changing(
        self, project_id: str, since: datetime, bad: Sequence[str], decided: Sequence[str]
    ) -> tuple[int, list[Document]]:
        """Return how many outcomes were read, and the tests among them with `bad` outcomes and others of `decided`.

        Reads the newest MAX_READ outcomes since a time. Returns at most MAX_CHANGING tests, those with most `bad`
        outcomes first, each as {_id: test_id, outcomes: [{outcome, at, run, failure_pattern}] in time
        order}.
        """
        condition = {"project_id": project_id, "at": {"$gte": since}}
        newest = [("at", DESCENDING), ("_id", DESCENDING)]
        read = await self._outcomes.count_documents(condition, limit=MAX_READ)
        one = {"outcome": "$outcome", "at": "$at", "run": "$run", "failure_pattern": "$failure_pattern"}
        pipeline: list[Document] = [
            {"$match": condition},
            {"$sort": dict(newest)},
            {"$limit": MAX_READ},
            {"$match": {"outcome": {"$in": list(decided)}}},
            {
                "$group": {
                    "_id": "$test_id",
                    "bad": {"$sum": {"$cond": [{"$in": ["$outcome", list(bad)]}, 1, 0]}},
                    "all": {"$sum": 1},
                    "outcomes": {"$push": one},
                }
            },
            {"$match": {"bad": {"$gt": 0}, "$expr": {"$gt": ["$all", "$bad"]}}},
            {"$sort": {"bad": -1, "_id": 1}},
            {"$limit": MAX_CHANGING},
            {"$set": {"outcomes": {"$reverseArray": "$outcomes"}}},
        ]
        cursor = await self._outcomes.aggregate(pipeline, allowDiskUse=True)
        return read, await cursor.to_list()

    async def delete_all(self, project_id: str) -> None:
        """Delete every run and outcome of a project."""
        await self._runs.delete_many({"project_id": project_id})
        await self._outcomes.delete_many({"project_id": project_id})
