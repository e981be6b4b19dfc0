"""Counts by cell are those of the rows, whatever was asked before."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from logloop_query.logs.search import log_search
from logloop_query.logs.search.counting.sums import Buckets
from logloop_query.logs.search.language.filter import And, Filter
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.segments.cells import cells_of
from logloop_query.logs.segments.codec import Effort, columns_of, encode_segment, split_by_hour
from logloop_query.logs.segments.summary import Summary
from logloop_query.time_bounds import to_microseconds

from tests.unit.query.search.memory_segments import MemorySegments
from tests.unit.query.search.search_oracle import START, Row, rows, searches
from tests.unit.query.search.test_search_oracle import several, table_of

MINUTE_US = 60_000_000


def segments_of(logs: Sequence[Row]) -> MemorySegments:
    """A segment for each hour."""
    return MemorySegments(
        encode_segment("shop", hour, ["p"], part, effort=Effort.FINAL) for hour, part in split_by_hour(table_of(logs))
    )


async def count(searching: LogSearch, wanted: Filter, key: str) -> tuple[Counter[Any], int]:
    """The logs by minute and key, and the bytes that were read."""
    async with searching.counting("test") as (counter, budget):
        found = (await counter.by(LogSelection("shop", wanted), (key,), Buckets(0, MINUTE_US))).table
        columns = [found.column(name).to_pylist() for name in ("bucket", key, "count")]
        counts: Counter[Any] = Counter()
        for minute, value, number in zip(*columns, strict=True):
            assert number > 0
            counts[minute, value] += number
        return counts, budget.bytes


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows(), several(searches()))
async def test_counts_are_those_of_plain_python_in_any_order_of_questions(logs: list[Row], wanted: list[Any]) -> None:
    searching = LogSearch(segments_of(logs), SearchLimits())
    try:
        for first, second in itertools.pairwise(wanted):
            one, other = parse_query(first.text), parse_query(second.text)
            for filters, asked in (
                ((one,), [first]),
                ((one, other), [first, second]),
                ((other, one), [first, second]),
            ):
                chosen = [row for row in logs if all(search.finds(row) for search in asked)]
                for key in ("severity", "service_id", "severity"):
                    expected = Counter(
                        (to_microseconds(row.timestamp) // MINUTE_US, getattr(row, key)) for row in chosen
                    )
                    found, _ = await count(searching, filters[0] if len(filters) == 1 else And(filters), key)
                    assert found == expected, (first.text, second.text, key)
    finally:
        searching.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows())
def test_the_cell_of_each_row_has_its_values(logs: list[Row]) -> None:
    for item in segments_of(logs).stored.values():
        columns, summary = columns_of(item.segment), Summary(item.segment.summary, item.segment.patterns)
        cells = cells_of(columns, summary)
        assert cells is not None
        for name in ("minute", "severity", "service_id", "pattern"):
            of_cells = summary.column(name).to_pylist()
            assert columns.column(name).to_pylist() == [of_cells[cell] for cell in cells], name


LOGS = 600


def row_of(number: int) -> Row:
    message = f"order {number} placed" if number % 3 else f"cart {number} left"
    attributes = {"host": f"node-{number % 5}"} if number < LOGS else {"host": "node-9"}
    timestamp = START.replace(minute=0, second=0) + timedelta(seconds=number * 7 % 3000, hours=number // LOGS)
    return Row(number, timestamp, ("info", "error")[number % 2], "web", None, None, None, message, attributes)


@pytest.fixture
def stored() -> MemorySegments:
    """Two segments: the second has other hosts."""
    return segments_of([row_of(number) for number in range(2 * LOGS)])


@pytest.fixture
async def searching(stored: MemorySegments) -> AsyncIterator[LogSearch]:
    search = LogSearch(stored, SearchLimits())
    yield search
    search.close()


async def total(searching: LogSearch, q: str, key: str = "severity") -> tuple[int, int]:
    """The number of logs of a search, and the bytes that it read."""
    found, read = await count(searching, parse_query(q), key)
    return sum(found.values()), read


async def test_a_term_that_patterns_decide_is_added_without_reading(searching: LogSearch) -> None:
    expected = [number for number in range(LOGS) if number % 5 == 2]
    found, read = await total(searching, "attributes.host:node-2")
    assert found == len(expected)
    assert read > 0
    for more, kept in (
        ("placed", [number for number in expected if number % 3]),
        ("cart", [number for number in expected if not number % 3]),
        ("severity:error", [number for number in expected if number % 2]),
        ("-placed severity:info", [number for number in expected if not number % 3 and not number % 2]),
    ):
        assert await total(searching, f"attributes.host:node-2 {more}") == (len(kept), 0), more
    assert await total(searching, "attributes.host:node-2", "service_id") == (len(expected), 0)


async def test_a_segment_in_which_nothing_was_found_is_not_read_again(
    searching: LogSearch, stored: MemorySegments
) -> None:
    await total(searching, "attributes.host:node-2")
    stored.reads.clear()
    # A part of a number is not decided by patterns, so messages are read.
    found, read = await total(searching, "attributes.host:node-2 12")
    assert found == sum("12" in str(number) for number in range(2, LOGS, 5))
    assert read > 0
    assert set(stored.reads) == {"s0"}


async def test_another_attribute_is_counted_without_reading_what_it_is_counted_by(searching: LogSearch) -> None:
    _, first = await total(searching, "attributes.host:node-2")
    found, second = await total(searching, "attributes.host:node-3")
    assert found == LOGS / 5
    assert second < first


async def test_a_regular_expression_is_asked_again_without_summaries(
    searching: LogSearch, stored: MemorySegments
) -> None:
    first, _ = await total(searching, "/order 1[0-9]2 /")
    stored.reads.clear()
    assert await total(searching, "/order 1[0-9]2 /") == (first, 0)
    assert not stored.reads


async def test_after_the_warm_up_the_first_count_reads_only_what_its_filter_needs(stored: MemorySegments) -> None:
    reads: list[int] = []
    for warm in (False, True):
        searching = LogSearch(stored, SearchLimits())
        try:
            if warm:
                await searching.warm_up(["shop"])
            found, read = await total(searching, "attributes.host:node-2")
        finally:
            searching.close()
        assert found == LOGS / 5
        reads.append(read)
    segments = [item.segment for item in stored.stored.values()]
    assert reads[1] == sum(len(segment.columns["attributes"]) for segment in segments)
    assert reads[0] > reads[1]


async def test_the_warm_up_works_between_searches(stored: MemorySegments, searching: LogSearch) -> None:
    async with searching.admitted("test", "somebody"):
        warming = asyncio.create_task(searching.warm_up(["shop"]))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not stored.reads
    await warming
    assert searching.caches.cells.bytes > 0


async def test_the_warm_up_does_not_wait_for_ever(stored: MemorySegments, searching: LogSearch) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_search, "_WARM_WAIT_S", 0.0)
        async with searching.admitted("test", "somebody"):
            await searching.warm_up(["shop"])
    assert searching.caches.cells.bytes > 0
    assert set(stored.reads) == {"s0", "s1"}
