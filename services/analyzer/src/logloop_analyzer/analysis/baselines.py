"""Chooses the time range that a window of logs is compared with.

The time right before it is the best one, because deployments and load differ least. It is of no use if it has hardly
any logs, or if the fault had begun in it. Then the same time a day or a week earlier takes its place.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from logloop_contracts.analyses import Baseline

from logloop_analyzer.evidence.statistics import share_surprise
from logloop_analyzer.query_api.interface import LogCounts, LogSelection, QueryApi

MIN_LOGS = 20
_MIN_SHARE = 0.1
"""A baseline needs this share of the number of logs in the window."""
_MORE_ERRORS = 2.0
_MIN_SURPRISE = 3.0
"""A range is unhealthy if its share of errors is this many times, and standard deviations, above that of another."""
_SUSPICIOUS = 0.5
"""Earlier days are looked at if the range before has this part of the window's share of errors."""
Kind = Literal["before", "day", "week"]
_EARLIER: tuple[tuple[Kind, timedelta], ...] = (("day", timedelta(days=1)), ("week", timedelta(days=7)))
WORDS: dict[Kind, str] = {
    "before": "in the previous window",
    "day": "at the same time the day before",
    "week": "at the same time the week before",
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    kind: Kind
    selection: LogSelection
    counts: LogCounts


async def choose_baseline(query: QueryApi, selection: LogSelection) -> Baseline:
    """Return the range to compare a selection with. Raises AnalysisError."""
    length = selection.until - selection.since
    window = await query.count_logs(selection)
    before = await _candidate(query, selection, "before", length)
    if _is_usable(before, window) and not _is_suspicious(before, window):
        return _baseline(before, None)
    earlier = await asyncio.gather(
        *(_candidate(query, selection, kind, shift) for kind, shift in _EARLIER if shift > length)
    )
    usable = [item for item in (before, *earlier) if _is_usable(item, window)]
    healthy = [item for item in usable if not any(_has_more_errors(item, other) for other in usable)]
    chosen = healthy[0] if healthy else before
    return _baseline(chosen, None if chosen is before else _reason(before, chosen, window))


async def _candidate(query: QueryApi, selection: LogSelection, kind: Kind, shift: timedelta) -> _Candidate:
    moved = replace(selection, since=selection.since - shift, until=selection.until - shift)
    return _Candidate(kind, moved, await query.count_logs(moved))


def _is_usable(item: _Candidate, window: LogCounts) -> bool:
    return item.counts.total >= max(MIN_LOGS, _MIN_SHARE * window.total)


def _is_suspicious(before: _Candidate, window: LogCounts) -> bool:
    """Return whether the fault of the window may have begun in the range before it."""
    return before.counts.errors > 0 and before.counts.error_share >= _SUSPICIOUS * window.error_share


def _has_more_errors(item: _Candidate, other: _Candidate) -> bool:
    mine, theirs = item.counts, other.counts
    if mine.error_share < _MORE_ERRORS * theirs.error_share:
        return False
    return share_surprise(mine.errors, mine.total, theirs.errors, theirs.total) >= _MIN_SURPRISE


def _reason(before: _Candidate, chosen: _Candidate, window: LogCounts) -> str:
    counts = before.counts
    if not _is_usable(before, window):
        return f"the previous window has too few logs ({counts.total})"
    return (
        f"the previous window already has more errors: {_percent(counts.error_share)} of its logs, "
        f"{_percent(chosen.counts.error_share)} {WORDS[chosen.kind]}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _baseline(chosen: _Candidate, reason: str | None) -> Baseline:
    return Baseline(kind=chosen.kind, since=chosen.selection.since, until=chosen.selection.until, reason=reason)
