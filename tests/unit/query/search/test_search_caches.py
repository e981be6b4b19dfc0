"""Rows that a filter selected are remembered for one revision of a segment, within a limit of bytes."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from logloop_contracts.log_batch import parse_log_id
from logloop_query.logs.edits import LogEdits
from logloop_query.logs.search.caches import Caches, CellCache, CellCountCache, CountCache, MaskCache
from logloop_query.logs.search.counting.sums import Buckets
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.rows import json_rows
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.logs.segments.codec import Effort, chunks_of, encode_segment

from tests.real.query.logs.storage import entry, table
from tests.unit.query.search.memory_segments import MemorySegments

LOGS = 400


@pytest.fixture
def stored() -> MemorySegments:
    """Logs whose words are all in variables, so that only their messages decide."""
    entries = [entry(f"id-{number}-{'even' if number % 2 == 0 else 'odd'} x{number}") for number in range(LOGS)]
    [chunk] = chunks_of(table(entries))
    return MemorySegments([encode_segment("shop", chunk.hour, chunk.parts, chunk.table, effort=Effort.FINAL)])


@pytest.fixture
async def searching(stored: MemorySegments) -> AsyncIterator[LogSearch]:
    search = LogSearch(stored, SearchLimits())
    yield search
    search.close()


async def by_bucket(searching: LogSearch, selection: LogSelection, buckets: Buckets) -> tuple[dict[int, int], int]:
    """The number of logs in each bucket, and the bytes that were read."""
    async with searching.counting("test") as (counter, budget):
        found = await counter.by(selection, (), buckets)
        return dict(
            zip(*(found.table.column(name).to_pylist() for name in ("bucket", "count")), strict=True)
        ), budget.bytes


async def counted(searching: LogSearch, q: str) -> tuple[int, int]:
    """The number of logs of a search, and the bytes that it read."""
    async with searching.counting("test") as (counter, budget):
        found = await counter.by(LogSelection("shop", parse_query(q)), (), Buckets(0, 60_000_000))
        return sum(found.table.column("count").to_pylist()), budget.bytes


async def messages(searching: LogSearch, q: str) -> list[dict[str, str]]:
    found, _ = await searching.search(SearchRequest(LogSelection("shop", parse_query(q)), limit=LOGS))
    return json_rows("shop", found.table)


async def test_a_repeated_count_reads_no_message(searching: LogSearch) -> None:
    first = await counted(searching, "even x1")
    again = await counted(searching, "x1 even")
    assert first[0] == again[0] == len([n for n in range(0, LOGS, 2) if str(n).startswith("1")])
    assert again[1] < first[1] / 3


async def test_counts_in_other_buckets_read_nothing(searching: LogSearch) -> None:
    selection = LogSelection("shop", parse_query("even x1"))
    by_minute, read = await by_bucket(searching, selection, Buckets(0, 60_000_000))
    by_hour, read_again = await by_bucket(searching, selection, Buckets(0, 3_600_000_000))

    assert read > 0
    assert read_again == 0
    hours: dict[int, int] = {}
    for minute, count in by_minute.items():
        hours[minute // 60] = hours.get(minute // 60, 0) + count
    assert by_hour == hours


async def test_counts_of_a_whole_segment_do_not_serve_a_part_of_it(searching: LogSearch) -> None:
    selection = LogSelection("shop", parse_query("even x1"))
    whole, _ = await by_bucket(searching, selection, Buckets(0, 1_000_000))
    assert await by_bucket(searching, selection, Buckets(0, 60_000_000)) != ({}, 0)
    low = min(whole) * 1_000_000
    high = low + 999_999
    part, _ = await by_bucket(searching, replace(selection, low=low, high=high), Buckets(low, 1_000_000))
    assert part == {0: whole[min(whole)]}


async def test_a_refined_search_finds_exactly_its_logs(searching: LogSearch) -> None:
    for q, expected in (
        ("even", range(0, LOGS, 2)),
        ("even x10", [n for n in range(0, LOGS, 2) if str(n).startswith("10")]),
        ("even x10 id-100", [100]),
        ("even x10 -id-100", [n for n in range(0, LOGS, 2) if str(n).startswith("10") and n != 100]),
        ("x10 -even", [n for n in range(1, LOGS, 2) if str(n).startswith("10")]),
    ):
        found = {item["message"] for item in await messages(searching, q)}
        assert {int(text.rpartition("x")[2]) for text in found} == set(expected), q


async def test_a_repeated_page_reads_only_what_it_shows() -> None:
    entries = [entry(f"order {number} placed" if number % 2 else f"cart {number} left") for number in range(LOGS)]
    [chunk] = chunks_of(table(entries))
    segments = MemorySegments([encode_segment("shop", chunk.hour, chunk.parts, chunk.table, effort=Effort.FINAL)])
    searching = LogSearch(segments, SearchLimits())
    reads: list[tuple[list[str], int]] = []
    try:
        for _ in range(2):
            request = SearchRequest(LogSelection("shop", parse_query("placed")), limit=LOGS)
            found, budget = await searching.search(request)
            reads.append((found.table.column("message").to_pylist(), budget.bytes))
    finally:
        searching.close()
    (first, first_bytes), (again, bytes_again) = reads
    assert first == again
    assert sorted(first) == sorted(f"order {number} placed" for number in range(1, LOGS, 2))
    # The first search also reads the patterns of the rows.
    assert bytes_again < first_bytes


async def test_what_was_remembered_of_a_changed_log_is_not_used(searching: LogSearch, stored: MemorySegments) -> None:
    [found] = await messages(searching, "id-100")
    log = parse_log_id(found["id"])
    assert log is not None
    edits = LogEdits(stored, searching.threads, searching.caches)
    await edits.change(log, lambda _: True, {"message": "gone"})

    assert await messages(searching, "id-100") == []
    assert (await counted(searching, "even"))[0] == LOGS // 2 - 1


async def test_what_is_remembered_is_bounded(searching: LogSearch) -> None:
    for most in (1000, 0):
        searching.caches = caches = Caches(
            masks=MaskCache(most), counts=CountCache(most), cells=CellCache(most), cell_counts=CellCountCache(most)
        )
        for number in range(20):
            assert (await counted(searching, f"id-{number}-"))[0] == 1
        for cache in (caches.masks, caches.counts, caches.cells, caches.cell_counts):
            assert cache.bytes <= most
