"""Runs of workflows as Logloop follows them, and the one direction in which their state moves.

It must not fetch anything. GitHub's webhooks come late, doubled and out of order; `order` decides which news counts.
"""

from datetime import datetime
from typing import Any, Literal, get_args

from logloop_contracts.ci import RunConclusion, RunStatus
from pydantic import BaseModel, Field

LogsState = Literal["none", "waiting", "collected", "unavailable"]
_RANKS: dict[str, int] = {"queued": 0, "in_progress": 1, "completed": 2}
_STATUSES: dict[str, RunStatus] = {
    "queued": "queued",
    "requested": "queued",
    "waiting": "queued",
    "pending": "queued",
    "in_progress": "in_progress",
    "completed": "completed",
}


class SeenRun(BaseModel):
    """A run as GitHub told of it once, by webhook or API."""

    run_id: str
    repository: str
    workflow: str | None = None
    name: str | None = None
    title: str | None = None
    event: str | None = None
    status: RunStatus
    conclusion: RunConclusion | None = None
    attempt: int = 1
    url: str | None = None
    branch: str | None = None
    started_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def order(self) -> int:
        """Grows with every step of a run: attempt first, then queued, in_progress, completed."""
        return self.attempt * 10 + _RANKS[self.status]


class Run(SeenRun):
    """A run that belongs to a project."""

    project_id: str
    dispatch_id: str | None = None
    correlation_id: str | None = None
    rule_id: str | None = None
    pipeline_id: str | None = None
    service_id: str
    hop: int | None = Field(None, description="Hop of the dispatch that started it; null when none of ours did.")
    rules: list[str] = Field(default_factory=list)
    guessed: bool = False
    logs: LogsState = Field("none", description="Whether its output came back as logs.")
    logs_detail: str | None = None
    log_count: int = 0
    failed_jobs: list[str] = Field(default_factory=list)
    failed_tests: list[str] = Field(default_factory=list)


def read_run(payload: dict[str, Any], repository: str | None = None) -> SeenRun:
    """A run from GitHub's JSON, read leniently. Raises KeyError, ValueError or TypeError when it is none."""
    status = _STATUSES.get(str(payload.get("status")), "queued")
    conclusion = payload.get("conclusion")
    path = str(payload.get("path") or "")
    owner = repository or str((payload.get("repository") or {}).get("full_name") or "")
    return SeenRun(
        run_id=str(int(payload["id"])),
        repository=owner,
        workflow=path.partition("@")[0].rpartition("/")[2] or None,
        name=payload.get("name"),
        title=payload.get("display_title"),
        event=payload.get("event"),
        status=status,
        conclusion=conclusion if conclusion in get_args(RunConclusion) else None,
        attempt=int(payload.get("run_attempt") or 1),
        url=payload.get("html_url"),
        branch=payload.get("head_branch"),
        started_at=payload.get("run_started_at"),
        created_at=payload.get("created_at"),
        updated_at=payload.get("updated_at"),
    )
