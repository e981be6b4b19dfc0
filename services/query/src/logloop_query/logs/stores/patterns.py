"""The collection `patterns`: when each message pattern of a project was first and last seen, how often, by whom.

It must not decide which patterns are worth keeping.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

KEPT_DAYS_UNSEEN = 90
MAX_TEXT = 8192
_MAX_SERVICES = 50


@dataclass(slots=True)
class Sighting:
    """Logs of one pattern in some stretch of time. Times are microseconds since 1970."""

    first: int
    last: int
    count: int
    services: set[str] = field(default_factory=set)
    severities: set[str] = field(default_factory=set)

    def add(self, other: "Sighting") -> None:
        """Take in a further stretch."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.count += other.count
        self.services |= other.services
        self.severities |= other.severities


@dataclass(frozen=True, slots=True)
class KnownPattern:
    """What is known of a pattern over all time. Times are microseconds since 1970."""

    pattern: str
    first_seen: int
    last_seen: int
    count: int
    services: list[str]
    severities: list[str]


def pattern_id(project_id: str, pattern: str) -> str:
    """Document id of a pattern of a project."""
    return f"{project_id}/{hashlib.blake2b(pattern.encode(), digest_size=16).hexdigest()}"


class PatternStore:
    """Collection `patterns`."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["patterns"]

    async def ensure_indexes(self) -> None:
        """Create indexes; a pattern that nobody sent for 90 days is forgotten."""
        await self._collection.create_index([("project_id", ASCENDING), ("first_seen", ASCENDING)])
        await self._collection.create_index(
            [("seen_at", ASCENDING)], expireAfterSeconds=KEPT_DAYS_UNSEEN * 86400, name="expiry"
        )

    async def note(self, project_id: str, sightings: Mapping[str, Sighting]) -> None:
        """Add sightings. First and last times and services are idempotent, counts are not."""
        moment = datetime.now(UTC)
        updates = [
            UpdateOne(
                {"_id": pattern_id(project_id, pattern)},
                {
                    "$setOnInsert": {"project_id": project_id, "pattern": pattern[:MAX_TEXT]},
                    "$min": {"first_seen": seen.first},
                    "$max": {"last_seen": seen.last},
                    "$inc": {"count": seen.count},
                    "$set": {"seen_at": moment},
                    "$addToSet": {
                        "services": {"$each": sorted(seen.services)[:_MAX_SERVICES]},
                        "severities": {"$each": sorted(seen.severities)},
                    },
                },
                upsert=True,
            )
            for pattern, seen in sightings.items()
        ]
        if updates:
            await self._collection.bulk_write(updates, ordered=False)

    async def known(self, project_id: str, patterns: Sequence[str]) -> dict[str, KnownPattern]:
        """What is known of these patterns, by pattern."""
        names = {pattern_id(project_id, pattern): pattern for pattern in patterns}
        found = self._collection.find({"_id": {"$in": list(names)}})
        return {names[item["_id"]]: _known(item) async for item in found}

    async def new_since(self, project_id: str, moment: int, limit: int) -> set[str]:
        """Ids (`pattern_id`) of the patterns first seen at or after a moment in microseconds, newest first."""
        found = self._collection.find(
            {"project_id": project_id, "first_seen": {"$gte": moment}},
            {"_id": 1},
            sort=[("first_seen", DESCENDING)],
            limit=limit,
        )
        return {item["_id"] async for item in found}

    async def delete_project(self, project_id: str) -> None:
        """Forget the patterns of a project."""
        await self._collection.delete_many({"project_id": project_id})


def _known(item: Document) -> KnownPattern:
    return KnownPattern(
        item["pattern"],
        item["first_seen"],
        item["last_seen"],
        item["count"],
        sorted(item.get("services", [])),
        sorted(item.get("severities", [])),
    )
