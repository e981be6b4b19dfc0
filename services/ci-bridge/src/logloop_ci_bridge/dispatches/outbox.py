"""Dispatches of the outbox, written before anything is sent to GitHub, and their state transitions.

pending → sending → sent | failed | recorded. For a dispatch that a crash left in `sending`, the dispatcher looks for
its run on GitHub before it sends it again.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from logloop_ci_bridge.dispatches.definitions import digest_of
from logloop_ci_bridge.dispatches.pipelines import Mode, Pipeline
from logloop_ci_bridge.dispatches.reasons import Reason
from logloop_ci_bridge.dispatches.templates import ENVELOPE_KEY, Template, check_limits

WaitReason = Literal[
    "rate_limit", "secondary_limit", "start_limit", "repository_budget", "github", "outcome", "paused"
]
"""What a dispatch waits for: GitHub's hourly limit or its limit for bursts, its limit of runs that start, the
platform's own budget, a GitHub that cannot be reached, a run that may already exist, or the kill switch."""
DispatchState = Literal["pending", "sending", "sent", "failed", "recorded"]
MAX_ATTEMPTS = 8
FIRST_RETRY_S = 5.0
MAX_RETRY_S = 900.0
ENVELOPE_VERSION = 1


class Dispatch(BaseModel):
    """A request to start a workflow, and its outcome."""

    id: str
    project_id: str
    state: DispatchState = "pending"
    dedupe_key: str = Field(description="Unique within the project.")
    correlation_id: str = Field(description="ULID in the payload, by which the run of the dispatch is found.")
    mode: Mode
    repository: str
    workflow: str | None = None
    ref: str | None = None
    event_type: str
    payload: dict[str, Any] = Field(default_factory=dict, description="Fields, without Logloop's envelope.")
    correlation_input: str | None = None
    service_id: str
    pipeline_id: str
    template_id: str | None = None
    rule_id: str | None = None
    rule_name: str | None = None
    hop: int = Field(0, description="Number of earlier dispatches in this chain.")
    rules: list[str] = Field(default_factory=list, description="Rules of this chain, this one included.")
    cause: list[str] = Field(default_factory=list, description="Ids of the logs, analyses or runs that caused it.")
    chain_id: str = Field("", description="The first dispatch of its chain.")
    parent_id: str | None = Field(None, description="The dispatch whose run caused it.")
    reason: Reason | None = Field(None, description="Why its rule fired.")
    created_by: str | None = Field(None, description="Who requested a manual dispatch.")
    cooldown: str | None = Field(
        None, description="Within this time, no other dispatch with a cooldown starts its pipeline."
    )
    definition: str | None = Field(
        None, description="Digest of its pipeline and template; generated code compares it with its own."
    )
    dry_run: bool = False
    created_at: datetime
    attempts: int = 0
    next_attempt_at: datetime | None = Field(None, description="For a waiting dispatch: until when it waits.")
    waits_for: WaitReason | None = Field(
        None,
        description="Why it waits: rate_limit and secondary_limit are GitHub's; start_limit keeps GitHub from losing "
        "runs; repository_budget is the platform's; github cannot be reached; outcome looks for its run; paused is "
        "the kill switch.",
    )
    posted_at: datetime | None = Field(None, description="When it was last sent to GitHub.")
    finished_at: datetime | None = None
    status: int | None = Field(None, description="HTTP status of GitHub's latest response.")
    detail: str | None = Field(None, description="GitHub's message, or why the dispatch is waiting.")
    run_id: str | None = None
    run_url: str | None = None
    guessed: bool = Field(
        False, description="The run was matched by time: its run-name does not show the correlation id."
    )
    lost: bool = Field(False, description="GitHub accepted it, but no run started: no workflow listens to the event.")

    @property
    def emulated(self) -> bool:
        """Whether the emulator runs the workflow, not GitHub."""
        return self.mode == "emulated"

    def envelope(self, sent_at: datetime) -> dict[str, Any]:
        """Return the object under `logloop` in client_payload."""
        return {
            "v": ENVELOPE_VERSION,
            "correlation_id": self.correlation_id,
            "dedupe_key": self.dedupe_key,
            "hop": self.hop,
            "rule": self.rule_id,
            "sent_at": sent_at.isoformat().replace("+00:00", "Z"),
        }

    def client_payload(self, sent_at: datetime) -> dict[str, Any]:
        """Return the client_payload of a repository_dispatch."""
        return {ENVELOPE_KEY: self.envelope(sent_at), **self.payload}

    def inputs(self) -> dict[str, str]:
        """Return the inputs of a workflow_dispatch, as strings: GitHub accepts no other type."""
        inputs = {name: _input_text(value) for name, value in self.payload.items()}
        if self.correlation_input:
            inputs[self.correlation_input] = self.correlation_id
        return inputs


def _input_text(value: Any) -> str:
    if isinstance(value, list):  # a line break in an input would begin another command in a script that pastes it
        return " / ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def new_dispatch(
    pipeline: Pipeline,
    template: Template | None,
    payload: dict[str, Any],
    *,
    dispatch_id: str,
    correlation_id: str,
    dedupe_key: str,
    now: datetime,
    parent: Dispatch | None = None,
    **more: Any,
) -> Dispatch:
    """Return a dispatch of a pipeline, checked against GitHub's limits. Raises BadPayload.

    `parent` is the dispatch whose run caused it; without one it begins a chain.
    """
    dispatch = Dispatch(
        id=dispatch_id,
        project_id=pipeline.project_id,
        dedupe_key=dedupe_key,
        correlation_id=correlation_id,
        mode=pipeline.mode,
        repository=pipeline.repository,
        workflow=pipeline.workflow,
        ref=pipeline.ref if pipeline.mode == "workflow_dispatch" else None,
        event_type=event_type_of(pipeline, template),
        payload=payload,
        correlation_input=pipeline.correlation_input,
        service_id=pipeline.service_id,
        pipeline_id=pipeline.id,
        template_id=template.id if template else None,
        definition=digest_of(pipeline, template),
        chain_id=parent.chain_id if parent else dispatch_id,
        parent_id=parent.id if parent else None,
        created_at=now,
        next_attempt_at=now,
        **more,
    )
    check_limits(dispatch.client_payload(now))
    return dispatch


def event_type_of(pipeline: Pipeline, template: Template | None) -> str:
    """Return the event type of a dispatch of a pipeline."""
    event_type = template.event_type if template else pipeline.event_type
    return event_type or f"logloop.{pipeline.service_id}"[:100]


def rule_key(rule_id: str, cooldown_s: int, at: datetime, first: str) -> str:
    """Return the dedupe key of a rule that fires: the same for a redelivery of the same log."""
    slot = int(at.timestamp()) // cooldown_s
    return hashlib.blake2b(f"{rule_id}\0{slot}\0{first}".encode(), digest_size=16, person=b"logloop-ci").hexdigest()


def manual_key(idempotency_key: str) -> str:
    """Return the dedupe key of a manual dispatch within its project."""
    return hashlib.blake2b(idempotency_key.encode(), digest_size=16, person=b"logloop-manual").hexdigest()


def cooldown_key(pipeline_id: str, latest: str | None) -> str:
    """Return the dedupe key of a dispatch with a cooldown: the same for all that follow the same dispatch."""
    content = f"{pipeline_id}\0{latest or ''}".encode()
    return hashlib.blake2b(content, digest_size=16, person=b"logloop-cooldown").hexdigest()


def retry_delay(attempts: int, requested_s: float | None) -> timedelta:
    """Return the wait before attempt `attempts` + 1; the seconds that GitHub requested win."""
    backoff = min(MAX_RETRY_S, FIRST_RETRY_S * 2 ** max(0, attempts - 1))
    return timedelta(seconds=backoff if requested_s is None else max(1.0, requested_s))


# Results of an attempt to send. A gateway returns one of these for every response. `label` is a metric label.


class DispatchAccepted(BaseModel):
    """GitHub accepted it; for a workflow_dispatch with its run."""

    label: ClassVar[str] = "accepted"
    status: int
    run_id: str | None = None
    run_url: str | None = None


class DispatchRejected(BaseModel):
    """GitHub rejected it for good."""

    label: ClassVar[str] = "refused"
    status: int
    detail: str


class DispatchDeferred(BaseModel):
    """GitHub did not receive or accept it, but may later: a rate limit, or no connection."""

    label: ClassVar[str] = "notnow"
    status: int | None = None
    detail: str
    retry_after_s: float | None = None
    waits_for: WaitReason = "github"
    sent: bool = Field(True, description="False when no request was made, which does not count as an attempt.")


class OutcomeUnknown(BaseModel):
    """There is no response, or one that does not say whether a run starts; look for the run before a retry."""

    label: ClassVar[str] = "unknown"
    status: int | None = None
    detail: str


class DispatchRecorded(BaseModel):
    """Nothing was sent: the project has no credentials."""

    label: ClassVar[str] = "recorded"
    detail: str


SendResult = DispatchAccepted | DispatchRejected | DispatchDeferred | OutcomeUnknown | DispatchRecorded


def after_sending(dispatch: Dispatch, result: SendResult, *, now: datetime, settle_s: float) -> dict[str, Any]:
    """Return the fields to set after an attempt."""
    if isinstance(result, DispatchAccepted):
        return {
            **_finished("sent", now),
            "status": result.status,
            "detail": None,
            "run_id": result.run_id,
            "run_url": result.run_url,
        }
    if isinstance(result, DispatchRejected):
        return {**_finished("failed", now), "status": result.status, "detail": result.detail}
    if isinstance(result, DispatchRecorded):
        return {**_finished("recorded", now), "status": None, "detail": result.detail}
    common: dict[str, Any] = {"status": result.status, "detail": result.detail}
    if isinstance(result, OutcomeUnknown):
        waits = {"next_attempt_at": now + timedelta(seconds=settle_s), "waits_for": "outcome"}
        return {**common, **waits, "state": "sending"}
    if dispatch.attempts >= MAX_ATTEMPTS and result.retry_after_s is None:
        detail = f"gave up after {dispatch.attempts} attempts: {result.detail}"
        return {**_finished("failed", now), "status": result.status, "detail": detail}
    delay = retry_delay(dispatch.attempts, result.retry_after_s)
    if not result.sent:
        common |= {"attempts": dispatch.attempts - 1, "posted_at": None}
    return {**common, "state": "pending", "next_attempt_at": now + delay, "waits_for": result.waits_for}


def _finished(state: DispatchState, now: datetime) -> dict[str, Any]:
    return {"state": state, "finished_at": now, "next_attempt_at": None, "waits_for": None}
