"""Workflow runs as GitHub reports them, by webhook or API."""

from datetime import UTC, datetime
from typing import Any, get_args

from logloop_contracts.ci import RunConclusion, RunStatus
from pydantic import BaseModel, Field, field_validator

_MAX_ATTEMPT = 1_000_000
_MAX_RUN_ID = 2**63 - 1
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
    attempt: int = Field(1, ge=1, le=_MAX_ATTEMPT)
    url: str | None = None
    branch: str | None = None
    head_sha: str | None = None
    started_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @field_validator("started_at", "created_at", "updated_at")
    @classmethod
    def _in_utc(cls, moment: datetime | None) -> datetime | None:
        """Return a moment in UTC. Moments at the ends of the calendar have no UTC time, and none is stored."""
        if moment is None:
            return None
        try:
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except OverflowError as error:
            raise ValueError("the time is out of range") from error

    @property
    def order(self) -> int:
        """A number that grows with every step of a run: attempt first, then queued, in_progress, completed."""
        return self.attempt * 10 + _RANKS[self.status]


def parse_run(payload: dict[str, Any], repository: str | None = None) -> ReportedRun:
    """Return a run from GitHub's JSON. Raises KeyError, ValueError or TypeError when the payload is not a run.

    Unknown states count as queued, unknown conclusions as none, so that new ones do not stop tracking.
    """
    if not isinstance(payload, dict):
        raise TypeError(f"a run is an object, not {type(payload).__name__}")
    status = _STATUSES.get(str(payload.get("status")), "queued")
    conclusion = payload.get("conclusion")
    path = str(payload.get("path") or "")
    named, attempt = payload.get("repository"), payload.get("run_attempt")
    owner = repository or str((named if isinstance(named, dict) else {}).get("full_name") or "")
    return ReportedRun(
        run_id=_run_id(payload["id"]),
        repository=owner,
        workflow=path.partition("@")[0].rpartition("/")[2] or None,
        name=payload.get("name"),
        title=payload.get("display_title"),
        event=payload.get("event"),
        status=status,
        conclusion=conclusion if conclusion in get_args(RunConclusion) else None,
        attempt=1 if attempt is None else attempt,
        url=payload.get("html_url"),
        branch=payload.get("head_branch"),
        head_sha=payload.get("head_sha"),
        started_at=payload.get("run_started_at"),
        created_at=payload.get("created_at"),
        updated_at=payload.get("updated_at"),
    )


def _run_id(value: Any) -> str:
    number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    if not 0 <= number <= _MAX_RUN_ID:
        raise ValueError("the id of a run is a positive integer")
    return str(number)
