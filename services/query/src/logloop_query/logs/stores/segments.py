"""Stores segments: insert, plan, read, rewrite, merge and expire."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from logloop_chassis.clock import CLOCK, utc_now
from logloop_chassis.database.client import Database, Document
from logloop_chassis.ids import new_id
from logloop_contracts.patterns.masking import FIRST_VERSION, PATTERN_VERSION
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError, OperationFailure
from pymongo.read_concern import ReadConcern

from logloop_query.logs.search.needs import need_of
from logloop_query.logs.search.plan import LogSelection, SegmentRef, StoredColumns
from logloop_query.logs.segments.codec import FORMAT, Segment
from logloop_query.logs.segments.filters.build import SegmentFilter
from logloop_query.logs.stores.plan_entries import PLAN_FIELDS, PlanEntries
from logloop_query.logs.stores.segment_documents import StoredSegment, check_format, document_of, stored_of
from logloop_query.logs.stores.segment_filters import SegmentFilterStore
from logloop_query.time_bounds import from_microseconds

_SNAPSHOT_TOO_OLD = 239
_BATCH = 500
_IDS_PER_WRITE = 100
_RETENTION_PASSES = 4
_EARLIER: Document = {"v": {"$lt": FORMAT}}
"""Selects the segments of an earlier format."""
_EARLIER_INDEX = f"before_format_{FORMAT}"


class DuplicateParts(Exception):
    """Some parts of a segment are already stored."""


class SnapshotTooOld(Exception):
    """The snapshot is older than the history of the database (5 minutes); start a new one."""


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
    bytes: int
    raw_bytes: int
    parts: int
    stored_at: datetime


class SegmentStore:
    """Collection `segments`. Times are UTC."""

    def __init__(self, database: Database) -> None:
        self._client = database.client
        self._collection: AsyncCollection[Document] = database["segments"]
        self._filters = SegmentFilterStore(database)
        self._entries = PlanEntries()

    async def ensure_indexes(self) -> None:
        """Create every index. The unique index `parts` makes storing exactly-once."""
        await self._filters.ensure_indexes()
        collection = self._collection
        rest = [(name, ASCENDING) for name in ("hour", "count", "size", "revision", "_id")]
        await collection.create_indexes(
            [
                IndexModel([("parts", ASCENDING), ("project_id", ASCENDING)], unique=True, name="parts"),
                IndexModel(
                    [("project_id", ASCENDING), ("max_ts", DESCENDING), ("min_ts", ASCENDING), *rest], name="newest"
                ),
                IndexModel(
                    [("project_id", ASCENDING), ("min_ts", ASCENDING), ("max_ts", ASCENDING), *rest], name="oldest"
                ),
                IndexModel(
                    [("project_id", ASCENDING), ("hour", ASCENDING), ("tier", ASCENDING)],
                    partialFilterExpression={"small": True},
                    name="small",
                ),
                IndexModel([("hour", DESCENDING)], partialFilterExpression=_EARLIER, name=_EARLIER_INDEX),
                IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="expiry"),
            ]
        )

    async def insert(
        self, segment: Segment, *, retention: timedelta, stored_at: datetime | None = None
    ) -> StoredSegment:
        """Store a new segment and return it. Raises DuplicateParts when another segment holds one of its parts.

        `stored_at` is now by default, by the clock of the database, which also expires the segment.
        """
        if stored_at is None:
            await CLOCK.ensure_measured(self._collection.database)
            stored_at = utc_now()
        stored = StoredSegment(new_id(), 0, segment, stored_at, stored_at + retention)
        try:
            await self._collection.insert_one(document_of(stored))
        except DuplicateKeyError as error:
            raise DuplicateParts from error
        return stored

    async def add_filter(self, stored: StoredSegment, made: SegmentFilter) -> None:
        """Store the filter of a stored segment. A failure is logged only, as searches work without it."""
        await self._filters.put(stored, made)

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
                yield MongoSnapshot(self._collection, self._filters, self._entries, session)
            except OperationFailure as error:
                if error.code == _SNAPSHOT_TOO_OLD:
                    raise SnapshotTooOld from error
                raise

    async def holding(self, parts: Sequence[str]) -> list[StoredSegment]:
        """Return the whole segments, of any project, that hold one of these parts, from one snapshot."""
        async with self._client.start_session(snapshot=True) as session:
            cursor = self._collection.find({"parts": {"$in": list(parts)}}, session=session)
            return [stored_of(document) async for document in cursor]

    async def load(self, ids: Sequence[str], *, session: AsyncClientSession | None = None) -> list[StoredSegment]:
        """Return whole segments by id."""
        cursor = self._collection.find({"_id": {"$in": list(ids)}}, session=session)
        return [stored_of(document) async for document in cursor]

    async def rewrite(self, old: StoredSegment, segment: Segment) -> StoredSegment | None:
        """Replace a segment and return it, None when it was changed or deleted since it was read."""
        new = replace(old, revision=old.revision + 1, segment=segment)
        condition = {"_id": old.id, "revision": old.revision}
        result = await self._collection.replace_one(condition, document_of(new))
        return new if result.matched_count == 1 else None

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
        fields = dict.fromkeys(("tier", "count", "size", "raw_bytes", "stored_at"), 1)
        cursor = self._collection.find(
            {"small": True, "project_id": project_id, "hour": hour},
            {**fields, "parts": {"$size": "$parts"}},
            sort=[("min_ts", ASCENDING)],
            limit=2000,
        )
        return [
            SmallSegment(
                item["_id"],
                hour,
                item["tier"],
                item["count"],
                item["size"],
                item["raw_bytes"],
                item["parts"],
                item["stored_at"],
            )
            async for item in cursor
        ]

    async def earlier_formats(self, limit: int) -> list[str]:
        """Return the ids of segments of an earlier format, newest hours first."""
        cursor = self._collection.find(
            _EARLIER, {"_id": 1}, sort=[("hour", DESCENDING)], hint=_EARLIER_INDEX, limit=limit
        )
        return [str(item["_id"]) async for item in cursor]

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

    async def merge(self, old: Sequence[StoredSegment], merged: Segment) -> StoredSegment | None:
        """Replace several segments by one in a transaction, and return it; None when one of them was changed."""
        new = StoredSegment(
            new_id(), 0, merged, max(item.stored_at for item in old), max(item.expires_at for item in old)
        )

        async def swap(session: AsyncClientSession) -> bool:
            conditions = [{"_id": item.id, "revision": item.revision} for item in old]
            result = await self._collection.delete_many({"$or": conditions}, session=session)
            if result.deleted_count != len(old):
                await session.abort_transaction()
                return False
            await self._collection.insert_one(document_of(new), session=session)
            return True

        async with self._client.start_session() as session:
            if not await session.with_transaction(swap):
                return None
        await self._filters.delete([item.id for item in old])
        return new

    async def delete_project(self, project_id: str) -> int:
        """Delete every segment of a project in groups, and return their number."""
        deleted = 0
        async for ids in self._ids_of(project_id):
            deleted += (await self._collection.delete_many({"_id": {"$in": ids}})).deleted_count
        await self._filters.delete_project(project_id)
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
            await self._filters.move_expiry(ids, age_ms)
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

    def __init__(
        self,
        collection: AsyncCollection[Document],
        filters: SegmentFilterStore,
        entries: PlanEntries,
        session: AsyncClientSession,
    ) -> None:
        self._collection = collection
        self._filters = filters
        self._entries = entries
        self._session = session

    def plan(self, selection: LogSelection, *, newest_first: bool) -> AsyncIterator[SegmentRef]:
        """Yield the segments of a selection: those with its parts if it has any, else those that filters allow."""
        batches = self._overlapping(selection, newest_first=newest_first)
        need = need_of(selection.wanted) if selection.parts is None else None
        return _each_of(batches) if need is None else self._filters.that_may_hold(batches, need, self._session)

    async def _overlapping(self, selection: LogSelection, *, newest_first: bool) -> AsyncIterator[list[SegmentRef]]:
        condition: Document = {
            "project_id": selection.project_id,
            "max_ts": {"$gte": selection.low},
            "min_ts": {"$lte": selection.high},
        }
        index, parts = "newest" if newest_first else "oldest", selection.parts
        if parts is not None:
            condition["parts"], index = {"$in": parts}, "parts"
        cursor = self._collection.find_raw_batches(
            condition,
            {"_id": 1, **dict.fromkeys(PLAN_FIELDS, 1)},
            sort=[("max_ts", DESCENDING)] if newest_first else [("min_ts", ASCENDING)],
            hint=index,
            batch_size=_BATCH,
            session=self._session,
        )
        async for batch in cast("AsyncIterator[bytes]", cursor):  # the type hints of PyMongo say documents
            yield self._entries.refs(batch)

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
            check_format(item)
            found[item["_id"]] = StoredColumns(
                dict(item.get("columns", {})),
                item.get("summary", b""),
                item.get("patterns", b""),
                item.get("pattern_version", FIRST_VERSION),
                item.get("variables", b""),
            )
        return found


async def _each_of(batches: AsyncIterator[list[SegmentRef]]) -> AsyncIterator[SegmentRef]:
    async for batch in batches:
        for ref in batch:
            yield ref
