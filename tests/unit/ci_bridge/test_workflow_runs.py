"""Runs parsed from GitHub's own examples."""

import json
from pathlib import Path
from typing import Any

import pytest
from logloop_ci_bridge.github.workflow_runs import parse_run

EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fakes" / "github_webhooks.json").read_text()
)["workflow_run"]


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: f"{example['action']}-{example['workflow_run']['event']}"
)
def test_every_example_of_a_workflow_run_is_parsed(example: dict[str, Any]) -> None:
    run = parse_run(example["workflow_run"], example["repository"]["full_name"])
    assert run.run_id == str(example["workflow_run"]["id"])
    assert run.repository == example["repository"]["full_name"]
    assert run.attempt >= 1


@pytest.mark.parametrize(
    ("status", "known"),
    [
        ("requested", "queued"),
        ("waiting", "queued"),
        ("pending", "queued"),
        ("in_progress", "in_progress"),
        ("completed", "completed"),
        ("invented next year", "queued"),
    ],
)
def test_githubs_states_map_to_three(status: str, known: str) -> None:
    assert parse_run({"id": 1, "status": status}, "a/b").status == known


def test_an_unknown_conclusion_is_none_and_the_workflow_is_its_file() -> None:
    run = parse_run({"id": 1, "conclusion": "new", "path": ".github/workflows/ci.yml@refs/heads/main"}, "a/b")
    assert (run.conclusion, run.workflow) == (None, "ci.yml")


NOT_RUNS: list[Any] = [{}, None, [], "run", 7, True]
WRONG_VALUES: dict[str, list[Any]] = {
    "id": ["x", None, [], True, -1, 2**70, "9" * 5000],
    "run_attempt": ["x", [], {}, -1, 10**30, 1.5],
    "name": [5, [], {"a": 1}],
    "created_at": ["x", [], 10**30, "0001-01-01T00:00:00+14:00"],
    "updated_at": ["9999-12-31T23:59:59-14:00", {}, 1e300],
}


@pytest.mark.parametrize(
    "payload", [*NOT_RUNS, *({"id": 1, name: value} for name, values in WRONG_VALUES.items() for value in values)]
)
def test_a_payload_that_is_not_a_run_is_rejected(payload: Any) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        parse_run(payload, "a/b")


@pytest.mark.parametrize("name", ["status", "conclusion", "path", "repository"])
@pytest.mark.parametrize("value", [None, 5, [], {}, True, "x"])
def test_other_parts_of_a_wrong_type_are_ignored(name: str, value: Any) -> None:
    run = parse_run({"id": 1, name: value})
    assert (run.status, run.conclusion) == ("queued", None)


def test_order_grows_with_attempt_then_state() -> None:
    orders = [
        parse_run({"id": 1, "status": status, "run_attempt": attempt}, "a/b").order
        for attempt in (1, 2)
        for status in ("queued", "in_progress", "completed")
    ]
    assert orders == sorted(set(orders))
