"""Compares failed tests with their last green runs, and groups the failures of a run by their cause."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
from logloop_contracts.patterns.edits import PatternEdits

from logloop_analyzer.comparison.alignment import Row, align
from logloop_analyzer.comparison.attempts import AttemptLine, read_attempts, select_lines
from logloop_analyzer.comparison.difference import Deviation, Difference, find_difference
from logloop_analyzer.comparison.history import Attempt, RunFacts
from logloop_analyzer.comparison.proposed_checks import ProposedChecks, propose_checks
from logloop_analyzer.comparison.signature import Signature, signature_of
from logloop_analyzer.comparison.verdict import Verdict, judge
from logloop_analyzer.errors import AnalysisError
from logloop_analyzer.query_api.interface import LogSelection, TestRecords

MAX_GREENS = 5
MAX_COMPARED = 40
"""Failed tests of one run that are compared. The others are grouped by how they failed."""
DEADLINE_S = 60.0
_AT_ONCE = 2
_WAITING = 8
_READS_AT_ONCE = 4
_MAX_LOGS = 10_000
_MAX_BYTES = 8 * 2**20
_UNKNOWN_DURATION_S = 60.0
_SPARE = timedelta(seconds=5)
"""Clocks and the order of sending differ between services."""


class TooManyComparisons(Exception):
    """Too many comparisons are waiting; try again in a moment."""


@dataclass(frozen=True, slots=True)
class ComparedTest:
    """One outcome of a test beside its last green runs. Without green runs only `verdict` and `signature` are there.

    `rows` hold the newest green run beside this one. `greens` are newest first.
    """

    subject: Attempt
    run: RunFacts
    greens: Sequence[Attempt]
    verdict: Verdict
    signature: Signature | None
    first: Deviation | None
    deviations: Sequence[Deviation]
    rows: Sequence[Row]
    proposed: ProposedChecks


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of a run that have one signature."""

    signature: Signature
    verdict: Verdict
    tests: Sequence[Attempt]
    """The first one is that of the verdict."""


@dataclass(frozen=True, slots=True)
class ExplainedRun:
    """The failures of a run by signature, the largest group first. `compared` tests were compared with green runs."""

    run: RunFacts
    groups: Sequence[FailureGroup]
    compared: int


class FailedTests:
    """Reads what query stores of tests and compares it. A few comparisons run at once, and a few wait."""

    def __init__(self, query: TestRecords) -> None:
        self._query = query
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._reads = asyncio.Semaphore(_READS_AT_ONCE)
        self._waiting = 0

    async def compare(self, project_id: str, test_id: str, test_run_id: str | None) -> ComparedTest | None:
        """Compare an outcome of a test: in the given run the worst one, else the newest failure.

        Returns None if there is no such outcome. Raises AnalysisError or TooManyComparisons.
        """
        async with self._slot():
            history = await self._query.test_history(project_id, test_id)
            subject = _subject(history, test_run_id)
            if subject is None:
                return None
            run = await self._query.test_run(project_id, subject.test_run_id)
            if run is None:
                return None
            edits = await self._query.pattern_edits(project_id)
            return await self._compare(project_id, subject, history, run, edits)

    async def explain_run(self, project_id: str, test_run_id: str) -> ExplainedRun | None:
        """Group the failures of a run. Returns None if there is no such run.

        Raises AnalysisError or TooManyComparisons.
        """
        async with self._slot():
            run = await self._query.test_run(project_id, test_run_id)
            if run is None:
                return None
            failures = list({item.test_id: item for item in run.failures}.values())
            compared = failures[:MAX_COMPARED]
            edits = await self._query.pattern_edits(project_id)
            found = await asyncio.gather(*(self._compare_failure(project_id, item, run, edits) for item in compared))
            return ExplainedRun(run, _groups(found, failures[MAX_COMPARED:], run), len(compared))

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        if self._waiting >= _WAITING:
            raise TooManyComparisons
        self._waiting += 1
        try:
            async with asyncio.timeout(DEADLINE_S), self._slots:
                yield
        except TimeoutError as error:
            detail = f"the comparison took longer than {DEADLINE_S:.0f} s; try again later"
            raise AnalysisError("query_unavailable", detail) from error
        finally:
            self._waiting -= 1

    async def _compare_failure(
        self, project_id: str, failure: Attempt, run: RunFacts, edits: PatternEdits
    ) -> ComparedTest:
        history = await self._query.test_history(project_id, failure.test_id)
        return await self._compare(project_id, failure, history, run, edits)

    async def _compare(
        self, project_id: str, subject: Attempt, history: Sequence[Attempt], run: RunFacts, edits: PatternEdits
    ) -> ComparedTest:
        verdict = judge(subject, history, run)
        greens = _greens(subject, history)
        tables = await asyncio.gather(*(self._lines(project_id, item) for item in (subject, *greens)))
        attempts = await asyncio.to_thread(read_attempts, tables, edits)
        return await asyncio.to_thread(_compared, subject, run, greens, verdict, attempts)

    async def _lines(self, project_id: str, attempt: Attempt) -> pa.Table:
        length = timedelta(seconds=attempt.duration_s if attempt.duration_s is not None else _UNKNOWN_DURATION_S)
        selection = LogSelection(
            project_id,
            f"test_id:{_quoted(attempt.test_id)}",
            attempt.at - length - _SPARE,
            attempt.at + _SPARE,
        )
        async with self._reads:
            sample = await self._query.read_logs(selection, max_logs=_MAX_LOGS, max_bytes=_MAX_BYTES)
        run_id = attempt.run_id if attempt.source == "pytest" else None
        return await asyncio.to_thread(select_lines, sample.table, run_id)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _subject(history: Sequence[Attempt], test_run_id: str | None) -> Attempt | None:
    if test_run_id is not None:
        of_run = [item for item in history if item.test_run_id == test_run_id]
        return next((item for item in of_run if item.failed), of_run[0] if of_run else None)
    return next((item for item in history if item.failed), history[0] if history else None)


def _greens(subject: Attempt, history: Sequence[Attempt]) -> list[Attempt]:
    """Return the newest passes before the subject, or after it if there is none; those of its branch first."""
    passed = [item for item in history if item.is_decided and not item.failed and item.log_id != subject.log_id]
    earlier = [item for item in passed if item.at <= subject.at] or passed[::-1]
    of_branch = [item for item in earlier if item.branch == subject.branch]
    return (of_branch or earlier)[:MAX_GREENS]


def _compared(
    subject: Attempt,
    run: RunFacts,
    greens: Sequence[Attempt],
    verdict: Verdict,
    attempts: Sequence[list[AttemptLine]],
) -> ComparedTest:
    own, *others = attempts
    usable = [(green, lines) for green, lines in zip(greens, others, strict=True) if lines]
    if not usable or not own:
        reason = _nothing_to_compare(own, greens)
        return ComparedTest(
            subject,
            run,
            [],
            verdict,
            signature_of(subject, None) if subject.failed else None,
            None,
            [],
            [Row("report" if line.report else "same", None, line) for line in own],
            ProposedChecks([], [], reason),
        )
    lines = [item for _, item in usable]
    difference = find_difference(own, lines)
    return ComparedTest(
        subject,
        run,
        [green for green, _ in usable],
        verdict,
        signature_of(subject, difference.first) if subject.failed else None,
        difference.first,
        difference.deviations,
        align(own, lines[0], difference),
        _checks(subject, own, lines, difference),
    )


def _nothing_to_compare(own: Sequence[AttemptLine], greens: Sequence[Attempt]) -> str:
    if not own:
        return "the lines of this run are no longer stored, or did not arrive"
    if not greens:
        return "there is no run in which the test passed"
    return "the lines of the green runs are no longer stored"


def _checks(
    subject: Attempt, own: Sequence[AttemptLine], greens: Sequence[Sequence[AttemptLine]], difference: Difference
) -> ProposedChecks:
    if not subject.failed:
        return ProposedChecks([], [], "the test did not fail in this run")
    return propose_checks(own, greens, difference)


def _groups(compared: Sequence[ComparedTest], others: Sequence[Attempt], run: RunFacts) -> list[FailureGroup]:
    groups: dict[str, FailureGroup] = {}
    found = [(item.signature or signature_of(item.subject, None), item.subject, item.verdict) for item in compared]
    found += [(signature_of(item, None), item, judge(item, [item], run)) for item in others]
    for signature, subject, verdict in found:
        group = groups.get(signature.id)
        tests = [*group.tests, subject] if group else [subject]
        groups[signature.id] = FailureGroup(
            group.signature if group else signature, group.verdict if group else verdict, tests
        )
    return sorted(groups.values(), key=lambda group: -len(group.tests))
