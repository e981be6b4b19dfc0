"""What the platform answers, as typed values.

It must not refuse an answer because it has more fields than these: servers may be newer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypedDict

from logloop_contracts import Severity
from pydantic import BaseModel, ConfigDict, Field


class _Result(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class StoredLog(_Result):
    """A log entry as it is stored, with its id. `timestamp` is in UTC with microseconds."""

    id: str
    project_id: str
    service_id: str
    message: str
    severity: Severity
    timestamp: datetime
    test_id: str | None = None
    func_id: str | None = None
    source: str | None = None
    attributes: dict[str, Any] | None = None


class SearchPage(_Result):
    """One page of a search. `partial` means that a limit ended it before everything was read."""

    items: list[StoredLog]
    next_cursor: str | None = None
    partial: bool = False
    partial_reason: str | None = None
    scanned: dict[str, Any] | None = None
    took_ms: float | None = None


class Refusal(_Result):
    """An entry that was not accepted: its index in what was sent, and why."""

    index: int
    errors: list[Any] = Field(default_factory=list)


class SendResult(_Result):
    """How many entries were accepted (confirmed by the broker) and which were refused."""

    accepted: int = 0
    rejected: list[Refusal] = Field(default_factory=list)


class Analysis(_Result):
    """An explanation of logs. `report` follows `logloop_contracts.analyses.Report` once `status` is completed."""

    id: str
    project_id: str | None = None
    status: str = "requested"
    report: dict[str, Any] | None = None

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will be added without a new question."""
        return self.status in {"completed", "failed", "cancelled"}


class Page(_Result):
    """One page of records."""

    items: list[dict[str, Any]]
    next_cursor: str | None = None


Moment = datetime | str
"""A time with an offset, or text the server reads: RFC 3339, `15m` `2h` `7d` (ago), `now`."""


class Scope(TypedDict, total=False):
    """Which logs: a half-open window and a project."""

    since: Moment
    until: Moment
    project: str


class SearchOptions(Scope, total=False):
    """Which page of which logs, and in which order of time."""

    limit: int
    cursor: str
    order: Literal["asc", "desc"]
