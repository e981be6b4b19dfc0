"""What an analysis needs of the other services, as shapes.

It must not know how they are reached; `query_client` does.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
from logloop_contracts.analyses import Report

from logloop_analyzer.model.provider import ProviderSettings


@dataclass(frozen=True, slots=True)
class Selection:
    """Logs of one project that a search text selects within [since, until)."""

    project_id: str
    q: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class ReadLogs:
    """Rows in time order (evidence.EXPORT_SCHEMA); `cut` when a limit ended the reading."""

    table: pa.Table
    cut: bool = False

    @property
    def last(self) -> datetime | None:
        """Time of the last row, UTC."""
        if not self.table.num_rows:
            return None
        moment: datetime = self.table["timestamp"][self.table.num_rows - 1].as_py()
        return moment


@dataclass(frozen=True)
class AnalysisState:
    """How far query says an analysis is."""

    status: str
    turn: int
    question: str | None = None
    report: Report | None = None

    def waits_for(self, turn: int) -> bool:
        """Whether somebody still waits for this turn."""
        return self.turn == turn and self.status in {"queued", "running"}


class LogSource(Protocol):
    """The service that keeps logs, settings and analyses."""

    async def read_logs(self, selection: Selection, *, max_logs: int, max_bytes: int) -> ReadLogs:
        """The earliest logs of a selection, as many as the limits allow. Raises AnalysisError."""

    async def provider(self, project_id: str | None) -> ProviderSettings | None:
        """The model provider of a project (None: the default), None without one. Raises AnalysisError."""

    async def state(self, project_id: str, analysis_id: str) -> AnalysisState | None:
        """Where an analysis stands, None when it was deleted. Raises AnalysisError."""


def described(selection: Selection) -> dict[str, Any]:
    """A selection as the facts of a prompt."""
    return {"search": selection.q, "since": selection.since.isoformat(), "until": selection.until.isoformat()}
