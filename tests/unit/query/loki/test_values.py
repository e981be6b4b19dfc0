"""Functions of the values that `| unwrap` takes from labels, over a few stored logs with answers computed by hand."""

import math
from datetime import timedelta
from typing import Any

import pytest
from logloop_query.loki.errors import BadLogQL
from logloop_query.loki.metrics import Grid, Series
from logloop_query.loki.parser import parse_logql
from logloop_query.loki.syntax_tree import Constant, LogQuery
from logloop_query.loki.values import quantile, value_of
from logloop_query.time_bounds import to_microseconds

from tests.unit.query.loki.test_oracle import computed
from tests.unit.query.search.search_oracle import START, Row, Search
from tests.unit.query.search.test_search_everywhere import World

_LOGS: list[tuple[int, str, dict[str, Any] | None]] = [
    (0, "cart", {"took": 1, "path": "/a", "latency": "1.5s", "size": "2KB"}),
    (1, "cart", {"took": 2, "path": "/a", "latency": "500ms", "size": "1 KiB"}),
    (2, "cart", {"took": 2, "path": "/b", "latency": "1m", "size": "10"}),
    (3, "cart", {"took": 7, "path": "/b"}),
    (4, "shop", {"took": 10.5, "path": "/a"}),
    (5, "shop", {"odd": "fast", "path": "/a"}),
    (6, "shop", {"odd": "4", "path": "/a"}),
    (9, "shop", None),
]


def _series(query: str, seconds: tuple[int, ...] = (10,)) -> Series:
    """The series of a query at moments after the start that are equally far apart."""
    rows = [
        Row(number, START + timedelta(seconds=second), "info", service, None, None, None, "a line", attributes)
        for number, (second, service, attributes) in enumerate(_LOGS)
    ]
    world = World(rows, [0] * len(rows), Search("", lambda _: True), START, START)
    tree = parse_logql(query)
    assert not isinstance(tree, LogQuery | Constant)
    step = (seconds[1] - seconds[0]) * 1_000_000 if len(seconds) > 1 else 1
    grid = Grid(to_microseconds(START + timedelta(seconds=seconds[0])), step, len(seconds))
    return computed(world, tree, grid)


def _by_hand(function: str, stages: str = "| json | unwrap took") -> str:
    return f"{function}({{}} {stages} [10s]) by (service)"


_CART, _SHOP = (("service", "cart"),), (("service", "shop"),)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (_by_hand("avg_over_time"), {_CART: 3, _SHOP: 10.5}),
        (_by_hand("min_over_time"), {_CART: 1, _SHOP: 10.5}),
        (_by_hand("max_over_time"), {_CART: 7, _SHOP: 10.5}),
        (_by_hand("stdvar_over_time"), {_CART: 5.5, _SHOP: 0}),
        (_by_hand("stddev_over_time"), {_CART: math.sqrt(5.5), _SHOP: 0}),
        ("quantile_over_time(0.5, {} | json | unwrap took [10s]) by (service)", {_CART: 2, _SHOP: 10.5}),
        ("quantile_over_time(0.9, {} | logfmt | unwrap took [10s]) by (service)", {_CART: 5.5, _SHOP: 10.5}),
        ("sum by (service) (sum_over_time({} | unwrap took [10s]))", {_CART: 12, _SHOP: 10.5}),
        ("sum by (service) (rate({} | json | unwrap took [10s]))", {_CART: 1.2, _SHOP: 1.05}),
        ("sum(sum_over_time({} | unwrap duration(latency) [10s]))", {(): 62}),
        ("sum(sum_over_time({} | unwrap duration_seconds(latency) [10s]))", {(): 62}),
        ("sum(sum_over_time({} | unwrap bytes(size) [10s]))", {(): 3_034}),
        ("max by (path) (max_over_time({} | unwrap took [10s]))", {(("path", "/a"),): 10.5, (("path", "/b"),): 7}),
        ('sum(sum_over_time({} | unwrap odd | __error__="" [10s]))', {(): 4}),
        ("topk(1, sum by (path) (rate({} | unwrap took [10s])))", {(("path", "/a"),): 1.35}),
        ("sum(avg_over_time({} | unwrap missing [10s]))", {}),
        ("stdvar(sum by (path) (sum_over_time({} | unwrap took [10s])))", {(): 5.0625}),
        ('absent_over_time({service="none", x=~"y"} [10s])', {(("service", "none"),): 1}),
        ('absent_over_time({service="cart"} [10s])', {}),
    ],
)
def test_a_function_of_values_has_the_answer_of_loki(query: str, expected: Series) -> None:
    got = {labels: points[0] for labels, points in _series(query).items()}

    assert got == pytest.approx(expected)
    assert parse_logql(str(parse_logql(query))) == parse_logql(query)


def test_ranges_that_overlap_share_their_values() -> None:
    got = _series('max_over_time({service="cart"} | unwrap took [3s]) by ()', (1, 2, 3, 4, 5, 6, 7))

    assert got == {(): {0: 1, 1: 2, 2: 2, 3: 7, 4: 7, 5: 7}}


def test_a_text_that_is_no_value_is_an_error_that_names_it() -> None:
    with pytest.raises(BadLogQL, match=r"SampleExtractionErr: odd has the value 'fast'.*__error__"):
        _series("sum(sum_over_time({} | unwrap odd [10s]))")


@pytest.mark.parametrize(
    ("conversion", "text", "value"),
    [
        ("", "-1.5e3", -1500),
        ("", "1e999", None),
        ("", "12ms", None),
        ("", "9" * 200, None),
        ("duration", "1h2m3.5s", 3723.5),
        ("duration", "-20ms", -0.02),
        ("duration", "5", None),
        ("duration", "0", 0),
        ("bytes", "1.5 MiB", 1_572_864),
        ("bytes", "1,000B", 1000),
        ("bytes", "5 gb", 5_000_000_000),
        ("bytes", "iB", None),
    ],
)
def test_values_are_read_as_loki_reads_them(conversion: str, text: str, value: float | None) -> None:
    assert value_of(text, conversion) == (None if value is None else pytest.approx(value))


def test_quantiles_outside_of_0_to_1_are_infinite() -> None:
    assert [quantile(wanted, [(3, 2)]) for wanted in (-1, 0, 1, 2)] == [-math.inf, 3, 3, math.inf]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{} | unwrap took", "'unwrap' takes values for a function around it"),
        ("avg_over_time({}[1m])", "avg_over_time needs values; add | unwrap"),
        ("count_over_time({} | unwrap took [1m])", "count_over_time takes no values"),
        ("quantile_over_time({} | unwrap took [1m])", "quantile_over_time takes a quantile first"),
        ("rate(0.5, {} | unwrap took [1m])", "rate takes no number"),
        ("sum_over_time({} | unwrap took [1m]) by (path)", "sum_over_time takes no grouping; write sum by (path)"),
        ("max_over_time({} | unwrap a | unwrap b [1m])", "one 'unwrap' only"),
        ("max_over_time({} | unwrap a | json [1m])", "only label filters may follow 'unwrap'"),
        ("first_over_time({} | unwrap a [1m])", "the function 'first_over_time' at character 1 is not supported"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(query: str, said: str) -> None:
    with pytest.raises(BadLogQL) as caught:
        parse_logql(query)

    assert said in str(caught.value)


def test_too_many_values_for_overlapping_ranges_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logloop_query.loki.metrics._MAX_CELLS", 10)

    with pytest.raises(BadLogQL, match="the ranges have too many values"):
        _series("max_over_time({} | unwrap took [8s]) by ()", (8, 9, 10))
