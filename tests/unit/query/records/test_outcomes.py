"""Outcomes of tests are found in log rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from logloop_contracts import LogEntry
from logloop_contracts.log_batch import entries_to_batch
from logloop_query.outcomes import OutcomeSummary, outcomes_in

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def _table(*rows: tuple[str | None, dict[str, Any] | None, int]) -> pa.Table:
    entries = [
        LogEntry(
            project_id="shop",
            service_id="cart",
            test_id=test_id,
            message="m",
            severity="info",
            timestamp=AT + timedelta(seconds=second),
            attributes=attributes,
        )
        for test_id, attributes, second in rows
    ]
    return pa.Table.from_batches([entries_to_batch(entries, "b" * 26)])


def test_the_newest_outcome_of_each_test_and_its_runs_are_found() -> None:
    first = _table(
        ("a", {"test.outcome": "failed"}, 5),
        ("a", {"test.outcome": "passed"}, 3),
        ("a", {"test.event": "stdout"}, 6),
        ("a", None, 7),
        ("b", {"ci.test_outcome": "skipped"}, 1),
    )
    second = _table(("a", {"test.outcome": "passed"}, 4))

    found = {item.test_id: item for item in outcomes_in([first, second])}

    assert found == {
        "a": OutcomeSummary("a", 3, "failed", AT + timedelta(seconds=5), "cart", None),
        "b": OutcomeSummary("b", 1, "skipped", AT + timedelta(seconds=1), "cart", None),
    }


def test_rows_that_only_look_like_outcomes_are_ignored() -> None:
    table = _table(
        (None, {"test.outcome": "passed"}, 1),
        ("a", {"test.outcome": "great"}, 2),
        ("a", {"test.outcome": {"$ne": 1}}, 3),
        ("a", {"text": '"test.outcome":"passed"'}, 4),
        ("a", {"deep": {"test.outcome": "passed"}}, 5),
    )

    assert outcomes_in([table]) == []


def test_logs_without_a_test_are_skipped() -> None:
    assert outcomes_in([_table((None, None, 1), (None, {"a": 1}, 2))]) == []
