"""Hand-written runs of a test."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from logloop_analyzer.comparison.attempts import AttemptLine, read_attempts
from logloop_analyzer.comparison.history import Attempt, RunFacts

from tests.fakes.incidents import Line, table

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TEST = "tests/test_pay.py::test_charge"
Logged = tuple[str, str, str]


def attempt_table(lines: list[Logged], number: int = 0, attributes: dict[int, str] | None = None) -> pa.Table:
    """Return (service, severity, message) lines as query exports them; `attributes` are JSON texts by row."""
    start = START + timedelta(hours=number)
    found = table(
        [
            Line(start + timedelta(milliseconds=10 * at), service, severity, message, test=TEST)
            for at, (service, severity, message) in enumerate(lines)
        ],
        "abcdefgh"[number],
    )
    if attributes:
        column = pa.array([attributes.get(row) for row in range(len(lines))], pa.utf8())
        found = found.set_column(found.schema.get_field_index("attributes"), "attributes", column)
    return found


def attempts(*runs: list[Logged]) -> list[list[AttemptLine]]:
    """Return the lines of several runs, prepared together."""
    return read_attempts([attempt_table(lines, number) for number, lines in enumerate(runs)])


def outcome(
    number: int,
    outcome: str,
    commit: str | None = None,
    *,
    failure: str | None = "AssertionError",
    test_id: str = TEST,
) -> Attempt:
    """Return an outcome of a test in a run; higher numbers are later."""
    return Attempt(
        test_id=test_id,
        test_run_id=f"{number:032x}",
        run_id=f"run-{number}",
        source="pytest",
        service_id="tests",
        outcome=outcome,
        at=START + timedelta(hours=number),
        duration_s=1.0,
        failure_pattern=failure if outcome in {"failed", "error"} else None,
        log_id=f"log-{number}-{test_id}",
        commit=commit,
        branch="main",
    )


def run_of(subject: Attempt, *failures: Attempt, **counts: int) -> RunFacts:
    """Return the run of an outcome with its other failures."""
    failed = [subject, *failures] if subject.failed else list(failures)
    return RunFacts(subject.test_run_id, subject.run_id, "pytest", subject.at, subject.commit, "main", counts, failed)
