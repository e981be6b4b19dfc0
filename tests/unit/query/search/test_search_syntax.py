"""Invalid searches are rejected with the reason and the position."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_query.logs.search.language.filter import And, Contains, Equals, Filter, Matches, Not, Or, Within
from logloop_query.logs.search.language.operators import hints
from logloop_query.logs.search.language.syntax import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, BadQuery, parse_query
from logloop_query.logs.search.rows import InvalidCursor, RowKey, SearchCursor
from logloop_query.time_bounds import parse_moment, to_microseconds

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ('say "hi', 4, "quote is not closed"),
        ("(a OR b", 0, "parenthesis is not closed"),
        ("a AND", 5, "is incomplete"),
        ("a OR ) b", 5, "position 5"),
        ("nope:1", 0, "no field 'nope'"),
        ("sevrity:error", 0, "did you mean 'severity'"),
        ("a severity:bad", 11, "unknown severity"),
        ("x /a(b/", 3, "invalid regular expression"),
        ("http://host/a", 0, "quote text"),
        ("/api/v1/logs", 0, "two terms without a space"),
        ("f(x)", 0, "two terms without a space"),
        ("foo~2", 0, "fuzzy"),
        ("foo^2", 0, "boosting"),
        ("foo~.", None, "quote text"),
        ('"foo"~.', None, "quote text"),
        ("foo^1.2.3", None, "quote text"),
        ("a && b", 2, "write AND"),
        ("!a", 0, "write AND"),
        ("service:(level:error)", 9, "is nested in field"),
        ("message:[a TO b]", None, "ranges work on"),
        ("timestamp:yesterday", 10, "invalid time"),
        ("id:abc", 3, "invalid log id"),
        ("timestamp:fo*", 10, "does not support wildcards"),
        ("//", 0, "regular expression is empty"),
        ("attributes." + "a." * 30 + "b:1", 0, "20 dots"),
    ],
)
def test_an_invalid_search_is_rejected_with_reason_and_position(text: str, position: int | None, reason: str) -> None:
    with pytest.raises(BadQuery) as refused:
        parse_query(text)
    assert reason in refused.value.reason
    if position is not None:
        assert refused.value.position == position


@pytest.mark.parametrize(
    "text",
    ["a" * (MAX_LENGTH + 1), "(" * (MAX_DEPTH + 5) + "a" + ")" * (MAX_DEPTH + 5), " ".join(["a"] * (MAX_TERMS + 1))],
)
def test_oversized_searches_are_rejected(text: str) -> None:
    with pytest.raises(BadQuery):
        parse_query(text)


def reason_against(text: str) -> str | None:
    try:
        parse_query(text)
    except BadQuery as refused:
        return refused.reason
    return None


@given(st.text(max_size=200))
def test_any_text_is_a_valid_search_or_an_error(text: str) -> None:
    assert reason_against(text) != ""


@given(st.text('ab:"()[]{}/*?\\+-<>=~^ \n&|!ANDORT.0', max_size=40))
def test_special_characters_are_a_valid_search_or_an_error(text: str) -> None:
    assert reason_against(text) != ""


@pytest.mark.parametrize(
    ("text", "part"),
    [("*SER=451*", "SER=451"), ("**a**", "a"), (r"*\**", "*"), ("word:*45*", "45"), ("*e\u0301*", "é")],
)
def test_a_word_between_stars_is_a_part_of_the_message(text: str, part: str) -> None:
    assert parse_query(text) == Contains("message", part)


@pytest.mark.parametrize("text", ["a*", "*a", "*a?*", "*a*b*", "?a*"])
def test_a_word_with_other_wildcards_is_a_pattern(text: str) -> None:
    assert isinstance(parse_query(text), Matches)


def test_a_blank_binds_like_and() -> None:
    a, b, c = (Contains("message", name) for name in "abc")
    assert parse_query("a b") == And((a, b))
    assert parse_query("a b OR c") == parse_query("a AND b OR c") == Or((And((a, b)), c))
    assert parse_query("a OR b c") == parse_query("a OR b AND c") == Or((a, And((b, c))))
    assert parse_query("(a OR b) c") == And((Or((a, b)), c))
    assert parse_query("a -b") == parse_query("a NOT b") == And((a, Not(b)))
    assert parse_query("a -b OR NOT c") == Or((And((a, Not(b))), Not(c)))
    assert parse_query("service:(x OR y)") == Or((Equals("service_id", "x"), Equals("service_id", "y")))
    x, y, z = (Equals("service_id", name) for name in "xyz")
    assert parse_query("service:(x y OR z)") == Or((And((x, y)), z))


@pytest.mark.parametrize(
    ("blank", "explicit"),
    [
        ("a OR b c OR d", "a OR b AND c OR d"),
        ("a b OR c d", "a AND b OR c AND d"),
        ("a OR b c d OR e", "a OR b AND c AND d OR e"),
        ("a AND b c OR d", "a AND b AND c OR d"),
        ("(a b OR c) d", "(a AND b OR c) AND d"),
        ("alpha OR service:prec gamma", "alpha OR service:prec AND gamma"),
        ("a OR NOT b c", "a OR NOT b AND c"),
    ],
)
def test_a_blank_finds_the_same_as_and(blank: str, explicit: str) -> None:
    assert _flat(parse_query(blank)) == _flat(parse_query(explicit))


def _flat(wanted: Filter) -> Filter:
    """The same filter without an And directly in an And, or an Or in an Or."""
    if not isinstance(wanted, And | Or):
        return wanted
    kind = type(wanted)
    parts = [_flat(part) for part in wanted.parts]
    return kind(tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x and y", ["and"]),
        ("x or y", ["or"]),
        ("x Or y AND z", ["Or"]),
        ("not x", ["not"]),
        ("x OR not y", ["not"]),
        ("service:(a or b) (c and d)", ["or", "and"]),
        ("x and y and z", ["and"]),
    ],
)
def test_an_operator_in_lower_case_gives_a_hint(text: str, words: list[str]) -> None:
    assert [hint.split()[0] for hint in hints(text)] == [repr(word) for word in words]


@pytest.mark.parametrize(
    "text",
    ["x AND y", "x OR y", "NOT x", '"x and y"', 'x "and" y', "and", "x not", "or x", "band order", "(x or", ""],
)
def test_a_search_that_means_what_it_says_gives_no_hint(text: str) -> None:
    assert hints(text) == []


def test_ages_are_counted_from_now() -> None:
    hour_ago = to_microseconds(NOW - timedelta(hours=1))
    found = parse_query("timestamp:[1h TO now]", now=NOW)
    assert found == Within(hour_ago, to_microseconds(NOW))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("15m", NOW - timedelta(minutes=15)),
        ("now-2h", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-11-22T13:00:00+01:00", NOW),
        ("2026-11-22T12:00:00", NOW),
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
    ],
)
def test_times_are_parsed_in_every_documented_format(text: str, expected: datetime) -> None:
    assert parse_moment(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "15", "999999w", "0001-01-01T00:00:00+23:00"])
def test_an_invalid_time_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="invalid time"):
        parse_moment(text, NOW)


@given(st.integers(-(2**62), 2**62), st.text("abc0123", min_size=1), st.integers(0, 2**40), st.integers(0, 2**31))
def test_a_cursor_is_unchanged_by_a_url(timestamp: int, batch: str, hour: int, row: int) -> None:
    for cursor in (SearchCursor(timestamp), SearchCursor(timestamp, RowKey(timestamp, batch, hour, row))):
        assert SearchCursor.parse(cursor.text()) == cursor


@pytest.mark.parametrize("text", ["x", "é", "W10", "WyJhIl0", "e30", "bnVsbA", "WzEsMiwzLDRd", "====", "WzEuNV0"])
def test_an_invalid_cursor_is_rejected(text: str) -> None:
    with pytest.raises(InvalidCursor):
        SearchCursor.parse(text)
