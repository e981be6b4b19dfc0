"""Trigrams of letters never exclude a text that a search would find."""

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_query.logs.segments.trigrams import (
    LIKE_ASCII,
    NON_ASCII,
    SIZE,
    Flags,
    TrigramSet,
    classes_of,
    letters_before,
    trigrams_of,
)

CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
_ALPHABET = st.sampled_from("abcXYZ09_ -é\u0301ß\u017f\u212aк日")


def trigrams_in(*blocks: bytes) -> Flags:
    found = TrigramSet()
    for block in blocks:
        found.add(block, classes_of(block))
    return found.flags


def may_contain(data: bytes, word: str) -> bool:
    return bool(trigrams_in(data)[list(trigrams_of(word))].all())


@given(before=st.text(_ALPHABET), word=st.text(_ALPHABET, max_size=8), after=st.text(_ALPHABET), flip=st.booleans())
def test_a_text_has_the_trigrams_of_each_part_of_it(before: str, word: str, after: str, flip: bool) -> None:
    text = before + (word.swapcase() if flip and word.isascii() else word) + after
    for form in ("NFC", "NFD"):
        stored = unicodedata.normalize(form, text)
        assert may_contain(stored.encode(), unicodedata.normalize("NFC", word)), stored


@pytest.mark.parametrize("word", ["timeout", "TimeOut", "café", "cafeteria", "order 42 placed", "ёлка"])
def test_a_text_without_the_letters_is_excluded(word: str) -> None:
    assert not may_contain(b"a line of plain text, 1234", word)
    assert not may_contain(b"", word)


@pytest.mark.parametrize("word", ["", "ab", "42", "a1b2c3", "a-b-c"])
def test_nothing_is_known_of_a_word_without_three_letters_in_a_row(word: str) -> None:
    assert trigrams_of(word) == ()


def test_only_other_letters_separate_trigrams() -> None:
    found = trigrams_in(b"abc1def@ghi[jkl`mno{pqr")
    assert sorted(found.nonzero()[0]) == sorted(
        {code for word in ["abc", "def", "ghi", "jkl", "mno", "pqr"] for code in trigrams_of(word)}
    )


def test_trigrams_of_all_blocks_are_found() -> None:
    found = trigrams_in(b"a timeout", b"4512", "größe".encode())
    assert found[list(trigrams_of("timeout"))].all()
    assert found[list(trigrams_of("größe"))].all()
    assert trigrams_in(b"a", "1 \u212a".encode(), b"b").all()


def test_every_character_that_a_search_takes_for_an_ascii_one_is_known() -> None:
    """RE2 folds cases and searches compose texts. Both make some other characters ASCII."""
    others = [character for character in CHARACTERS if not character.isascii()]
    folded = pc.match_substring_regex(pa.array(others), "^[a-z0-9_]$", ignore_case=True)
    like = {character for character, found in zip(others, folded.to_pylist(), strict=True) if found}
    like |= {character for character in others if unicodedata.normalize("NFC", character).isascii()}
    assert like == set(LIKE_ASCII)


def test_a_bit_says_that_a_text_is_not_ascii() -> None:
    assert not trigrams_in(b"plain")[NON_ASCII]
    assert trigrams_in("plätze".encode())[NON_ASCII]
    assert trigrams_of("日本") == (NON_ASCII,)
    assert trigrams_in("1 \u212a".encode()).sum() == SIZE


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 100_000])
def test_letters_are_counted_up_to_each_place(size: int) -> None:
    data = ("aZ[{`@é5 x" * 10_000).encode()[:size]
    places = np.unique(np.array([0, 1, 8, 9, size // 2, 32_768, 32_769, size]).clip(0, size))
    expected = [sum(byte < 128 and chr(byte).isalpha() for byte in data[:place]) for place in places]
    assert letters_before(data, places).tolist() == expected
