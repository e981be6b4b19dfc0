"""A search keeps within its time and its caller's share, whatever its regular expressions are."""

import asyncio
import functools
import itertools
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_contracts.log_batch import encode
from logloop_query.logs import tail as tails
from logloop_query.logs.edits import DeletionTooSlow, LogEdits
from logloop_query.logs.export import Export
from logloop_query.logs.search.kernels import evaluate, selected_rows
from logloop_query.logs.search.language.syntax import BadQuery, parse_query
from logloop_query.logs.search.limits import regexes
from logloop_query.logs.search.limits.admission import Admission, TooBusy
from logloop_query.logs.search.limits.pace import OutOfTime, Pace, Turns
from logloop_query.logs.search.limits.threads import SearchThreads
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.logs.segments.codec import TableColumns, encode_segment, part_key, split_by_hour
from logloop_query.logs.tail import MAX_TOO_SLOW, Tail
from logloop_query.time_bounds import to_microseconds

from tests.unit.query.search.memory_segments import MemorySegments
from tests.unit.query.search.search_oracle import BATCH, START, Row
from tests.unit.query.search.test_search_oracle import table_of


class Ticks:
    """A clock that is one second later each time it is read."""

    def __init__(self) -> None:
        self._moments = itertools.count()

    def __call__(self) -> float:
        return float(next(self._moments))


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of texts in each call of Arrow's regex kernel."""
    seen: list[int] = []

    def counted(texts: Any, pattern: str) -> Any:
        seen.append(len(texts))
        return pc.match_substring_regex(texts, pattern=pattern)

    monkeypatch.setattr(regexes, "pc", SimpleNamespace(match_substring_regex=counted))
    return seen


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        (r"a /(\pL+){50}z/", 2, "59955 instructions"),
        (r"service:/\pL{100}/", 8, "119604 instructions"),
        (r"attributes.host:/\pL{8}/", 16, "at most 5000"),
        ("a" + "?" * 3000 + "b", 0, "costs too much"),
        (" ".join([r"/\pL\pL\pL\pL/"] * 30), 150, "cost too much together"),
        (" ".join(["/[a-z].{100}/"] * 60), None, "cost too much together"),
    ],
)
def test_a_pattern_that_costs_too_much_is_refused_with_its_place_and_cost(
    text: str, position: int | None, reason: str
) -> None:
    with pytest.raises(BadQuery) as refused:
        parse_query(text)
    assert reason in refused.value.reason
    assert refused.value.position is not None
    if position is not None:
        assert refused.value.position == position


@pytest.mark.parametrize(
    "text",
    [
        r"/(?i)payment.*timed? out after \d+ s/",
        r"/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/",
        r"/\pL+\s\pL+/",
        "/[[:alpha:]]{1000}/",
        " ".join(f"attributes.k{n}:/v[0-9]+$/" for n in range(150)),
        " OR ".join(f"service:web-{n}*" for n in range(100)),
        " OR ".join(f"t?me{n}*" for n in range(15)),
    ],
)
def test_what_people_write_is_let_through(text: str) -> None:
    parse_query(text)


def test_no_slice_begins_after_the_deadline(slices: list[int]) -> None:
    texts = pa.array(["some words of a message"] * 400_000)
    with pytest.raises(OutOfTime):
        regexes.match(texts, "[a-z].{100}[0-9]", Pace(deadline=7.0, clock=Ticks()))
    assert len(slices) == 3  # the clock is read three times a slice
    assert sum(slices) < len(texts) / 10


def test_slices_are_short_while_they_are_slow_and_grow_while_they_are_quick(slices: list[int]) -> None:
    texts = pa.array(["x" * 100] * 200_000)
    regexes.match(texts, "y+", Pace(clock=Ticks()))
    assert len(slices) > 100  # each took a second
    slices.clear()
    regexes.match(texts, "y+", Pace(clock=lambda: 0.0))
    assert len(slices) < 6


def test_a_slice_of_a_costly_pattern_is_short_from_the_start(slices: list[int]) -> None:
    texts = pa.array(["x" * 100] * 20_000)
    regexes.match(texts, "[a-z].{100}[0-9]", Pace(clock=lambda: 0.0))
    assert slices[0] * 100 <= 40 * 2**10


def test_what_a_slice_may_hold_is_known_for_the_next_column(slices: list[int]) -> None:
    pace = Pace(clock=Ticks())
    regexes.match(pa.array(["x" * 100] * 20_000), "y+", pace)
    slices.clear()
    regexes.match(pa.array(["x" * 100] * 20_000), "y+", pace)
    assert max(slices) <= 81


_texts = st.lists(st.none() | st.text("ab é", max_size=6), max_size=30)


@given(_texts, st.integers(0, 5), st.integers(1, 9))
def test_slices_together_find_what_one_call_finds(texts: list[str | None], first: int, size: int) -> None:
    whole = pa.array(texts, pa.utf8()).slice(min(first, len(texts)))
    for pattern in ("b.?a", "é$", "^$"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(regexes, "_LEAST_BYTES", size)
            pace = Pace(clock=Ticks(), sizes={pattern: size})
            found = regexes.match(whole, pattern, pace)
        assert found.to_pylist() == pc.match_substring_regex(whole, pattern=pattern).to_pylist()


def test_every_condition_looks_at_the_clock() -> None:
    rows = TableColumns(table_of(_logs(3)))
    for text in ("line", "service:cart", "attributes.n:/1/", "a* OR b*", "-line", "timestamp:>now"):
        with pytest.raises(OutOfTime):
            evaluate(parse_query(text), rows, Pace(deadline=0.0, clock=lambda: 1.0))


def test_attributes_are_read_in_steps_with_a_look_at_the_clock() -> None:
    texts = pa.array([f'{{"n":"{number}"}}' for number in range(5_000)])
    rows = SimpleNamespace(hour=None, count=5_000, column=lambda _: texts)
    clock = Ticks()
    with pytest.raises(OutOfTime):
        evaluate(parse_query("attributes.n:>=0"), rows, Pace(deadline=6.0, clock=clock))
    assert clock() == 7


def test_a_regex_reads_only_the_messages_that_other_conditions_left(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noted(texts: Any, pattern: str, _: Pace) -> Any:
        read.extend(text for text in texts.to_pylist() if text is not None)
        return pc.match_substring_regex(texts, pattern=pattern)

    monkeypatch.setattr(regexes, "match", noted)
    logs = [*_logs(40), Row(40, START, "info", "web", None, None, None, "line 40", None)]
    assert selected_rows(parse_query("service:web /line [0-9]+/"), TableColumns(table_of(logs))).to_pylist() == [40]
    assert read == ["line 40"]


def test_callers_take_turns() -> None:
    turns, order = Turns(1), list[str]()

    def take(caller: str) -> None:
        turns.take(caller)
        order.append(caller)
        turns.give_back()

    turns.take("a")
    threads = []
    for caller in ("a", "a", "a", "b"):
        before = len(turns._waiting.get(caller, ()))
        threads.append(threading.Thread(target=take, args=(caller,)))
        threads[-1].start()
        _until(functools.partial(_waits, turns, caller, before + 1))
    turns.give_back()
    for thread in threads:
        thread.join(10)
    assert order == ["a", "b", "a", "a"]


def _waits(turns: Turns, caller: str, times: int) -> bool:
    return len(turns._waiting.get(caller, ())) == times


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it never came about"


def test_a_short_search_gets_in_between_the_steps_of_long_ones() -> None:
    """With plain threads the long work would hold the only one until its deadline."""

    async def run() -> str:
        threads, answered, running = SearchThreads(1), threading.Event(), threading.Event()

        def long(_: int, pace: Pace) -> bool:
            running.set()
            while not answered.is_set():
                pace.check()
            return True

        heavy = [asyncio.create_task(threads.work("a", time.monotonic() + 30).each(long, [0, 1])) for _ in range(4)]
        await asyncio.to_thread(running.wait, 10)
        found = await threads.work("b").run(lambda _: "found")
        answered.set()
        assert await asyncio.gather(*heavy) == [[True, True]] * 4
        threads.close()
        return found

    assert asyncio.run(run()) == "found"


def test_work_whose_caller_is_gone_ends_at_its_next_step() -> None:
    async def run() -> None:
        threads, running, ended = SearchThreads(1), threading.Event(), threading.Event()

        def endless(pace: Pace) -> None:
            running.set()
            try:
                while True:
                    pace.check()
            finally:
                ended.set()

        task = asyncio.create_task(threads.work("a").run(endless))
        await asyncio.to_thread(running.wait, 10)
        task.cancel()
        assert await asyncio.to_thread(ended.wait, 10)
        threads.close()

    asyncio.run(run())


async def test_one_caller_holds_at_most_its_share_of_the_searches() -> None:
    admission = Admission(4, 2, 0.05)
    async with AsyncExitStack() as held:
        for _ in range(2):
            await held.enter_async_context(admission.admitted("a"))
        with pytest.raises(TooBusy):
            await admission._enter("a")
        for caller in ("b", "c"):
            await held.enter_async_context(admission.admitted(caller))
        with pytest.raises(TooBusy):
            await admission._enter("d")
    async with admission.admitted("a"), admission.admitted("a"), admission.admitted("b"):
        assert not admission._waiting


async def test_who_waits_is_let_in_by_turns_and_who_gives_up_leaves_no_hole() -> None:
    admission, order = Admission(1, 1, 10), list[str]()

    async def search(caller: str) -> None:
        async with admission.admitted(caller):
            order.append(caller)

    async with admission.admitted("x"):
        tasks = [asyncio.create_task(search(caller)) for caller in ("a", "a", "a", "b")]
        given_up = asyncio.create_task(search("c"))
        await asyncio.wait([given_up], timeout=0)
        assert "c" in admission._waiting
        given_up.cancel()
        await asyncio.wait([given_up])
    await asyncio.gather(*tasks)
    assert order == ["a", "b", "a", "a"]
    assert admission._free == 1


def _logs(count: int) -> list[Row]:
    return [
        Row(n, START + timedelta(milliseconds=n), "info", "cart", None, None, None, f"line {n}", {"n": n})
        for n in range(count)
    ]


def _stored(logs: list[Row]) -> MemorySegments:
    """Each log in a segment of its own."""
    store = MemorySegments()
    for place, log in enumerate(logs):
        for hour, part in split_by_hour(table_of([log])):
            store.insert(encode_segment("shop", hour, [part_key(BATCH, hour, place)], part))
    return store


@pytest.fixture
def slow_over(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes every regex run out of time over texts with this word."""

    def install(word: str) -> None:
        def match(texts: Any, pattern: str, _: Pace) -> Any:
            if any(word in (text or "") for text in texts.to_pylist()):
                raise OutOfTime
            return pc.match_substring_regex(texts, pattern=pattern)

        monkeypatch.setattr(regexes, "match", match)

    return install


def _search(store: MemorySegments, use: Callable[[LogSearch], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        searching = LogSearch(store, SearchLimits())
        try:
            return await use(searching)
        finally:
            searching.close()

    return asyncio.run(run())


_WINDOW = LogSelection("shop", parse_query("/line/"))


def test_a_page_that_runs_out_of_time_holds_what_is_sure_and_goes_on_later(slow_over: Any) -> None:
    store = _stored(_logs(8))

    async def use(searching: LogSearch) -> list[str]:
        slow_over("line 4")
        page, _ = await searching.search(SearchRequest(_WINDOW))
        assert page.partial == "time"
        assert page.next_cursor is not None
        with pytest.raises(OutOfTime):  # nothing is sure there, so a page would have no end
            await searching.search(
                SearchRequest(LogSelection("shop", _WINDOW.wanted, high=to_microseconds(START) + 4_000))
            )
        slow_over("nothing")
        rest, _ = await searching.search(SearchRequest(_WINDOW, cursor=page.next_cursor))
        return [*page.table.column("message").to_pylist(), *rest.table.column("message").to_pylist()]

    assert _search(store, use) == [f"line {n}" for n in reversed(range(8))]


def test_counts_that_run_out_of_time_say_so_and_keep_what_was_counted(slow_over: Any) -> None:
    slow_over("line 4")

    async def use(searching: LogSearch) -> tuple[Any, Any]:
        async with searching.counting("test") as (counter, _):
            by_service = await counter.by(_WINDOW, ("service_id",))
            by_pattern = await counter.by_pattern(_WINDOW)
        assert by_service.partial == by_pattern.partial == "time"
        return by_service.table, by_pattern.table

    for table in _search(_stored(_logs(8)), use):
        assert table.column("count").to_pylist() == [7]


def test_a_deletion_that_runs_out_of_time_tells_what_it_has_deleted(slow_over: Any) -> None:
    slow_over("line 4")

    async def use(searching: LogSearch) -> tuple[int, list[str]]:
        edits = LogEdits(store, searching.threads, searching.caches)
        with pytest.raises(DeletionTooSlow) as stopped:
            await edits.delete_selection(_WINDOW)
        page, _ = await searching.search(SearchRequest(LogSelection("shop")))
        return stopped.value.deleted, page.table.column("message").to_pylist()

    store = _stored(_logs(8))
    assert _search(store, use) == (3, ["line 4", "line 3", "line 2", "line 1", "line 0"])


def test_an_export_that_runs_out_of_time_breaks_off(slow_over: Any) -> None:
    slow_over("line 4")

    async def use(searching: LogSearch) -> None:
        export = Export(_stored(_logs(8)), searching.threads, searching.caches)
        async for _ in export.stream(_WINDOW, "ndjson"):
            pass

    with pytest.raises(OutOfTime):
        _search(_stored([]), use)


class Still:
    """A source of live batches that has none."""

    async def follow(self, project_id: str) -> None:
        """Nothing to do."""

    async def leave(self, project_id: str) -> None:
        """Nothing to do."""


async def test_a_tail_whose_filter_is_too_slow_misses_batches_and_is_ended(slow_over: Any) -> None:
    slow_over("line")
    threads = SearchThreads(1)
    all_tails = tails.Tails(Still(), threads)
    body = encode(table_of(_logs(5)))
    async with all_tails.tail("shop", _WINDOW.wanted) as slow, all_tails.tail("shop", parse_query("line")) as quick:
        for number in range(MAX_TOO_SLOW):
            assert slow.closed is None
            await all_tails._distribute("shop", body)
            assert slow.take() == ([], 5)
            assert len(quick.take()[0]) == 1
            assert slow.too_slow == number + 1
        assert slow.closed == "too_slow"
        assert quick.closed is None
    threads.close()


def test_tails_after_too_slow_ones_miss_a_batch_and_are_not_blamed() -> None:
    body = encode(table_of(_logs(5)))
    clock = Ticks()
    rooms = [(Tail("shop", parse_query("line")), 100) for _ in range(3)]
    chosen = tails._choose("shop", body, rooms, Pace(clock=clock))
    assert [dropped for _, _, dropped in chosen] == [5, 5, 5]
    assert [tail.too_slow for tail, _ in rooms] == [1, 0, 0]
