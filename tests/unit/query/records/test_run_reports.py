"""Reports about test runs are found in log rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from logloop_contracts import LogEntry
from logloop_contracts.log_batch import entries_to_batch, log_id
from logloop_query.run_reports import ReportedOutcome, reports_in, run_record_id
from logloop_query.test_runs.runs import flakiness
from logloop_query.time_bounds import to_microseconds

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
BATCH = "b" * 26
RUN = {"test.run_id": "r1"}
JOB = {"ci.repository": "acme/shop", "ci.run_id": "7", "ci.attempt": 2, "ci.job": "unit"}


def _table(
    *rows: tuple[str | None, dict[str, Any] | None], source: str | None = None, message: str = "m", batch: str = BATCH
) -> pa.Table:
    entries = [
        LogEntry(
            project_id="shop",
            service_id="cart",
            test_id=test_id,
            message=message,
            severity="info",
            source=source,
            timestamp=AT + timedelta(seconds=second),
            attributes=attributes,
        )
        for second, (test_id, attributes) in enumerate(rows)
    ]
    return pa.Table.from_batches([entries_to_batch(entries, batch)])


def test_the_events_and_outcomes_of_a_run_make_one_report() -> None:
    begun = {**RUN, "test.event": "run-started", "test.command": "pytest -q", "ci.branch": "main", "ci.run_id": 7}
    failed = {**RUN, "test.outcome": "failed", "test.duration_s": 2, "exception.message": "no 5 in [1]"}
    ended = {**RUN, "test.event": "run-finished", "test.duration_s": 3.5}
    ended["test.counts"] = {"passed": 2, "failed": 1, "odd": "x", "negative": -4}
    others = (("t", {**RUN, "test.event": "started"}), ("t", None), (None, {"test.outcome": "passed"}))

    [report] = reports_in([_table((None, begun), *others, ("t", failed), (None, ended), source="pytest")])

    number = log_id(BATCH, to_microseconds(AT), 4)
    seconds = [AT + timedelta(seconds=second) for second in (0, 4, 5)]
    assert (report.source, report.run_id, report.services) == ("pytest", "r1", {"cart"})
    assert (report.started_at, report.last_at) == (seconds[0], seconds[2])
    assert report.fields == {
        "branch": "main",
        "ci_run_id": "7",
        "command": "pytest -q",
        "finished_at": seconds[2],
        "duration_s": 3.5,
        "reported": 3,
    }
    pattern = "no <*> in [<*>]"
    assert report.outcomes == {
        number: ReportedOutcome(number, "t", "cart", "failed", seconds[1], 2.0, pattern, number)
    }


def test_a_test_that_a_job_prints_twice_counts_once_with_its_worst_outcome() -> None:
    rows = [("t", {**JOB, "ci.test_outcome": outcome}) for outcome in ("passed", "failed", "passed")]
    other_job = ("t", {**JOB, "ci.job": "windows", "ci.test_outcome": "passed"})

    [report] = reports_in([_table(*rows, other_job), _table(rows[0])])

    assert (report.source, report.run_id) == ("ci", "acme/shop/7/2")
    assert sorted(outcome.outcome for outcome in report.outcomes.values()) == ["failed", "passed"]


def test_the_start_of_a_run_says_where_it_ran_and_a_workflow_knows_better() -> None:
    own = {"test.commit": "1f-dirty", "test.branch": "mine", "test.environment": "staging", "test.shard": "2/4"}
    known = {"ci.commit": "2e", "ci.branch": "main"}

    [report] = reports_in([_table((None, {**RUN, "test.event": "run-started", **own}), source="pytest")])
    [in_workflow] = reports_in([_table((None, {**RUN, "test.event": "run-started", **own, **known}), source="junit")])

    where = {"environment": "staging", "shard": "2/4"}
    assert report.fields == {"commit": "1f-dirty", "branch": "mine", **where}
    assert in_workflow.fields == {"commit": "2e", "branch": "main", **where}


def test_attempts_of_a_test_are_outcomes_of_their_own() -> None:
    first = ("t", {**RUN, "test.outcome": "failed", "test.attempt": 1, "test.retried": True})
    second = ("t", {**RUN, "test.outcome": "passed", "test.attempt": 2})
    odd = ("u", {**RUN, "test.outcome": "passed", "test.attempt": True})

    [report] = reports_in([_table(first, second, odd)])

    found = [(item.test_id, item.attempt, item.outcome, item.retried) for item in report.outcomes.values()]
    assert found == [("t", 1, "failed", True), ("t", 2, "passed", False), ("u", 1, "passed", False)]


def test_results_that_are_imported_twice_count_once_for_each_attempt() -> None:
    imported = {**RUN, "test.imported": True}
    rows = [
        ("t", {**imported, "test.outcome": "failed", "test.attempt": 1}),
        ("t", {**imported, "test.outcome": "passed", "test.attempt": 2}),
    ]

    [once] = reports_in([_table(*rows)])
    [twice] = reports_in([_table(*rows), _table(*rows, batch="c" * 26)])

    assert list(once.outcomes) == list(twice.outcomes)
    assert [item.outcome for item in twice.outcomes.values()] == ["failed", "passed"]


def test_a_file_that_pytest_could_not_collect_is_an_error_of_the_run() -> None:
    uncollected = {**RUN, "test.event": "collection", "test.outcome": "error"}

    [report] = reports_in(
        [_table((None, uncollected), source="pytest", message="collection failed: tests/test_a.py\nImportError: x")]
    )

    [outcome] = report.outcomes.values()
    assert (outcome.test_id, outcome.outcome, outcome.failure_pattern) == (
        "tests/test_a.py",
        "error",
        "ImportError: x",
    )


@pytest.mark.parametrize(
    "attributes",
    [
        {"test.outcome": "passed"},
        {"test.outcome": "passed", "test.run_id": ""},
        {"test.outcome": "passed", "test.run_id": {"$ne": 1}},
        {"ci.test_outcome": "passed", "ci.run_id": "7"},
        {**JOB, "ci.command": "error"},
    ],
)
def test_an_outcome_without_a_run_makes_no_report(attributes: dict[str, Any]) -> None:
    assert reports_in([_table(("t", attributes))]) == []


def test_odd_values_are_left_out() -> None:
    odd = {**RUN, "test.outcome": "great", "test.duration_s": -1, "ci.branch": ["x"], "ci.attempt": "2"}
    passed = {**RUN, "test.outcome": "passed", "test.duration_s": True}

    [report] = reports_in([_table(("t", odd), ("t", passed))])

    assert report.fields == {}
    assert [outcome.duration_s for outcome in report.outcomes.values()] == [None]


def test_runs_of_different_projects_and_sources_have_different_ids() -> None:
    ids = {run_record_id(project, source, "r1") for project in ("a", "b") for source in ("pytest", "ci")}
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("outcomes", "share"),
    [
        ([], None),
        (["failed"], None),
        (["passed", "passed", "xpassed"], 0.0),
        (["passed", "failed", "error", "passed", "passed"], 0.5),
        (["passed", "skipped", "failed", "xfailed", "passed"], 1.0),
    ],
)
def test_flakiness_is_the_share_of_changes_between_passing_and_failing(
    outcomes: list[str], share: float | None
) -> None:
    assert flakiness(outcomes) == share
