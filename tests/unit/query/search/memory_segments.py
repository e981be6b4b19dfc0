"""Segments in memory, for tests of search, counts, export and edits without a database."""

from collections.abc import AsyncIterator, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from logloop_contracts.patterns.masking import PATTERN_VERSION
from logloop_query.logs.compaction import merge_segments
from logloop_query.logs.search.needs import Need, need_of
from logloop_query.logs.search.plan import LogSelection, SegmentRef, StoredColumns
from logloop_query.logs.segments.codec import Segment
from logloop_query.logs.segments.filters.build import SegmentFilter, filter_of
from logloop_query.logs.stores.segment_documents import StoredSegment
from logloop_query.logs.stores.segment_filters import condition_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class MemorySegments:
    """Segments by id, read through snapshots like those of the store. `reads` holds the ids of read segments."""

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        self.stored: dict[str, StoredSegment] = {}
        self.reads: list[str] = []
        self.filters: dict[tuple[str, int], SegmentFilter] = {}
        for segment in segments:
            self.insert(segment)

    def insert(self, segment: Segment) -> None:
        """Store a segment."""
        number = f"s{len(self.stored)}"
        self.stored[number] = StoredSegment(number, 0, segment, NOW, NOW)
        self.filters[number, 0] = filter_of(segment)

    def compact(self) -> None:
        """Merge all segments of each hour."""
        hours = {item.segment.hour for item in self.stored.values()}
        merged = [
            merge_segments([item for item in self.stored.values() if item.segment.hour == hour])[0]
            for hour in sorted(hours)
        ]
        old = len(self.stored)
        self.stored = {f"m{old}.{i}": StoredSegment(f"m{old}.{i}", 0, new, NOW, NOW) for i, new in enumerate(merged)}

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["MemorySnapshot"]:
        """The segments as they are now."""
        yield MemorySnapshot(dict(self.stored), dict(self.filters), self.reads)

    async def holding(self, parts: Sequence[str]) -> list[StoredSegment]:
        """Segments that hold one of these parts."""
        return [item for item in self.stored.values() if not {*parts}.isdisjoint(item.segment.parts)]

    async def load(self, ids: Sequence[str]) -> list[StoredSegment]:
        """Segments by id."""
        return [self.stored[number] for number in ids if number in self.stored]

    async def rewrite(self, old: StoredSegment, segment: Segment) -> StoredSegment | None:
        """Replace a segment unless it has changed."""
        if self.stored.get(old.id) != old:
            return None
        self.stored[old.id] = new = StoredSegment(old.id, old.revision + 1, segment, NOW, NOW)
        return new

    async def add_filter(self, stored: StoredSegment, made: SegmentFilter) -> None:
        """Keep the filter of a segment."""
        self.filters[stored.id, stored.revision] = made


class MemorySnapshot:
    """`search.plan.Snapshot` over fixed segments."""

    def __init__(
        self, stored: dict[str, StoredSegment], filters: dict[tuple[str, int], SegmentFilter], reads: list[str]
    ) -> None:
        self._stored = stored
        self._filters = filters
        self._reads = reads

    async def plan(self, window: LogSelection, *, newest_first: bool) -> AsyncIterator[SegmentRef]:
        """Plan like the store."""
        refs = [
            SegmentRef(item.id, item.revision, part.hour, part.min_ts, part.max_ts, part.count, part.stored_bytes)
            for item in self._stored.values()
            if (part := item.segment).max_ts >= window.low
            and part.min_ts <= window.high
            and (window.parts is None or not {*window.parts}.isdisjoint(part.parts))
        ]
        need = need_of(window.wanted) if window.parts is None else None
        for ref in sorted(refs, key=lambda ref: -ref.max_ts if newest_first else ref.min_ts):
            made = self._filters.get((ref.id, ref.revision))
            if need is None or made is None or allows(made, need):
                yield ref

    async def read(self, refs: Sequence[SegmentRef], names: AbstractSet[str]) -> dict[str, StoredColumns]:
        """Read like the store."""
        self._reads += [ref.id for ref in refs]
        found = {}
        for ref in refs:
            segment = self._stored[ref.id].segment
            columns = {name: segment.columns[name] for name in names if name in segment.columns}
            summary = segment.summary if "summary" in names else b""
            patterns = segment.patterns if {"pattern", "patterns", "summary"} & names else b""
            variables = segment.variables if "summary" in names else b""
            found[ref.id] = StoredColumns(columns, summary, patterns, segment.pattern_version, variables)
            if "minute" in names - segment.columns.keys():
                columns["timestamp"] = segment.columns["timestamp"]
            if {"pattern", "patterns"} & names and segment.pattern_version != PATTERN_VERSION:
                columns["message"] = segment.columns["message"]
        return found


def allows(made: SegmentFilter, need: Need) -> bool:
    """Whether a filter meets the condition that the store sends to MongoDB."""
    document = {"trigrams": made.trigrams, "tokens": made.tokens, "bits": 8 * len(made.tokens)}
    return _meets(document, condition_of(need))


def _meets(document: dict[str, Any], condition: dict[str, Any]) -> bool:
    def is_met(name: str, wanted: Any) -> bool:
        match name, wanted:
            case "$and", parts:
                return all(_meets(document, part) for part in parts)
            case "$or", parts:
                return any(_meets(document, part) for part in parts)
            case _, {"$bitsAllSet": places}:
                bits = int.from_bytes(document[name], "little")
                return all(bits >> place & 1 for place in places)
            case _:
                return bool(document[name] == wanted)

    return all(is_met(name, wanted) for name, wanted in condition.items())
