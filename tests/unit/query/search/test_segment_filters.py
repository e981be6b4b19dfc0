"""The filter of a segment excludes only searches that find nothing in it."""

import unicodedata
from datetime import timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop_contracts.log_batch import HOUR_US, attributes_text
from logloop_query.logs.search.kernels import evaluate
from logloop_query.logs.search.language.filter import Filter, HasWord
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.needs import need_of
from logloop_query.logs.segments.codec import LASTING_LOGS, Segment
from logloop_query.logs.segments.filters.build import QUIET, filter_of_texts, is_large, needs_filter
from logloop_query.logs.segments.filters.tokens import FILTER_SIZES, tokens_of
from logloop_query.time_bounds import from_microseconds

from tests.unit.query.search.memory_segments import allows
from tests.unit.query.search.test_trigrams import CHARACTERS

_PIECES = st.sampled_from(
    [
        *("98765432", "req7f3a", "REQ7F3A", "order", "time", "out", "a", "9", "_", "4512", "abc"),
        *(" ", "-", ";", "`", "\n", '"', "\\", ".", "\u037e", "\u1fef", "\u212a", "\u017f", "k", "s"),
        *("é", "e\u0301", "\u0301", "\u0338", "=", "ß", "日本", "“", "\u212b", "\ufe0f"),
    ]
)
_FORMS: st.SearchStrategy[Literal["NFC", "NFD"]] = st.sampled_from(["NFC", "NFD"])
_TEXTS = st.lists(_PIECES, min_size=1, max_size=5).map("".join)


class OneColumn:
    """Messages or attributes to search."""

    hour = 0
    messages = None

    def __init__(self, name: str, texts: list[str]) -> None:
        self.count = len(texts)
        self._name, self._array = name, pa.array(texts, pa.utf8())

    def column(self, name: str) -> pa.Array:
        assert name == self._name
        return self._array

    def rows(self, name: str, numbers: pa.Array) -> pa.Array:
        return self.column(name).take(numbers)


def excludes(wanted: Filter, messages: list[str], attributes: list[str | None]) -> bool:
    need = need_of(wanted)
    made = filter_of_texts([pa.array(messages, pa.utf8())], pa.array(attributes, pa.utf8()))
    return need is not None and not allows(made, need)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@settings(deadline=None, max_examples=100)
@given(st.lists(_TEXTS, min_size=1, max_size=4), st.lists(_TEXTS, max_size=3), st.data())
def test_a_message_that_a_search_finds_is_never_excluded(
    messages: list[str], others: list[str], data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from(messages).flatmap(_parts_of) | _TEXTS)
    form = data.draw(_FORMS)
    for written in (quoted(text), f"word:{quoted(text)}", f"word:{quoted(text)} OR {quoted('x' + text)}"):
        wanted = parse_query(unicodedata.normalize(form, written))
        if evaluate(wanted, OneColumn("message", messages)) is not False:
            assert not excludes(wanted, [*messages, *others], []), written


@settings(deadline=None, max_examples=80)
@given(st.lists(_TEXTS, min_size=1, max_size=3), st.sampled_from(["name", "a.é7f3a9", "k\u212a.98765432"]), st.data())
def test_attributes_that_a_search_finds_are_never_excluded(texts: list[str], path: str, data: st.DataObject) -> None:
    value = data.draw(st.sampled_from([*texts, 98765432, -98765432, 98765432.0, True, 98765432012345678]))
    stored = attributes_text({path: [value, None]}) or ""
    name = "attributes." + "".join(c if c.isalnum() or c == "." else f"\\{c}" for c in path)
    word = value if isinstance(value, str) else str(value).lower()
    for written in (f"{name}:{quoted(word)}", f"{name}:*", f"{name}:{quoted(word)} AND {name}:/./"):
        wanted = parse_query(written)
        if evaluate(wanted, OneColumn("attributes", [stored])) is not False:
            assert not excludes(wanted, texts, [None, stored]), (written, stored)


def _parts_of(text: str) -> st.SearchStrategy[str]:
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    return places.map(lambda ends: text[min(ends) : max(ends)])


LOGS = ["order 98765432 placed by user req_7f3a9c", "upstream timeout", "7f3a9c11 ready"]
ATTRIBUTES = [attributes_text({"host": "node-01", "order": {"id": 55512345}, "trace": "ab12cd34ef"})]


@pytest.mark.parametrize(
    "text",
    [
        "word:98765433", "word:9876543", "word:req_7f3a9d", "word:timeouts",
        '"order 9876543 placed"', "word:98765432 shipped", "shipped OR word:98765431", "ship*", "attributes.weight:*",
        "attributes.host:node-zzz", "shipped",
        "attributes.order.id:55512346", "attributes.trace:ab12cd34ee", "attributes.size:>5", "日本",
        "timeout AND word:app7f3a9c", "NOT timeout shipped",
    ],
)  # fmt: skip
def test_what_is_nowhere_in_the_logs_is_excluded(text: str) -> None:
    assert excludes(parse_query(text), LOGS, ATTRIBUTES)


@pytest.mark.parametrize(
    "text",
    [
        "word:98765432", "word:REQ_7F3A9C", "word:4512", "5432", "NOT shipped", "/[a-z]{7}/",
        "shipped OR severity:error", "timeout OR shipped", "attributes.order.id:55512345",
        "attributes.order.id:5.5512345e7",
        "attributes.trace:*", "*", "severity:error", "word:12",
    ],
)  # fmt: skip
def test_what_may_be_in_the_logs_is_not_excluded(text: str) -> None:
    assert not excludes(parse_query(text), LOGS, ATTRIBUTES)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\n98765432x", '"a\n98765432x"'), ('"98765432x', '"\\"98765432x"'), (98765432, "098765432"),
        (98765432, "98765432.0"), (98765432.0, "98765432"), (98765432, "9.8765432e7"),
        ("98765432e\u0301", "98765432é"),
        (1e15, "1000000000000000"), (10**16, "1e16"),
    ],
)  # fmt: skip
def test_a_value_that_is_written_in_another_way_is_not_excluded(value: Any, text: str) -> None:
    stored = attributes_text({"value": value}) or ""
    wanted = parse_query(f"attributes.value:{text}")
    assert evaluate(wanted, OneColumn("attributes", [stored])) is not False
    assert not excludes(wanted, [], [stored])


def test_texts_beside_each_other_are_not_joined() -> None:
    assert not excludes(parse_query("word:abc12"), ["abc12", "345de"], ["678xy"])
    assert not excludes(parse_query("word:345de"), ["abc12", "345de"], ["678xy"])
    assert excludes(parse_query("word:abc12345de"), ["abc12", "345de"], ["678xy"])


def test_few_of_the_absent_ids_pass() -> None:
    numbers = np.random.default_rng(1).integers(2**31, 2**32, 12_000)
    ids = [f"id{number:08x}" for number in numbers]
    there, absent = ids[:10_000], [one for one in ids[10_000:10_800] if any(map(str.isdigit, one))]
    made = filter_of_texts([pa.array(there)], pa.nulls(0, pa.utf8()))

    def passed(wanted: list[str]) -> int:
        needs = [need_of(HasWord("message", one)) for one in wanted]
        return sum(need is None or allows(made, need) for need in needs)

    assert passed(there[:100]) == 100
    assert passed(absent) < 20
    assert 8 * len(made.tokens) in FILTER_SIZES
    assert 8 * len(made.tokens) <= 16 * 10_000


@pytest.mark.parametrize(
    ("text", "inside", "whole"),
    [
        ("98765432", [], ["98765432"]), ("a 98765432 b", ["98765432"], ["98765432"]), ("98765", [], []),
        ("id=abc12, x", ["abc12"], ["abc12"]), ("abc12", [], ["abc12"]), ("timeout", [], []),
        (" 7f3a9cé ", [], []), ("é7f3a9c ", ["7f3a9c"], ["7f3a9c"]), (" 7f3a9c \u017f", [], []),
    ],
)  # fmt: skip
def test_the_tokens_of_a_text(text: str, inside: list[str], whole: list[str]) -> None:
    assert tokens_of(text, is_whole=False) == inside
    assert tokens_of(text, is_whole=True) == whole


def test_a_character_that_begins_with_a_plain_letter_or_digit_is_a_word_character() -> None:
    """So what stands beside a whole word is never such a character, and its token ends there in each form."""
    firsts = {character: unicodedata.normalize("NFD", character)[0] for character in CHARACTERS}
    plain = [c for c, first in firsts.items() if not c.isascii() and first.isascii() and first.isalnum()]
    assert len(plain) > 300
    assert all(character.isalnum() for character in plain)


def test_large_segments_and_those_of_past_hours_get_a_filter() -> None:
    def segment(count: int) -> Segment:
        return Segment("shop", 10, (), count, 10 * HOUR_US, 10 * HOUR_US)

    during, after = from_microseconds(10 * HOUR_US), from_microseconds(11 * HOUR_US) + QUIET
    assert is_large(segment(LASTING_LOGS))
    assert not is_large(segment(LASTING_LOGS - 1))
    assert needs_filter(segment(5_000), after)
    assert not needs_filter(segment(5_000), after - timedelta(seconds=1))
    assert not needs_filter(segment(100), after)
    assert needs_filter(segment(LASTING_LOGS), during)
