"""Stores the filters of segments, and finds the segments that cannot hold what a search needs.

A filter describes one revision of a segment, and is used for this revision only. It is written after the segment and
may be missing: then the segment is read. Answers are remembered, so that a repeated search does not ask.
"""

from collections.abc import AsyncIterator, Sequence
from typing import TypeAlias

import structlog
from bson.binary import Binary
from cachetools import LRUCache
from logloop_chassis.database.client import Database, Document
from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError, PyMongoError

from logloop_query.logs.search.needs import AllOf, AnyOf, Need, Words
from logloop_query.logs.search.plan import SegmentRef
from logloop_query.logs.segments.filters.build import SegmentFilter
from logloop_query.logs.segments.filters.tokens import places_of
from logloop_query.logs.stores.segment_documents import StoredSegment

_FIRST_ASKED, _MOST_ASKED, _GROWTH = 16, 256, 4
"""Segments about which the database is asked at once. A search that soon has its page asks about few."""
_NEEDS, _SEGMENTS = 32, 4096
"""Needs of which answers are remembered, and segments of each before all are forgotten: at most some 20 MB."""
_Answers: TypeAlias = dict[tuple[str, int], bool]
_log = structlog.get_logger()


class SegmentFilterStore:
    """Collection `segment_filters`, with the ids of segments."""

    def __init__(self, database: Database) -> None:
        self._collection: AsyncCollection[Document] = database["segment_filters"]
        self._answers: LRUCache[Need, _Answers] = LRUCache(_NEEDS)

    async def ensure_indexes(self) -> None:
        """Create the index by which filters expire with their segments, and the one to delete those of a project."""
        await self._collection.create_indexes(
            [
                IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="expiry"),
                IndexModel([("project_id", ASCENDING)], name="project"),
            ]
        )

    async def put(self, stored: StoredSegment, made: SegmentFilter) -> None:
        """Store the filter of a segment unless there is one of a later revision. A failure is logged only."""
        document = {
            "revision": stored.revision,
            "project_id": stored.segment.project_id,
            "stored_at": stored.stored_at,
            "expires_at": stored.expires_at,
            "trigrams": Binary(made.trigrams),
            "bits": 8 * len(made.tokens),
            "tokens": Binary(made.tokens),
        }
        condition = {"_id": stored.id, "revision": {"$lte": stored.revision}}
        try:
            await self._collection.replace_one(condition, document, upsert=True)
        except DuplicateKeyError:
            return
        except PyMongoError as error:
            _log.warning("segment without a filter, searches read it", segment=stored.id, error=str(error)[:200])

    async def delete(self, segment_ids: Sequence[str]) -> None:
        """Delete the filters of segments that are gone. A failure is logged only, as they expire."""
        try:
            await self._collection.delete_many({"_id": {"$in": list(segment_ids)}})
        except PyMongoError as error:
            _log.warning("filters of merged segments not deleted, they will expire", error=str(error)[:200])

    async def delete_project(self, project_id: str) -> None:
        """Delete the filters of a project."""
        await self._collection.delete_many({"project_id": project_id})

    async def move_expiry(self, segment_ids: Sequence[str], age_ms: int) -> None:
        """Let filters expire `age_ms` milliseconds after their segments were stored."""
        await self._collection.update_many(
            {"_id": {"$in": list(segment_ids)}}, [{"$set": {"expires_at": {"$add": ["$stored_at", age_ms]}}}]
        )

    async def that_may_hold(
        self, batches: AsyncIterator[list[SegmentRef]], need: Need, session: AsyncClientSession
    ) -> AsyncIterator[SegmentRef]:
        """Yield the segments that may hold what a search needs, in their order.

        A segment that had no filter when it was asked about stays among them, even if it gets one later.
        """
        group: list[SegmentRef] = []
        size = _FIRST_ASKED
        async for batch in batches:
            group += batch
            while len(group) >= size:
                for kept in await self._without_others(group[:size], need, session):
                    yield kept
                group, size = group[size:], min(size * _GROWTH, _MOST_ASKED)
        for kept in await self._without_others(group, need, session):
            yield kept

    async def _without_others(
        self, refs: Sequence[SegmentRef], need: Need, session: AsyncClientSession
    ) -> list[SegmentRef]:
        answers = self._answers.get(need)
        if answers is None:
            self._answers[need] = answers = {}
        may = {ref.id: answers.get((ref.id, ref.revision)) for ref in refs}
        asked = [ref for ref in refs if may[ref.id] is None]
        if asked:
            gone = await self._that_cannot_hold([ref.id for ref in asked], need, session)
            if len(answers) + len(asked) > _SEGMENTS:
                answers.clear()
            for ref in asked:
                key = (ref.id, ref.revision)
                may[ref.id] = answers[key] = key not in gone
        return [ref for ref in refs if may[ref.id]]

    async def _that_cannot_hold(
        self, ids: Sequence[str], need: Need, session: AsyncClientSession
    ) -> set[tuple[str, int]]:
        """Return the ids and revisions whose filters exclude what is needed."""
        cannot = {"_id": {"$in": ids}, "$nor": [condition_of(need)]}
        cursor = self._collection.find(cannot, {"revision": 1}, session=session, batch_size=len(ids))
        return {(item["_id"], item["revision"]) async for item in cursor}


def condition_of(need: Need) -> Document:
    """Return the condition that the filter of a segment meets if the segment may hold what is needed."""
    match need:
        case AllOf(parts):
            return {"$and": [condition_of(part) for part in parts]}
        case AnyOf(parts):
            return {"$or": [condition_of(part) for part in parts]}
        case Words(trigrams, tokens):
            conditions: list[Document] = []
            if trigrams:
                conditions.append({"trigrams": {"$bitsAllSet": list(trigrams)}})
            if tokens:
                sizes = places_of(tokens).items()
                conditions.append(
                    {"$or": [{"bits": 0}, *({"bits": size, "tokens": {"$bitsAllSet": bits}} for size, bits in sizes)]}
                )
            return {"$and": conditions}
