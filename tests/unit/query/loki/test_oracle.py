"""Generated LogQL selects and counts the same logs as a reference implementation in plain Python."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.segments.codec import TableColumns
from logloop_query.loki.metrics import Grid, Series, Windows, plan_of, series_of
from logloop_query.loki.parser import parse_log_query, parse_logql
from logloop_query.loki.syntax_tree import LogQuery, Metric, VectorAggregation, quoted
from logloop_query.loki.translation import filter_of
from logloop_query.time_bounds import to_microseconds

from tests.unit.query.search.search_oracle import SEVERITIES, START, Row, Search
from tests.unit.query.search.test_search_everywhere import World, with_store
from tests.unit.query.search.test_search_oracle import found_in, table_of

_thorough = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_TEXTS = ("", "foo", "Foo", "fo", "500", "7", "true", "a\\b", 'say "x"')
_REGEXES = ("foo", "fo+", ".*", ".+", "", "5.*", "foo|7", "(?i)FOO", r"\d+", "t[r]ue", "Foo|")
_VALUES = st.sampled_from(["foo", "Foo", "500", "", 500, 7, -3, True, None, ["foo", 7], {"x": 1}])
_COLUMNS = {
    "service_name": "service_id",
    "level": "severity",
    "detected_level": "severity",
    "source": "source",
    "test_id": "test_id",
}
_PATHS = {"a": ["a"], "http_status": ["http_status", "http.status"], "absent": ["absent"]}
Test = Callable[[Row], bool]


@dataclass(frozen=True)
class Part:
    """A piece of LogQL and the logs that it keeps."""

    text: str
    keeps: Test


@st.composite
def logs(draw: st.DrawFn) -> list[Row]:
    """A few logs, some across an hour's end."""
    words = st.lists(st.sampled_from(["foo", "Foo", "500", " ", "\n", "a\\b", '"x"', "é"]), max_size=4).map("".join)
    attributes = st.dictionaries(
        st.sampled_from(["a", "http_status", "http.status", "http", "b"]),
        _VALUES | st.fixed_dictionaries({"status": _VALUES}),
        min_size=1,
        max_size=3,
    )
    optional = st.none() | st.sampled_from(["foo", "Foo", "500"])
    return [
        Row(
            number,
            START + timedelta(milliseconds=draw(st.integers(0, 4_000))),
            draw(st.sampled_from(SEVERITIES)),
            draw(st.sampled_from(["foo", "Foo", "cart"])),
            draw(optional),
            None,
            draw(optional),
            draw(words),
            draw(st.none() | attributes),
        )
        for number in range(draw(st.integers(1, 8)))
    ]


def scalars(value: Any, path: str) -> Iterator[Any]:
    """The values at a dotted path, objects included, as a search finds them."""
    if isinstance(value, list):
        for item in value:
            yield from scalars(item, path)
    if not isinstance(value, dict):
        return
    if path in value:
        found = value[path]
        yield from (item for item in (found if isinstance(found, list) else [found]) if item is not None)
    first, dot, rest = path.partition(".")
    if dot:
        yield from scalars(value.get(first), rest)


def values_of(row: Row, label: str) -> list[Any]:
    """Everything that a label of a log stands for; nothing if it is missing."""
    if label in _COLUMNS:
        value = getattr(row, _COLUMNS[label])
        return [] if value is None else [value]
    if label == "project":
        return ["shop"]
    if label == "__error__":
        return []
    return [value for path in _PATHS[label] for value in scalars(row.attributes, path)]


def text_of(value: Any) -> str | None:
    if isinstance(value, dict):
        return None
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _matches(row: Row, label: str, accepts: Callable[[str], bool]) -> bool:
    found = values_of(row, label)
    texts = [text for value in found if (text := text_of(value)) is not None]
    return any(map(accepts, texts)) or (not found and accepts(""))


@st.composite
def matchers(draw: st.DrawFn) -> Part:
    """A matcher, as in a selector or a label filter."""
    label = draw(st.sampled_from([*_COLUMNS, *_PATHS, "project", "__error__"]))
    op = draw(st.sampled_from(["=", "!=", "=~", "!~"]))
    value = draw(st.sampled_from(_REGEXES if "~" in op else _TEXTS))
    if "~" in op:
        pattern = re.compile(value, re.DOTALL)
        accepts: Callable[[str], bool] = lambda text: pattern.fullmatch(text) is not None  # noqa: E731
    else:
        accepts = lambda text: text == value  # noqa: E731
    wanted = op[0] == "="
    return Part(f"{label}{op}{quoted(value)}", lambda row: _matches(row, label, accepts) == wanted)


@st.composite
def comparisons(draw: st.DrawFn) -> Part:
    """A comparison with a number."""
    label, number = draw(st.sampled_from(list(_PATHS))), draw(st.sampled_from([500, 7, -3, 6.5, 0]))
    op = draw(st.sampled_from([">", ">=", "<", "<=", "==", "!=", "="]))
    compare: dict[str, Callable[[float], bool]] = {
        ">": lambda value: value > number,
        ">=": lambda value: value >= number,
        "<": lambda value: value < number,
        "<=": lambda value: value <= number,
        "==": lambda value: value == number,
        "=": lambda value: value == number,
    }

    def keeps(row: Row) -> bool:
        numbers = [v for v in values_of(row, label) if isinstance(v, int) and not isinstance(v, bool)]
        return bool(numbers) and number not in numbers if op == "!=" else any(map(compare[op], numbers))

    return Part(f"{label} {op} {number}", keeps)


@st.composite
def conditions(draw: st.DrawFn) -> Part:
    """A label filter with `and`, `or` and parentheses; `and` binds tighter."""
    one = st.one_of(matchers(), comparisons())
    first, second, third = draw(one), draw(one), draw(one)
    text, keeps = draw(
        st.sampled_from(
            [
                (first.text, first.keeps),
                (f"{first.text} and {second.text}", lambda row: first.keeps(row) and second.keeps(row)),
                (f"{first.text}, {second.text}", lambda row: first.keeps(row) and second.keeps(row)),
                (
                    f"{first.text} or {second.text} and {third.text}",
                    lambda row: first.keeps(row) or (second.keeps(row) and third.keeps(row)),
                ),
                (
                    f"({first.text} or {second.text}) and {third.text}",
                    lambda row: (first.keeps(row) or second.keeps(row)) and third.keeps(row),
                ),
            ]
        )
    )
    return Part(f"| {text}", keeps)


@st.composite
def line_filters(draw: st.DrawFn) -> Part:
    """A line filter with one to three texts."""
    op = draw(st.sampled_from(["|=", "!=", "|~", "!~"]))
    values = draw(st.lists(st.sampled_from(_REGEXES if "~" in op else _TEXTS), min_size=1, max_size=3))

    def has(row: Row, value: str) -> bool:
        return re.search(value, row.message) is not None if "~" in op else value in row.message

    return Part(
        f"{op} {' or '.join(map(quoted, values))}",
        lambda row: any(has(row, value) for value in values) == (op[0] == "|"),
    )


@st.composite
def queries(draw: st.DrawFn) -> Part:
    """A selector with stages."""
    selector = draw(st.lists(matchers(), max_size=2))
    neutral = st.sampled_from([Part("| json", lambda _: True), Part("| drop __error__", lambda _: True)])
    stages = draw(st.lists(st.one_of(line_filters(), conditions(), neutral), max_size=3))
    text = " ".join(["{" + ", ".join(part.text for part in selector) + "}", *(part.text for part in stages)])
    return Part(text, lambda row: all(part.keeps(row) for part in [*selector, *stages]))


_KINDS = {"matchers": matchers().map(lambda part: Part(f"{{{part.text}}}", part.keeps))} | {
    name: part.map(lambda found: Part(f"{{}} {found.text}", found.keeps))
    for name, part in {
        "comparisons": comparisons().map(lambda part: Part(f"| {part.text}", part.keeps)),
        "conditions": conditions(),
        "line filters": line_filters(),
    }.items()
}


@pytest.mark.parametrize("kind", _KINDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_each_kind_of_filter_selects_exactly_its_logs(kind: str, data: st.DataObject) -> None:
    found = data.draw(logs())
    columns = TableColumns(table_of(found))
    for query in data.draw(st.lists(_KINDS[kind], min_size=8, max_size=8)):
        expected = [row.number for row in found if query.keeps(row)]
        assert found_in(filter_of(parse_log_query(query.text), "shop"), columns) == expected, query.text


@_thorough
@given(logs(), st.lists(queries(), min_size=4, max_size=4))
def test_a_query_selects_the_same_logs_as_plain_python(found: list[Row], wanted: list[Part]) -> None:
    columns = TableColumns(table_of(found))
    for query in wanted:
        tree = parse_log_query(query.text)
        expected = [row.number for row in found if query.keeps(row)]
        assert found_in(filter_of(tree, "shop"), columns) == expected, query.text
        assert parse_logql(str(tree)) == tree, str(tree)


def _label_sets(row: Row, labels: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pairs = ((label, next((text_of(v) for v in values_of(row, label) if text_of(v)), "")) for label in labels)
    return tuple((label, value) for label, value in sorted(pairs) if value)


def _weight(function: str, row: Row) -> int:
    return len(row.message.encode()) if function.startswith("bytes") else 1


@_thorough
@given(
    logs(),
    st.lists(st.integers(0, 3), min_size=8, max_size=8),
    queries(),
    st.sampled_from(["count_over_time", "rate", "bytes_over_time", "bytes_rate"]),
    st.sets(st.sampled_from(["level", "detected_level", "service_name", "source"]), max_size=2),
    st.tuples(st.integers(-500, 3_000), st.integers(0, 20), st.integers(1, 900), st.integers(1, 900)),
)
def test_a_metric_counts_the_same_logs_in_each_interval(
    found: list[Row],
    places: list[int],
    query: Part,
    function: str,
    labels: set[str],
    times: tuple[int, int, int, int],
) -> None:
    begin, steps, step, width = times
    world = World(found, places[: len(found)], Search("", lambda _: True), START, START)
    tree = parse_logql(f"sum by ({', '.join(sorted(labels))}) ({function}({query.text}[{width}ms]))")
    assert isinstance(tree, VectorAggregation)
    start = to_microseconds(START + timedelta(milliseconds=begin))
    grid = Grid.between(start, start + steps * step * 1000, step * 1000)

    got = computed(world, tree, grid)

    expected: dict[Any, dict[int, Fraction]] = {}
    for number in range(steps + 1):
        end = START + timedelta(milliseconds=begin + number * step)
        for row in found:
            if query.keeps(row) and end - timedelta(milliseconds=width) <= row.timestamp < end:
                points = expected.setdefault(_label_sets(row, tuple(labels)), {})
                points[number] = points.get(number, Fraction(0)) + _weight(function, row)
    seconds = Fraction(width, 1000) if "rate" in function else Fraction(1)
    exact = {
        group: {number: float(value / seconds) for number, value in points.items() if value}
        for group, points in expected.items()
    }
    rounded = {group: {n: round(v, 6) for n, v in points.items()} for group, points in got.items()}
    assert rounded == {g: {n: round(v, 6) for n, v in points.items()} for g, points in exact.items() if points}


def computed(world: World, tree: Metric, grid: Grid) -> Series:
    """The series of a metric over the stored logs of a world."""
    plan = plan_of(tree)
    windows = Windows.of(plan.aggregation, grid)
    query: LogQuery = plan.aggregation.logs
    selection = LogSelection("shop", filter_of(query, "shop"), windows.buckets.origin, windows.end - 1)

    async def use(searching: Any) -> Series:
        async with searching.counting("test") as (counter, _):
            counts = await counter.by(selection, plan.keys, windows.buckets, of_bytes=plan.of_bytes)
        return series_of(plan, counts.table, windows, grid, "shop")

    return with_store(world.segments(), use)
