"""Small hand-written tables of logs."""

from datetime import timedelta
from typing import Any

import pyarrow as pa
from logloop_analyzer.analysis.report import LogCoverage
from logloop_contracts.analyses import Baseline

from tests.fakes.incidents import LENGTH, START, Line, table

EMPTY = table([], "e")
COVERAGE = LogCoverage(1, 1, Baseline(since=START - LENGTH, until=START))
"""What a report says it is based on."""


def line(seconds: float, message: str, severity: str = "info", service: str = "web", **more: Any) -> Line:
    """Return a line some seconds after the start of the window; a negative number gives the previous window."""
    return Line(START + timedelta(seconds=seconds), service, severity, message, **more)


def steady(message: str, every_s: float = 10, severity: str = "info", service: str = "web") -> list[Line]:
    """Return the same line at even intervals over the window."""
    return [line(at * every_s, message, severity, service) for at in range(int(LENGTH.total_seconds() / every_s))]


def windows(now: list[Line], before: list[Line]) -> tuple[pa.Table, pa.Table]:
    """Return both windows; the lines of `before` are moved one window back."""
    earlier = [Line(i.at - LENGTH, i.service, i.severity, i.message, i.trace, i.test) for i in before]
    return table(now, "w"), table(earlier, "b")


def row_id(row: int, batch: str = "w") -> str:
    """Return the id of a row of `windows`."""
    return f"{batch * 26}-734ea-{row:x}"
