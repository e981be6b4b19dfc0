"""Finds the segments that may hold logs of a filter, and what is left to test in each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from logloop_query.logs.search.caches import Caches, KnownRows
from logloop_query.logs.search.kernels import Mask, evaluate
from logloop_query.logs.search.language.filter import (
    EVERYTHING,
    NOTHING,
    And,
    Contains,
    Filter,
    HasWord,
    Matches,
    Selected,
    columns_of,
    leaves,
    needed_columns,
    relax,
    simplified,
)
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.search.limits.threads import Work
from logloop_query.logs.search.pattern_rules import resolved
from logloop_query.logs.search.plan import Budget, SegmentRef, Snapshot, StoredColumns
from logloop_query.logs.segments.summary import Summary

SUMMARISED = frozenset({"severity", "service_id", "pattern"})
"""The columns by which summaries count logs."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A segment that may hold logs of a filter, and a filter that selects the same rows of this segment."""

    ref: SegmentRef
    wanted: Filter


def may_hold(wanted: Filter, summary: Summary, pace: Pace | None = None) -> bool:
    """Return whether a segment with this summary may contain logs of a filter. Only False is certain."""
    return evaluate(relax(wanted, summary.names), summary, pace) is not False


def uses_summary(wanted: Filter) -> bool:
    """Return whether summaries can tell something about a filter."""
    return any(columns_of(leaf) <= SUMMARISED or _patterns_may_decide(leaf) for leaf in leaves(wanted))


def uses_only_summary(wanted: Filter) -> bool:
    """Return whether summaries may decide a filter without a row."""
    return all(columns_of(leaf) <= SUMMARISED or _patterns_may_decide(leaf) for leaf in leaves(wanted))


def _patterns_may_decide(leaf: Filter) -> bool:
    return isinstance(leaf, Contains | Matches | HasWord) and leaf.column == "message"


def _of_mask(mask: Mask) -> Filter:
    if isinstance(mask, bool):
        return EVERYTHING if mask else NOTHING
    return Selected(mask)


class Candidates:
    """Chooses the segments of one filter, which has no time range, within one snapshot.

    `left` is what is known to be left of the filter in some segments, by id, all of which may hold logs.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        caches: Caches,
        wanted: Filter,
        work: Work,
        left: Mapping[str, Filter] | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._caches = caches
        self._wanted = wanted
        self._work = work
        self._left = left or {}
        self._uses_summary = uses_summary(wanted)

    async def among(self, refs: Sequence[SegmentRef]) -> list[Candidate]:
        """Return the candidates among segments, in their order."""
        summaries = await self._caches.summaries.read(self._snapshot, refs) if self._uses_summary else {}

        known = {ref.id: self._caches.masks.best(ref, self._wanted) for ref in refs}

        def choose(pace: Pace) -> list[Candidate]:
            chosen = (self._candidate(ref, summaries.get(ref.id), known[ref.id], pace) for ref in refs)
            return [candidate for candidate in chosen if candidate is not None]

        return await self._work.run(choose)

    async def refs_among(self, refs: Sequence[SegmentRef]) -> list[SegmentRef]:
        """Return the segments that may contain a log."""
        return [candidate.ref for candidate in await self.among(refs)]

    def _candidate(
        self, ref: SegmentRef, summary: Summary | None, known: KnownRows | None, pace: Pace
    ) -> Candidate | None:
        if known is not None and known.mask is False:
            return None
        left = self._left.get(ref.id)
        if left is None:
            left = self._wanted if summary is None else resolved(self._wanted, summary)
            if summary is not None and not may_hold(left, summary, pace):
                return None
        if known is not None and needed_columns(left):
            rest = (part if summary is None else resolved(part, summary) for part in known.left)
            left = simplified(And((_of_mask(known.mask), *rest)))
        return None if left == NOTHING else Candidate(ref, left)


def no_more(_: SegmentRef) -> frozenset[str]:
    """Return no column."""
    return frozenset()


async def read_columns(
    snapshot: Snapshot,
    candidates: Sequence[Candidate],
    budget: Budget,
    more: Callable[[SegmentRef], frozenset[str]] = no_more,
) -> dict[str, StoredColumns]:
    """Return the columns that the filter of each candidate needs, and `more` of each segment, by segment id."""
    wanted: dict[frozenset[str], list[SegmentRef]] = {}
    for item in candidates:
        wanted.setdefault(needed_columns(item.wanted) | more(item.ref), []).append(item.ref)
    stored: dict[str, StoredColumns] = {}
    for names, refs in wanted.items():
        found = await snapshot.read(refs, names) if names else {ref.id: StoredColumns({}) for ref in refs}
        budget.spend(refs, found)
        stored |= found
    return stored
