"""Stores metrics and their points, and aggregates points."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.operations import ReplaceOne

from logloop_query.records.store import RecordStore

POINT_RETENTION_S = 400 * 86_400
SERIES_TIMEOUT_MS = 8_000


class MetricStore(RecordStore):
    """Collection `metrics`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "metrics")

    async def ensure_indexes(self) -> None:
        """Make the name of a metric unique within its service."""
        await super().ensure_indexes()
        await self.ensure_global_ids()
        await self._collection.create_index(
            [("project_id", ASCENDING), ("service_id", ASCENDING), ("name", ASCENDING)], unique=True
        )

    async def set_last(self, project_id: str, metric_id: str, value: float, at: datetime) -> None:
        """Store the newest point of a metric in the metric itself."""
        await self._collection.update_one(
            {"_id": f"{project_id}/{metric_id}", "$or": [{"last_at": None}, {"last_at": {"$lte": at}}]},
            {"$set": {"last_at": at, "last_value": value}},
        )

    async def ids(self, project_id: str) -> list[str]:
        """Return the ids of every metric of a project."""
        found = await self._collection.find({"project_id": project_id}, {"id": 1}).to_list()
        return [str(document["id"]) for document in found]


class PointStore:
    """Collection `metric_points`: `{_id: {m: metric, t: microseconds}, v: value, at}`. Expires after 400 days."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["metric_points"]

    async def ensure_indexes(self) -> None:
        """Create the index that expires old points."""
        await self._collection.create_index([("at", ASCENDING)], expireAfterSeconds=POINT_RETENTION_S)

    async def put(self, metric_id: str, points: Iterable[tuple[int, datetime, float]]) -> None:
        """Store points as (microseconds, moment, value). A point of the same microsecond is replaced."""
        writes = [
            ReplaceOne({"_id": {"m": metric_id, "t": micros}}, {"v": value, "at": at}, upsert=True)
            for micros, at, value in points
        ]
        await self._collection.bulk_write(writes, ordered=False)

    async def series(
        self, metric_id: str, since: int, until: int, step: int, aggregate: str
    ) -> list[tuple[int, float, int]]:
        """Return (start, value, count) of each non-empty step in [since, until). Times are in microseconds."""
        window = {"_id": {"$gte": {"m": metric_id, "t": since}, "$lt": {"m": metric_id, "t": until}}}
        step_start = {"$subtract": ["$_id.t", {"$mod": ["$_id.t", step]}]}
        pipeline: list[Mapping[str, Any]] = [{"$match": window}, {"$set": {"b": step_start}}]
        pipeline += _percentile_95() if aggregate == "p95" else _grouped(aggregate)
        cursor = await self._collection.aggregate(
            [*pipeline, {"$sort": {"_id": 1}}], allowDiskUse=True, maxTimeMS=SERIES_TIMEOUT_MS
        )
        return [(int(row["_id"]), float(row["value"]), int(row["count"])) async for row in cursor]

    async def delete(self, metric_id: str) -> None:
        """Delete every point of a metric."""
        await self._collection.delete_many({"_id": {"$gte": {"m": metric_id}, "$lt": {"m": f"{metric_id}\x00"}}})


def _grouped(aggregate: str) -> Sequence[Mapping[str, Any]]:
    operators: dict[str, Any] = {
        "avg": {"$avg": "$v"},
        "min": {"$min": "$v"},
        "max": {"$max": "$v"},
        "sum": {"$sum": "$v"},
        "count": {"$sum": 1},
        "last": {"$last": "$v"},
    }
    in_order: list[Mapping[str, Any]] = [{"$sort": {"_id": 1}}] if aggregate == "last" else []
    return [*in_order, {"$group": {"_id": "$b", "value": operators[aggregate], "count": {"$sum": 1}}}]


def _percentile_95() -> Sequence[Mapping[str, Any]]:
    """Select the nearest-rank percentile: the value at position ceil(0.95 n) of the sorted values.

    $percentile would need MongoDB 7.
    """
    everything = {"documents": ["unbounded", "unbounded"]}
    return [
        {
            "$setWindowFields": {
                "partitionBy": "$b",
                "sortBy": {"v": 1},
                "output": {"rank": {"$documentNumber": {}}, "n": {"$count": {}, "window": everything}},
            }
        },
        {"$match": {"$expr": {"$eq": ["$rank", {"$ceil": {"$divide": [{"$multiply": ["$n", 95]}, 100]}}]}}},
        {"$project": {"_id": "$b", "value": "$v", "count": "$n"}},
    ]
