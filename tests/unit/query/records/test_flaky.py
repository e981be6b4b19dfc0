"""A test is flaky when it passes and fails although nothing has changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from logloop_query.test_runs.flaky import infrastructure_failures, judge

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
OUTCOMES = {"P": "passed", "F": "failed", "E": "error", "X": "xpassed"}


def history(text: str) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Outcomes and runs of words such as `Pa1`: passed on commit a in run 1. `-` stands for no commit."""
    outcomes, runs = [], {}
    for second, word in enumerate(text.split()):
        letter, commit, run = tuple(word)
        outcomes.append({"outcome": OUTCOMES[letter], "at": AT + timedelta(seconds=second), "run": run})
        runs[run] = {} if commit == "-" else {"commit": {"D": "a-dirty"}.get(commit, commit)}
    return outcomes, runs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pa1 Fa2 Pb3", (3, 1, 2, True)),
        ("F-1 P-1", (2, 1, 1, True)),
        ("Pa1 Fb2 Xc3 Ed4", (4, 2, 3, False)),
        ("P-1 F-2 P-3 F-4", (4, 2, 3, False)),
        ("PD1 FD2 PD3 FD4", (4, 2, 3, False)),
    ],
)
def test_changes_without_a_change_of_the_code_are_flaky(text: str, expected: tuple[int, int, int, bool]) -> None:
    found = judge("t", *history(text))

    assert found is not None
    assert (found.runs, found.failures, found.flips, found.same_commit) == expected
    assert found.flakiness == round(expected[2] / (expected[0] - 1), 4)


@pytest.mark.parametrize("text", ["Pa1", "Pa1 Xa2", "Fa1 Fa2", "Pa1 Fb2 Fb3 Pc4", "P-1 F-2", "PD1 FD2"])
def test_a_test_that_broke_and_was_repaired_is_not_flaky(text: str) -> None:
    assert judge("t", *history(text)) is None


def test_a_commit_that_fails_in_one_environment_only_is_not_flaky() -> None:
    outcomes, runs = history("Pa1 Fa2")
    runs["1"]["environment"], runs["2"]["environment"] = "staging", "production"

    assert judge("t", outcomes, runs) is None


def test_the_last_failure_is_dated() -> None:
    found = judge("t", *history("Fa1 Pa2 Fa3 Pa4"))

    assert found is not None
    assert found.last_failure_at == AT + timedelta(seconds=2)


def test_failures_of_the_infrastructure_are_told_by_their_run_or_by_one_error_in_several_files() -> None:
    def failed(test: str, run: str, pattern: str, outcome: str = "error") -> dict[str, Any]:
        return {"_id": test, "outcomes": [{"outcome": outcome, "at": AT, "run": run, "failure_pattern": pattern}]}

    refused = [failed(f"tests/test_{name}.py::test_x", "1", "ConnectionRefusedError: <*>") for name in "abc"]
    usual = [failed(f"tests/test_{name}.py::test_x", "2", "assert <*>", "failed") for name in "abc"]
    same_file = [failed(f"tests/test_a.py::test_{name}", "3", "no fixture") for name in "abc"]
    runs = {"1": {"counts": {"passed": 50, "error": 3}}, "4": {"counts": {"failed": 9, "error": 1, "passed": 1}}}
    assert infrastructure_failures([*refused, *usual, *same_file], runs) == {
        ("1", "ConnectionRefusedError: <*>"),
        ("4", None),
    }
