"""A notification: the matches that one message to a receiver tells of.

collecting → sending → sent | failed, and from failed to sending again when somebody retries it. While it collects,
further matches join it. Its id goes with every attempt to send it, so that a receiver can recognise a repetition.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from logloop_chassis.text.redaction import Redactor, safe_text
from pydantic import BaseModel, Field

State = Literal["collecting", "sending", "sent", "failed"]
SubjectKind = Literal["log", "analysis", "run"]
MAX_MATCHES = 50
"""Matches that a message shows; it says how many there are in all."""
MAX_ATTEMPTS = 8
_MAX_LINE = 500
_FIRST_RETRY_S, _MAX_RETRY_S = 5.0, 900.0


class NotifiedLine(BaseModel):
    """A log that a rule counted. Secrets in it are replaced."""

    at: datetime
    service_id: str | None = None
    severity: str | None = None
    message: str
    link: str


class NotifiedMatch(BaseModel):
    """A match of a rule, with its lines. Secrets in them are replaced."""

    rule_id: str
    rule_name: str
    kind: SubjectKind
    at: datetime
    service_id: str | None = None
    severity: str | None = None
    line: str = Field(description="The log, analysis or run for which the rule fired.")
    lines: list[NotifiedLine] = Field(
        default_factory=list, description="For a rule on logs: the latest logs that it counted, at most 10."
    )
    count: int = Field(1, description="Logs in the rule's window.")
    link: str = Field(description="The page with the lines, the analysis or the run.")


class Notification(BaseModel):
    """A message to a receiver, and its outcome."""

    id: str = Field(description="Also the `webhook-id` header and the Message-ID.")
    project_id: str
    receiver_id: str
    state: State = "collecting"
    matches: list[NotifiedMatch]
    count: int = Field(description="Number of matches; more than are listed after a burst.")
    created_at: datetime
    next_attempt_at: datetime | None = None
    attempts: int = 0
    status: int | None = Field(None, description="Status of the receiver's latest response.")
    detail: str | None = Field(None, description="Why it failed, or waits.")
    finished_at: datetime | None = None


def match_of(
    rule_id: str,
    rule_name: str,
    values: Mapping[str, Any],
    *,
    subject_id: str,
    at: datetime,
    link: str,
    lines: Sequence[NotifiedLine] = (),
) -> NotifiedMatch:
    """Return what a notification says of a match with these values."""
    kind, line = _line(values, subject_id)
    return NotifiedMatch(
        rule_id=rule_id,
        rule_name=rule_name,
        kind=kind,
        at=at,
        service_id=values.get("log.service_id"),
        severity=None if values.get("log.severity") is None else str(values["log.severity"]),
        line=_safe(line),
        lines=list(lines),
        count=int(values.get("stats.count") or 1),
        link=link,
    )


def notified_line(message: str, *, at: datetime, service: str, severity: str, link: str) -> NotifiedLine:
    """Return what a notification says of a log."""
    return NotifiedLine(at=at, service_id=service, severity=severity, message=_safe(message), link=link)


def _safe(text: str) -> str:
    return safe_text(text, Redactor("standard"), _MAX_LINE)


def _line(values: Mapping[str, Any], subject_id: str) -> tuple[SubjectKind, str]:
    if "log.message" in values:
        return "log", str(values["log.message"])
    if "analysis.id" in values:
        return "analysis", f"{values['analysis.verdict']}: {values['analysis.summary']}"
    failed = [*values.get("run.failed_jobs", ()), *values.get("run.failed_tests", ())][:10]
    name = values.get("run.name") or values.get("run.workflow") or subject_id
    return "run", f"{name}: {values.get('run.conclusion')}{': ' + ', '.join(failed) if failed else ''}"


def retry_after(attempts: int, requested_s: float | None) -> timedelta:
    """Return the wait before the next attempt; the seconds that the receiver requested win, up to an hour."""
    backoff = min(_MAX_RETRY_S, _FIRST_RETRY_S * 2 ** max(0, attempts - 1))
    return timedelta(seconds=backoff if requested_s is None else min(3600.0, max(1.0, requested_s)))
