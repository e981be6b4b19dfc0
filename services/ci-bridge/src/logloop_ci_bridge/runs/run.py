"""Runs that belong to a project, with the dispatch that started them and the state of their logs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.github.gateway import Job
from logloop_ci_bridge.github.workflow_runs import ReportedRun

MAX_JOBS, MAX_STEPS, MAX_NAME = 100, 200, 200
LogsState = Literal["none", "waiting", "collected", "unavailable"]


class RunStep(BaseModel):
    """A step of a job."""

    number: int
    name: str
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


class RunJob(BaseModel):
    """A job of a completed run."""

    name: str
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    steps: list[RunStep] = Field(default_factory=list)


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
    emulated: bool = Field(False, description="The emulator ran it, not GitHub.")
    logs: LogsState = Field("none", description="Whether its output was collected as logs.")
    logs_detail: str | None = None
    log_count: int = 0
    failed_jobs: list[str] = Field(default_factory=list)
    failed_tests: list[str] = Field(default_factory=list)
    jobs: list[RunJob] = Field(
        default_factory=list, description="Jobs with their steps, once it has completed; empty in lists."
    )


_OWNER_FIELDS = (
    "dispatch_id",
    "correlation_id",
    "rule_id",
    "pipeline_id",
    "service_id",
    "hop",
    "rules",
    "guessed",
    "emulated",
)


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
        emulated=dispatch.emulated,
    )


def owner_fields(run: Run) -> dict[str, Any]:
    """Return the fields that link a run to its dispatch."""
    return {name: getattr(run, name) for name in _OWNER_FIELDS}


def run_jobs(jobs: Sequence[Job]) -> list[RunJob]:
    """Return the jobs to keep with a run, with their steps."""
    return [
        RunJob(
            name=job.name[:MAX_NAME],
            conclusion=job.conclusion,
            started_at=job.started_at,
            completed_at=job.completed_at,
            steps=[
                RunStep(
                    number=step.number,
                    name=step.name[:MAX_NAME],
                    conclusion=step.conclusion,
                    started_at=step.started_at,
                    completed_at=step.completed_at,
                )
                for step in job.steps[:MAX_STEPS]
            ],
        )
        for job in jobs[:MAX_JOBS]
    ]
