"""Workflow runs as GitHub reports them, by webhook or API."""

from datetime import datetime
from typing import Any, get_args

from logloop_contracts.ci import RunConclusion, RunStatus
from pydantic import BaseModel

_RANKS: dict[str, int] = {"queued": 0, "in_progress": 1, "completed": 2}
_STATUSES: dict[str, RunStatus] = {
    "queued": "queued",
    "requested": "queued",
    "waiting": "queued",
    "pending": "queued",
    "in_progress": "in_progress",
    "completed": "completed",
}


class ReportedRun(BaseModel):
    """The state of a run in one report. Reports may be late, repeated or out of order; the highest `order` wins."""

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
        """A number that grows with every step of a run: attempt first, then queued, in_progress, completed."""
        return self.attempt * 10 + _RANKS[self.status]


def parse_run(payload: dict[str, Any], repository: str | None = None) -> ReportedRun:
    """Return a run from GitHub's JSON. Raises KeyError, ValueError or TypeError when the payload is not a run.

    Unknown states count as queued, unknown conclusions as none, so that new ones do not stop tracking.
    """
    status = _STATUSES.get(str(payload.get("status")), "queued")
    conclusion = payload.get("conclusion")
    path = str(payload.get("path") or "")
    owner = repository or str((payload.get("repository") or {}).get("full_name") or "")
    return ReportedRun(
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
