"""Finds the rows of a page: reads segments in time order and stops when the page is complete."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from logloop_query.logs.search.caches import Caches, PageQuestion
from logloop_query.logs.search.candidates import Candidate, Candidates, read_columns
from logloop_query.logs.search.kernels import Columns, Mask, evaluate, rows_of
from logloop_query.logs.search.language.filter import Filter
from logloop_query.logs.search.limits.pace import OutOfTime, Pace
from logloop_query.logs.search.limits.threads import Work
from logloop_query.logs.search.plan import (
    Budget,
    LogSelection,
    PartialReason,
    SegmentRef,
    Snapshot,
    StoredColumns,
    columns_for,
    grouped,
)
from logloop_query.logs.search.rows import ROW_COLUMNS, FoundRow, SearchCursor, first_rows, materialise

MAX_PAGE_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A page of the logs of a selection: at most `limit` logs and about `max_bytes`."""

    selection: LogSelection
    limit: int = 100
    newest_first: bool = True
    cursor: SearchCursor | None = None
    max_bytes: int = MAX_PAGE_BYTES


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Rows in order (`rows.ROW_COLUMNS` and hour). `partial` is the limit that ended the search early."""

    table: pa.Table
    next_cursor: SearchCursor | None
    partial: PartialReason | None


class Scanner:
    """Searches one snapshot."""

    def __init__(self, snapshot: Snapshot, work: Work, caches: Caches, budget: Budget) -> None:
        self._snapshot = snapshot
        self._work = work
        self._caches = caches
        self._budget = budget

    async def search(self, request: SearchRequest) -> SearchResult:
        """Return the next page, or its certain part when a limit was reached. Raises OutOfTime if there is none."""
        selection = _after_cursor(request)
        candidates = Candidates(self._snapshot, self._caches, selection.wanted, self._work)
        collected = _Collected(request.limit + 1, request.max_bytes, newest_first=request.newest_first)
        plan = self._snapshot.plan(selection, newest_first=request.newest_first)
        async for group in grouped(plan):
            edge = group[0].max_ts if request.newest_first else group[0].min_ts
            if collected.complete_before(edge):
                break
            gets_on = _is_inside(edge, selection, newest_first=request.newest_first)
            bound = self._budget.exhausted
            if bound is not None and gets_on:
                return collected.cut(edge, bound)
            try:
                rest = self._add_known(group, selection, request, collected)
                if rest:
                    await self._read_group(candidates, rest, selection, request, collected)
            except OutOfTime:
                if not gets_on:
                    raise
                return collected.cut(edge, "time")
        return collected.result()

    def _add_known(
        self, group: Sequence[SegmentRef], selection: LogSelection, request: SearchRequest, collected: "_Collected"
    ) -> list[SegmentRef]:
        """Add what an earlier search has found in some segments, and return the others."""
        rest: list[SegmentRef] = []
        for ref in group:
            found = self._caches.pages.get(_question(ref, selection, request), collected.bar)
            if found is None:
                rest.append(ref)
            else:
                collected.add(found)
                self._budget.segments += 1
        return rest

    async def _read_group(
        self,
        candidates: Candidates,
        group: Sequence[SegmentRef],
        selection: LogSelection,
        request: SearchRequest,
        collected: "_Collected",
    ) -> None:
        chosen = await candidates.among(group)
        stored, masks = await self._select(chosen, selection.wanted)
        hit = [item.ref for item in chosen if masks.get(item.ref.id, False) is not False]
        await self._complete(hit, stored)
        bar = collected.bar

        def choose(ref: SegmentRef, _: Pace) -> list[FoundRow]:
            return _choose(columns_for(ref, stored[ref.id]), rows_of(masks[ref.id]), selection, request, bar)

        there = [ref for ref in hit if ref.id in stored]
        found = dict(zip((ref.id for ref in there), await self._work.each(choose, there), strict=True))
        for ref in group:
            rows = found.get(ref.id, [])
            collected.add(rows)
            self._caches.pages.put(_question(ref, selection, request), bar, rows)

    async def _select(
        self, candidates: Sequence[Candidate], wanted: Filter
    ) -> tuple[dict[str, StoredColumns], dict[str, Mask]]:
        """Return what was read, and the mask of each segment that was read."""
        stored = await read_columns(self._snapshot, candidates, self._budget)

        def select(item: Candidate, pace: Pace) -> Mask:
            return evaluate(item.wanted, columns_for(item.ref, stored[item.ref.id]), pace)

        there = [item for item in candidates if item.ref.id in stored]
        masks: dict[str, Mask] = {}
        for item, mask in zip(there, await self._work.each(select, there), strict=True):
            masks[item.ref.id] = mask
            self._caches.masks.put(item.ref, wanted, mask)
        return stored, masks

    async def _complete(self, refs: Sequence[SegmentRef], stored: dict[str, StoredColumns]) -> None:
        """Read the columns of the response that the filter did not need."""
        if not refs:
            return
        present = [stored[ref.id].columns for ref in refs]
        missing = frozenset(name for name in ROW_COLUMNS if not all(name in columns for columns in present))
        more = await self._snapshot.read(refs, missing)
        self._budget.bytes += sum(item.size for item in more.values())
        for ref in refs:
            stored[ref.id].columns.update(more[ref.id].columns)


def _after_cursor(request: SearchRequest) -> LogSelection:
    selection = request.selection.narrowed()
    if request.cursor is None:
        return selection
    place = request.cursor.timestamp
    if request.newest_first:
        return LogSelection(selection.project_id, selection.wanted, selection.low, min(selection.high, place))
    return LogSelection(selection.project_id, selection.wanted, max(selection.low, place), selection.high)


def _question(ref: SegmentRef, selection: LogSelection, request: SearchRequest) -> PageQuestion:
    """Return what the rows of a segment that are on a page depend on, beside the last row so far."""
    low = selection.low if selection.low > ref.min_ts else None
    high = selection.high if selection.high < ref.max_ts else None
    return PageQuestion(
        ref.id, ref.revision, selection.wanted, low, high, request.limit, request.newest_first, request.cursor
    )


def _is_inside(edge: int, selection: LogSelection, *, newest_first: bool) -> bool:
    """Return whether a search that stops at `edge` has made progress; otherwise paging would never end."""
    return edge < selection.high if newest_first else edge > selection.low


def _choose(
    columns: Columns, rows: Any, selection: LogSelection, request: SearchRequest, bar: int | None
) -> list[FoundRow]:
    """Return the rows of one segment that may be on the page. `bar` is the timestamp of the last row so far."""
    low, high = selection.low, selection.high
    if bar is not None:
        low, high = (max(low, bar), high) if request.newest_first else (low, min(high, bar))
    keyed = first_rows(
        columns,
        rows,
        low=low,
        high=high,
        limit=request.limit + 1,
        newest_first=request.newest_first,
        cursor=request.cursor,
    )
    if not keyed:
        return []
    table = materialise(columns, [number for _, number in keyed])
    each = int(table.nbytes) // len(keyed)
    return [FoundRow(key, table, position, each) for position, (key, _) in enumerate(keyed)]


class _Collected:
    """The best rows so far."""

    def __init__(self, most: int, max_bytes: int, *, newest_first: bool) -> None:
        self._most = most
        self._max_bytes = max_bytes
        self._newest_first = newest_first
        self._found: list[FoundRow] = []

    @property
    def bar(self) -> int | None:
        """Rows beyond this timestamp can no longer be on the page."""
        return self._found[self._most - 1].key.timestamp if len(self._found) >= self._most else None

    def add(self, found: Sequence[FoundRow]) -> None:
        """Add rows and keep the best."""
        self._found.extend(found)
        self._found.sort(key=lambda item: item.key, reverse=self._newest_first)
        for place, size in enumerate(itertools.accumulate(item.bytes for item in self._found), 1):
            if size > self._max_bytes:
                self._most = min(self._most, max(2, place))
                break
        del self._found[self._most :]

    def complete_before(self, edge: int) -> bool:
        """Return whether segments that begin at `edge` cannot change the page."""
        return self.bar is not None and (self.bar > edge if self._newest_first else self.bar < edge)

    def cut(self, edge: int, reason: PartialReason) -> SearchResult:
        """Return the certain rows when segments from `edge` on were not read. The cursor continues there."""
        sure = [
            item
            for item in self._found
            if (item.key.timestamp > edge if self._newest_first else item.key.timestamp < edge)
        ]
        page = sure[: self._most - 1]
        more = SearchCursor(page[-1].key.timestamp, page[-1].key) if len(page) < len(sure) else SearchCursor(edge)
        return SearchResult(_table(page), more, reason)

    def result(self) -> SearchResult:
        """Return the page when every segment was read."""
        page = self._found[: self._most - 1]
        more = len(self._found) >= self._most
        return SearchResult(_table(page), SearchCursor(page[-1].key.timestamp, page[-1].key) if more else None, None)


def _table(found: Sequence[FoundRow]) -> pa.Table:
    if not found:
        return pa.table({name: pa.array([], _kind(name)) for name in (*ROW_COLUMNS, "hour")})
    tables: dict[int, pa.Table] = {}
    starts: dict[int, int] = {}
    for item in found:
        if id(item.table) not in tables:
            starts[id(item.table)] = sum(table.num_rows for table in tables.values())
            tables[id(item.table)] = item.table
    order = pa.array([starts[id(item.table)] + item.position for item in found], pa.int64())
    return pa.concat_tables(tables.values()).take(order)


def _kind(name: str) -> pa.DataType:
    kinds = {"row": pa.int32(), "hour": pa.int64(), "timestamp": pa.timestamp("us", tz="UTC")}
    return kinds.get(name, pa.utf8())
