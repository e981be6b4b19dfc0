"""Patterns that differ in a value share a template, in whichever order they come, and a constant word remains."""

import json
import os
import random
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logloop_contracts.patterns import merging
from logloop_contracts.patterns.merging import merge_patterns, template_id

NAMES = ["anna", "bert", "carl", "dora", "emil", "frida", "gert", "hanna"]
WORDS = st.sampled_from(
    [
        *NAMES,
        "<*>",
        "user",
        "for",
        "left",
        "at",
        "/srv/a",
        "/srv/b",
        "a.b.C",
        "(<*>)",
        "id=<*>",
        "Step:",
        "[main]",
        "x",
    ]
)
PATTERNS = st.lists(st.lists(WORDS, max_size=5).map(" ".join), max_size=60)
CONSTANT_WORD = re.compile(r"[^\W\d_]{2}")


def templates_of(*patterns: str) -> set[str]:
    return set(merge_patterns(patterns).values())


def test_a_word_with_many_values_varies_and_one_with_few_does_not() -> None:
    lost = ["connection to db lost", "connection to cache lost"]
    assert templates_of(*(f"it was {name} again" for name in NAMES), *lost) == {"it was <*> again", *lost}
    assert len(templates_of(*(f"it was {name} again" for name in NAMES[:5]))) == 5


@pytest.mark.parametrize(
    ("patterns", "template"),
    [
        (["read /srv/a now", "read /srv/b now"], "read <*> now"),
        (["no key for user anna", "no key for user bert", "no key for user carl"], "no key for user <*>"),
        (["lock [main] held", "lock [idle] held", "lock [work] held", "lock [gc] held"], "lock [<*>] held"),
        (["client <*> is gone now", "client localhost is gone now"], "client <*> is gone now"),
        (["sent to <*>, done", "sent to LOCAL(<*>), done"], "sent to <*>, done"),
    ],
)
def test_few_values_are_enough_where_the_place_tells_that_it_varies(patterns: list[str], template: str) -> None:
    assert templates_of(*patterns) == {template}


def test_what_names_the_event_stays() -> None:
    events = [f"on{name.title()} <*>" for name in NAMES]
    names = [f"{name}=<*> changed" for name in NAMES]
    failures = [f"failed with {name.upper()}_ERROR" for name in NAMES[:5]]
    assert templates_of(*events, *names, *failures) == {*events, *names, *failures}


@settings(deadline=None)
@given(PATTERNS, st.randoms())
def test_the_order_of_patterns_does_not_matter(patterns: list[str], rng: random.Random) -> None:
    other = list(patterns)
    rng.shuffle(other)
    assert merge_patterns(patterns) == merge_patterns(other)


@settings(deadline=None, max_examples=300)
@given(PATTERNS)
def test_a_constant_word_remains(patterns: list[str]) -> None:
    for pattern, template in merge_patterns(patterns).items():
        assert bool(CONSTANT_WORD.search(pattern)) == bool(CONSTANT_WORD.search(template))


def test_a_part_with_the_only_constant_word_stays() -> None:
    assert templates_of("<*> LOCAL(<*>),", "<*> <*>,") == {"<*> LOCAL(<*>),", "<*> <*>,"}


def test_every_process_finds_the_same_templates() -> None:
    rng = random.Random(5)
    words = [*NAMES, "<*>", "/srv/a", "/srv/b", "left", "(<*>)"]
    patterns = [" ".join(["user", *(rng.choice(words) for _ in range(rng.randint(1, 3)))]) for _ in range(300)]
    code = "import json, sys; from logloop_contracts.patterns.merging import merge_patterns as merge;"
    code += "print(json.dumps(merge(json.load(sys.stdin)), sort_keys=True))"
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(patterns),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    ]
    assert json.loads(found[0]) == json.loads(found[1]) == merge_patterns(patterns)
    assert len(templates_of(*patterns)) < len(set(patterns))


@settings(deadline=None, max_examples=50)
@given(PATTERNS)
def test_a_word_of_a_template_is_one_of_the_pattern_or_varies(patterns: list[str]) -> None:
    for pattern, template in merge_patterns(patterns).items():
        assert set(template.split(" ")) <= {*pattern.split(" "), "<*>", "[<*>]"}


def test_beyond_the_limit_the_longest_patterns_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    short = [f"it was {name}" for name in NAMES]
    long = [f"in the end it was {name}" for name in NAMES]
    monkeypatch.setattr(merging, "MAX_PATTERNS", len(short))
    assert templates_of(*short, *long) == {"it was <*>", *long}
    monkeypatch.setattr(merging, "MAX_PATTERNS", 1000)
    monkeypatch.setattr(merging, "MAX_CHARACTERS", sum(map(len, short)) + 5)
    assert templates_of(*long, *short) == {"it was <*>", *long}


def test_a_pattern_of_very_many_words_stays_as_it_is() -> None:
    long = [f"{'again and ' * 300}it was {name}" for name in NAMES]
    assert templates_of(*long) == set(long)


def test_the_id_of_a_template_depends_on_its_text_only() -> None:
    assert template_id("user <*> left") == "68ed818d0aa725be24584eea5ba639a4"
    assert template_id("user <*> left") != template_id("user <*>  left")
