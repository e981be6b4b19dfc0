"""Event payloads about CI: dispatches and workflow runs."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from logloop_contracts.log_entry import ProjectId

RunStatus = Literal["queued", "in_progress", "completed"]
RunConclusion = Literal[
    "success",
    "failure",
    "cancelled",
    "skipped",
    "timed_out",
    "action_required",
    "neutral",
    "stale",
    "startup_failure",
]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Dispatched(_Payload):
    """A dispatch was sent to start a workflow. Mode `console`: only recorded, as no credentials are configured."""

    dispatch_id: str
    project_id: ProjectId
    correlation_id: str
    repository: str = Field(examples=["acme/shop"])
    event_type: str
    mode: Literal["repository_dispatch", "workflow_dispatch", "emulated", "console"]
    rule_id: str | None = None
    hop: int = Field(0, ge=0, description="Number of earlier dispatches in this chain.")
    cause: list[str] = Field(
        default_factory=list, description="Ids of the logs, the analysis or the run that caused it."
    )


class DispatchFailed(_Payload):
    """A dispatch has failed permanently."""

    dispatch_id: str
    project_id: ProjectId
    correlation_id: str
    repository: str
    event_type: str
    status: int | None = Field(None, description="HTTP status; null without a response.")
    detail: str
    rule_id: str | None = None
    hop: int = 0


class RunUpdated(_Payload):
    """A workflow run has changed its state."""

    run_id: str
    project_id: ProjectId
    repository: str
    workflow: str | None = None
    name: str | None = None
    status: RunStatus
    attempt: int = 1
    conclusion: RunConclusion | None = None
    correlation_id: str | None = None
    dispatch_id: str | None = None
    hop: int = 0
    url: str | None = None
    started_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None


class RunCompleted(RunUpdated):
    """A workflow run has completed and its logs are being read."""

    status: RunStatus = "completed"
    failed_jobs: list[str] = Field(default_factory=list)
    failed_tests: list[str] = Field(default_factory=list)
    log_count: int = 0
