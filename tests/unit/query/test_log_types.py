"""Messages that are stored as log types and values are read and found as they were sent."""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from logloop_contracts import LogEntry, Severity
from logloop_contracts.log_batch import entries_to_batch, new_batch_id
from logloop_query.logs.search.kernels import selected_rows
from logloop_query.logs.search.language.filter import And, Contains, Filter, HasWord, Matches, OneOf
from logloop_query.logs.search.language.regex_literals import literal_in
from logloop_query.logs.segments.codec import Effort, SegmentColumns, TableColumns, columns_of, encode_segment
from logloop_query.logs.segments.filters.build import filter_of, filter_of_texts
from logloop_query.logs.segments.log_types.cutting import cut_messages
from logloop_query.logs.segments.log_types.messages import StoredMessages, decode_messages, encode_messages

from tests.unit.query.cutting import every_message_cut

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SERVICES = ("web", "cart")
_pieces = st.sampled_from(
    [
        *("order", "Order", "user", "4512", "45", "7fe2", "a-1", "b_2", "x1user", "--", "-1", "_", "12.5", "0x1F"),
        *("=", " ", "  ", "\n", ",", "/", "é", "é9", "9é", "cafe\u0301", "to\u212aen1", "la\u017ft2", ";", "日本1"),
    ]
)
_messages = st.lists(st.lists(_pieces, max_size=6).map("".join), min_size=1, max_size=30)
_regexes = st.sampled_from(
    [r"order \d", "45|7fe", r"(?i)USER=4\d", r"-1$", r"^order", "tok?en1", r"\b45\b", "[0-9]é"]
)
_thorough = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(autouse=True, scope="module")
def few_messages_are_cut() -> Iterator[None]:
    with every_message_cut():
        yield


def segment_of(messages: Sequence[str]) -> tuple[pa.Table, SegmentColumns]:
    """The rows of messages as they arrive, and as they are stored."""
    entries = [
        LogEntry(
            project_id="shop",
            service_id=SERVICES[number % 2],
            message=text,
            severity=Severity.INFO,
            timestamp=NOON,
        )
        for number, text in enumerate(messages)
    ]
    table = pa.Table.from_batches([entries_to_batch(entries, new_batch_id())])
    return table, columns_of(encode_segment("shop", 1, ["p"], table, effort=Effort.MERGE))


def found(wanted: Filter, columns: Any) -> list[int]:
    rows = selected_rows(wanted, columns)
    return list(range(columns.count)) if rows is None else rows.to_pylist()


def stored(messages: Sequence[str]) -> StoredMessages:
    cut = cut_messages(pa.array(messages, pa.utf8()))
    assert cut is not None
    decoded = decode_messages(encode_messages(StoredMessages.of(cut)))
    assert decoded is not None
    return decoded


@_thorough
@example(["order 1", "order 22", "order 333"], 0)
@given(_messages, st.integers(0, 5))
def test_messages_are_cut_at_words_with_a_digit(messages: list[str], skipped: int) -> None:
    assume(any(messages[skipped:]))
    cut = cut_messages(pa.array(messages, pa.utf8()).slice(skipped))
    assert cut is not None
    word = re.compile("[0-9A-Za-z_-]*[0-9][0-9A-Za-z_-]*")
    log_types = [cut.log_types[number].as_py() for number in cut.numbers]
    assert log_types == [word.sub("\0", text) for text in messages[skipped:]]
    values = cut.values(np.arange(len(cut.starts))).to_pylist()
    assert values == [value for text in messages[skipped:] for value in word.findall(text)]


@_thorough
@given(_messages, st.data())
def test_stored_messages_are_read_unchanged_in_any_order(messages: list[str], data: st.DataObject) -> None:
    assume(any(messages))
    read = stored(messages)
    chosen = data.draw(st.lists(st.integers(0, len(messages) - 1)))
    assert read.rows(np.array(chosen, np.int64)).to_pylist() == [messages[number] for number in chosen]
    assert read.all().to_pylist() == messages
    assert read.sizes().tolist() == [len(text.encode()) for text in messages]


@pytest.mark.parametrize("count", [1, 5_000, 20_000])
def test_many_messages_of_many_kinds_are_read_unchanged(count: int) -> None:
    source = random.Random(count)
    kinds = ["GET /cart/{} took {} ms", "user {}", "idle", "é {} " + "x" * 400, "{}" + " {}" * 70]
    messages = [
        kind.format(*(f"{source.randrange(10 ** source.randrange(1, 9)):x}0" for _ in range(kind.count("{}"))))
        for kind in source.choices(kinds, weights=[90, 30, 30, 3, 1], k=count)
    ]
    assert stored(messages).all().to_pylist() == messages


@_thorough
@example(["x1user=451 done"], "user=451 d", r"-1$")
@example(["a 1 a 451 b", "a 145 b"], "a 45", r"-1$")
@example(["45 12", "4512"], "4512", r"-1$")
@example(["to\u212aen1"], "token1", "tok?en1")
@example(["É 45 é", "é 45 É 4", "É 9 é 45 é"], "é 45 É", r"-1$")
@example(["1 e\u0301 2"], "1 é", "é 2")
@example(["a 1 b", "a 2"], "a \0 b", r"a \x00")
@example(["s1 S2", "x1"], "\u017f1", "\u017f2")
@given(_messages, st.text("orde OR45712fu=-_\n éÉ", min_size=1, max_size=6), _regexes)
def test_a_search_of_stored_messages_finds_what_it_finds_in_the_rows(
    messages: list[str], word: str, pattern: str
) -> None:
    table, columns = segment_of(messages)
    pieces = {text[start : start + 7].swapcase() for text in messages for start in (0, 3, 8)} - {""}
    leaves: list[Filter] = [kind("message", text) for text in (word, *pieces) for kind in (Contains, HasWord)]
    leaves.append(Matches("message", pattern, literal_in(pattern)))
    for leaf in leaves:
        assert found(leaf, columns) == found(leaf, TableColumns(table)), leaf
        both = And((OneOf("service_id", ("web",)), leaf))
        assert found(both, columns) == found(both, TableColumns(table)), both


@_thorough
@given(_messages)
def test_the_filter_of_cut_messages_is_that_of_their_texts(messages: list[str]) -> None:
    table, _ = segment_of(messages)
    segment = encode_segment("shop", 1, ["p"], table, effort=Effort.FINAL)
    columns = columns_of(segment)
    assert filter_of(segment) == filter_of_texts([columns.column("message")], columns.column("attributes"))


@pytest.mark.parametrize(
    ("word", "rows"),
    [
        ("98765", [98]),
        ("ORDER 98765 P", [98]),
        ("user=4", [4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49]),
        ("cafe7", [7]),
        ("placed", list(range(100))),
        ("shipped", []),
    ],
)
def test_a_word_or_id_is_found_without_putting_messages_together(
    word: str, rows: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [f"order {number}765 placed by user={number}, cafe{number}" for number in range(100)]
    _, columns = segment_of(messages)
    monkeypatch.delattr(StoredMessages, "rows")
    wanted = [number for number, text in enumerate(messages) if word.lower() in text]
    assert found(Contains("message", word), columns) == wanted
    assert set(rows) <= set(wanted)


def test_a_part_of_many_values_is_found_in_each() -> None:
    messages = [f"order {number} of user {number % 7}" for number in range(3_000)]
    _, columns = segment_of(messages)
    assert found(Contains("message", "1"), columns) == [n for n, text in enumerate(messages) if "1" in text]


@pytest.mark.parametrize("messages", [["a\0 1", "a 1"], [""]])
def test_what_cannot_be_cut_is_stored_as_text(messages: list[str]) -> None:
    assert cut_messages(pa.array(messages, pa.utf8())) is None
    _, columns = segment_of(messages)
    assert columns.messages is None
    assert columns.column("message").to_pylist() == messages
