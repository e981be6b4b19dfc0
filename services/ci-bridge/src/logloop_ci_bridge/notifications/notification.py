"""A notification: the matches that one message to a receiver tells of.

collecting → sending → sent | failed. While it collects, further matches join it. Its id goes with every attempt to
send it, so that a receiver can recognise a repetition.
"""

from collections.abc import Mapping
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


class NotifiedMatch(BaseModel):
    """A match of a rule, with its line. Secrets in the line are replaced."""

    rule_id: str
    rule_name: str
    kind: SubjectKind
    at: datetime
    service_id: str | None = None
    severity: str | None = None
    line: str
    count: int = Field(1, description="Logs in the rule's window.")
    link: str


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
    rule_id: str, rule_name: str, values: Mapping[str, Any], *, subject_id: str, at: datetime, link: str
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
        line=safe_text(line, Redactor("standard"), _MAX_LINE),
        count=int(values.get("stats.count") or 1),
        link=link,
    )


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
