"""Pages that are asked again are those of plain Python, whatever was stored, changed or deleted in between."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_contracts.log_batch import HOUR_US
from logloop_query.logs.search.caches import Caches, PageCache
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.rows import SearchCursor, json_rows
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.logs.segments.codec import encode_segment, part_key, split_by_hour
from logloop_query.time_bounds import to_microseconds

from tests.unit.query.search.memory_segments import MemorySegments
from tests.unit.query.search.search_oracle import BATCH, START, Row, rows, searches
from tests.unit.query.search.test_search_oracle import several, table_of


class Stored:
    """Segments in memory, and the logs in each of them."""

    def __init__(self) -> None:
        self.segments = MemorySegments()
        self.held: dict[str, list[Row]] = {}

    @property
    def logs(self) -> list[Row]:
        """All logs."""
        return [row for own in self.held.values() for row in own]

    def insert(self, logs: Sequence[Row], place: int) -> None:
        """Store logs in a segment of each hour."""
        for hour, part in split_by_hour(_numbered(logs)) if logs else ():
            name = f"s{len(self.segments.stored)}"
            self.held[name] = [row for row in logs if to_microseconds(row.timestamp) // HOUR_US == hour]
            self.segments.insert(encode_segment("shop", hour, [part_key(BATCH, hour, place)], part))

    async def shorten(self, number: int, *, by: int, last: bool = False) -> None:
        """Delete the first or last logs of one segment, as another process would."""
        names = sorted(name for name, own in self.held.items() if own)
        if names:
            name = names[number % len(names)]
            old, own = self.segments.stored[name], self.held[name]
            kept = own[:-by] if last else own[by:]
            part = _numbered(own).slice(0 if last else min(by, len(own)), len(kept))
            new = encode_segment("shop", old.segment.hour, old.segment.parts, part)
            assert await self.segments.rewrite(old, new) is not None
            self.held[name] = kept


def _numbered(logs: Sequence[Row]) -> pa.Table:
    """A table in which each log has its own row number."""
    plain = table_of(logs)
    return plain.set_column(1, "row", pa.array([row.number for row in logs], pa.int32())).cast(plain.schema)


def log(number: int, seconds: float, message: str = "line") -> Row:
    return Row(
        number, START + timedelta(seconds=seconds), "info", "web", None, None, None, f"{message} {number}", None
    )


async def page(searching: LogSearch, request: SearchRequest) -> tuple[list[str], SearchCursor | None]:
    """The ids of a page, and where the next one starts."""
    found, _ = await searching.search(request)
    return [item["id"] for item in json_rows("shop", found.table)], found.next_cursor


def expected(logs: Sequence[Row], *, newest_first: bool) -> list[str]:
    ordered = sorted(logs, key=lambda row: (row.timestamp, row.number), reverse=newest_first)
    return [row.id for row in ordered]


@pytest.fixture
def stored() -> Stored:
    """Three segments that overlap in time, each with two logs at each moment."""
    made = Stored()
    for place in range(3):
        made.insert([log(place * 100 + n, 1800 + 3 * (n // 2) + place) for n in range(40)], place)
    return made


@pytest.fixture
async def searching(stored: Stored) -> AsyncIterator[LogSearch]:
    search = LogSearch(stored.segments, SearchLimits())
    yield search
    search.close()


NEWEST = SearchRequest(LogSelection("shop", parse_query("line")), 10)


async def test_a_page_that_is_asked_again_reads_nothing(searching: LogSearch, stored: Stored) -> None:
    first = await page(searching, NEWEST)
    assert first[0] == expected(stored.logs, newest_first=True)[:10]
    stored.segments.reads.clear()
    assert await page(searching, NEWEST) == first
    assert not stored.segments.reads


async def test_a_page_that_is_asked_again_reads_new_segments_only(searching: LogSearch, stored: Stored) -> None:
    await page(searching, NEWEST)
    stored.insert([log(900 + n, 1950 + n) for n in range(4)], 5)
    stored.segments.reads.clear()
    found, _ = await page(searching, NEWEST)
    assert found == expected(stored.logs, newest_first=True)[:10]
    assert set(stored.segments.reads) == {"s3"}


@pytest.mark.parametrize("newest_first", [True, False])
async def test_rows_that_earlier_ones_left_out_are_found_when_those_are_gone(
    searching: LogSearch, stored: Stored, newest_first: bool
) -> None:
    request = SearchRequest(NEWEST.selection, 10, newest_first)
    whole = await page(searching, request)
    # Of the segments read last, only rows before the last one of the page so far were kept.
    for number in range(3):
        await stored.shorten(number, by=5, last=newest_first)
        found, _ = await page(searching, request)
        assert found == expected(stored.logs, newest_first=newest_first)[:10]
    assert whole[0] != found


async def test_pages_of_any_size_order_and_time_are_apart(searching: LogSearch, stored: Stored) -> None:
    times = sorted(to_microseconds(row.timestamp) for row in stored.logs)
    for low, high in ((times[0], times[-1]), (times[30], times[-1]), (times[30], times[80]), (times[31], times[90])):
        inside = [row for row in stored.logs if low <= to_microseconds(row.timestamp) <= high]
        for newest_first in (True, False):
            for limit in (1, 50):
                selection = LogSelection("shop", parse_query("line"), low, high)
                found: list[str] = []
                request: SearchRequest | None = SearchRequest(selection, limit, newest_first)
                while request is not None:
                    ids, cursor = await page(searching, request)
                    assert (await page(searching, request))[0] == ids
                    found += ids
                    request = SearchRequest(selection, limit, newest_first, cursor) if cursor else None
                assert found == expected(inside, newest_first=newest_first)


async def test_what_is_remembered_of_pages_is_bounded(searching: LogSearch) -> None:
    searching.caches = Caches(pages=PageCache(100_000))
    for number in range(40):
        await page(searching, SearchRequest(LogSelection("shop", parse_query(f"line -{number}")), 10))
    assert 0 < searching.caches.pages.bytes <= 100_000


_CHANGES = st.lists(st.tuples(st.sampled_from(["add", "shorten", "remove"]), st.integers(0, 9)), max_size=3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows(), st.lists(st.integers(0, 5), min_size=10, max_size=10), several(searches()), _CHANGES)
async def test_pages_are_those_of_plain_python_after_each_change(
    logs: list[Row], places: list[int], wanted: list[Any], changes: list[tuple[str, int]]
) -> None:
    stored = Stored()
    for place in range(6):
        stored.insert([row for row, own in zip(logs, places, strict=False) if own == place], place)
    searching = LogSearch(stored.segments, SearchLimits())
    try:
        for kind, number in [("none", 0), *changes]:
            if kind == "add":
                more = [row for row, own in zip(logs, places, strict=False) if own == number]
                stored.insert([row for row in more if row not in stored.logs], number)
            elif kind != "none":
                await stored.shorten(number, by=1 if kind == "shorten" else 10)
            for search in wanted:
                chosen = [row for row in stored.logs if search.finds(row)]
                for newest_first in (True, False):
                    for limit in (2, 100):
                        request = SearchRequest(LogSelection("shop", parse_query(search.text)), limit, newest_first)
                        found, _ = await page(searching, request)
                        assert found == expected(chosen, newest_first=newest_first)[:limit], search.text
    finally:
        searching.close()
