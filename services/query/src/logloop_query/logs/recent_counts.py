"""Counts the logs of the last 24 hours, for the overview of a project and for lists of services and tests."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from logloop_chassis.ids import utc_now

from logloop_query.logs.search.language.filter import EVERYTHING, Present
from logloop_query.logs.search.log_search import LogSearch
from logloop_query.logs.search.plan import LogSelection
from logloop_query.time_bounds import to_microseconds

PERIOD = timedelta(hours=24)


@dataclass(slots=True)
class LogCounts:
    """The number of logs, and of errors among them."""

    logs: int = 0
    errors: int = 0


class RecentCounts:
    """Counts within the limits of searches. Each call also returns whether a limit ended it early."""

    def __init__(self, search: LogSearch) -> None:
        self._search = search

    async def by_severity(self, project_id: str, caller: str) -> tuple[dict[str, int], bool]:
        """Count the logs of a project by severity."""
        async with self._search.counting("recent", caller) as (counter, _):
            counts = await counter.by(_recent(project_id), ("severity",))
        severities, numbers = (column.to_pylist() for column in counts.table.columns)
        return dict(zip(severities, numbers, strict=True)), counts.partial is not None

    async def by_id(
        self, project_id: str, field: Literal["service_id", "test_id"], caller: str
    ) -> tuple[dict[str, LogCounts], bool]:
        """Count the logs of each service, or of each test, of a project."""
        async with self._search.counting("recent", caller) as (counter, _):
            counts = await counter.by(_recent(project_id, field), (field, "severity"))
        found: dict[str, LogCounts] = {}
        for record_id, severity, number in zip(*(column.to_pylist() for column in counts.table.columns), strict=True):
            item = found.setdefault(record_id, LogCounts())
            item.logs += number
            item.errors += number if severity == "error" else 0
        return found, counts.partial is not None


def _recent(project_id: str, field: Literal["service_id", "test_id"] = "service_id") -> LogSelection:
    now = utc_now()
    wanted = Present(field) if field == "test_id" else EVERYTHING
    return LogSelection(project_id, wanted, to_microseconds(now - PERIOD), to_microseconds(now))
