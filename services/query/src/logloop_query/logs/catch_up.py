"""Finds the logs that a live tail misses while it is being opened.

A log that was accepted before the tail was subscribed never reaches the tail. It is stored some moments later, and
only then a search finds it. So a new tail searches several times, and sends what it has not sent yet.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import structlog
from logloop_chassis.ids import utc_now
from pymongo.errors import PyMongoError

from logloop_query.logs.search.language.filter import Filter
from logloop_query.logs.search.limits.admission import TooBusy
from logloop_query.logs.search.limits.pace import OutOfTime
from logloop_query.logs.search.log_search import LogSearch
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.rows import json_rows
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.logs.stores.segments import SnapshotTooOld
from logloop_query.time_bounds import rfc3339, to_microseconds

EARLY_US = 5_000_000
"""How much earlier than the start or the last event logs are searched: they are dated before they are accepted."""
LATE_US = 1_000_000
"""How much later than its acceptance a log may be dated."""
SEARCH_AFTER_S = (0.0, 1.0, 3.0, 10.0)
"""When a tail searches, in seconds after it was opened. A busy platform stores logs late."""
RETRY_S = 2.0
MAX_FAILURES = 30
"""Number of failed searches after which a tail stops searching. The log of query then says so."""
MAX_LOGS = 20_000
"""Logs of one search. The newest are sent."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Followed:
    """What a tail follows: the logs of a project that a filter selects, from `low_us` (microseconds since 1970)."""

    project_id: str
    wanted: Filter
    low_us: int
    caller: str = ""


@asynccontextmanager
async def catch_up(
    search: LogSearch, followed: Followed, wake: Callable[[], None], *, seen: Iterable[str] = ()
) -> AsyncIterator["CatchUp"]:
    """Search in the background, from now on. Enter this when the tail is subscribed.

    `wake` is called when there is something to take. `seen` are the ids of logs that were sent already.
    """
    catching_up = CatchUp(search, followed, seen)
    task = asyncio.create_task(catching_up.run(wake), name="tail catch-up")
    try:
        yield catching_up
    finally:
        task.cancel()
        await asyncio.wait([task])


class CatchUp:
    """The logs that a tail misses, and the ids of those that it has sent."""

    def __init__(self, search: LogSearch, followed: Followed, seen: Iterable[str] = ()) -> None:
        high_us = to_microseconds(utc_now()) + LATE_US
        self._search = search
        self._followed = followed
        self._selection = LogSelection(followed.project_id, followed.wanted, followed.low_us, high_us)
        self._last = rfc3339(high_us)
        self._seen = set(seen)
        self._found: list[dict[str, Any]] = []
        self._is_over = False

    @property
    def position_us(self) -> int:
        """The time from which a tail is resumed without missing a log, in microseconds since 1970."""
        return to_microseconds(utc_now()) - EARLY_US if self._is_over else self._followed.low_us

    def fresh(self, chunk: bytes) -> bytes | None:
        """Return an arrived chunk {"items": […]} without logs that were sent before; None when nothing is left.

        Once the last search is over, a chunk is returned unread.
        """
        if self._is_over:
            return chunk
        items = orjson.loads(chunk)["items"]
        kept = [item for item in items if item["id"] not in self._seen]
        self._seen.update(item["id"] for item in kept if item["timestamp"] <= self._last)
        if len(kept) == len(items):
            return chunk
        return orjson.dumps({"items": kept}) if kept else None

    def take(self) -> list[dict[str, Any]]:
        """Return the logs that were found since the last call and not sent before, oldest first."""
        # Two searches may have found the same log before this call.
        found, self._found = {row["id"]: row for row in self._found if row["id"] not in self._seen}, []
        if self._is_over:
            self._seen.clear()
        else:
            self._seen.update(found)
        return list(found.values())

    async def run(self, wake: Callable[[], None]) -> None:
        """Search several times, then let arriving logs pass unread."""
        opened = time.monotonic()
        for after_s in SEARCH_AFTER_S:
            await asyncio.sleep(opened + after_s - time.monotonic())
            table = await self._search_until_answered()
            if table is None:
                _log.warning("a live tail may lack logs of the moments before it opened")
                break
            self._found += await asyncio.to_thread(self._unseen, table)
            if self._found:
                wake()
        self._is_over = True

    async def _search_until_answered(self) -> pa.Table | None:
        for _ in range(MAX_FAILURES):
            try:
                found, _ = await self._search.search(SearchRequest(self._selection, MAX_LOGS), self._followed.caller)
            except (TooBusy, OutOfTime, SnapshotTooOld, PyMongoError):
                await asyncio.sleep(RETRY_S)
            else:
                return found.table
        return None

    def _unseen(self, table: pa.Table) -> list[dict[str, Any]]:
        columns = (table.column(name).to_pylist() for name in ("batch", "hour", "row"))
        ids = [f"{batch}-{hour:x}-{row:x}" for batch, hour, row in zip(*columns, strict=True)]
        chosen = [place for place, number in enumerate(ids) if number not in self._seen]
        return json_rows(self._selection.project_id, table.take(pa.array(chosen[::-1], pa.int64())))
