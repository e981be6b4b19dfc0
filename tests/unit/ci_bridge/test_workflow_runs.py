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


@pytest.mark.parametrize("payload", [{}, {"id": "x"}, {"id": None}])
def test_a_payload_that_is_not_a_run_is_rejected(payload: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        parse_run(payload, "a/b")


def test_order_grows_with_attempt_then_state() -> None:
    orders = [
        parse_run({"id": 1, "status": status, "run_attempt": attempt}, "a/b").order
        for attempt in (1, 2)
        for status in ("queued", "in_progress", "completed")
    ]
    assert orders == sorted(set(orders))
