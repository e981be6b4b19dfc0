"""Finds the run that a dispatch started: by its correlation id, else by time, as a guess."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.github.workflow_runs import ReportedRun

CLOCK_SKEW = timedelta(seconds=90)
_GUESS_BEFORE = timedelta(seconds=5)
_GUESS_AFTER = timedelta(minutes=5)
_ULID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


@dataclass(frozen=True, slots=True)
class RunMatch:
    """A run, and whether it was found by time alone."""

    run: ReportedRun
    guessed: bool


def match_run(dispatch: Dispatch, runs: Sequence[ReportedRun], taken: AbstractSet[str]) -> RunMatch | None:
    """Return the run of a dispatch among `runs`, without those in `taken`, which belong to other dispatches.

    A guess is the first run after the request whose title does not name another dispatch.
    """
    for run in runs:
        if dispatch.correlation_id in (run.title or "") or dispatch.correlation_id in (run.name or ""):
            return RunMatch(run, guessed=False)
    posted_at = dispatch.posted_at
    if posted_at is None:
        return None
    free = [
        run
        for run in runs
        if run.run_id not in taken
        and run.created_at is not None
        and _near(run.created_at, posted_at)
        and not _ULID.search(run.title or "")
        and (dispatch.workflow is None or run.workflow in (None, dispatch.workflow))
    ]
    first = min(free, key=lambda run: run.created_at or posted_at, default=None)
    return None if first is None else RunMatch(first, guessed=True)


def _near(created_at: datetime, posted_at: datetime) -> bool:
    return posted_at - _GUESS_BEFORE <= created_at <= posted_at + _GUESS_AFTER
