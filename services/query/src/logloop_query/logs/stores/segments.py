"""Stores segments: insert, plan, read, rewrite, merge and expire."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson.binary import Binary
from logloop_chassis.clock import CLOCK, utc_now
from logloop_chassis.database.client import Database, Document
from logloop_chassis.ids import new_id
from logloop_contracts.patterns.masking import FIRST_VERSION, PATTERN_VERSION
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError, OperationFailure
from pymongo.read_concern import ReadConcern

from logloop_query.logs.search.plan import LogSelection, SegmentRef, StoredColumns
from logloop_query.logs.segment_codec import FORMAT, Segment
from logloop_query.time_bounds import from_microseconds

SMALL_LOGS = 25_000
TIERS = (512, 4096, SMALL_LOGS)
"""Upper bounds of tiers 0, 1 and 2 in logs. Larger segments are not compacted."""

_PLAN_FIELDS = ("min_ts", "max_ts", "hour", "count", "size", "revision")
_SNAPSHOT_TOO_OLD = 239
_BATCH = 500
_IDS_PER_WRITE = 100
_RETENTION_PASSES = 4


class DuplicateParts(Exception):
    """Some parts of a segment are already stored."""


class UnknownFormat(Exception):
    """A newer version has written a segment."""


class SnapshotTooOld(Exception):
    """The snapshot is older than the history of the database (5 minutes); start a new one."""


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A whole segment document."""

    id: str
    revision: int
    segment: Segment
    stored_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StoredTotals:
    """The stored logs of a project: their number, compressed bytes, and the times of the first and the last."""

    logs: int = 0
    bytes: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SmallSegment:
    """A segment that compaction may merge."""

    id: str
    hour: int
    tier: int
    count: int
    raw_bytes: int
    parts: int
    stored_at: datetime


class SegmentStore:
    """Collection `segments`. Times are UTC."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._collection: AsyncCollection[Document] = database["segments"]

    async def ensure_indexes(self) -> None:
        """Create every index. The unique index `parts` makes storing exactly-once."""
        collection = self._collection
        rest = [(name, ASCENDING) for name in ("hour", "count", "size", "revision", "_id")]
        await collection.create_index([("parts", ASCENDING), ("project_id", ASCENDING)], unique=True, name="parts")
        await collection.create_index(
            [("project_id", ASCENDING), ("max_ts", DESCENDING), ("min_ts", ASCENDING), *rest], name="newest"
        )
        await collection.create_index(
            [("project_id", ASCENDING), ("min_ts", ASCENDING), ("max_ts", ASCENDING), *rest], name="oldest"
        )
        await collection.create_index(
            [("project_id", ASCENDING), ("hour", ASCENDING), ("tier", ASCENDING)],
            partialFilterExpression={"small": True},
            name="small",
        )
        await collection.create_index([("expires_at", ASCENDING)], expireAfterSeconds=0, name="expiry")

    async def insert(self, segment: Segment, *, retention: timedelta, stored_at: datetime | None = None) -> None:
        """Store a new segment. Raises DuplicateParts when another segment holds one of its parts.

        `stored_at` is now by default, by the clock of the database, which also expires the segment.
        """
        if stored_at is None:
            await CLOCK.ensure_measured(self._collection.database)
            stored_at = utc_now()
        document = _document(new_id(), 0, segment, stored_at, stored_at + retention)
        try:
            await self._collection.insert_one(document)
        except DuplicateKeyError as error:
            raise DuplicateParts from error

    async def stored_parts(self, project_id: str, parts: Iterable[str]) -> set[str]:
        """Return which of these part keys a majority of the replica set has stored."""
        wanted = set(parts)
        collection = self._collection.with_options(read_concern=ReadConcern("majority"))
        found: set[str] = set()
        async for document in collection.find(
            {"parts": {"$in": sorted(wanted)}, "project_id": project_id}, {"parts": 1}
        ):
            found |= wanted.intersection(document["parts"])
        return found

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["MongoSnapshot"]:
        """Yield a snapshot of the collection, valid for at most 5 minutes."""
        async with self._client.start_session(snapshot=True) as session:
            try:
                yield MongoSnapshot(self._collection, session)
            except OperationFailure as error:
                if error.code == _SNAPSHOT_TOO_OLD:
                    raise SnapshotTooOld from error
                raise

    async def holding(self, parts: Sequence[str]) -> list[StoredSegment]:
        """Return the whole segments, of any project, that hold one of these parts, from one snapshot."""
        async with self._client.start_session(snapshot=True) as session:
            cursor = self._collection.find({"parts": {"$in": list(parts)}}, session=session)
            return [_stored(document) async for document in cursor]

    async def load(self, ids: Sequence[str], *, session: AsyncClientSession | None = None) -> list[StoredSegment]:
        """Return whole segments by id."""
        cursor = self._collection.find({"_id": {"$in": list(ids)}}, session=session)
        return [_stored(document) async for document in cursor]

    async def rewrite(self, old: StoredSegment, segment: Segment) -> bool:
        """Replace a segment unless it was changed or deleted since it was read. Return whether it was replaced."""
        document = _document(old.id, old.revision + 1, segment, old.stored_at, old.expires_at)
        condition = {"_id": old.id, "revision": old.revision}
        result = await self._collection.replace_one(condition, document)
        return result.matched_count == 1

    async def small_hours(self, limit: int) -> list[tuple[str, int]]:
        """Return up to `limit` projects and hours with at least two small segments, most segments first."""
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"small": True}},
            {"$group": {"_id": {"project_id": "$project_id", "hour": "$hour"}, "segments": {"$sum": 1}}},
            {"$match": {"segments": {"$gte": 2}}},
            {"$sort": {"segments": -1}},
            {"$limit": limit},
        ]
        cursor = await self._collection.aggregate(pipeline, hint="small")
        return [(item["_id"]["project_id"], item["_id"]["hour"]) async for item in cursor]

    async def small_segments(self, project_id: str, hour: int) -> list[SmallSegment]:
        """Return the small segments of a project and hour, oldest logs first."""
        fields = dict.fromkeys(("hour", "tier", "count", "raw_bytes", "stored_at"), 1)
        cursor = self._collection.find(
            {"small": True, "project_id": project_id, "hour": hour},
            {**fields, "parts": {"$size": "$parts"}},
            sort=[("min_ts", ASCENDING)],
            limit=2000,
        )
        return [
            SmallSegment(
                item["_id"], hour, item["tier"], item["count"], item["raw_bytes"], item["parts"], item["stored_at"]
            )
            async for item in cursor
        ]

    async def totals(self, project_id: str) -> StoredTotals:
        """Sum up the segments of a project, from a covering index."""
        sums: Document = {
            "_id": None,
            "logs": {"$sum": "$count"},
            "bytes": {"$sum": "$size"},
            "first": {"$min": "$min_ts"},
            "last": {"$max": "$max_ts"},
        }
        pipeline = [{"$match": {"project_id": project_id, "count": {"$gt": 0}}}, {"$group": sums}]
        async for found in await self._collection.aggregate(pipeline, hint="newest"):
            first, last = from_microseconds(found["first"]), from_microseconds(found["last"])
            return StoredTotals(found["logs"], found["bytes"], first, last)
        return StoredTotals()

    async def merge(self, old: Sequence[StoredSegment], merged: Segment) -> bool:
        """Replace several segments by one in a transaction. Return False when one of them was changed."""
        document = _document(
            new_id(), 0, merged, max(item.stored_at for item in old), max(item.expires_at for item in old)
        )

        async def swap(session: AsyncClientSession) -> bool:
            conditions = [{"_id": item.id, "revision": item.revision} for item in old]
            result = await self._collection.delete_many({"$or": conditions}, session=session)
            if result.deleted_count != len(old):
                await session.abort_transaction()
                return False
            await self._collection.insert_one(document, session=session)
            return True

        async with self._client.start_session() as session:
            return await session.with_transaction(swap)

    async def delete_project(self, project_id: str) -> int:
        """Delete every segment of a project in groups, and return their number."""
        deleted = 0
        async for ids in self._ids_of(project_id):
            deleted += (await self._collection.delete_many({"_id": {"$in": ids}})).deleted_count
        return deleted

    async def set_retention(self, project_id: str, retention: timedelta) -> int:
        """Set the expiry of every segment of a project in groups, and return the number of changes.

        Repeated until nothing changes, because segments may be written or merged at the same time.
        """
        moved = 0
        for _ in range(_RETENTION_PASSES):
            again = await self._move_expiry(project_id, int(retention.total_seconds() * 1000))
            moved += again
            if not again:
                break
        return moved

    async def _move_expiry(self, project_id: str, age_ms: int) -> int:
        moved = 0
        async for ids in self._ids_of(project_id):
            result = await self._collection.update_many(
                {"_id": {"$in": ids}}, [{"$set": {"expires_at": {"$add": ["$stored_at", age_ms]}}}]
            )
            moved += result.modified_count
        return moved

    async def _ids_of(self, project_id: str) -> AsyncIterator[list[str]]:
        """Yield the ids of the segments of a project in groups, so that no single call takes long."""
        ids: list[str] = []
        condition = {"project_id": project_id}
        async for document in self._collection.find(condition, {"_id": 1}, hint="newest", batch_size=_BATCH):
            ids.append(document["_id"])
            if len(ids) == _IDS_PER_WRITE:
                yield ids
                ids = []
        if ids:
            yield ids

    async def project_ids(self) -> list[str]:
        """Return the projects that have logs."""
        return [str(project_id) for project_id in await self._collection.distinct("project_id")]


class MongoSnapshot:
    """`search.plan.Snapshot` on a snapshot session, which allows no concurrent calls."""

    def __init__(self, collection: AsyncCollection[Document], session: AsyncClientSession) -> None:
        self._collection = collection
        self._session = session

    async def plan(self, selection: LogSelection, *, newest_first: bool) -> AsyncIterator[SegmentRef]:
        """Yield the segments of a selection, by its parts if it has any, else from a covering time index."""
        condition: Document = {
            "project_id": selection.project_id,
            "max_ts": {"$gte": selection.low},
            "min_ts": {"$lte": selection.high},
        }
        index, parts = "newest" if newest_first else "oldest", selection.parts
        if parts is not None:
            condition["parts"], index = {"$in": parts}, "parts"
        cursor = self._collection.find(
            condition,
            {"_id": 1, **dict.fromkeys(_PLAN_FIELDS, 1)},
            sort=[("max_ts", DESCENDING)] if newest_first else [("min_ts", ASCENDING)],
            hint=index,
            batch_size=_BATCH,
            session=self._session,
        )
        async for item in cursor:
            yield SegmentRef(
                item["_id"],
                item["revision"],
                item["hour"],
                item["min_ts"],
                item["max_ts"],
                item["count"],
                item["size"],
            )

    async def read(self, refs: Sequence[SegmentRef], names: AbstractSet[str]) -> dict[str, StoredColumns]:
        """Return the named columns of segments by id. A pattern column includes its dictionary.

        A summary comes with the patterns and variables. With `pattern` or `patterns`, a segment with patterns of
        another version comes with its messages; with `minute`, one without minutes comes with its timestamps.
        """
        fields = {"pattern_version": 1, **{f"columns.{name}": 1 for name in names - {"summary", "patterns"}}}
        if "summary" in names:
            fields |= {"summary": 1, "patterns": 1, "variables": 1}
        if names & {"pattern", "patterns"}:
            fields["patterns"] = 1
        found = await self._read([ref.id for ref in refs], fields)
        if "minute" in names and "timestamp" not in names:
            await self._add("timestamp", [item for item in found.items() if "minute" not in item[1].columns])
        if names & {"pattern", "patterns"} and "message" not in names:
            await self._add("message", [item for item in found.items() if item[1].pattern_version != PATTERN_VERSION])
        return found

    async def _add(self, name: str, segments: Sequence[tuple[str, StoredColumns]]) -> None:
        """Read a column of some segments in place of one that they lack."""
        more = await self._read([number for number, _ in segments], {f"columns.{name}": 1}) if segments else {}
        for number, item in segments:
            item.columns.update(more[number].columns)

    async def _read(self, ids: Sequence[str], fields: Document) -> dict[str, StoredColumns]:
        condition = {"_id": {"$in": ids}}
        cursor = self._collection.find(condition, {"v": 1, **fields}, batch_size=len(ids), session=self._session)
        found: dict[str, StoredColumns] = {}
        async for item in cursor:
            _check_format(item)
            found[item["_id"]] = StoredColumns(
                dict(item.get("columns", {})),
                item.get("summary", b""),
                item.get("patterns", b""),
                item.get("pattern_version", FIRST_VERSION),
                item.get("variables", b""),
            )
        return found


def tier_of(count: int) -> int:
    """Return the compaction tier of a segment with this many logs."""
    return sum(count >= bound for bound in TIERS)


def _document(
    segment_id: str, revision: int, segment: Segment, stored_at: datetime, expires_at: datetime
) -> Document:
    tier = tier_of(segment.count)
    return {
        "_id": segment_id,
        "v": FORMAT,
        "project_id": segment.project_id,
        "hour": segment.hour,
        "min_ts": segment.min_ts,
        "max_ts": segment.max_ts,
        "count": segment.count,
        "size": segment.stored_bytes,
        "raw_bytes": segment.raw_bytes,
        "revision": revision,
        "tier": tier,
        **({"small": True} if tier < len(TIERS) else {}),
        "stored_at": stored_at,
        "expires_at": expires_at,
        "parts": list(segment.parts),
        "summary": Binary(segment.summary),
        "patterns": Binary(segment.patterns),
        "pattern_version": segment.pattern_version,
        **({"variables": Binary(segment.variables)} if segment.variables else {}),
        "columns": {name: Binary(column) for name, column in segment.columns.items()},
    }


def _check_format(document: Document) -> None:
    if document["v"] > FORMAT:
        raise UnknownFormat(f"a segment has format {document['v']}, and this query reads up to {FORMAT}; update it")


def _stored(document: Document) -> StoredSegment:
    _check_format(document)
    segment = Segment(
        document["project_id"],
        document["hour"],
        tuple(document["parts"]),
        document["count"],
        document["min_ts"],
        document["max_ts"],
        document["raw_bytes"],
        document["columns"],
        document["summary"],
        document["patterns"],
        document.get("pattern_version", FIRST_VERSION),
        document.get("variables", b""),
    )
    return StoredSegment(
        document["_id"], document["revision"], segment, document["stored_at"], document["expires_at"]
    )
