"""Dispatches as an outbox: the record written before GitHub is asked, and how its state may move.

It must not do I/O. pending → sending → sent | failed | recorded; a row left in `sending` by a crash is
looked for among GitHub's runs before it is sent again.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field

from logloop_ci_bridge.dispatches.pipelines import Mode, Pipeline
from logloop_ci_bridge.dispatches.templates import ENVELOPE_KEY, Template, check_limits

DispatchState = Literal["pending", "sending", "sent", "failed", "recorded"]
MAX_ATTEMPTS = 8
FIRST_RETRY_S = 5.0
MAX_RETRY_S = 900.0
ENVELOPE_VERSION = 1


class Dispatch(BaseModel):
    """A wish to start a workflow, and what became of it."""

    id: str
    project_id: str
    state: DispatchState = "pending"
    dedupe_key: str = Field(description="No two dispatches of a project share it.")
    correlation_id: str = Field(description="ULID that travels with the dispatch and finds its run again.")
    mode: Mode
    repository: str
    workflow: str | None = None
    ref: str | None = None
    event_type: str
    payload: dict[str, Any] = Field(default_factory=dict, description="Fields without Logloop's envelope.")
    correlation_input: str | None = None
    service_id: str
    pipeline_id: str
    template_id: str | None = None
    rule_id: str | None = None
    rule_name: str | None = None
    hop: int = Field(0, description="How many dispatches came before in this chain.")
    rules: list[str] = Field(default_factory=list, description="Rules of the chain that led here, this one included.")
    cause: list[str] = Field(default_factory=list, description="Log, analysis or run ids that led here.")
    created_by: str | None = Field(None, description="Who asked, for a manual dispatch.")
    dry_run: bool = False
    created_at: datetime
    attempts: int = 0
    next_attempt_at: datetime | None = None
    posted_at: datetime | None = Field(None, description="When GitHub was last asked.")
    finished_at: datetime | None = None
    status: int | None = Field(None, description="HTTP status of GitHub's last answer.")
    detail: str | None = Field(None, description="GitHub's words, or why the dispatch waits.")
    run_id: str | None = None
    run_url: str | None = None
    guessed: bool = Field(
        False, description="The run was matched by time, not by the correlation id: its run-name does not show it."
    )
    lost: bool = Field(False, description="GitHub accepted it, but no run started; nobody listens to the event.")

    def envelope(self, sent_at: datetime) -> dict[str, Any]:
        """What Logloop puts under `logloop` of client_payload."""
        return {
            "v": ENVELOPE_VERSION,
            "correlation_id": self.correlation_id,
            "dedupe_key": self.dedupe_key,
            "hop": self.hop,
            "rule": self.rule_id,
            "sent_at": sent_at.isoformat().replace("+00:00", "Z"),
        }

    def client_payload(self, sent_at: datetime) -> dict[str, Any]:
        """client_payload of a repository_dispatch."""
        return {ENVELOPE_KEY: self.envelope(sent_at), **self.payload}

    def inputs(self) -> dict[str, str]:
        """Inputs of a workflow_dispatch: GitHub takes texts only."""
        inputs = {name: _input_text(value) for name, value in self.payload.items()}
        if self.correlation_input:
            inputs[self.correlation_input] = self.correlation_id
        return inputs


def _input_text(value: Any) -> str:
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
    **more: Any,
) -> Dispatch:
    """A dispatch of a pipeline, checked against GitHub's limits. Raises BadPayload."""
    event_type = template.event_type if template else pipeline.event_type
    dispatch = Dispatch(
        id=dispatch_id,
        project_id=pipeline.project_id,
        dedupe_key=dedupe_key,
        correlation_id=correlation_id,
        mode=pipeline.mode,
        repository=pipeline.repository,
        workflow=pipeline.workflow,
        ref=pipeline.ref if pipeline.mode == "workflow_dispatch" else None,
        event_type=event_type or f"logloop.{pipeline.service_id}"[:100],
        payload=payload,
        correlation_input=pipeline.correlation_input,
        service_id=pipeline.service_id,
        pipeline_id=pipeline.id,
        template_id=template.id if template else None,
        created_at=now,
        next_attempt_at=now,
        **more,
    )
    check_limits(dispatch.client_payload(now))
    return dispatch


def rule_key(rule_id: str, cooldown_s: int, at: datetime, first: str) -> str:
    """Dedupe key of a rule's firing: the same log, redelivered, gives the same key."""
    slot = int(at.timestamp()) // cooldown_s
    return hashlib.blake2b(f"{rule_id}\0{slot}\0{first}".encode(), digest_size=16, person=b"logloop-ci").hexdigest()


def manual_key(idempotency_key: str) -> str:
    """Dedupe key of a manual dispatch within its project."""
    return hashlib.blake2b(idempotency_key.encode(), digest_size=16, person=b"logloop-manual").hexdigest()


def retry_delay(attempts: int, asked_for: float | None) -> timedelta:
    """How long to wait before attempt `attempts` + 1; what GitHub asks for wins."""
    backoff = min(MAX_RETRY_S, FIRST_RETRY_S * 2 ** max(0, attempts - 1))
    return timedelta(seconds=backoff if asked_for is None else max(1.0, asked_for))


# What an attempt to send came to. A gateway returns one of these; it raises nothing for GitHub's answers.


class Accepted(BaseModel):
    """GitHub took it; a workflow_dispatch tells its run."""

    status: int
    run_id: str | None = None
    run_url: str | None = None


class Refused(BaseModel):
    """GitHub will never take it as it is."""

    status: int
    detail: str


class NotNow(BaseModel):
    """GitHub did not take it and may later: a rate limit, or no connection was made."""

    status: int | None = None
    detail: str
    retry_after_s: float | None = None


class Unknown(BaseModel):
    """No answer, or one that does not tell whether a run starts; look before asking again."""

    status: int | None = None
    detail: str


class Recorded(BaseModel):
    """There are no credentials: nothing was sent."""

    detail: str


SendResult = Accepted | Refused | NotNow | Unknown | Recorded


def after_sending(dispatch: Dispatch, result: SendResult, *, now: datetime, settle_s: float) -> dict[str, Any]:
    """The fields to set once an attempt ended. Pure, so that every path is a row of a test table."""
    if isinstance(result, Accepted):
        return {
            **_finished("sent", now),
            "status": result.status,
            "detail": None,
            "run_id": result.run_id,
            "run_url": result.run_url,
        }
    if isinstance(result, Refused):
        return {**_finished("failed", now), "status": result.status, "detail": result.detail}
    if isinstance(result, Recorded):
        return {**_finished("recorded", now), "status": None, "detail": result.detail}
    common = {"status": result.status, "detail": result.detail}
    if isinstance(result, Unknown):
        return {**common, "state": "sending", "next_attempt_at": now + timedelta(seconds=settle_s)}
    if dispatch.attempts >= MAX_ATTEMPTS and result.retry_after_s is None:
        words = f"given up after {dispatch.attempts} attempts: {result.detail}"
        return {**_finished("failed", now), "status": result.status, "detail": words}
    delay = retry_delay(dispatch.attempts, result.retry_after_s)
    return {**common, "state": "pending", "next_attempt_at": now + delay}


def _finished(state: DispatchState, now: datetime) -> dict[str, Any]:
    return {"state": state, "finished_at": now, "next_attempt_at": None}
