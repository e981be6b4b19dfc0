"""Counts by attribute and lists of attribute names agree with a reference implementation in plain Python."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_query.logs.search.attribute_names import AttributeNames, NameCounts, spread
from logloop_query.logs.search.attribute_values import MAX_NAMES, MAX_VALUE
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection, SegmentRef

from tests.unit.query.search.search_oracle import START, Row, Search, nfc
from tests.unit.query.search.test_search_everywhere import World, with_store, worlds

_thorough = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PATHS = ("a", "b", "a.b", "b.c", "a.b.c", 'q"t', "x y\\é", "missing")
SELECTED = st.lists(st.sampled_from(PATHS), min_size=1, max_size=3, unique=True)


def values_at(value: Any, path: str) -> Iterator[Any]:
    """What is at a path, objects included: under the whole name first, then under shorter and longer beginnings."""
    if isinstance(value, list):
        for item in value:
            yield from values_at(item, path)
    if not isinstance(value, dict):
        return
    by_name = {nfc(name): inner for name, inner in value.items()}
    if path in by_name:
        yield from flat(by_name[path])
    pieces = path.split(".")
    for count in range(1, len(pieces)):
        yield from values_at(by_name.get(".".join(pieces[:count])), ".".join(pieces[count:]))


def flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from flat(item)
    elif value is not None:
        yield value


def text_of(value: Any) -> str | None:
    """A value as text: whole numbers without a point, integers over 64 bits as doubles."""
    if isinstance(value, dict):
        return None
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return json.dumps(float(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value)


def first_value(row: Row, path: str) -> str | None:
    return next((text_of(value) for value in values_at(row.attributes, path)), None)


def names_of(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        inner = [names_of(item, f"{path}.{nfc(name)}" if path else nfc(name)) for name, item in value.items()]
        return set().union(*inner)
    if isinstance(value, list):
        return set().union(*(names_of(item, path) for item in value))
    return set() if value is None else {path}


@_thorough
@given(worlds(), SELECTED, st.booleans())
def test_the_counts_of_each_attribute_add_up_to_the_selected_logs(
    world: World, paths: list[str], with_severity: bool
) -> None:
    fields = [*(["severity"] if with_severity else []), *(f"attributes.{path}" for path in paths)]

    async def use(searching: LogSearch) -> dict[str, dict[Any, int]]:
        async with searching.counting("test") as (counter, _):
            refs = await counter.refs(world.window)
            counted = await counter.by_each(world.window, fields, refs)
        assert all(counts.partial is None for counts in counted.values())
        return {
            name: dict(zip(*(column.to_pylist() for column in counts.table.columns), strict=True))
            for name, counts in counted.items()
        }

    found = with_store(world.segments(), use)

    for path in paths:
        expected = Counter(first_value(row, path) for row in world.expected)
        assert found[f"attributes.{path}"] == expected, (world.search.text, path)
    if with_severity:
        assert found["severity"] == Counter(row.severity for row in world.expected)


@_thorough
@given(worlds(), st.sampled_from(PATHS))
def test_a_search_for_a_counted_value_finds_at_least_the_counted_logs(world: World, path: str) -> None:
    async def use(searching: LogSearch) -> list[tuple[str, int, int]]:
        every = LogSelection("shop")
        pairs = []
        async with searching.counting("test") as (counter, _):
            counted = await counter.by_each(every, [f"attributes.{path}"], await counter.refs(every))
            table = counted[f"attributes.{path}"].table
            field = "attributes." + "".join(c if c.isalnum() or c == "." else f"\\{c}" for c in path)
            for value, count in zip(*(column.to_pylist() for column in table.columns), strict=True):
                if value is not None:
                    phrase = value.replace("\\", "\\\\").replace('"', '\\"')
                    wanted = LogSelection("shop", parse_query(f'{field}:"{phrase}"'))
                    hits = await counter.by(wanted, ())
                    pairs.append((value, count, sum(hits.table.column("count").to_pylist())))
        return pairs

    for value, count, found in with_store(world.segments(), use):
        assert found >= count, (path, value)


@_thorough
@given(worlds())
def test_the_names_of_attributes_are_those_of_the_selected_logs(world: World) -> None:
    async def use(searching: LogSearch) -> NameCounts:
        return (await searching.attribute_names(world.window))[0]

    found = with_store(world.segments(), use)

    assert (found.logs, found.exact, found.partial) == (len(world.expected), True, None), world.search.text
    assert found.names == Counter(name for row in world.expected for name in names_of(row.attributes))


def _numbered(count: int, segments: int) -> World:
    logs = [
        Row(n, START + timedelta(microseconds=n), "info", "cart", None, None, None, f"line {n}", {"n": n})
        for n in range(count)
    ]
    return World(logs, [n % segments for n in range(count)], Search("", lambda _: True), START, START)


def test_of_many_logs_the_names_come_from_a_sample_that_says_so() -> None:
    async def use(searching: LogSearch) -> list[NameCounts]:
        found = []
        for most in (120, 60, 10):
            async with searching.opened("test") as (snapshot, budget, work):
                names = AttributeNames(snapshot, work, searching.caches, budget)
                names.max_sample = most
                found.append(await names.count(LogSelection("shop")))
        return found

    whole, half, few = with_store(_numbered(120, 2).segments(), use)
    assert (whole.logs, whole.exact, whole.names) == (120, True, {"n": 120})
    assert (half.logs, half.exact, half.names) == (60, False, {"n": 60})
    assert (few.logs, few.exact, few.partial) == (10, False, None)


def test_a_sample_is_read_from_all_parts_of_the_time_range() -> None:
    refs = [SegmentRef(f"s{n}", 0, 0, n, n, 1, 1) for n in range(16)]

    assert [ref.min_ts for ref in spread(refs)[:4]] == [0, 8, 4, 12]
    assert sorted(ref.min_ts for ref in spread(refs[:11])) == list(range(11))


def test_names_that_were_not_read_in_time_make_the_list_partial() -> None:
    async def use(searching: LogSearch) -> NameCounts:
        return (await searching.attribute_names(LogSelection("shop")))[0]

    found = with_store(_numbered(40, 12).segments(), use, SearchLimits(max_bytes=1))

    assert (found.partial, found.exact) == ("bytes", False)
    assert 0 < found.logs < 40


def test_long_values_and_too_many_names_are_bounded() -> None:
    long = "x" * (MAX_VALUE + 1)
    many = [
        Row(n, START, "info", "cart", None, None, None, "m", {f"k{n}_{i}": long for i in range(MAX_NAMES // 100)})
        for n in range(101)
    ]
    world = World(many, [0] * 101, Search("", lambda _: True), START, START)

    async def use(searching: LogSearch) -> tuple[NameCounts, list[Any]]:
        names, _ = await searching.attribute_names(LogSelection("shop"))
        async with searching.counting("test") as (counter, _budget):
            every = LogSelection("shop")
            counted = await counter.by_each(every, ["attributes.k0_0"], await counter.refs(every))
        return names, counted["attributes.k0_0"].table.column(0).to_pylist()

    names, values = with_store(world.segments(), use)
    assert (len(names.names), names.exact) == (MAX_NAMES, False)
    assert sorted(value or "" for value in values) == ["", "x" * MAX_VALUE + "…"]
