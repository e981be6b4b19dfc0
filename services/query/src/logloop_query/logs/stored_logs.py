"""Checks searches, sums up and deletes the logs of a project, and changes their retention.

Implements `ports.LogStorage`.
"""

from datetime import timedelta

from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.search.language.text import read_filter
from logloop_query.logs.stores.idempotency_keys import IdempotencyKeys
from logloop_query.logs.stores.patterns import PatternStore
from logloop_query.logs.stores.segments import SegmentStore, StoredTotals


class StoredLogs:
    """The logs and patterns in the database. MongoDB's TTL index on `expires_at` expires them."""

    def __init__(
        self, segments: SegmentStore, patterns: PatternStore, index: PatternIndex, keys: IdempotencyKeys
    ) -> None:
        self._segments = segments
        self._patterns = patterns
        self._index = index
        self._keys = keys

    def check_query(self, q: str) -> None:
        """Raise Unprocessable when `q` is not a valid search text."""
        read_filter(q)

    async def delete_project_logs(self, project_id: str) -> None:
        """Delete every log, pattern and idempotency key of a project. Idempotent."""
        await self._segments.delete_project(project_id)
        self._index.forget(project_id)
        await self._patterns.delete_project(project_id)
        await self._keys.delete_project(project_id)

    async def totals(self, project_id: str) -> StoredTotals:
        """Return the number, size and time range of the logs of a project."""
        return await self._segments.totals(project_id)

    async def set_retention(self, project_id: str, days: int) -> None:
        """Let the stored logs of a project expire `days` after they were stored."""
        await self._segments.set_retention(project_id, timedelta(days=days))
        await self._keys.set_retention(project_id, timedelta(days=days))
