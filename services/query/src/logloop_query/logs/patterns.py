"""Keeps the statistics of message patterns up to date: new patterns at once, known ones every few seconds."""

import asyncio
from typing import Any, Protocol

import pyarrow as pa
import structlog
from cachetools import LRUCache
from logloop_chassis.background import periodically
from pymongo.errors import PyMongoError

from logloop_query.logs.stores.patterns import PatternStats

FLUSH_S = 5.0
MAX_NEW_PER_SEGMENT = 300
_MAX_KNOWN = 100_000
_log = structlog.get_logger()


class PatternWriter(Protocol):
    """Stores the statistics of patterns."""

    async def add(self, project_id: str, stats: dict[str, PatternStats]) -> None:
        """Add statistics by pattern."""


def pattern_stats(table: pa.Table) -> dict[str, PatternStats]:
    """Return the statistics of the patterns in a log batch table."""
    rows = pa.table(
        {
            "pattern": table.column("pattern"),
            "service_id": table.column("service_id"),
            "severity": table.column("severity"),
            "at": table.column("timestamp").cast(pa.int64()),
        }
    )
    grouped = rows.group_by(["pattern", "service_id", "severity"], use_threads=False).aggregate(
        [("at", "min"), ("at", "max"), ([], "count_all")]
    )
    names = ("pattern", "service_id", "severity", "at_min", "at_max", "count_all")
    columns: list[Any] = [grouped.column(name).to_pylist() for name in names]
    found: dict[str, PatternStats] = {}
    for pattern, service, severity, first, last, count in zip(*columns, strict=True):
        _merge(found, pattern, PatternStats(first, last, count, {service}, {severity}))
    return found


def _merge(stats: dict[str, PatternStats], pattern: str, more: PatternStats) -> None:
    if pattern in stats:
        stats[pattern].add(more)
    else:
        stats[pattern] = more


class PatternIndex:
    """Collects statistics and writes them. When too many patterns are new at once, rare ones are omitted."""

    def __init__(self, writer: PatternWriter) -> None:
        self._writer = writer
        self._known: LRUCache[tuple[str, str], bool] = LRUCache(_MAX_KNOWN)
        self._pending: dict[str, dict[str, PatternStats]] = {}

    async def record(self, project_id: str, stats: dict[str, PatternStats]) -> None:
        """Write patterns that are new to this process now, and the others with the next flush."""
        new: dict[str, PatternStats] = {}
        pending = self._pending.setdefault(project_id, {})
        for pattern, seen in stats.items():
            if self._known.get((project_id, pattern)):
                _merge(pending, pattern, seen)
            else:
                new[pattern] = seen
        if len(new) > MAX_NEW_PER_SEGMENT:
            frequent = sorted(new, key=lambda pattern: new[pattern].count, reverse=True)[:MAX_NEW_PER_SEGMENT]
            new = {pattern: new[pattern] for pattern in frequent}
        if new:
            await self._writer.add(project_id, new)
            self._known.update({(project_id, pattern): True for pattern in new})

    async def flush(self) -> None:
        """Write pending statistics. A failure loses them, which affects only counts and last times."""
        pending, self._pending = self._pending, {}
        for project_id, stats in pending.items():
            try:
                await self._writer.add(project_id, stats)
            except PyMongoError as error:
                _log.warning("pattern statistics not stored", project_id=project_id, error=str(error)[:200])

    def forget(self, project_id: str) -> None:
        """Drop the state of a deleted project."""
        self._pending.pop(project_id, None)
        for key in [key for key in self._known if key[0] == project_id]:
            del self._known[key]

    async def run(self, stopping: asyncio.Event) -> None:
        """Flush every few seconds until `stopping`."""
        await periodically(self.flush, "pattern flush", stopping, every_s=FLUSH_S)
