"""Each message has one pattern, whichever other messages are masked with it, and version 1 stays as it was."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_contracts.patterns import masking
from logloop_contracts.patterns.masking import FIRST_VERSION, mask_messages, mask_text

MASKED = {
    "took 5ms for id=77 at /v1/x": "took <*> for id=<*> at <*>",
    "no digits": "no digits",
    "": "",
    "(12) of [13]: done": "(<*>) of [<*>]: done",
    "user=anna, role='admin' left": "user=<*>, role='admin' left",
    "path=[a, b c] size=-3.5": "path=<*> size=<*>",
    'said "hello" twice': "said <*> twice",
    '{"user":"anna","n":7}': '{"user":"anna","n":<*>}',
    "at Mon, 3 Mar 2025 10:00:01 GMT today": "at <*> today",
    "since Tuesday, 5 August 2025 at 7:00": "since <*> at <*>",
    "Marked 5 items, Decoded 3 frames": "Marked <*> items, Decoded <*> frames",
    "mac 0a:ff:cc:dd:ee:ab gone": "mac <*> gone",
    "object deadbeef freed, cafe stays": "object <*> freed, cafe stays",
    "connect db.example.org:5432 failed": "connect <*> failed",
    "read 17 KB in 3 ms": "read <*> in <*> ms",
    "moved 1, 2, 3 and 4": "moved <*> and <*>",
    "two  blanks\tand a tab": "two blanks\tand a tab",
    "line 1\nline b": "line <*>\nline b",
    "größe=zwölf für 5€": "größe=<*> für <*>",
}


@pytest.mark.parametrize(("message", "mask"), MASKED.items())
def test_a_mask_keeps_the_words_and_replaces_the_values(message: str, mask: str) -> None:
    assert mask_text(message) == mask


def test_patterns_of_a_batch_are_distinct_words_in_the_order_of_the_messages() -> None:
    masked = mask_messages(pa.array(["took 5 ms", "took <6 ms", "took 7 ms", "idle"]))
    assert masked.to_pylist() == ["took <*> ms", "took <*> ms", "took <*> ms", "idle"]
    assert sorted(masked.dictionary.to_pylist()) == ["idle", "took <*> ms"]


@given(st.lists(st.text(st.sampled_from('ab09 =:,"[]()<>*.\n'), max_size=12), max_size=12))
def test_a_pattern_depends_on_its_message_only(messages: list[str]) -> None:
    together = mask_messages(pa.array(messages, pa.utf8())).to_pylist()
    assert together == [mask_text(message) for message in messages]
    assert together[::-1] == mask_messages(pa.array(messages[::-1], pa.utf8())).to_pylist()


@given(st.lists(st.text(st.sampled_from('a019 =+-.:"[]<>*é٣²'), max_size=12), max_size=12))
def test_messages_have_the_same_patterns_beside_a_long_one(messages: list[str]) -> None:
    alone = mask_messages(pa.array(messages, pa.utf8())).to_pylist()
    beside = mask_messages(pa.array([*messages, "x" * 10_000], pa.utf8()))
    assert beside.to_pylist()[:-1] == alone
    assert mask_messages(pa.array(["9", *messages], pa.utf8()).slice(1)).to_pylist() == alone


def test_the_memory_for_known_texts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = masking._Cache()
    monkeypatch.setattr(masking, "_CACHE", cache)
    monkeypatch.setattr(masking, "_MAX_CACHED_CHARACTERS", 10_000)
    for start in range(30):
        words = [f"{chr(97 + start % 26)}{chr(97 + number % 26)} key=value of {start}" for number in range(60)]
        assert mask_messages(pa.array(words))[7].as_py() == words[7].replace("value", "<*>").replace(
            str(start), "<*>"
        )
        assert sum(map(len, cache._masks)) <= 10_000
    assert mask_text(f"{'x' * 20_000} n=abc") == f"{'x' * 20_000} n=<*>"
    assert sum(map(len, cache._masks)) <= 10_000


def test_version_1_replaces_each_word_with_a_digit() -> None:
    masked = mask_messages(pa.array(["took 5ms for id=77, at /v1/x", "no digits", ""]), FIRST_VERSION)
    assert masked.to_pylist() == ["took <*> for <*> at <*>", "no digits", ""]
