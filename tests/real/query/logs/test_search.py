"""LogSearch stored logs: pages, counts, limits, and when a log can be found."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from logloop_contracts.log_batch import parse_log_id
from logloop_query.logs.search.counting.sums import Buckets
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.limits.admission import TooBusy
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.time_bounds import to_microseconds

from tests.real.query.logs.storage import NOON, Storage, entry, numbered, open_storage, table


@pytest.fixture
async def storage(mongo_url: str) -> AsyncIterator[Storage]:
    async with open_storage(mongo_url) as opened:
        yield opened


async def store_shuffled(storage: Storage, count: int = 300) -> list[tuple[datetime, str, str]]:
    """Store logs in overlapping segments, many with equal timestamps, and return them."""
    noise = random.Random(5)
    logs = [
        (NOON + timedelta(seconds=noise.randrange(40)), noise.choice(["info", "error"]), f"line {i}")
        for i in range(count)
    ]
    async with storage.persister(linger_s=0.001) as persister:
        for start in range(0, count, 30):
            rows = [entry(message, at, severity=severity) for at, severity, message in logs[start : start + 30]]
            await persister.store("shop", table(rows))
    return logs


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
async def test_pages_hold_every_log_once_in_time_order(storage: Storage, limit: int, newest_first: bool) -> None:
    logs = await store_shuffled(storage, 120 if limit == 1 else 300)

    found = await storage.search("severity:error", limit=limit, newest_first=newest_first)

    expected = sorted(message for _, severity, message in logs if severity == "error")
    assert sorted(item["message"] for item in found) == expected
    times = [item["timestamp"] for item in found]
    assert times == sorted(times, reverse=newest_first)


async def test_both_orders_are_the_reverse_of_each_other(storage: Storage) -> None:
    await store_shuffled(storage)
    up = await storage.search(limit=50)
    assert await storage.search(limit=33, newest_first=True) == up[::-1]


async def test_logs_with_equal_timestamps_stay_in_the_order_they_were_sent(storage: Storage) -> None:
    async with storage.persister() as persister:
        await persister.store("shop", numbered(0, 40, every=timedelta(0)))

    assert await storage.messages(limit=7) == [f"line {i}" for i in range(40)]


async def test_later_logs_do_not_change_the_pages_of_a_search(storage: Storage) -> None:
    async with storage.persister() as persister:
        await persister.store("shop", numbered(0, 20))
        request = SearchRequest(LogSelection("shop"), 10, newest_first=True)
        first, _ = await storage.searching.search(request)
        await persister.store("shop", numbered(100, 20, NOON + timedelta(seconds=1)))
        second, _ = await storage.searching.search(
            SearchRequest(LogSelection("shop"), 10, newest_first=True, cursor=first.next_cursor)
        )

    seen = first.table.column("message").to_pylist() + second.table.column("message").to_pylist()
    assert seen == [f"line {i}" for i in reversed(range(20))]


async def test_a_log_is_found_as_soon_as_it_is_stored(storage: Storage) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(30):
            await persister.store("shop", table([entry(f"line {i}")]))
            assert await storage.messages(f'"line {i}"', newest_first=True) != []
            assert await storage.count() == i + 1


async def test_a_frequent_term_reads_only_the_newest_segment(storage: Storage) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(10):
            await persister.store("shop", numbered(i * 50, 50, NOON + timedelta(seconds=i)))

    page, budget = await storage.searching.search(SearchRequest(LogSelection("shop", parse_query("line")), 10))

    assert page.table.num_rows == 10
    assert budget.segments == 1


async def test_segments_without_the_severity_are_not_read(storage: Storage) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(10):
            await persister.store("shop", numbered(i * 50, 50, NOON + timedelta(seconds=i)))
        await persister.store("shop", table([entry("bad", severity="error")]))

    page, budget = await storage.searching.search(
        SearchRequest(LogSelection("shop", parse_query("severity:error bad")), 10)
    )

    assert page.table.column("message").to_pylist() == ["bad"]
    assert budget.segments == 1


@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_search_for_ids_reads_only_the_segments_of_these_logs(storage: Storage, newest_first: bool) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(10):
            await persister.store("shop", numbered(i * 50, 50, NOON + timedelta(seconds=i)))
    logs = {item["message"]: item["id"] for item in await storage.search()}
    await storage.edits.change(parse_log_id(logs["line 77"]), lambda _: True, {"timestamp": NOON + timedelta(days=9)})
    q = f'id:"{logs["line 77"]}" OR id:("{logs["line 78"]}" "{logs["line 401"]}") OR (id:"{logs["line 401"]}" 401)'

    page, budget = await storage.searching.search(
        SearchRequest(LogSelection("shop", parse_query(q)), 10, newest_first)
    )

    expected = ["line 401", "line 77"]
    assert page.table.column("message").to_pylist() == (expected[::-1] if newest_first else expected)
    assert budget.segments == 2
    assert await storage.count(q) == 2
    assert await storage.messages(f'id:"{logs["line 5"]}"', project="another") == []


async def test_a_search_that_reaches_its_limits_is_partial_and_can_be_continued(storage: Storage) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(12):
            await persister.store("shop", numbered(i * 10, 10, NOON + timedelta(seconds=i)))
    tight = LogSearch(storage.segments, SearchLimits(max_bytes=1))
    found: list[str] = []
    cursor, pages = None, 0
    while True:
        page, _ = await tight.search(SearchRequest(LogSelection("shop", parse_query("/[05]$/")), 100, True, cursor))
        found += page.table.column("message").to_pylist()
        pages += 1
        cursor = page.next_cursor
        if cursor is None:
            break
        assert page.partial == "bytes"
    tight.close()

    assert pages > 3
    assert found == [f"line {i}" for i in reversed(range(0, 120, 5))]


async def test_a_histogram_after_the_warm_up_reads_no_summary_again(storage: Storage) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(5):
            await persister.store("shop", numbered(i * 10, 10, NOON + timedelta(seconds=i)))
    fresh = LogSearch(storage.segments, SearchLimits())
    await fresh.warm_up(await storage.segments.project_ids())

    async with fresh.opened("test") as (snapshot, _, _):
        refs = [ref async for ref in snapshot.plan(LogSelection("shop"), newest_first=True)]
    fresh.close()

    assert len(refs) == 5
    assert all(fresh.caches.summaries.get(ref) is not None for ref in refs)


async def test_the_number_of_running_searches_is_limited(storage: Storage) -> None:
    narrow = LogSearch(storage.segments, SearchLimits(concurrency=1, max_wait_seconds=0.05))
    async with narrow.opened("test"):
        with pytest.raises(TooBusy):
            await narrow.search(SearchRequest(LogSelection("shop")))
    page, _ = await narrow.search(SearchRequest(LogSelection("shop")))
    narrow.close()
    assert page.table.num_rows == 0


def counted(table: Any) -> dict[Any, int]:
    *keys, counts = [column.to_pylist() for column in table.columns]
    return dict(zip(zip(*keys, strict=True), counts, strict=True))


@pytest.mark.parametrize(
    "q", ["", "severity:error", "service:web OR severity:info", "line", "-line", "severity:error 7"]
)
@pytest.mark.parametrize("width_s", [60, 7])
async def test_counts_over_time_agree_with_the_logs(storage: Storage, q: str, width_s: int) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(6):
            rows = [
                entry(
                    f"line {j}" if j % 3 else "other",
                    NOON + timedelta(seconds=37 * i + 11 * j),
                    severity="error" if j % 4 == 0 else "info",
                    service_id="web" if j % 5 == 0 else "cart",
                )
                for j in range(20)
            ]
            await persister.store("shop", table(rows))
    low, high = to_microseconds(NOON + timedelta(seconds=50)), to_microseconds(NOON + timedelta(seconds=200))
    origin = low // (width_s * 1_000_000) * width_s * 1_000_000
    expected: dict[Any, int] = {}
    for item in await storage.search(q):
        at = to_microseconds(datetime.fromisoformat(item["timestamp"]))
        if low <= at <= high:
            key = ((at - origin) // (width_s * 1_000_000), item["severity"], item["service_id"])
            expected[key] = expected.get(key, 0) + 1

    window = LogSelection("shop", parse_query(q), low, high)
    async with storage.searching.counting("test") as (counter, _):
        counts = await counter.by(window, ("severity", "service_id"), Buckets(origin, width_s * 1_000_000))

    assert counted(counts.table) == expected


async def test_pattern_counts_agree_with_the_logs(storage: Storage) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(3):
            rows = [
                entry(f"took {j} ms" if j % 2 else f"user u{j}", NOON + timedelta(seconds=i * 10 + j))
                for j in range(9)
            ]
            await persister.store("shop", table(rows))
    async with storage.searching.counting("test") as (counter, _):
        all_of_them = await counter.by_pattern(LogSelection("shop"))
        some = await counter.by_pattern(
            LogSelection("shop", parse_query("user"), to_microseconds(NOON + timedelta(seconds=9)))
        )

    assert counted(all_of_them.table) == {("took <*> ms",): 12, ("user <*>",): 15}
    assert counted(some.table) == {("user <*>",): 10}


async def test_searches_during_writes_never_miss_or_repeat_a_stored_log(storage: Storage) -> None:
    async with storage.persister(linger_s=0.002) as persister:
        await persister.store("shop", numbered(0, 50))

        async def write() -> None:
            for i in range(15):
                await persister.store("shop", numbered(1000 + i * 10, 10, NOON + timedelta(seconds=1 + i)))

        async def read() -> None:
            for _ in range(6):
                found = await storage.messages(limit=20)
                assert found[:50] == [f"line {i}" for i in range(50)]
                assert len(set(found)) == len(found)

        await asyncio.gather(write(), read(), read())
