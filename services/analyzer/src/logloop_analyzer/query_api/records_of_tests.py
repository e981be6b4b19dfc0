"""Reads outcomes and runs of tests from the JSON of query's API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from logloop_analyzer.comparison.history import Attempt, RunFacts


def attempt_in(item: Mapping[str, Any], run: Mapping[str, Any] | None = None) -> Attempt:
    """Return an outcome from a test's history, or from the run that is given."""
    facts = run if run is not None else item
    return Attempt(
        test_id=item["test_id"],
        test_run_id=run["id"] if run is not None else item["test_run_id"],
        run_id=facts["run_id"],
        source=facts["source"],
        service_id=item["service_id"],
        outcome=item["outcome"],
        at=datetime.fromisoformat(item["at"]),
        duration_s=item["duration_s"],
        failure_pattern=item["failure_pattern"],
        log_id=item["log_id"],
        commit=facts.get("commit"),
        branch=facts.get("branch"),
    )


def run_in(body: Mapping[str, Any], failures: list[Mapping[str, Any]]) -> RunFacts:
    """Return a run of tests with those of its outcomes that failed."""
    return RunFacts(
        id=body["id"],
        run_id=body["run_id"],
        source=body["source"],
        started_at=datetime.fromisoformat(body["started_at"]),
        commit=body["commit"],
        branch=body["branch"],
        counts=body["counts"],
        failures=[attempt_in(item, body) for item in failures],
    )
