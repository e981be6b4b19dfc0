"""What people decide about templates holds for every pattern, and the rest is merged as without it."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop_contracts.patterns.edits import PatternEdits, fits
from logloop_contracts.patterns.merging import expression_for, merge_patterns
from logloop_contracts.patterns.proposals import has_constant_word, propose_template

from tests.unit.contracts.test_pattern_merging import NAMES, PATTERNS, WORDS

TEMPLATES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
EDITS = st.builds(PatternEdits, st.frozensets(TEMPLATES, max_size=4), st.frozensets(TEMPLATES, max_size=4))
PIECES = st.text("ab\n", max_size=2)
LEFT = [f"user {name} left" for name in NAMES]


@settings(deadline=None, max_examples=200)
@given(st.lists(PIECES, min_size=1, max_size=4), st.lists(PIECES, max_size=7))
def test_what_fits_a_template_is_what_a_search_for_it_finds(constant: list[str], pieces: list[str]) -> None:
    template, text = "<*>".join(constant), "".join(pieces)
    assert fits(template, text) == bool(re.fullmatch(expression_for(template), text))


@settings(deadline=None, max_examples=150)
@given(PATTERNS, EDITS)
def test_every_pattern_that_fits_a_united_template_has_one(patterns: list[str], edits: PatternEdits) -> None:
    for pattern, template in merge_patterns(patterns, edits).items():
        fitting = {united for united in edits.united if fits(united, pattern)}
        assert template in fitting if fitting else template not in edits.united - {pattern}


@settings(deadline=None, max_examples=150)
@given(PATTERNS, st.data())
def test_a_template_that_was_taken_apart_unites_nothing(patterns: list[str], data: st.DataObject) -> None:
    made = sorted(set(merge_patterns(patterns).values()))
    apart = frozenset(data.draw(st.lists(st.sampled_from(made), unique=True)) if made else [])
    merged = merge_patterns(patterns, PatternEdits(apart=apart))
    assert {pattern for pattern, template in merged.items() if template in apart} <= apart


@settings(deadline=None)
@given(PATTERNS, EDITS, st.randoms())
def test_the_order_of_patterns_does_not_matter(patterns: list[str], edits: PatternEdits, rng: random.Random) -> None:
    other = list(patterns)
    rng.shuffle(other)
    assert merge_patterns(patterns, edits) == merge_patterns(other, edits)


def test_a_split_keeps_other_templates() -> None:
    joined = [f"user {name} joined" for name in NAMES]
    merged = merge_patterns([*LEFT, *joined], PatternEdits(apart=frozenset({"user <*> left"})))
    assert set(merged.values()) == {*LEFT, "user <*> joined"}


def test_few_patterns_are_united_when_people_say_so_and_the_closest_template_wins() -> None:
    patterns = ["cache anna cold", "cache bert cold", "cache bert warm", "nothing else"]
    edits = PatternEdits(united=frozenset({"cache <*>", "cache <*> cold"}))
    assert merge_patterns(patterns, edits) == {
        "cache anna cold": "cache <*> cold",
        "cache bert cold": "cache <*> cold",
        "cache bert warm": "cache <*>",
        "nothing else": "nothing else",
    }


@pytest.mark.parametrize(
    ("texts", "template"),
    [
        (["user anna left", "user bert left"], "user <*> left"),
        (["user <*> left", "user <*> came back"], "user <*>"),
        (["anna left at <*>", "bert has left at <*>"], "<*> left at <*>"),
        (["user left", "user anna left"], "user <*>"),
        (["ping a", "pong b", "ping b"], None),
        (["(a) b", "(c) d"], None),
    ],
)
def test_a_proposal_keeps_the_words_that_are_equal(texts: list[str], template: str | None) -> None:
    assert propose_template(texts) == propose_template(texts[::-1]) == template


@settings(deadline=None, max_examples=300)
@given(st.lists(TEMPLATES, min_size=2, max_size=5, unique=True))
def test_a_proposal_fits_all_and_has_a_constant_word(texts: list[str]) -> None:
    template = propose_template(texts)
    if template is not None:
        assert has_constant_word(template)
        assert all(fits(template, text) for text in texts)
