"""Finds the names of attributes in the logs of a selection, exactly or in a sample of its logs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from logloop_query.logs.search.attribute_values import MAX_NAMES, count_names
from logloop_query.logs.search.caches import Caches
from logloop_query.logs.search.candidates import Candidate, Candidates, read_columns
from logloop_query.logs.search.kernels import selected_rows
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
)
from logloop_query.logs.search.rows import rows_within

MAX_SAMPLE = 40_000
_LEAST_SEGMENTS = 8
"""A sample comes from at least as many segments, if there are as many."""
_AT_ONCE = 4
_COLUMNS = frozenset({"timestamp", "attributes"})


@dataclass(slots=True)
class NameCounts:
    """The number of logs by attribute name among `logs` logs, which are all selected ones if it is `exact`."""

    names: Counter[str] = field(default_factory=Counter)
    logs: int = 0
    exact: bool = True
    partial: PartialReason | None = None


class AttributeNames:
    """Counts names within one snapshot."""

    max_sample = MAX_SAMPLE

    def __init__(self, snapshot: Snapshot, work: Work, caches: Caches, budget: Budget) -> None:
        self._snapshot = snapshot
        self._work = work
        self._caches = caches
        self._budget = budget

    async def count(self, selection: LogSelection) -> NameCounts:
        """Count the logs by name. Segments are read from all parts of the time range, until the sample is full."""
        selection = selection.narrowed()
        plan = self._snapshot.plan(selection, newest_first=True)
        refs = spread([ref async for ref in plan if ref.count])
        share = self.max_sample // max(1, min(_LEAST_SEGMENTS, len(refs)))
        found = NameCounts()
        for start in range(0, len(refs), _AT_ONCE):
            if found.logs >= self.max_sample:
                found.exact = False
                break
            found.partial = self._budget.exhausted
            try:
                if found.partial is None:
                    await self._read(refs[start : start + _AT_ONCE], selection, share, found)
            except OutOfTime:
                found.partial = "time"
            if found.partial is not None:
                found.exact = False
                break
        return found

    async def _read(self, refs: Sequence[SegmentRef], selection: LogSelection, share: int, found: NameCounts) -> None:
        kept = await Candidates(self._snapshot, self._caches, selection.wanted, self._work).among(refs)
        stored = await read_columns(self._snapshot, kept, self._budget, lambda _: _COLUMNS)

        def count(item: Candidate, pace: Pace) -> NameCounts:
            return _count(item, stored[item.ref.id], selection, share, pace)

        for counted in await self._work.each(count, [item for item in kept if item.ref.id in stored]):
            found.names += counted.names
            found.logs += counted.logs
            found.exact = found.exact and counted.exact
        if len(found.names) > MAX_NAMES:
            found.names, found.exact = Counter(dict(found.names.most_common(MAX_NAMES))), False


def spread(refs: Sequence[SegmentRef]) -> list[SegmentRef]:
    """Return segments in an order in which each beginning is spread over the whole range: bits reversed."""
    bits = max(1, (len(refs) - 1).bit_length())
    places = sorted(range(len(refs)), key=lambda place: int(f"{place:0{bits}b}"[::-1], 2))
    return [refs[place] for place in places]


def _count(item: Candidate, stored: StoredColumns, selection: LogSelection, share: int, pace: Pace) -> NameCounts:
    """Count at most `share` logs of a segment, evenly chosen from the selected ones."""
    columns = columns_for(item.ref, stored)
    rows = selected_rows(item.wanted, columns, pace)
    if not selection.contains(item.ref):
        rows = rows_within(columns.column("timestamp").cast(pa.int64()), rows, selection.low, selection.high)
    texts = columns.column("attributes")
    texts = texts if rows is None else texts.take(rows)
    step = -(-len(texts) // share)
    if step > 1:
        texts = texts.take(pa.array(range(0, len(texts), step), pa.int64()))
    names, complete = count_names(texts, pace)
    return NameCounts(names, len(texts), exact=complete and step <= 1)
