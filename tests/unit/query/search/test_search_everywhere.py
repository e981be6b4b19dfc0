"""Search, counts, export, tail and edits select the same logs as the reference implementation."""

import asyncio
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import orjson
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_contracts.log_batch import encode, parse_log_id
from logloop_query.logs.edits import LogEdits
from logloop_query.logs.export import Export
from logloop_query.logs.search.caches import Caches, MaskCache, SummaryCache
from logloop_query.logs.search.counting.sums import Buckets, most_frequent
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.rows import RowKey, SearchCursor, json_rows
from logloop_query.logs.search.scan import MAX_PAGE_BYTES, SearchRequest
from logloop_query.logs.segments.codec import MAX_SUB_PARTS, Effort, encode_segment, part_key, split_by_hour
from logloop_query.logs.tail import Tail, _choose
from logloop_query.time_bounds import to_microseconds

from tests.unit.query.search.memory_segments import MemorySegments
from tests.unit.query.search.search_oracle import BATCH, START, Row, Search, rows, searches
from tests.unit.query.search.test_search_oracle import table_of

T = TypeVar("T")
_AMPLE = SearchLimits()
_thorough = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class World:
    """Logs, their distribution over segments, and a search in a time range."""

    logs: list[Row]
    places: list[int]
    search: Search
    low: datetime
    high: datetime

    @property
    def window(self) -> LogSelection:
        """The selection; the upper bound is exclusive, like `until`."""
        low, high = to_microseconds(self.low), to_microseconds(self.high) - 1
        return LogSelection("shop", parse_query(self.search.text), low, high)

    def wants(self, row: Row) -> bool:
        """Whether the reference implementation selects a log."""
        return self.low <= row.timestamp < self.high and bool(self.search.finds(row))

    @property
    def expected(self) -> list[Row]:
        """The selected logs in time order."""
        return in_order(row for row in self.logs if self.wants(row))

    def segments(self) -> MemorySegments:
        """The logs as stored, each in the segment of its place and hour."""
        store = MemorySegments()
        for place in sorted(set(self.places)):
            chosen = [row for row, own in zip(self.logs, self.places, strict=True) if own == place]
            numbers = pa.array([row.number for row in chosen], pa.int32())
            table = table_of(chosen).set_column(1, "row", numbers)
            for hour, part in split_by_hour(table.cast(table_of(chosen).schema)):
                effort = Effort.MERGE if place % 2 else Effort.INTAKE
                store.insert(encode_segment("shop", hour, [part_key(BATCH, hour, place)], part, effort=effort))
        return store


def in_order(logs: Any) -> list[Row]:
    return sorted(logs, key=lambda row: (row.timestamp, row.number))


def ids(logs: Sequence[Row]) -> list[str]:
    return [row.id for row in logs]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Logs in up to four overlapping segments per hour, and bounds that often equal a timestamp or a full hour."""
    logs = draw(rows())
    moments = [*(row.timestamp for row in logs), START, START + timedelta(seconds=2), START + timedelta(days=400)]
    low, high = sorted(draw(st.tuples(st.sampled_from(moments), st.sampled_from(moments))))
    if draw(st.booleans()):
        low, high = START - timedelta(days=1), START + timedelta(days=1)
    places = draw(st.lists(st.integers(0, 3), min_size=len(logs), max_size=len(logs)))
    assert max(places) < MAX_SUB_PARTS
    return World(logs, places, draw(searches()), low, high)


@contextmanager
def opened(store: MemorySegments, limits: SearchLimits) -> Iterator[LogSearch]:
    searching = LogSearch(store, limits)
    try:
        yield searching
    finally:
        searching.close()


def with_store(store: MemorySegments, use: Callable[[LogSearch], Awaitable[T]], limits: SearchLimits = _AMPLE) -> T:
    async def run() -> T:
        with opened(store, limits) as searching:
            return await use(searching)

    return asyncio.run(run())


async def page_after_page(
    searching: LogSearch,
    window: LogSelection,
    limit: int,
    *,
    newest_first: bool,
    between: Callable[[], Any] = lambda: None,
    max_bytes: int = MAX_PAGE_BYTES,
) -> list[str]:
    """Ids of all pages of a search; `between` is called before each further page."""
    found: list[str] = []
    cursor: SearchCursor | None = None
    while True:
        page, _ = await searching.search(SearchRequest(window, limit, newest_first, cursor, max_bytes))
        found += [item["id"] for item in json_rows("shop", page.table)]
        if page.next_cursor is None:
            return found
        assert page.next_cursor != cursor, "the search makes no progress"
        cursor = SearchCursor.parse(page.next_cursor.text())
        between()


@_thorough
@given(worlds(), st.integers(1, 4), st.booleans())
def test_pages_hold_exactly_the_selected_logs_in_order(world: World, limit: int, newest_first: bool) -> None:
    store = world.segments()

    async def use(searching: LogSearch) -> list[str]:
        return await page_after_page(searching, world.window, limit, newest_first=newest_first, between=store.compact)

    expected = ids(world.expected)
    assert with_store(store, use) == (expected[::-1] if newest_first else expected), world.search.text


@_thorough
@given(worlds(), st.integers(1, 4), st.booleans(), st.sampled_from([1, 300, MAX_PAGE_BYTES]))
def test_a_search_that_reaches_its_limits_continues_without_gaps_or_repeats(
    world: World, limit: int, newest_first: bool, page_bytes: int
) -> None:
    async def use(searching: LogSearch) -> list[str]:
        return await page_after_page(searching, world.window, limit, newest_first=newest_first, max_bytes=page_bytes)

    expected = ids(world.expected)
    found = with_store(world.segments(), use, SearchLimits(max_bytes=1))
    assert found == (expected[::-1] if newest_first else expected), world.search.text


@_thorough
@given(
    worlds(),
    st.sampled_from([1, 60, 7200]),
    st.sampled_from(["severity", "service_id", "test_id", "source"]),
    st.sampled_from([0, 10_000]),
)
def test_counts_count_exactly_the_selected_logs(world: World, seconds: int, key: str, fold_bytes: int) -> None:
    width = seconds * 1_000_000
    buckets = Buckets(to_microseconds(START - timedelta(days=2)) // width * width, width)

    async def use(searching: LogSearch) -> tuple[Any, Any, Any, Any]:
        async with searching.counting("test") as (counter, _):
            counter.fold_bytes = fold_bytes
            total = await counter.by(world.window, ())
            by_time = await counter.by(world.window, (key,), buckets)
            by_key = await counter.by(world.window, (key,))
            by_pattern = await counter.by_pattern(world.window)
        return total.table, by_time.table, by_key.table, by_pattern.table

    total, by_time, by_key, by_pattern = with_store(world.segments(), use)

    def bucket(row: Row) -> int:
        return (to_microseconds(row.timestamp) - buckets.origin) // width

    assert sum(total.column("count").to_pylist()) == len(world.expected), world.search.text
    assert _tally(by_time) == Tally((bucket(row), getattr(row, key)) for row in world.expected), world.search.text
    assert _tally(by_pattern) == Tally((row.pattern,) for row in world.expected), world.search.text
    values = Tally(getattr(row, key) for row in world.expected).items()
    assert most_frequent(by_key, 2) == sorted(values, key=lambda pair: (-pair[1], pair[0] or ""))[:2]


def _tally(table: Any) -> dict[tuple[Any, ...], int]:
    *keys, counts = (column.to_pylist() for column in table.columns)
    return dict(zip(zip(*keys, strict=True), counts, strict=True))


@_thorough
@given(worlds())
def test_an_export_and_a_tail_hold_exactly_the_selected_logs(world: World) -> None:
    store = world.segments()

    async def use(searching: LogSearch) -> list[str]:
        export = Export(store, searching.threads, searching.caches)
        lines = b"".join([piece async for piece in export.stream(world.window, "ndjson")])
        return [orjson.loads(line)["id"] for line in lines.splitlines()]

    assert with_store(store, use) == ids(world.expected), world.search.text

    body = encode(table_of(world.logs))
    ((chunk, count, dropped),) = _choose("shop", body, [(Tail("shop", world.window.wanted), 1000)], Pace())
    seen = [item["id"] for item in orjson.loads(chunk)["items"]] if chunk else []
    assert seen == ids([row for row in world.logs if world.search.finds(row)]), world.search.text
    assert (count, dropped) == (len(seen), 0)


@_thorough
@given(worlds(), st.sampled_from([0, 10_000_000]))
def test_deleting_leaves_exactly_the_logs_that_are_not_selected(world: World, remembered_bytes: int) -> None:
    store = world.segments()

    async def use(searching: LogSearch) -> tuple[int, list[str]]:
        searching.caches = Caches(SummaryCache(remembered_bytes), MaskCache(remembered_bytes))
        edits = LogEdits(store, searching.threads, searching.caches)
        deleted = await edits.delete_selection(world.window)
        return deleted, await page_after_page(searching, LogSelection("shop"), 100, newest_first=False)

    deleted, left = with_store(store, use)
    assert left == ids(in_order(row for row in world.logs if not world.wants(row))), world.search.text
    assert deleted == len(world.expected)


@_thorough
@given(worlds(), st.data())
def test_the_context_of_a_log_are_the_matching_logs_around_it(world: World, data: st.DataObject) -> None:
    here = data.draw(st.sampled_from(world.logs))
    window = LogSelection("shop", world.window.wanted)

    async def use(searching: LogSearch) -> tuple[list[str], list[str]]:
        place = SearchCursor(to_microseconds(here.timestamp), _key(here))
        before, _ = await searching.search(SearchRequest(window, 2, True, place))
        after, _ = await searching.search(SearchRequest(window, 2, False, place))
        return [item["id"] for item in json_rows("shop", before.table)], [
            item["id"] for item in json_rows("shop", after.table)
        ]

    order = in_order(world.logs)
    at = order.index(here)
    earlier = [row for row in reversed(order[:at]) if world.search.finds(row)]
    later = [row for row in order[at + 1 :] if world.search.finds(row)]
    assert with_store(world.segments(), use) == (ids(earlier[:2]), ids(later[:2])), world.search.text


def _key(row: Row) -> RowKey:
    found = parse_log_id(row.id)
    return RowKey(to_microseconds(row.timestamp), found.batch, found.hour, found.row)


@_thorough
@given(worlds(), st.booleans(), st.data())
def test_edits_between_pages_move_only_the_edited_logs(world: World, newest_first: bool, data: st.DataObject) -> None:
    """Unedited logs appear once and in order, whatever is done to the others."""
    store = world.segments()
    fates = data.draw(st.lists(st.sampled_from(["gone", "moved", "left"]), min_size=len(world.logs)))
    gone = [row for row, fate in zip(world.logs, fates, strict=False) if fate == "gone"]
    moved = [row for row, fate in zip(world.logs, fates, strict=False) if fate == "moved"]
    later = START + timedelta(microseconds=data.draw(st.integers(0, 4_000_000)))
    untouched = [row for row in world.logs if row not in gone + moved]
    whole = LogSelection("shop")

    async def use(searching: LogSearch) -> list[str]:
        edits = LogEdits(store, searching.threads, searching.caches)
        page, _ = await searching.search(SearchRequest(whole, 2, newest_first))
        first = [item["id"] for item in json_rows("shop", page.table)]
        for row in gone:
            await edits.delete(parse_log_id(row.id), lambda _: True)
        for row in moved:
            await edits.change(parse_log_id(row.id), lambda _: True, {"timestamp": later})
        store.compact()
        if page.next_cursor is None:
            return first
        rest, _ = await searching.search(SearchRequest(whole, 1000, newest_first, page.next_cursor))
        rest_ids = [item["id"] for item in json_rows("shop", rest.table)]
        assert not set(ids(gone)) & set(rest_ids)
        return first + rest_ids

    found = [item for item in with_store(store, use) if item in ids(untouched)]
    expected = ids(in_order(untouched))
    assert found == (expected[::-1] if newest_first else expected)


@_thorough
@given(worlds(), st.data())
def test_an_edited_log_is_found_by_its_new_values(world: World, data: st.DataObject) -> None:
    store = world.segments()
    here = data.draw(st.sampled_from(world.logs))
    other = data.draw(rows())[0]
    names = ("timestamp", "severity", "service_id", "test_id", "func_id", "source", "message", "attributes")
    changes = {name: getattr(other, name) for name in data.draw(st.sets(st.sampled_from(names), min_size=1))}

    async def use(searching: LogSearch) -> list[str]:
        edits = LogEdits(store, searching.threads, searching.caches)
        await searching.search(SearchRequest(world.window))
        await edits.change(parse_log_id(here.id), lambda _: True, changes)
        return await page_after_page(searching, world.window, 3, newest_first=False)

    edited = Edited(**{**vars(here), **changes}, own_id=here.id)
    logs = [edited if row is here else row for row in world.logs]
    expected = ids(in_order(row for row in logs if world.wants(row)))
    assert sorted(with_store(store, use)) == sorted(expected), world.search.text


@dataclass(frozen=True)
class Edited(Row):
    """A log whose id has its original hour."""

    own_id: str = ""

    @property
    def id(self) -> str:
        return self.own_id


def test_a_search_for_an_id_reads_only_the_segment_of_that_log() -> None:
    logs = [
        Row(n, START + timedelta(milliseconds=n), "info", "cart", None, None, None, f"line {n}", None)
        for n in range(12)
    ]
    world = World(logs, [n % 4 for n in range(12)], Search("", lambda _: True), START, START)
    store = world.segments()
    text = f'id:"{logs[5].id}"'
    for n, item in enumerate(list(store.stored.values())):  # other batches of the same hour
        other = replace(item.segment, parts=(part_key("0" * 26, item.segment.hour, n),))
        store.stored[item.id] = replace(item, segment=item.segment if n == 1 else other)

    async def use(searching: LogSearch) -> list[str]:
        return await page_after_page(searching, LogSelection("shop", parse_query(text)), 10, newest_first=True)

    assert with_store(store, use) == [logs[5].id]
    assert set(store.reads) == {"s1"}


def test_the_summary_cache_is_bounded_in_bytes_and_counts_stay_correct() -> None:
    logs = [
        Row(n, START + timedelta(milliseconds=n), "info", f"service-{n}", None, None, None, "paid", None)
        for n in range(60)
    ]
    world = World(logs, [n % 4 for n in range(60)], Search("", lambda _: True), START, START + timedelta(hours=1))

    async def use(searching: LogSearch) -> tuple[int, int]:
        searching.caches = Caches(SummaryCache(4000))
        total = 0
        for _ in range(2):
            async with searching.counting("test") as (counter, _budget):
                total += sum((await counter.by(world.window, ("service_id",))).table.column("count").to_pylist())
        return total, searching.caches.summaries.bytes

    total, held = with_store(world.segments(), use)
    assert total == 120
    assert 0 < held <= 4000


def _talkative(count: int, segments: int = 4) -> MemorySegments:
    """Logs of about 200 B with distinct patterns, in several segments."""
    logs = [
        Row(n, START + timedelta(microseconds=n), "info", "cart", None, None, None, "x" * (100 + n), None)
        for n in range(count)
    ]
    return World(logs, [n % segments for n in range(count)], Search("", lambda _: True), START, START).segments()


def test_a_page_of_large_logs_ends_before_its_limit() -> None:
    async def use(searching: LogSearch) -> tuple[int, int]:
        page, _ = await searching.search(SearchRequest(LogSelection("shop"), 100, max_bytes=4000))
        found = await page_after_page(searching, LogSelection("shop"), 100, newest_first=True, max_bytes=4000)
        return page.table.num_rows, len(found)

    first, all_of_them = with_store(_talkative(100), use)
    assert 5 < first < 40
    assert all_of_them == 100


def test_a_count_is_partial_when_it_has_too_many_patterns() -> None:
    async def use(searching: LogSearch) -> list[tuple[int, str | None]]:
        found: list[tuple[int, str | None]] = []
        for most in (10_000_000, 1000):
            async with searching.counting("test") as (counter, _):
                counter.max_key_bytes = most
                counts = await counter.by_pattern(LogSelection("shop"))
            found.append((counts.table.num_rows, counts.partial))
        return found

    whole, (number, reason) = with_store(_talkative(140, segments=70), use)
    assert whole == (140, None)
    assert 0 < number < 140
    assert reason == "bytes"
