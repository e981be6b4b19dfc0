"""What patterns decide about messages is what the messages say."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from logloop_contracts import LogEntry, Severity
from logloop_contracts.log_batch import entries_to_batch, new_batch_id
from logloop_query.logs.search.kernels import selected_rows
from logloop_query.logs.search.language.filter import And, Contains, Filter, Matches, Not, OneOf, Or, needed_columns
from logloop_query.logs.search.language.regex_literals import literal_in
from logloop_query.logs.search.pattern_rules import AskedOfPatterns, resolved
from logloop_query.logs.segments.codec import Effort, TableColumns, columns_of, encode_segment
from logloop_query.logs.segments.filters.build import filter_of, filter_of_texts
from logloop_query.logs.segments.summary import Summary
from logloop_query.logs.segments.variables import decode_variables, encode_variables

from tests.unit.query.cutting import every_message_cut

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_pieces = st.sampled_from(
    [
        "order",
        "orders",
        "Timeout",
        "a",
        "ms",
        "42",
        "7fe2",
        "order42",
        "/api/orders/17",
        "user=anna",
        "user=7",
        "key=[some words]",
        'name="two words"',
        '"quoted"',
        "db.example.com:5432",
        "Mon, 12 May 2026",
        "May 7",
        "deadbeefcafe",
        "0a:1b:2c",
        "12 KB",
        "5 secs",
        "(payment)",
        "{json: 1}",
        "<*>",
        "to\u212aen1",
        "to\u212aen",
        "la\u017ft",
        "cafe\u0301",
        "é9",
        "order",
        "failed: ",
    ]
)
_blanks = st.sampled_from([" ", "  ", "\t", " \t ", "", ",", "\n"])
_messages = st.lists(st.tuples(_pieces, _blanks).map("".join), min_size=1, max_size=4).map("".join)
_words = st.sampled_from(
    ["order", "ORDER", "time", "anna", "words", "two", "may", "token", "last", "cafe", "cafebe", "api"]
)
_regexes = st.sampled_from([r"order \d", "order|user", "tok?en", r"\bmay\b", "(?i)TIMEOUT$", r"^order", "words?"])


def rows_of(messages: Sequence[str]) -> pa.Table:
    entries = [
        LogEntry(project_id="shop", service_id="a", message=text, severity=Severity.INFO, timestamp=NOON)
        for text in messages
    ]
    return pa.Table.from_batches([entries_to_batch(entries, new_batch_id())])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[str], list[Filter]]:
    """Messages, and filters on words and pieces of them."""
    messages = draw(st.lists(_messages, min_size=1, max_size=8))
    pieces = [
        text[start : start + length]
        for text in messages
        for start, length in draw(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12)), max_size=3))
    ]
    texts = [*draw(st.lists(_words, min_size=1, max_size=3)), *filter(None, pieces)]
    leaves: list[Filter] = [Contains("message", text) for text in texts]
    leaves += [Matches("message", pattern, literal_in(pattern)) for pattern in draw(st.lists(_regexes, max_size=2))]
    pair = tuple(leaves[:2])
    both: Filter = And(pair) if draw(st.booleans()) else Or(pair)
    return messages, [*leaves, both, Not(both)]


def found(wanted: Filter, columns: object) -> list[int]:
    rows = selected_rows(wanted, columns)  # type: ignore[arg-type]
    return list(range(columns.count)) if rows is None else rows.to_pylist()  # type: ignore[attr-defined]


@pytest.mark.parametrize("storing", [nullcontext, every_message_cut])
@settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(world=(["a * b", "x 1"], [Contains("message", "*")]))
@example(world=(["idle", "order42 x"], [Contains("message", "order")]))
@example(world=(["two  blanks 1"], [Contains("message", "two blanks"), Contains("message", "two  blanks")]))
@example(world=(["to\u212aen1 x"], [Contains("message", "token")]))
@given(world=worlds())
def test_patterns_select_the_rows_that_messages_select(
    storing: Callable[[], AbstractContextManager[None]], world: tuple[list[str], list[Filter]]
) -> None:
    messages, filters = world
    table = rows_of(messages)
    with storing():
        segment = encode_segment("shop", 1, ["p"], table, effort=Effort.FINAL)
    summary = Summary(segment.summary, segment.patterns, segment.variables)
    for wanted in filters:
        expected = found(wanted, TableColumns(table))
        assert found(resolved(wanted, summary), columns_of(segment)) == expected, wanted
        asked = AskedOfPatterns.of(wanted)
        if asked is not None and asked.decides(summary):
            assert found(asked.wanted, columns_of(segment)) == expected, wanted


@settings(max_examples=50, deadline=None)
@given(st.lists(_messages, min_size=1, max_size=8))
def test_the_trigrams_of_messages_are_those_of_patterns_and_variables(messages: list[str]) -> None:
    table = rows_of(messages)
    segment = encode_segment("shop", 1, ["p"], table, effort=Effort.FINAL)
    columns = columns_of(segment)
    assert filter_of(segment) == filter_of_texts([columns.column("message")], columns.column("attributes"))


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("payment", {"payment of order <*> failed"}),
        ("zebra", set()),
        ("payment of", {"payment of order <*> failed"}),
    ],
)
def test_words_of_the_constant_text_need_no_message(text: str, patterns: set[str]) -> None:
    table = rows_of(["payment of order 17 failed", "order 18 placed by user=anna", "idle"])
    segment = encode_segment("shop", 1, ["p"], table, effort=Effort.FINAL)
    left = resolved(Contains("message", text), Summary(segment.summary, segment.patterns, segment.variables))
    assert "message" not in needed_columns(left)
    assert left == (OneOf("pattern", tuple(patterns)) if patterns else Or(()))


def test_a_word_that_a_variable_may_hold_is_tested_in_its_messages_only() -> None:
    table = rows_of(["payment 1", "order 18 placed by user=anna", "user=otto left", "idle"])
    segment = encode_segment("shop", 1, ["p"], table, effort=Effort.FINAL)
    left = resolved(Contains("message", "anna"), Summary(segment.summary, segment.patterns, segment.variables))
    asked = OneOf("pattern", ("order <*> placed by user=<*>", "user=<*> left"))
    assert left == And((asked, Contains("message", "anna")))


@pytest.mark.parametrize("letters", [5, 32_766, 32_767, 32_768])
@pytest.mark.parametrize(("blanks", "is_run"), [(" ", False), (" \t", True)])
def test_blanks_that_follow_each_other_are_found_anywhere(letters: int, blanks: str, is_run: bool) -> None:
    messages = pa.array(["a" * letters + blanks + "b"], pa.utf8())
    known = decode_variables(encode_variables(messages, messages, pa.array([0], pa.int8())), 1)
    assert known is not None
    assert known.has_blank_runs is is_run
