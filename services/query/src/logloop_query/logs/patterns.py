"""Keep the index of patterns up to date: a new pattern at once, a known one every few seconds.

It must not slow the persister down: what it cannot note in time is left out, counts in segments stay exact.
"""

import asyncio
from collections import OrderedDict
from typing import Any, Protocol

import pyarrow as pa
import structlog
from pymongo.errors import PyMongoError

from logloop_query.logs.stores.patterns import Sighting

FLUSH_SECONDS = 5.0
MAX_NEW_A_SEGMENT = 300
MAX_REMEMBERED = 100_000
_log = structlog.get_logger()


class PatternNotes(Protocol):
    """Where sightings are kept."""

    async def note(self, project_id: str, sightings: dict[str, Sighting]) -> None:
        """Add sightings of a project."""


def sightings_of(table: pa.Table) -> dict[str, Sighting]:
    """Sightings of the patterns in a log batch table."""
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
    found: dict[str, Sighting] = {}
    for pattern, service, severity, first, last, count in zip(*columns, strict=True):
        seen = Sighting(first, last, count, {service}, {severity})
        if pattern in found:
            found[pattern].add(seen)
        else:
            found[pattern] = seen
    return found


class PatternIndex:
    """Notes sightings. `run` must be running for known patterns to be written."""

    def __init__(self, notes: PatternNotes) -> None:
        self._notes = notes
        self._remembered: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._waiting: dict[str, dict[str, Sighting]] = {}

    async def saw(self, project_id: str, sightings: dict[str, Sighting]) -> None:
        """Write patterns that this process has not seen yet, keep the rest for the next round."""
        fresh: dict[str, Sighting] = {}
        waiting = self._waiting.setdefault(project_id, {})
        for pattern, seen in sightings.items():
            if self._is_known(project_id, pattern):
                if pattern in waiting:
                    waiting[pattern].add(seen)
                else:
                    waiting[pattern] = seen
            else:
                fresh[pattern] = seen
        if len(fresh) > MAX_NEW_A_SEGMENT:
            frequent = sorted(fresh, key=lambda pattern: fresh[pattern].count, reverse=True)[:MAX_NEW_A_SEGMENT]
            fresh = {pattern: fresh[pattern] for pattern in frequent}
        if fresh:
            await self._notes.note(project_id, fresh)
            for pattern in fresh:
                self._remember(project_id, pattern)

    def _is_known(self, project_id: str, pattern: str) -> bool:
        key = (project_id, pattern)
        if key not in self._remembered:
            return False
        self._remembered.move_to_end(key)
        return True

    def _remember(self, project_id: str, pattern: str) -> None:
        self._remembered[(project_id, pattern)] = None
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    async def flush(self) -> None:
        """Write what waits; what fails is lost, which costs counts and last times only."""
        waiting, self._waiting = self._waiting, {}
        for project_id, sightings in waiting.items():
            try:
                await self._notes.note(project_id, sightings)
            except PyMongoError as error:
                _log.warning("could not note patterns", project_id=project_id, error=str(error)[:200])

    def forget(self, project_id: str) -> None:
        """Drop what is remembered of a project that was deleted."""
        self._waiting.pop(project_id, None)
        for key in [key for key in self._remembered if key[0] == project_id]:
            del self._remembered[key]

    async def run(self) -> None:
        """Flush every few seconds until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()
