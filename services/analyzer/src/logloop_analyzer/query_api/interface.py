"""What the analyzer needs from the query service, as a protocol and its data types."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pyarrow as pa
from logloop_contracts.analyses import Report
from logloop_contracts.patterns.edits import PatternEdits

from logloop_analyzer.comparison.history import Attempt, RunFacts
from logloop_analyzer.model.provider import ProviderSettings


@dataclass(frozen=True, slots=True)
class LogSelection:
    """Logs of one project that match a search text within [since, until)."""

    project_id: str
    q: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class LogSample:
    """Rows in time order with evidence.EXPORT_SCHEMA; `truncated` if a limit left out later rows."""

    table: pa.Table
    truncated: bool = False

    @property
    def last(self) -> datetime | None:
        """Return the time of the last row in UTC."""
        if not self.table.num_rows:
            return None
        moment: datetime = self.table["timestamp"][self.table.num_rows - 1].as_py()
        return moment


@dataclass(frozen=True, slots=True)
class LogCounts:
    """How many logs a selection has, and how many of them are errors."""

    total: int
    errors: int

    @property
    def error_share(self) -> float:
        """Return the share of errors, 0 to 1."""
        return self.errors / self.total if self.total else 0.0


@dataclass(frozen=True)
class AnalysisState:
    """The state of an analysis as stored in query."""

    status: str
    turn: int
    question: str | None = None
    report: Report | None = None

    def awaits(self, turn: int) -> bool:
        """Return whether this turn still needs an answer."""
        return self.turn == turn and self.status in {"queued", "running"}


class QueryApi(Protocol):
    """The query service, which stores logs, settings and analyses."""

    async def read_logs(self, selection: LogSelection, *, max_logs: int, max_bytes: int) -> LogSample:
        """Return the earliest logs of a selection, up to the limits. Raises AnalysisError."""

    async def count_logs(self, selection: LogSelection) -> LogCounts:
        """Return how many logs a selection has. Raises AnalysisError."""

    async def pattern_edits(self, project_id: str) -> PatternEdits:
        """Return what people decided about the templates of a project. Raises AnalysisError."""

    async def provider(self, project_id: str | None) -> ProviderSettings | None:
        """Return the model provider of a project (None: the default), None if none is set. Raises AnalysisError."""

    async def analysis_state(self, project_id: str, analysis_id: str) -> AnalysisState | None:
        """Return the state of an analysis, None if it was deleted. Raises AnalysisError."""


class TestRecords(Protocol):
    """The query service, as what compares tests needs it."""

    async def read_logs(self, selection: LogSelection, *, max_logs: int, max_bytes: int) -> LogSample:
        """Return the earliest logs of a selection, up to the limits. Raises AnalysisError."""

    async def pattern_edits(self, project_id: str) -> PatternEdits:
        """Return what people decided about the templates of a project. Raises AnalysisError."""

    async def test_history(self, project_id: str, test_id: str) -> Sequence[Attempt]:
        """Return the newest outcomes of a test, newest first. Raises AnalysisError."""

    async def test_run(self, project_id: str, run_id: str) -> RunFacts | None:
        """Return a run of tests with its failures, None if there is no such run. Raises AnalysisError."""
