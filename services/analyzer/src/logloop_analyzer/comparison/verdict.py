"""Says what kind of failure a test has, from outcomes alone: infrastructure, flaky, regressed or unknown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from logloop_contracts.outcomes_of_tests import MIN_FILES, file_of, most_failed

from logloop_analyzer.comparison.history import Attempt, RunFacts

Kind = Literal["passed", "infrastructure", "flaky", "regressed", "unknown"]
_MIN_FAILURES = 2
"""How often a test must fail in a row before it counts as regressed, when the commits are known."""
_MIN_STREAK = 3
"""The same when they are unknown, and how many passes must come before."""
_SHORT = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What kind of failure it is, why, and which run would settle what is open."""

    kind: Kind
    reason: str
    settle: str | None = None
    first_bad_commit: str | None = None
    last_good_commit: str | None = None


def judge(subject: Attempt, history: Sequence[Attempt], run: RunFacts) -> Verdict:
    """Return the verdict on one outcome. `history` has the outcomes of the test, newest first, with the subject."""
    if not subject.failed:
        return Verdict("passed", f"the outcome in this run is '{subject.outcome}'")
    upto = [item for item in history if item.is_decided and item.at <= subject.at]
    return (
        _infrastructure(subject, run)
        or _flaky(subject, [item for item in history if item.is_decided])
        or _regressed(upto)
        or _unknown(subject, upto)
    )


def _infrastructure(subject: Attempt, run: RunFacts) -> Verdict | None:
    settle = "run the tests again when the environment works"
    if most_failed(run.counts):
        return Verdict("infrastructure", f"{run.failed} of the run's {run.decided} tests failed", settle)
    same = [
        item
        for item in run.failures
        if item.outcome == "error" and item.failure_pattern == subject.failure_pattern is not None
    ]
    files = {file_of(item.test_id) for item in same}
    if subject.outcome == "error" and len(files) >= MIN_FILES:
        reason = f"{len(same)} tests in {len(files)} files failed in the same way before they began"
        return Verdict("infrastructure", reason, settle)
    return None


def _flaky(subject: Attempt, decided: Sequence[Attempt]) -> Verdict | None:
    if subject.revision is not None:
        same = [item.failed for item in decided if item.revision == subject.revision]
        if not all(same):
            failed, passed = sum(same), len(same) - sum(same)
            reason = f"on commit {_short(subject.revision)} it failed {_times(failed)} and passed {_times(passed)}"
            return Verdict("flaky", reason)
    episodes = _episodes(subject, decided)
    if episodes >= 2:
        failures = sum(item.failed for item in decided)
        reason = f"it failed in {failures} of the last {len(decided)} runs, and passed between equal failures"
        commit = f" commit {_short(subject.revision)}" if subject.revision else " the same sources"
        return Verdict("flaky", reason, f"run it several times on{commit}")
    return None


def _episodes(subject: Attempt, decided: Sequence[Attempt]) -> int:
    """Return how many times the failure came back after the test had passed, plus one."""
    number, open_episode = 0, False
    for item in decided:
        alike = item.failed and item.failure_pattern == subject.failure_pattern
        number += alike and not open_episode
        open_episode = alike or (open_episode and item.failed)
    return number


def _regressed(upto: Sequence[Attempt]) -> Verdict | None:
    streak = next((index for index, item in enumerate(upto) if not item.failed), len(upto))
    before = upto[streak:]
    if not before:
        return None
    first_bad, last_good = upto[streak - 1], before[0]
    if first_bad.revision and last_good.revision and first_bad.revision != last_good.revision:
        if streak < _MIN_FAILURES:
            return None
        reason = (
            f"it has failed {_times(streak)} in a row since commit {_short(first_bad.revision)} and passed on "
            f"{_short(last_good.revision)}"
        )
        return Verdict("regressed", reason, None, first_bad.revision, last_good.revision)
    passes = next((index for index, item in enumerate(before) if item.failed), len(before))
    if streak >= _MIN_STREAK and passes >= _MIN_STREAK:
        reason = (
            f"it has failed {_times(streak)} in a row since {first_bad.at:%Y-%m-%d %H:%M} UTC, after {passes} passes"
        )
        return Verdict("regressed", reason, "report the commit of each run, to find the one that broke it")
    return None


def _unknown(subject: Attempt, upto: Sequence[Attempt]) -> Verdict:
    last_good = next((item for item in upto if not item.failed), None)
    if last_good is None:
        reason = "there is no earlier run in which it passed"
        return Verdict("unknown", reason, "run it on a commit on which it should pass")
    if subject.revision is None:
        return Verdict(
            "unknown",
            "the commit of this run is unknown, or its sources were changed",
            "run it again; report the commit of each run to tell a regression from a flaky test",
        )
    failures = next((index for index, item in enumerate(upto) if not item.failed), len(upto))
    reason = f"it failed {_times(failures)} since it passed last" + (
        f" on {_short(last_good.revision)}" if last_good.revision else ""
    )
    settle = f"run it again on commit {_short(subject.revision)}: a pass means flaky, a failure regressed"
    return Verdict("unknown", reason, settle, None, last_good.revision)


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _short(commit: str) -> str:
    return commit[:_SHORT]
