"""Runs that belong to a project, with the dispatch that started them and the state of their logs."""

from typing import Any, Literal

from pydantic import Field

from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.github.workflow_runs import ReportedRun

LogsState = Literal["none", "waiting", "collected", "unavailable"]


class Run(ReportedRun):
    """A run that belongs to a project."""

    project_id: str
    dispatch_id: str | None = None
    correlation_id: str | None = None
    rule_id: str | None = None
    pipeline_id: str | None = None
    service_id: str
    hop: int | None = Field(None, description="Hop of the dispatch that started it; null when Logloop did not.")
    rules: list[str] = Field(default_factory=list)
    guessed: bool = False
    logs: LogsState = Field("none", description="Whether its output was collected as logs.")
    logs_detail: str | None = None
    log_count: int = 0
    failed_jobs: list[str] = Field(default_factory=list)
    failed_tests: list[str] = Field(default_factory=list)


_OWNER_FIELDS = ("dispatch_id", "correlation_id", "rule_id", "pipeline_id", "service_id", "hop", "rules", "guessed")


def run_of(dispatch: Dispatch, reported: ReportedRun, *, guessed: bool) -> Run:
    """Return the run that a dispatch started."""
    return Run(
        **reported.model_dump(),
        project_id=dispatch.project_id,
        dispatch_id=dispatch.id,
        correlation_id=dispatch.correlation_id,
        rule_id=dispatch.rule_id,
        pipeline_id=dispatch.pipeline_id,
        service_id=dispatch.service_id,
        hop=dispatch.hop,
        rules=dispatch.rules,
        guessed=guessed,
    )


def owner_fields(run: Run) -> dict[str, Any]:
    """Return the fields that link a run to its dispatch."""
    return {name: getattr(run, name) for name in _OWNER_FIELDS}
