"""Keeps what searches learnt about segments: summaries, the cells of rows, which rows a filter selects, and counts.

A segment never changes under one revision, so nothing here becomes stale. The caches are bounded in bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import pyarrow as pa
from cachetools import LRUCache
from logloop_contracts.patterns.masking import PATTERN_VERSION

from logloop_query.logs.search.kernels import LARGE_COLUMNS, Mask
from logloop_query.logs.search.language.filter import And, Filter, needed_columns
from logloop_query.logs.search.plan import SegmentRef, Snapshot
from logloop_query.logs.search.rows import FoundRow, SearchCursor
from logloop_query.logs.segments.cells import CellCounts, Cells
from logloop_query.logs.segments.summary import Summary

_Parts: TypeAlias = frozenset[Filter]
_GroupKey: TypeAlias = tuple[tuple[tuple[str, int], ...], _Parts, tuple[tuple[str, ...], ...]]
_FirstRows: TypeAlias = tuple[int | None, list[FoundRow]]
_GROUP_BYTES = 4096
"""Estimated size of the key of a group."""


@dataclass(frozen=True, slots=True)
class KnownRows:
    """The rows that some parts of a filter select together, and the parts that are left to test."""

    mask: Mask
    left: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class KnownCells:
    """How many logs of each cell some parts of a filter select together, and the parts that are left to test."""

    counts: CellCounts
    left: tuple[Filter, ...]


class SummaryCache:
    """Summaries by segment and revision.

    The summary of an hour takes 60 kB with 12 services, and ten times as much with many services or patterns.
    """

    def __init__(self, max_bytes: int = 128 * 2**20) -> None:
        self._items: LRUCache[tuple[str, int], Summary] = LRUCache(max_bytes, getsizeof=lambda item: item.bytes)

    @property
    def bytes(self) -> int:
        """Size of the cached summaries in bytes."""
        return int(self._items.currsize)

    def get(self, ref: SegmentRef) -> Summary | None:
        """Return the summary of a segment if it is cached."""
        return self._items.get((ref.id, ref.revision))

    def put(self, ref: SegmentRef, summary: Summary) -> None:
        """Cache a summary, unless it is larger than the whole cache."""
        if summary.bytes <= self._items.maxsize:
            self._items[(ref.id, ref.revision)] = summary

    @property
    def has_room(self) -> bool:
        """Whether half of the cache is free, so that a new summary evicts nothing."""
        return bool(self._items.currsize < self._items.maxsize // 2)

    async def read(self, snapshot: Snapshot, refs: Sequence[SegmentRef]) -> dict[str, Summary]:
        """Return the summaries of segments by segment id, from the cache or the store."""
        known = {ref.id: self.get(ref) for ref in refs}
        missing = [ref for ref in refs if known[ref.id] is None]
        stored = await snapshot.read(missing, {"summary"}) if missing else {}
        for ref in missing:
            if ref.id in stored:
                item = stored[ref.id]
                patterns = item.patterns if item.pattern_version == PATTERN_VERSION else b""
                known[ref.id] = found = Summary(item.summary, patterns, item.variables)
                self.put(ref, found)
        return {segment_id: summary for segment_id, summary in known.items() if summary is not None}


class MaskCache:
    """The rows that filters select, by segment and revision.

    A search that is refined by one term reads only what the new term needs. A filter takes 1.3 MB for 10 M logs.
    """

    def __init__(self, max_bytes: int = 64 * 2**20) -> None:
        self._items: LRUCache[tuple[str, int, _Parts], Mask] = LRUCache(max_bytes, getsizeof=_mask_bytes)

    @property
    def bytes(self) -> int:
        """Size of the remembered rows in bytes."""
        return int(self._items.currsize)

    def put(self, ref: SegmentRef, wanted: Filter, mask: Mask) -> None:
        """Remember which rows of a segment a filter without a time range selects, if that was expensive to find."""
        if needed_columns(wanted) & LARGE_COLUMNS and _mask_bytes(mask) <= self._items.maxsize:
            self._items[(ref.id, ref.revision, _parts_of(wanted))] = mask

    def best(self, ref: SegmentRef, wanted: Filter) -> KnownRows | None:
        """Return the rows of the whole filter, of all its parts but one, or of one part, whichever is known."""
        for known, left in _splits(wanted):
            mask = self._items.get((ref.id, ref.revision, known))
            if mask is not None:
                return KnownRows(mask, left)
        return None


class CellCache:
    """The cells of the rows of segments: 10 or 20 MB for 10 M logs, whatever is searched for.

    A search with another filter counts the rows that it finds without reading what it counts them by.
    """

    def __init__(self, max_bytes: int = 64 * 2**20) -> None:
        self._items: LRUCache[tuple[str, int], Cells] = LRUCache(max_bytes, getsizeof=_array_bytes)

    @property
    def bytes(self) -> int:
        """Size of the cells in bytes."""
        return int(self._items.currsize)

    @property
    def has_room(self) -> bool:
        """Whether half of the cache is free."""
        return bool(self._items.currsize < self._items.maxsize // 2)

    def get(self, ref: SegmentRef) -> Cells | None:
        """Return the cells of a segment if they are known."""
        return self._items.get((ref.id, ref.revision))

    def put(self, ref: SegmentRef, cells: Cells) -> None:
        """Remember the cells of a segment."""
        if _array_bytes(cells) <= self._items.maxsize:
            self._items[(ref.id, ref.revision)] = cells


class CellCountCache:
    """The logs of segments that filters select, counted by cell.

    A histogram that is asked again, by another key, or with a further term that patterns decide, reads no row.
    """

    def __init__(self, max_bytes: int = 16 * 2**20) -> None:
        self._items: LRUCache[tuple[str, int, _Parts], CellCounts] = LRUCache(max_bytes, getsizeof=_array_bytes)

    @property
    def bytes(self) -> int:
        """Size of the counts in bytes."""
        return int(self._items.currsize)

    def put(self, ref: SegmentRef, wanted: Filter, counts: CellCounts) -> None:
        """Remember the counts of a whole segment."""
        if _array_bytes(counts) <= self._items.maxsize:
            self._items[(ref.id, ref.revision, _parts_of(wanted))] = counts

    def best(self, ref: SegmentRef, wanted: Filter) -> KnownCells | None:
        """Return the counts of the whole filter, of all its parts but one, or of one part, whichever is known."""
        for known, left in _splits(wanted):
            counts = self._items.get((ref.id, ref.revision, known))
            if counts is not None:
                return KnownCells(counts, left)
        return None


class CountCache:
    """The logs of segments that filters select, counted by keys such as minute and severity.

    A histogram that is asked again counts new segments only.
    """

    def __init__(self, max_bytes: int = 32 * 2**20, max_item_bytes: int = 64 * 2**10) -> None:
        self._items: LRUCache[tuple[str, int, _Parts, tuple[str, ...]], pa.Table] = LRUCache(
            max_bytes, getsizeof=_table_bytes
        )
        self._max_item_bytes = min(max_item_bytes, max_bytes)

    @property
    def bytes(self) -> int:
        """Size of the counts in bytes."""
        return int(self._items.currsize)

    def get(self, ref: SegmentRef, wanted: Filter, keys: Sequence[str]) -> pa.Table | None:
        """Return the counts of a whole segment by keys if they are known."""
        return self._items.get((ref.id, ref.revision, _parts_of(wanted), tuple(keys)))

    def put(self, ref: SegmentRef, wanted: Filter, keys: Sequence[str], counts: pa.Table) -> None:
        """Remember the counts of a whole segment, unless they have very many rows."""
        if _table_bytes(counts) <= self._max_item_bytes:
            self._items[(ref.id, ref.revision, _parts_of(wanted), tuple(keys))] = counts


class PageQuestion(NamedTuple):
    """What was asked of one segment for a page. The bounds of time are None where the segment does not cross them."""

    segment: str
    revision: int
    wanted: Filter
    low: int | None
    high: int | None
    limit: int
    newest_first: bool
    cursor: SearchCursor | None


class PageCache:
    """The first rows of segments that filters select, so that a page that is asked again reads new segments only."""

    def __init__(self, max_bytes: int = 16 * 2**20) -> None:
        self._items: LRUCache[PageQuestion, _FirstRows] = LRUCache(max_bytes, getsizeof=_page_bytes)

    @property
    def bytes(self) -> int:
        """Estimated size of the rows in bytes."""
        return int(self._items.currsize)

    def get(self, asked: PageQuestion, bar: int | None) -> list[FoundRow] | None:
        """Return rows if they are known, perhaps some beyond `bar`, after which no row is wanted."""
        known = self._items.get(asked)
        if known is None:
            return None
        left_out, rows = known
        if left_out is None or (bar is not None and (bar >= left_out if asked.newest_first else bar <= left_out)):
            return rows
        return None

    def put(self, asked: PageQuestion, bar: int | None, rows: list[FoundRow]) -> None:
        """Remember the first rows of a segment without those beyond `bar`, unless they are large."""
        item = (bar, rows)
        if _page_bytes(item) <= self._items.maxsize // 8:
            self._items[asked] = item


def _page_bytes(item: _FirstRows) -> int:
    _, rows = item
    return 1024 + sum(400 + row.bytes for row in rows)


class GroupCountCache:
    """The logs of groups of segments that a filter selects, counted by each grouping of keys.

    A histogram that is asked again counts the groups with new segments only.
    """

    def __init__(self, max_bytes: int = 16 * 2**20, max_item_bytes: int = 2**20) -> None:
        self._items: LRUCache[_GroupKey, list[pa.Table]] = LRUCache(max_bytes, getsizeof=_tables_bytes)
        self._max_item_bytes = min(max_item_bytes, max_bytes)

    @property
    def bytes(self) -> int:
        """Size of the counts in bytes."""
        return int(self._items.currsize)

    def get(
        self, refs: Sequence[SegmentRef], wanted: Filter, groupings: Sequence[Sequence[str]]
    ) -> list[pa.Table] | None:
        """Return the counts of whole segments, together, by each grouping if they are known."""
        return self._items.get(_key_of(refs, wanted, groupings))

    def put(
        self, refs: Sequence[SegmentRef], wanted: Filter, groupings: Sequence[Sequence[str]], tables: list[pa.Table]
    ) -> None:
        """Remember the counts of whole segments, unless they have very many rows."""
        if _tables_bytes(tables) <= self._max_item_bytes:
            self._items[_key_of(refs, wanted, groupings)] = tables


def _key_of(refs: Sequence[SegmentRef], wanted: Filter, groupings: Sequence[Sequence[str]]) -> _GroupKey:
    return tuple((ref.id, ref.revision) for ref in refs), _parts_of(wanted), tuple(map(tuple, groupings))


def _parts_of(wanted: Filter) -> _Parts:
    return frozenset(wanted.parts) if isinstance(wanted, And) else frozenset((wanted,))


@lru_cache(maxsize=64)
def _splits(wanted: Filter) -> list[tuple[_Parts, tuple[Filter, ...]]]:
    """Return which parts of a filter may be known together, best first, and which are left then."""
    parts = _parts_of(wanted)
    singles = [frozenset((part,)) for part in parts]
    known = dict.fromkeys((parts, *(parts - single for single in singles), *singles))
    return [(some, tuple(parts - some)) for some in known if some]


def _mask_bytes(mask: Mask) -> int:
    return 256 + (0 if isinstance(mask, bool) else int(mask.nbytes))


def _array_bytes(array: Cells | CellCounts) -> int:
    return 256 + array.nbytes


def _tables_bytes(tables: Sequence[pa.Table]) -> int:
    return _GROUP_BYTES + sum(map(_table_bytes, tables))


def _table_bytes(table: pa.Table) -> int:
    return 1024 + int(table.nbytes)


@dataclass(frozen=True, slots=True)
class Caches:
    """The caches that the searches of a process share."""

    summaries: SummaryCache = field(default_factory=SummaryCache)
    masks: MaskCache = field(default_factory=MaskCache)
    counts: CountCache = field(default_factory=CountCache)
    cells: CellCache = field(default_factory=CellCache)
    cell_counts: CellCountCache = field(default_factory=CellCountCache)
    groups: GroupCountCache = field(default_factory=GroupCountCache)
    pages: PageCache = field(default_factory=PageCache)
