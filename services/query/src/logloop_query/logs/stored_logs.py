"""Logs as the records half uses them: check a search, count, delete a project's logs, move their expiry.

It must not know HTTP. Expiry itself is MongoDB's TTL index on `expires_at`.
"""

from datetime import timedelta

from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.search.plan import MAX_US, MIN_US, Window
from logloop_query.logs.search.searching import Searching
from logloop_query.logs.search.text import read_filter
from logloop_query.logs.search.time_bounds import to_microseconds
from logloop_query.logs.stores.patterns import PatternStore
from logloop_query.logs.stores.segments import SegmentStore
from logloop_query.ports import LogCount, LogScope


class StoredLogs:
    """`logs_api.LogsApi` over the stores."""

    def __init__(
        self, searching: Searching, segments: SegmentStore, patterns: PatternStore, index: PatternIndex
    ) -> None:
        self._searching = searching
        self._segments = segments
        self._patterns = patterns
        self._index = index

    def check_query(self, q: str) -> None:
        """Raise Unprocessable when `q` is no search text."""
        read_filter(q)

    async def count(self, scope: LogScope) -> LogCount:
        """Count the logs of a scope."""
        window = Window(
            scope.project_id,
            read_filter(scope.q),
            MIN_US if scope.since is None else to_microseconds(scope.since),
            MAX_US if scope.until is None else to_microseconds(scope.until) - 1,
        )
        async with self._searching.counting("count", scope.project_id) as (counter, _):
            counts = await counter.by(window, ())
        return LogCount(sum(counts.table.column("count").to_pylist()), counts.partial is not None)

    async def delete_project_logs(self, project_id: str) -> None:
        """Delete every log and pattern of a project."""
        await self._segments.delete_project(project_id)
        self._index.forget(project_id)
        await self._patterns.delete_project(project_id)

    async def retention_changed(self, project_id: str, days: int) -> None:
        """Move the expiry of what a project has stored."""
        await self._segments.set_retention(project_id, timedelta(days=days))
