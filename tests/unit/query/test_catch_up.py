"""A live tail gets the logs that were accepted before it was subscribed and stored later, each once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from logloop_chassis.testing import wait_until
from logloop_contracts.log_batch import log_id, new_batch_id
from logloop_contracts.log_entry import LogEntry
from logloop_query.logs import catch_up as catching_up
from logloop_query.logs.catch_up import EARLY_US, CatchUp, Followed, catch_up
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.limits.admission import TooBusy
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.segments.codec import chunks_of, encode_segment
from logloop_query.time_bounds import to_microseconds

from tests.real.query.logs.storage import entry, table
from tests.unit.query.search.memory_segments import MemorySegments


@asynccontextmanager
async def opened(store: MemorySegments, q: str = "", **options: Any) -> AsyncIterator[CatchUp]:
    search = LogSearch(store, SearchLimits())
    followed = Followed("shop", parse_query(q), to_microseconds(datetime.now(UTC)) - EARLY_US)
    try:
        async with catch_up(search, followed, lambda: None, **options) as missing:
            yield missing
    finally:
        search.close()


def put(store: MemorySegments, *entries: LogEntry, batch: str | None = None) -> None:
    for chunk in chunks_of(table(entries, batch)):
        store.insert(encode_segment("shop", chunk.hour, chunk.parts, chunk.table))


def id_of(found: LogEntry, batch: str, row: int) -> str:
    return log_id(batch, to_microseconds(found.timestamp), row)


def now(message: str, **changes: Any) -> LogEntry:
    return entry(message, datetime.now(UTC), **changes)


def chunk_of(*rows: dict[str, Any]) -> bytes:
    return orjson.dumps({"items": rows})


async def messages(missing: CatchUp, count: int) -> list[str]:
    """Wait for `count` missed logs."""
    found: list[dict[str, Any]] = []

    def enough() -> bool:
        found.extend(missing.take())
        return len(found) >= count

    await wait_until(enough)
    return [row["message"] for row in found]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "SEARCH_AFTER_S", tuple(number / 20 for number in range(1200)))
    monkeypatch.setattr(catching_up, "RETRY_S", 0.01)


async def test_logs_that_are_stored_after_the_tail_has_opened_are_found_once_and_in_order() -> None:
    store = MemorySegments()
    old = entry("old", datetime.now(UTC) - timedelta(minutes=1))
    put(store, old, now("other", severity="debug"), now("one"), now("two"))
    async with opened(store, "severity:info") as missing:
        assert await messages(missing, 2) == ["one", "two"]
        put(store, now("late"))
        assert await messages(missing, 1) == ["late"]


async def test_a_log_that_arrives_and_is_found_is_sent_once_whichever_comes_first() -> None:
    store = MemorySegments()
    put(store, now("found first"))
    async with opened(store) as missing:
        rows = await wait_until(missing.take)
        assert missing.fresh(chunk_of(*rows)) is None
        later = {**rows[0], "id": rows[0]["id"][:-1] + "f"}
        assert missing.fresh(chunk_of(rows[0], later)) == chunk_of(later)

        batch, arrives_first = new_batch_id(), now("arrives first")
        arrived = {"id": id_of(arrives_first, batch, 0), "timestamp": later["timestamp"]}
        assert missing.fresh(chunk_of(arrived)) == chunk_of(arrived)
        put(store, arrives_first, batch=batch)
        put(store, now("marker"))
        assert await messages(missing, 1) == ["marker"]


async def test_logs_that_were_sent_before_are_left_out() -> None:
    store = MemorySegments()
    batch, sent = new_batch_id(), now("sent")
    put(store, sent, now("new"), batch=batch)
    async with opened(store, seen=[id_of(sent, batch, 0)]) as missing:
        assert await messages(missing, 1) == ["new"]


async def test_a_search_that_fails_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemorySegments()
    put(store, now("one"))
    search = LogSearch.search
    failures = iter([TooBusy(), TooBusy()])

    async def sometimes(self: LogSearch, *arguments: Any) -> Any:
        for failure in failures:
            raise failure
        return await search(self, *arguments)

    monkeypatch.setattr(LogSearch, "search", sometimes)
    async with opened(store) as missing:
        assert await messages(missing, 1) == ["one"]


async def test_after_the_last_search_arriving_logs_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "SEARCH_AFTER_S", (0.0,))
    async with opened(MemorySegments()) as missing:
        before = missing.position_us
        await wait_until(lambda: missing.position_us > before)
        assert missing.fresh(b"not read") == b"not read"
