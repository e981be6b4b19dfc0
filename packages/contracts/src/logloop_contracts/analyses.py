"""Payloads about analyses: what is asked, what is found, how far it got.

It must not know how evidence is computed or which model answers.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from logloop_contracts.log_entry import ProjectId

Verdict = Literal["confirmed", "likely", "insufficient"]
FindingKind = Literal[
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


class AnalysisScope(_Payload):
    """The logs to explain: a search within a half-open window [since, until)."""

    q: str = Field("", description="Search text; empty means every log.")
    since: AwareDatetime
    until: AwareDatetime


class ThreadMessage(_Payload):
    """One turn of a conversation about an analysis."""

    role: Literal["user", "assistant"]
    text: Annotated[str, Field(max_length=20_000)]


class AnalysisRequested(_Payload):
    """Somebody wants a window of logs explained, or asks on about an earlier explanation."""

    analysis_id: str
    project_id: ProjectId
    scope: AnalysisScope
    question: str | None = Field(None, max_length=4_000)
    turn: int = Field(0, ge=0, description="0 for the report, then one per follow-up message.")
    messages: list[ThreadMessage] = Field(default_factory=list, description="The thread so far, oldest first.")


class EvidenceLine(_Payload):
    """A log line that a report cites, as it was shown to the model (redacted)."""

    log_id: str
    timestamp: AwareDatetime
    service_id: str
    severity: str
    message: str


class Finding(_Payload):
    """Something measured in the logs, without a model. Counts are log entries."""

    kind: FindingKind
    title: str
    score: float = Field(ge=0, description="Rank within the report; higher is more telling.")
    service_id: str | None = None
    test_id: str | None = None
    pattern: str | None = None
    count: int = Field(0, ge=0, description="Entries in the window.")
    baseline_count: int = Field(0, ge=0, description="Entries in the window before, of the same length.")
    first_seen: AwareDatetime | None = None
    evidence: list[str] = Field(default_factory=list, description="Log ids.")


class Claim(_Payload):
    """A sentence of an explanation with the log ids that code has checked."""

    text: str
    citations: list[str] = Field(min_length=1)
    confidence: float = Field(0.5, ge=0, le=1)


class ModelUsage(_Payload):
    """Who answered and what it cost, in tokens and seconds."""

    provider: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0
    seconds: float = 0


class Report(_Payload):
    """The explanation of a window of logs."""

    verdict: Verdict
    summary: str
    claims: list[Claim] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    evidence: list[EvidenceLine] = Field(default_factory=list, description="Every cited line.")
    next_steps: list[str] = Field(default_factory=list, description="What would settle it.")
    mode: Literal["deterministic", "model"] = "deterministic"
    degraded_reason: str | None = Field(
        None, description="Why no model answered, in the provider's words if it spoke."
    )
    dropped_claims: int = Field(0, ge=0, description="Claims of the model without a valid citation.")
    logs_read: int = Field(0, ge=0)
    baseline_logs_read: int = Field(0, ge=0)
    left_out: str | None = Field(None, description="What the limits kept out of the analysis.")
    usage: ModelUsage | None = None


class AnalysisProgress(_Payload):
    """A step of a running analysis. `seq` counts from 1 within a turn."""

    analysis_id: str
    turn: int = 0
    seq: int = Field(ge=1)
    stage: Literal["started", "reading", "evidence", "asking", "answering", "verifying"]
    text: str | None = Field(None, description="A sentence for people, or a piece of the answer in stage answering.")
    finding: Finding | None = None


class AnalysisCompleted(_Payload):
    """An analysis has its report; for a follow-up, `answer` is the reply."""

    analysis_id: str
    project_id: ProjectId
    turn: int = 0
    report: Report
    answer: str | None = None


class AnalysisFailed(_Payload):
    """An analysis ended without a report."""

    analysis_id: str
    project_id: ProjectId
    turn: int = 0
    reason: FailureReason
    detail: str = Field(description="What happened and what to do, in a sentence.")
    provider_message: str | None = Field(None, description="The provider's own words.")
