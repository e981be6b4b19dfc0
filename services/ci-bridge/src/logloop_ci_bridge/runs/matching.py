"""Which run a dispatch started: by its correlation id, else by time, and then it says so.

It must not fetch runs.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.runs.run import SeenRun

CLOCK_SKEW = timedelta(seconds=90)
_GUESS_BEFORE = timedelta(seconds=5)
_GUESS_AFTER = timedelta(minutes=5)
_ULID = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")


@dataclass(frozen=True, slots=True)
class Match:
    """A run and whether it was found by time alone."""

    run: SeenRun
    guessed: bool


def match_run(dispatch: Dispatch, runs: Sequence[SeenRun], taken: AbstractSet[str]) -> Match | None:
    """The run of a dispatch. A guess takes the first free run after the request whose title names no dispatch."""
    for run in runs:
        if dispatch.correlation_id in (run.title or "") or dispatch.correlation_id in (run.name or ""):
            return Match(run, guessed=False)
    asked = dispatch.posted_at
    if asked is None:
        return None
    free = [
        run
        for run in runs
        if run.run_id not in taken
        and run.created_at is not None
        and _near(run.created_at, asked)
        and not _ULID.search(run.title or "")
        and (dispatch.workflow is None or run.workflow in (None, dispatch.workflow))
    ]
    first = min(free, key=lambda run: run.created_at or asked, default=None)
    return None if first is None else Match(first, guessed=True)


def _near(created_at: datetime, asked: datetime) -> bool:
    return asked - _GUESS_BEFORE <= created_at <= asked + _GUESS_AFTER
