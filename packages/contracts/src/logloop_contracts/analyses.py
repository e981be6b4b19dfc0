"""Event payloads about analyses: request, progress, report and failure."""

import hashlib
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from logloop_contracts.log_entry import ProjectId

Verdict = Literal["confirmed", "likely", "insufficient"]
FindingKind = Literal[
    "broken_step",
    "slow_step",
    "error_rate",
    "new_pattern",
    "burst",
    "vanished_pattern",
    "first_error",
    "service_split",
    "test_split",
    "suspicious_text",
]
FailureReason = Literal[
    "query_unavailable", "bad_scope", "too_large", "deadline", "cancelled", "provider", "internal"
]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def keyed_analysis_id(project_id: str, key: str) -> str:
    """Return the id of the analysis that is requested with an idempotency key; known before the request is sent."""
    return hashlib.blake2b(f"{project_id}\0{key}".encode(), digest_size=13, person=b"logloop-analysis").hexdigest()


class AnalysisScope(_Payload):
    """The logs to analyse: a search within the half-open time range [since, until)."""

    q: str = Field("", description="Search query; empty means all logs.")
    since: AwareDatetime
    until: AwareDatetime


class ThreadMessage(_Payload):
    """One message in the conversation about an analysis."""

    role: Literal["user", "assistant"]
    text: Annotated[str, Field(max_length=20_000)]


class AnalysisRequested(_Payload):
    """A request to analyse the logs of a time range, or to answer a follow-up question."""

    analysis_id: str
    project_id: ProjectId
    scope: AnalysisScope
    question: str | None = Field(None, max_length=4_000)
    turn: int = Field(0, ge=0, description="0 for the report, then 1, 2, … for the follow-up questions.")
    messages: list[ThreadMessage] = Field(default_factory=list, description="The conversation so far, oldest first.")


class EvidenceLine(_Payload):
    """A log that a report cites, redacted as it was shown to the model."""

    log_id: str
    timestamp: AwareDatetime
    service_id: str
    severity: str
    message: str


class Finding(_Payload):
    """An observation measured in the logs without a model.

    Counts are log entries. Those of a step are how often it occurred: traces or bursts of lines for a broken step,
    times for a slow one.
    """

    kind: FindingKind
    title: str
    score: float = Field(ge=0, description="Rank within the report; higher is more significant.")
    service_id: str | None = None
    test_id: str | None = None
    pattern: str | None = None
    count: int = Field(0, ge=0, description="Log entries, or occurrences of the step, in the time range.")
    baseline_count: int = Field(0, ge=0, description="The same in the preceding time range of the same length.")
    first_seen: AwareDatetime | None = None
    evidence: list[str] = Field(default_factory=list, description="Ids of logs that show it.")


class Claim(_Payload):
    """A statement of an explanation with citations that were verified by code."""

    text: str
    citations: list[str] = Field(min_length=1)
    confidence: float = Field(0.5, ge=0, le=1)


class ModelUsage(_Payload):
    """Which model answered, and its cost in tokens and seconds."""

    provider: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0
    seconds: float = 0


class Baseline(_Payload):
    """The time range that a window is compared with: right before it, or at the same time a day or a week earlier."""

    kind: Literal["before", "day", "week"] = "before"
    since: AwareDatetime
    until: AwareDatetime = Field(description="Exclusive.")
    reason: str | None = Field(None, description="Why it is not the time right before the window.")


class Report(_Payload):
    """The explanation of the logs in a time range."""

    verdict: Verdict
    summary: str
    claims: list[Claim] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    evidence: list[EvidenceLine] = Field(default_factory=list, description="Every cited log.")
    next_steps: list[str] = Field(
        default_factory=list, description="Steps that would confirm or refute the explanation."
    )
    mode: Literal["deterministic", "model"] = "deterministic"
    degraded_reason: str | None = Field(
        None, description="Why no model answered, in the provider's words where available."
    )
    dropped_claims: int = Field(0, ge=0, description="Number of claims dropped because a citation was invalid.")
    logs_read: int = Field(0, ge=0)
    baseline_logs_read: int = Field(0, ge=0)
    baseline: Baseline | None = Field(None, description="What the logs are compared with.")
    left_out: str | None = Field(None, description="What the limits excluded from the analysis.")
    usage: ModelUsage | None = None


class AnalysisProgress(_Payload):
    """Progress of a running analysis. `seq` counts from 1 within a turn."""

    analysis_id: str
    turn: int = 0
    seq: int = Field(ge=1)
    stage: Literal["started", "reading", "evidence", "asking", "answering", "verifying"]
    text: str | None = Field(None, description="A readable sentence, or part of the answer in stage answering.")
    finding: Finding | None = None


class AnalysisCompleted(_Payload):
    """An analysis has completed. For a follow-up question, `answer` is the reply."""

    analysis_id: str
    project_id: ProjectId
    turn: int = 0
    report: Report
    answer: str | None = None


class AnalysisFailed(_Payload):
    """An analysis has failed and has no report."""

    analysis_id: str
    project_id: ProjectId
    turn: int = 0
    reason: FailureReason
    detail: str = Field(description="What happened and what to do, in one sentence.")
    provider_message: str | None = Field(None, description="The provider's error message.")
