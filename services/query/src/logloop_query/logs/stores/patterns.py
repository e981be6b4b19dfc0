"""Stores the statistics of message patterns: first and last time, count, services and severities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logloop_chassis.database.client import Database, Document
from logloop_chassis.ids import utc_now
from logloop_contracts.patterns.masking import PATTERN_VERSION
from logloop_contracts.patterns.merging import MAX_PATTERNS, template_id
from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

UNSEEN_RETENTION_DAYS = 90
MAX_TEXT = 8192
_MAX_SERVICES = 50


@dataclass(slots=True)
class PatternStats:
    """Statistics of one pattern in some logs. Times are microseconds since 1970."""

    first: int
    last: int
    count: int
    services: set[str] = field(default_factory=set)
    severities: set[str] = field(default_factory=set)

    def add(self, other: "PatternStats") -> None:
        """Add the statistics of more logs."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.count += other.count
        self.services |= other.services
        self.severities |= other.severities


@dataclass(frozen=True, slots=True)
class StoredPattern:
    """Statistics of a pattern in all logs of a project. Times are microseconds since 1970."""

    pattern: str
    first_seen: int
    last_seen: int
    count: int
    services: list[str]
    severities: list[str]


def pattern_id(project_id: str, pattern: str) -> str:
    """Return the document id of a pattern of a project."""
    return f"{project_id}/{template_id(pattern)}"


class PatternStore:
    """Collection `patterns`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["patterns"]

    async def ensure_indexes(self) -> None:
        """Create the index for new patterns, and the one that expires patterns 90 days after their last log."""
        await self._collection.create_indexes(
            [
                IndexModel([("project_id", ASCENDING), ("first_seen", ASCENDING)]),
                IndexModel([("seen_at", ASCENDING)], expireAfterSeconds=UNSEEN_RETENTION_DAYS * 86400, name="expiry"),
            ]
        )

    async def add(self, project_id: str, stats: Mapping[str, PatternStats]) -> None:
        """Add statistics by pattern. Times and services are idempotent, counts are not."""
        moment = utc_now()
        updates = [
            UpdateOne(
                {"_id": pattern_id(project_id, pattern)},
                {
                    "$setOnInsert": {"project_id": project_id, "pattern": pattern[:MAX_TEXT]},
                    "$min": {"first_seen": seen.first},
                    "$max": {"last_seen": seen.last},
                    "$inc": {"count": seen.count},
                    "$set": {"seen_at": moment, "version": PATTERN_VERSION},
                    "$addToSet": {
                        "services": {"$each": sorted(seen.services)[:_MAX_SERVICES]},
                        "severities": {"$each": sorted(seen.severities)},
                    },
                },
                upsert=True,
            )
            for pattern, seen in stats.items()
        ]
        if updates:
            await self._collection.bulk_write(updates, ordered=False)

    async def texts(self, project_id: str) -> list[str]:
        """Return the patterns of a project, the oldest first. Those that are stored in part are left out."""
        found = self._collection.find(
            {"project_id": project_id, "version": PATTERN_VERSION},
            {"pattern": 1},
            sort=[("first_seen", ASCENDING)],
            limit=MAX_PATTERNS,
        )
        return [item["pattern"] async for item in found if len(item["pattern"]) < MAX_TEXT]

    async def find(self, project_id: str, patterns: Sequence[str]) -> dict[str, StoredPattern]:
        """Return the stored statistics of patterns, by pattern."""
        names = {pattern_id(project_id, pattern): pattern for pattern in patterns}
        found = self._collection.find({"_id": {"$in": list(names)}})
        return {names[item["_id"]]: _stored(item) async for item in found}

    async def new_since(self, project_id: str, moment: int, limit: int) -> set[str]:
        """Return the ids of up to `limit` patterns first seen at or after a moment in microseconds, newest first."""
        found = self._collection.find(
            {"project_id": project_id, "first_seen": {"$gte": moment}},
            {"_id": 1},
            sort=[("first_seen", DESCENDING)],
            limit=limit,
        )
        return {item["_id"] async for item in found}

    async def delete_project(self, project_id: str) -> None:
        """Delete the patterns of a project."""
        await self._collection.delete_many({"project_id": project_id})


def _stored(item: Document) -> StoredPattern:
    return StoredPattern(
        item["pattern"],
        item["first_seen"],
        item["last_seen"],
        item["count"],
        sorted(item.get("services", [])),
        sorted(item.get("severities", [])),
    )
