"""LogQL: what is refused says why, and what is computed from counts."""

from typing import Any

import pyarrow as pa
import pytest
from logloop_query.loki.errors import BadLogQL
from logloop_query.loki.labels import attribute_paths, metadata_of
from logloop_query.loki.metrics import Grid, Series, Windows, plan_of, series_of
from logloop_query.loki.parser import parse_log_query, parse_logql
from logloop_query.loki.shapes import matrix, number, seconds, streams, vector
from logloop_query.loki.syntax_tree import Constant, LogQuery, RangeAggregation
from logloop_query.loki.times import duration_ns, moment_ns, seconds_or_duration_ns
from logloop_query.loki.translation import filter_of


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('count_over_time({a="b"} | json', "the query is incomplete"),
        ('{a="b"} | unpack', "'unpack' at character 11 is not supported"),
        ('{a="b"} | decolorize', "'decolorize' at character 11 is not supported"),
        ('{a="b"} | line_format "{{.x}}"', "'line_format' at character 11 is not supported"),
        ('{a="b"} | label_format x=y', "'label_format' at character 11 is not supported"),
        ('{a="b"} | regexp `(?P<x>.)`', "'regexp' at character 11 is not supported"),
        ('{a="b"} | json x="y"', "json takes no arguments here (at character 16)"),
        ('{a="b"} | logfmt --strict', "the flag --strict at character 18 is not supported"),
        ('{a="b"} |> "<_> x"', "pattern filters (|> and !>, at character 10) are not supported"),
        ('{a="b"} |= ip("10.0.0.0/8")', "'ip' at character 12 is not supported"),
        ('{a="b"} | took > 5ms', "durations and sizes in label filters (at character 18) are not supported"),
        ('last_over_time({a="b"}[1m])', "the function 'last_over_time' at character 1 is not supported"),
        ('sort(rate({a="b"}[1m]))', "the function 'sort' at character 1 is not supported"),
        ('rate({a="b"}[1m]) / rate({c="d"}[1m])', "'/' joins two queries, which is not supported"),
        ('rate({a="b"}[1m]) > vector(2)', "'>' joins two queries, which is not supported"),
        ('rate({a="b"}[1m]) or rate({c="d"}[1m])', "'or' is supported between a query and a number only"),
        ('rate({a="b"}[1m]) or 0', "'or' is supported between a query and a number only"),
        (
            'rate({a="b"}[1m]) and vector(1)',
            "'and' at character 19 is not supported there: queries are combined with",
        ),
        ("2 > 1", "'>' compares two numbers"),
        ("sum(vector(1))", "sum takes a query, and vector(1) is a number"),
        ('rate({a="b"}[1m]) + bool 1', "unexpected text 'bool 1' at character 21"),
        ('count_over_time({a="b"}[5m] offset 1x)', "offset takes a duration such as 1h30m, not '1x)'"),
        ('rate({a="b"}[1m])' + " + 1" * 60, "at most 50 operations"),
        ("1" + " + 1" * 1_200, "too many parts"),
        ('rate({a="b"})', "a range such as [5m] is missing at character 13"),
        ('rate({a="b"}[$__auto])', "invalid duration '$__auto'"),
        ('{a="b"', "the query is incomplete"),
        ("", "the query is incomplete"),
        (r'{a=~"\d"}', r"invalid escape \d in a quoted text; write regular expressions in `backticks`"),
        ("{a=5}", "unexpected text '5}' at character 4"),
        ('topk(rate({a="b"}[1m]))', "topk takes a number and a query"),
        ('sum(5, rate({a="b"}[1m]))', "sum takes a query only"),
        ('sum by (a) (rate({a="b"}[1m])) by (b)', "sum has two groupings"),
        ('{a="b"} | x =~ 5', "=~ needs a regular expression in quotes"),
        ("vector(1)/vector(0)", "division by zero"),
        ("(" * 30, "at most 20 parentheses"),
        ("{" + " " * 5_000 + "}", "at most 5000 characters"),
    ],
)
def test_a_query_that_is_not_supported_is_refused_by_name(query: str, said: str) -> None:
    with pytest.raises(BadLogQL) as caught:
        parse_logql(query)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('{a=~"("}', "invalid regular expression"),
        ('{a="b"} |~ "(((a{100}){100}){100})"', "invalid regular expression"),
        ('{a="b"} |~ `' + r"\pL{50}" + "`", "cost too much"),
        ('{a="b"} |= "' + "x" * 1_001 + '"', "at most 1000 characters"),
        ('{a="b"} | level > 5', "the label 'level' is text"),
        ('{a="b"} | drop level', "drop level is not supported"),
        ('{a="b"} | log_id="x"', "take ids from log_id of a line"),
        ('{a="b"} | log_id=~"x"', "log_id takes a whole id"),
        ("{" + ",".join(['a="b"'] * 201) + "}", "at most 200 filters"),
        ("{" + "x" * 500 + '="b"}', "an attribute name may have at most"),
    ],
)
def test_a_filter_that_costs_too_much_or_has_no_meaning_is_refused(query: str, said: str) -> None:
    with pytest.raises(BadLogQL) as caught:
        filter_of(parse_log_query(query), "shop")
    assert said in str(caught.value)


def test_a_constant_is_computed_as_the_health_check_of_grafana_asks() -> None:
    found = parse_logql("vector(1)+vector(1)")

    assert isinstance(found, Constant)
    assert found.value == 2
    assert vector({(): {0: found.value}}, 4_000_000) == [{"metric": {}, "value": [4, "2"]}]


def _series(query: str, counts: list[tuple[Any, ...]], grid: Grid) -> Series:
    """The series of a metric whose counts by bucket and key are given."""
    tree = parse_logql(query)
    assert not isinstance(tree, LogQuery | Constant)
    plan = plan_of(tree)
    names = ["bucket", *plan.keys, "count"]
    table = pa.table(dict(zip(names, map(list, zip(*counts, strict=True)), strict=True)))
    return series_of(plan, table, Windows.of(plan.aggregation, grid), grid, "shop")


SECOND = 1_000_000
GRID = Grid(1_000 * SECOND, 60 * SECOND, 3)
BY_SERVICE = [(0, "a", 1), (1, "a", 2), (2, "a", 4), (0, "b", 8), (2, "b", 2), (2, "c", 3)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{}", {"a": {0: 1, 1: 2, 2: 4}, "b": {0: 8, 2: 2}, "c": {2: 3}}),
        ("topk(1, {})", {"b": {0: 8}, "a": {1: 2, 2: 4}}),
        ("bottomk(1, {})", {"a": {0: 1, 1: 2}, "b": {2: 2}}),
        ("max({})", {"": {0: 8, 1: 2, 2: 4}}),
        ("min({})", {"": {0: 1, 1: 2, 2: 2}}),
        ("avg({})", {"": {0: 4.5, 1: 2, 2: 3}}),
        ("count({})", {"": {0: 2, 1: 1, 2: 3}}),
        ("sum without (service_name) ({})", {"": {0: 9, 1: 2, 2: 9}}),
        ("sum by (service_name) ({})", {"a": {0: 1, 1: 2, 2: 4}, "b": {0: 8, 2: 2}, "c": {2: 3}}),
    ],
)
def test_series_are_aggregated_at_each_step(query: str, expected: dict[str, dict[int, float]]) -> None:
    inner = 'sum by (service_name) (count_over_time({x="y"}[1m]))'

    found = _series(query.replace("{}", inner), BY_SERVICE, GRID)

    assert {dict(labels).get("service_name", ""): points for labels, points in found.items()} == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{} * 60 + 1", {"a": {0: 61, 1: 121, 2: 241}, "b": {0: 481, 2: 121}, "c": {2: 181}}),
        ("100 - {} / 2 ^ 2", {"a": {0: 99.75, 1: 99.5, 2: 99}, "b": {0: 98, 2: 99.5}, "c": {2: 99.25}}),
        ("{} % 3", {"a": {0: 1, 1: 2, 2: 1}, "b": {0: 2, 2: 2}, "c": {2: 0}}),
        ("{} > 2", {"a": {2: 4}, "b": {0: 8}, "c": {2: 3}}),
        ("2 >= {}", {"a": {0: 1, 1: 2}, "b": {2: 2}}),
        ("{} == bool 2", {"a": {0: 0, 1: 1, 2: 0}, "b": {0: 0, 2: 1}, "c": {2: 0}}),
        ("sum({} != 2) * 10", {"": {0: 90, 2: 70}}),
        ("max({} > 5) or vector(0)", {"": {0: 8, 1: 0, 2: 0}}),
        ("({} > 7) or vector(-1)", {"b": {0: 8}, "": {0: -1, 1: -1, 2: -1}}),
        ("count({}) - 1 > 0", {"": {0: 1, 2: 2}}),
    ],
)
def test_numbers_are_combined_with_each_point(query: str, expected: dict[str, dict[int, float]]) -> None:
    inner = 'sum by (service_name) (count_over_time({x="y"}[1m]))'
    text = query.replace("{}", inner)

    found = _series(text, BY_SERVICE, GRID)

    named = {dict(labels).get("service_name", ""): points for labels, points in found.items()}
    assert named == expected
    tree = parse_logql(text)
    assert parse_logql(str(tree)) == tree
    assert _series(str(tree), BY_SERVICE, GRID) == found


def test_results_that_are_no_finite_numbers_are_written_as_loki_writes_them() -> None:
    query = 'sum(count_over_time({x="y"}[1m]))'
    counts = [(0, 1), (1, 2)]
    for text, written in ((f"{query} / 0", "NaN"), (f"{query} % 0", "NaN"), (f"10 ^ ({query} * 1000)", "+Inf")):
        [found] = matrix(_series(text, counts, GRID), GRID)
        assert [value for _, value in found["values"]] == [written, written]


@pytest.mark.parametrize(("offset", "seconds_earlier"), [("", 0), (" offset 1h30m", 5_400), (" offset -30s", -30)])
def test_an_offset_moves_what_is_counted_and_not_the_steps(offset: str, seconds_earlier: int) -> None:
    tree = parse_logql(f'rate({{x="y"}}[1m]{offset})')
    assert isinstance(tree, RangeAggregation)
    assert str(tree) == f'rate({{x="y"}}[1m]{offset})'
    windows = Windows.of(tree, GRID)
    assert windows.buckets.origin == (1_000 - 60 - seconds_earlier) * SECOND
    assert windows.end == (1_000 + 120 - seconds_earlier) * SECOND


def test_overlapping_ranges_add_up_the_same_counts() -> None:
    counts = [(bucket, 1) for bucket in range(12)]
    grid = Grid(1_000 * SECOND, 30 * SECOND, 5)

    found = _series('sum(count_over_time({x="y"}[1m]))', [(b % 6, n) for b, n in counts], grid)

    assert found == {(): {0: 4, 1: 4, 2: 4, 3: 4, 4: 4}}


def test_a_missing_label_is_left_out_and_the_first_attribute_with_a_value_counts() -> None:
    query = 'sum by (http_status, level) (count_over_time({x="y"}[1m]))'
    rows = [(0, None, "200", "info", 1), (0, "500", None, "info", 2), (0, None, None, "info", 4)]

    found = _series(query, rows, Grid(1_000 * SECOND, 60 * SECOND, 1))

    assert {tuple(dict(labels).values()): points[0] for labels, points in found.items()} == {
        ("200", "info"): 1,
        ("500", "info"): 2,
        ("info",): 4,
    }


def test_too_many_steps_buckets_and_series_are_refused() -> None:
    with pytest.raises(BadLogQL, match="more than 11,000 steps"):
        Grid.between(0, 11_000 * SECOND, SECOND)
    odd = parse_logql('count_over_time({a="b"}[59999us])')
    assert isinstance(odd, RangeAggregation)
    with pytest.raises(BadLogQL, match="make the range a multiple of the step"):
        Windows.of(odd, Grid.between(0, 3_600 * SECOND, SECOND))
    many = [(0, f"s{n}", 1) for n in range(501)]
    with pytest.raises(BadLogQL, match="more than 500 series"):
        _series('sum by (service_name) (rate({a="b"}[1m]))', many, Grid(0, SECOND, 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1700000000", 1_700_000_000_000_000_000),
        ("1700000000.5", 1_700_000_000_500_000_000),
        ("1700000000123456789", 1_700_000_000_123_456_789),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
        ("2023-11-14T23:13:20.25+01:00", 1_700_000_000_250_000_000),
    ],
)
def test_times_are_read_as_loki_reads_them(text: str, expected: int) -> None:
    assert moment_ns(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "1e99", "99999999999999999999", "NaN", "2023-13-01T00:00:00Z"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid time"):
        moment_ns(text)


def test_durations_and_steps() -> None:
    assert duration_ns("1h30m") == 5_400_000_000_000
    assert duration_ns("1.5s") == 1_500_000_000
    assert seconds_or_duration_ns("14400ms") == 14_400_000_000
    assert seconds_or_duration_ns("0.5") == 500_000_000
    for text in ("0s", "5", "m", "-5m", "1e5000"):
        with pytest.raises(ValueError, match="invalid duration"):
            duration_ns(text)
    for text in ("0", "-1"):
        with pytest.raises(ValueError, match="invalid number of seconds"):
            seconds_or_duration_ns(text)


def test_a_label_stands_for_attributes_with_dots() -> None:
    assert attribute_paths("app") == ["app"]
    assert attribute_paths("http_status") == ["http_status", "http.status"]
    assert set(attribute_paths("a_b_c")) == {"a_b_c", "a.b_c", "a_b.c", "a.b.c"}
    assert attribute_paths("k8s_pod_label_app_name") == ["k8s_pod_label_app_name", "k8s.pod.label.app.name"]
    assert attribute_paths("_x") == ["_x"]


def test_attributes_become_labels_with_valid_names() -> None:
    found = metadata_of(
        {"http": {"status": 500, "ok": False}, "a-b": ["x", "y"], "level": "x", "9": None, "1st": 1.5}
    )

    assert found == {"http_status": "500", "http_ok": "false", "a_b": "x", "_1st": "1.5"}


def test_lines_are_grouped_into_streams_in_their_order() -> None:
    def row(number: int, service: str, attributes: Any = None) -> dict[str, Any]:
        fields = {"severity": "info", "source": None, "test_id": None, "func_id": None}
        text = {"id": f"id{number}", "time_us": number, "message": f"m{number}", "attributes": attributes}
        return {"service_id": service, **fields, **text}

    rows = [row(3, "a", {"x": 1}), row(2, "b"), row(1, "a", {"x": 1})]
    merged, apart = streams(rows, categorize=False), streams(rows, categorize=True)

    assert merged[0] == {
        "stream": {"level": "info", "service_name": "a", "x": "1"},
        "values": [["3000", "m3"], ["1000", "m1"]],
    }
    assert apart[0]["stream"] == {"level": "info", "service_name": "a"}
    assert apart[0]["values"][0] == ["3000", "m3", {"structuredMetadata": {"x": "1", "log_id": "id3"}}]


def test_numbers_and_times_are_written_as_loki_writes_them() -> None:
    assert [number(value) for value in (3, 0.5, 1e21, 1e-7, 2 / 3)] == [
        "3",
        "0.5",
        "1000000000000000000000",
        "0.0000001",
        "0.6666666666666666",
    ]
    assert [seconds(value) for value in (1_700_000_000_000_000, 1_700_000_000_123_456)] == [
        1_700_000_000,
        1_700_000_000.123,
    ]
    assert matrix({(("a", "b"),): {1: 2.0, 0: 1}}, Grid(0, SECOND, 2)) == [
        {"metric": {"a": "b"}, "values": [[0, "1"], [1, "2"]]}
    ]
