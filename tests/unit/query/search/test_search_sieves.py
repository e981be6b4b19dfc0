"""Blocks of texts are left out only if none of their texts is found."""

from typing import Any

import pyarrow as pa
import pytest
import re2
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from logloop_query.logs.search.kernels import evaluate
from logloop_query.logs.search.language.filter import And, Contains, Equals, Filter, HasWord, Matches
from logloop_query.logs.search.language.regex_literals import ignores_neighbours, literal_in
from logloop_query.logs.search.limits.pace import Pace
from logloop_query.logs.search.sieves import may_pass

from tests.unit.query.search.test_regex_literals import patterns

ROWS = 3000
_texts = st.lists(st.text("aAbBkKx2 .-{,}=;\n\u212a\u037eé\u0301", max_size=12), min_size=1, max_size=20)


class Rows:
    """Rows that have a message and a service, `web` in every other row."""

    hour = None
    messages = None

    def __init__(self, texts: list[str]) -> None:
        self.count = len(texts)
        services = pa.array([("web", "cart")[number % 2] for number in range(self.count)])
        self._columns = {"message": pa.array(texts, pa.utf8()), "service_id": services.dictionary_encode()}

    def column(self, name: str) -> Any:
        return self._columns[name]

    def rows(self, name: str, numbers: Any) -> Any:
        return self.column(name).take(numbers)


def found(wanted: Filter, texts: list[str]) -> set[int]:
    """The rows that a filter finds."""
    mask = evaluate(wanted, Rows(texts))
    return {row for row in range(len(texts)) if (mask if isinstance(mask, bool) else mask[row].as_py())}


def among_others(texts: list[str]) -> list[str]:
    """Rows in many blocks: a few texts far apart, and empty ones."""
    spread = [""] * ROWS
    for number, text in enumerate(texts):
        spread[number * 577 % ROWS] = text
    return spread


def check(leaf: Contains | HasWord | Matches, texts: list[str]) -> None:
    """Each text is found in many rows if it is found alone, which is tested without blocks."""
    rows = among_others(texts)
    matching = {row for row, text in enumerate(rows) if text and found(leaf, [text])}
    if found(leaf, [""]):
        matching |= {row for row, text in enumerate(rows) if not text}
    assert found(leaf, rows) == matching
    assert found(And((Equals("service_id", "web"), leaf)), rows) == {row for row in matching if row % 2 == 0}


@settings(max_examples=100, deadline=None)
@given(patterns, _texts)
def test_a_regular_expression_finds_in_many_rows_what_it_finds_in_each(pattern: str, texts: list[str]) -> None:
    try:
        re2.compile(pattern)
    except re2.error:
        assume(False)
    check(Matches("message", pattern, literal_in(pattern)), texts)


@settings(max_examples=100, deadline=None)
@given(st.data(), _texts, st.sampled_from([Contains, HasWord]))
def test_a_word_is_found_in_many_rows_as_in_each(
    data: st.DataObject, texts: list[str], kind: type[Contains | HasWord]
) -> None:
    text = data.draw(st.sampled_from(texts))
    start = data.draw(st.integers(0, len(text)))
    word = text[start : data.draw(st.integers(start, len(text)))].swapcase()
    assume(word)
    check(kind("message", word), texts)


@pytest.mark.parametrize(
    ("leaf", "text"),
    [
        (HasWord("message", "a;b"), "a\u037eb"),
        (HasWord("message", "caf\u00e9"), "cafe\u0301"),
        (Matches("message", "caf\u00e9"), "cafe\u0301"),
        (Matches("message", "caf[\u00e9]"), "cafe\u0301"),
        (Contains("message", "(7) \u00e9"), "(7) e\u0301"),
    ],
)
def test_a_text_in_another_unicode_form_is_found_among_many(leaf: Contains | Matches, text: str) -> None:
    assert found(leaf, among_others([text])) == {0}


@pytest.mark.parametrize(
    "leaf",
    [
        Contains("message", "SER=451"),
        Contains("message", "needle"),
        Matches("message", "order 4[0-9]{2}7 "),
        Matches("message", "(?i)[a-z]+=[0-9]{3} Q"),
    ],
)
def test_most_rows_are_left_out_of_a_rare_search(leaf: Contains | Matches) -> None:
    rows = [f"order {number} of user={number % 400} placed" for number in range(ROWS)]
    rows[1234] = "order 4127 of user=451 Q has a needle"
    left = may_pass(leaf, pa.array(rows), Pace())
    assert left[1234].as_py()
    assert left.true_count < ROWS / 5


@settings(max_examples=200, deadline=None)
@given(patterns, st.text("aAbBkKx2 .-", max_size=8), st.text("aAb .-", max_size=4), st.text("aAb .-", max_size=4))
def test_a_pattern_that_ignores_neighbours_matches_whatever_they_are(
    pattern: str, text: str, before: str, after: str
) -> None:
    try:
        compiled = re2.compile(pattern)
    except re2.error:
        assume(False)
    assume(ignores_neighbours(pattern) and compiled.search(text))
    assert compiled.search(before + text + after)


@pytest.mark.parametrize("pattern", ["^a", "a$", r"\ba", r"(x|a\B)", r"(?:^a)?b", r"\pLa", "[[:alpha:]]", "a{,2}"])
def test_a_pattern_with_an_anchor_or_an_unknown_part_may_heed_its_neighbours(pattern: str) -> None:
    assert not ignores_neighbours(pattern)


@pytest.mark.parametrize("pattern", ["order 4[0-9]{2}7 ", "(?is)SER=451", "a|b+c?", "(a.){2}", r"\d+ ms"])
def test_a_pattern_without_anchors_ignores_its_neighbours(pattern: str) -> None:
    assert ignores_neighbours(pattern)
