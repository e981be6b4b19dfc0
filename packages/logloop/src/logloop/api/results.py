"""Typed responses of the API. Unknown fields are kept: the server may be newer than this package."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypedDict

from logloop_contracts import Severity
from pydantic import BaseModel, ConfigDict, Field


class _Result(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class StoredLog(_Result):
    """A stored log entry with its id. `timestamp` is in UTC with microseconds."""

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
    """One page of search results. `partial` is set when a limit ended the search early.

    `hints` say what in the query probably means something else, such as `or` in lower case.
    """

    items: list[StoredLog]
    next_cursor: str | None = None
    partial: bool = False
    partial_reason: str | None = None
    scanned: dict[str, Any] | None = None
    hints: list[str] = Field(default_factory=list)
    took_ms: float | None = None


class RejectedEntry(_Result):
    """An entry that was rejected: its index in the request, and why."""

    index: int
    errors: list[Any] = Field(default_factory=list)


class SendResult(_Result):
    """How many entries the broker has confirmed, and which ones were rejected."""

    accepted: int = 0
    rejected: list[RejectedEntry] = Field(default_factory=list)


class Analysis(_Result):
    """An analysis of logs. Once `status` is completed, `report` is a `logloop_contracts.analyses.Report`."""

    id: str
    project_id: str | None = None
    status: str = "requested"
    report: dict[str, Any] | None = None

    @property
    def is_finished(self) -> bool:
        """Whether the analysis has ended; only a follow-up question adds to it."""
        return self.status in {"completed", "failed", "cancelled"}


class Page(_Result):
    """One page of records."""

    items: list[dict[str, Any]]
    next_cursor: str | None = None


Moment = datetime | str
"""A datetime with an offset, or text that the server parses: RFC 3339, `15m`, `2h`, `7d` (ago) or `now`."""


class Scope(TypedDict, total=False):
    """A half-open time range [since, until) in a project."""

    since: Moment
    until: Moment
    project: str


class SearchOptions(Scope, total=False):
    """A scope with page size, cursor and order by time."""

    limit: int
    cursor: str
    order: Literal["asc", "desc"]
