"""The text that a regular expression is known to need is in each of its matches."""

import pytest
import re2
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from logloop_query.logs.search.language.regex_literals import literal_in

_atom = st.sampled_from(
    ["a", "B", "k", "ab", "\\d", "\\w", ".", "[ab]", "[^a]", "\\.", "\\b", "^", "$", " ", "-", "x{2}", "{,2}"]
)
patterns = st.recursive(
    _atom,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.tuples(inner, inner).map(lambda both: f"({both[0]}|{both[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "*?", "+?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        inner.map(lambda text: f"(?i:{text})"),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(patterns, st.lists(st.text("aAbBkKx2 .-{,}", max_size=12), min_size=1, max_size=20))
def test_each_match_contains_the_text(pattern: str, texts: list[str]) -> None:
    try:
        compiled = re2.compile(pattern)
    except re2.error:
        assume(False)
    needed = literal_in(pattern).lower()
    for text in texts:
        assert needed in text.lower() or not compiled.search(text), (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("order 4[0-9]{2}7 ", "order 4"),
        (r"order \d+5 placed", "5 placed"),
        ("time(d )?out", "time"),
        ("(?i)Timeout", "Timeout"),
        (r"^GET /api\b.*500$", "GET /api"),
        ("(connection reset){2}", "connection reset"),
        ("reset|refused", "re"),
        ("reset|closed", ""),
        (r"\d{3} ms$", " ms"),
        ("x*", ""),
        ("[[:alpha:]]bc", ""),
        (r"\pLabc", ""),
        ("é;abc", "abc"),
        ("(unbalanced", ""),
    ],
)
def test_the_longest_certain_text_is_found(pattern: str, expected: str) -> None:
    assert literal_in(pattern) == expected
