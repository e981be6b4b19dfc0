"""Judges from its outcomes whether a test is flaky: it passes and fails although nothing has changed."""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from logloop_contracts.outcomes_of_tests import BAD, MIN_FILES, file_of, most_failed

MIN_FLIPS = 3
"""A test that breaks and is repaired changes twice."""
_CHANGED = "-dirty"


@dataclass(frozen=True, slots=True)
class Flaky:
    """A test whose outcomes changed. `runs` counts the outcomes that passed or failed, `flips` their changes."""

    test_id: str
    runs: int
    failures: int
    flips: int
    same_commit: bool
    last_failure_at: datetime

    @property
    def flakiness(self) -> float:
        """Return the share of neighbouring outcomes that differ, from 0 to 1."""
        return round(self.flips / (self.runs - 1), 4)


@dataclass(frozen=True, slots=True)
class FlakyTests:
    """Flaky tests, the flakiest first. `outcomes_read` outcomes were read; `partial`: there are older ones."""

    items: Sequence[Flaky]
    outcomes_read: int
    partial: bool


def infrastructure_failures(
    tests: Sequence[Mapping[str, Any]], runs: Mapping[str, Mapping[str, Any]]
) -> frozenset[tuple[str, str | None]]:
    """Return the (run, failure pattern) of failures that say nothing of the tests, and (run, None) for whole runs.

    `tests` have `_id` and `outcomes` as for `judge`, with `failure_pattern`.
    """
    files: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for test in tests:
        for item in test["outcomes"]:
            if item["outcome"] == "error" and item.get("failure_pattern") is not None:
                files[item["run"], item["failure_pattern"]].add(file_of(test["_id"]))
    whole = {(run_id, None) for run_id, run in runs.items() if most_failed(run.get("counts", {}))}
    return frozenset({key for key, found in files.items() if len(found) >= MIN_FILES} | whole)


def judge(test_id: str, outcomes: Sequence[Mapping[str, Any]], runs: Mapping[str, Mapping[str, Any]]) -> Flaky | None:
    """Return what the outcomes of a test show, or None when it is not flaky.

    `outcomes` are those in BAD or GOOD, in time order, with `outcome`, `at` and `run`. `runs` holds the known runs by
    id. A test is flaky when one commit in one environment both passed and failed, or when it changed
    between passing and failing at least MIN_FLIPS times.
    """
    failed = [item["outcome"] in BAD for item in outcomes]
    flips = sum(one != other for one, other in itertools.pairwise(failed))
    if not flips:
        return None
    seen: dict[tuple[str | None, ...], set[bool]] = defaultdict(set)
    for item, bad in zip(outcomes, failed, strict=True):
        seen[_code(item["run"], runs.get(item["run"], {}))].add(bad)
    same_commit = any(len(found) == 2 for found in seen.values())
    if not same_commit and flips < MIN_FLIPS:
        return None
    last = max(item["at"] for item, bad in zip(outcomes, failed, strict=True) if bad)
    return Flaky(test_id, len(outcomes), sum(failed), flips, same_commit, last)


def _code(run_id: str, run: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Return what was tested in a run; without a clean commit, no other run tested the same."""
    commit = run.get("commit")
    if commit is None or commit.endswith(_CHANGED):
        return (run_id,)
    return commit, run.get("environment")
