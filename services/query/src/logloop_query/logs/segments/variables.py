"""What a segment knows of the text that patterns replace by `<*>`.

The letter trigrams of all messages, less those of the constant text of their patterns, are those of the variables. A
word with another trigram is in no variable, so the pattern of a row decides whether the row contains it.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.segments.columns import read_batch, write
from logloop_query.logs.segments.log_types.cutting import Numbers
from logloop_query.logs.segments.log_types.messages import StoredMessages
from logloop_query.logs.segments.text_buffers import content_of, is_ascii, joined
from logloop_query.logs.segments.trigrams import (
    LIKE_ASCII,
    SIZE,
    has_letters,
    letters_before,
    trigram_counts,
    trigrams_of,
)

_BLANK_RUNS, _IS_CUT = b"blank_runs", b"is_cut"
_LONG = 128
_NONE = pa.array([], pa.utf8())
_BLOCK = 1 << 15
"""Bytes at once: larger arrays for a moment cost more in page faults than the work on them."""


@dataclass(frozen=True, slots=True)
class Variables:
    """`trigrams` has a bit for each trigram that occurs in a variable. `patterns` flags the patterns that have some.

    `has_blank_runs` tells whether a message has several blanks or tabs in a row, which patterns join into one, and
    `is_cut` whether messages are stored as log types and values.
    """

    trigrams: bytes
    patterns: Any
    has_blank_runs: bool
    is_cut: bool

    def may_hold(self, word: str) -> bool:
        """Return whether a variable may contain a word of three or more ASCII letters, ignoring case."""
        return all(self.trigrams[code >> 3] >> (code & 7) & 1 for code in trigrams_of(word))


class MessageTexts(NamedTuple):
    """The text of messages: `texts` and, if they are log types, the log type of each message and the values.

    `numbers` and `rows` say which log type each message has, and to which message each value belongs.
    """

    texts: Any
    numbers: Numbers | None = None
    values: Any = _NONE
    rows: Numbers = np.zeros(0, np.int64)

    @classmethod
    def of(cls, messages: StoredMessages) -> "MessageTexts":
        """Return the texts of messages that are cut into log types and values."""
        return cls(messages.log_types, messages.numbers, messages.values, messages.layout.row_of_value())


def encode_variables(messages: MessageTexts, patterns: Any, indices: Any) -> bytes:
    """Return what is known of the variables in messages without nulls.

    `patterns` are the distinct patterns, and `indices` says which of them each message has. The result is empty, and
    nothing is known, if a message has letters that a search takes for ASCII ones.
    """
    whole = joined(messages.texts)
    if whole is None:
        return b""
    if not is_ascii(messages.texts) and pc.match_substring_regex(whole, pattern=f"[{LIKE_ASCII}]")[0].as_py():
        return b""
    numbers = indices.to_numpy()
    chosen = _with_letters(messages, patterns, numbers)
    found = np.zeros(0, np.uint16)
    if chosen.any():
        of_constant = trigram_counts(_lines(patterns), _weights(patterns, np.bincount(numbers) * chosen))
        found = np.flatnonzero(_trigrams(messages, chosen[numbers]) > of_constant).astype(np.uint16)
    has_runs = _has_blank_runs(content_of(messages.texts))
    columns = {"trigrams": [found], "patterns": [np.flatnonzero(chosen).astype(np.int32)]}
    flags = {_BLANK_RUNS: has_runs, _IS_CUT: messages.numbers is not None}
    metadata = {name: str(int(flag)).encode() for name, flag in flags.items()}
    return write({name: pa.array(row) for name, row in columns.items()}, metadata)


def _with_letters(messages: MessageTexts, patterns: Any, numbers: Any) -> Any:
    """Return which patterns have letters in their variables: their messages have more letters than their text.

    For long messages that are not cut it is cheaper not to count, and every pattern may have some.
    """
    texts, of_log_type, values, rows = messages
    if of_log_type is None and texts.nbytes > _LONG * len(texts):
        return np.ones(len(patterns), np.bool_)
    constant = np.bincount(numbers, minlength=len(patterns)) * _letters(patterns)
    letters = _letters(texts) if of_log_type is None else _letters(texts)[of_log_type]
    found = np.bincount(numbers, letters, len(patterns))
    if has_letters(content_of(values)):
        found += np.bincount(numbers[rows], _letters(values), len(patterns))
    return found.astype(np.int64) != constant


def _trigrams(messages: MessageTexts, chosen: Any) -> Any:
    """Return how often each trigram occurs in some messages. Those of a value do not reach beyond it."""
    texts, of_log_type, values, rows = messages
    if of_log_type is None:
        return trigram_counts(_lines(texts.filter(pa.array(chosen))))
    counts = np.bincount(of_log_type[chosen], minlength=len(texts))
    in_values = trigram_counts(_lines(values.filter(pa.array(chosen[rows]))))
    return in_values + trigram_counts(_lines(texts), _weights(texts, counts))


def _weights(texts: Any, counts: Any) -> Any:
    """Return the count of each text for each of its bytes and the line end after it."""
    return np.repeat(counts, pc.binary_length(texts).to_numpy() + 1)


def _letters(texts: Any) -> Any:
    """Return the number of ASCII letters of each text."""
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(pc.binary_length(texts).to_numpy(), out=ends[1:])
    return np.diff(letters_before(content_of(texts), ends))


def _has_blank_runs(data: memoryview) -> bool:
    """Return whether two blanks or tabs follow each other in bytes, also where one text follows another."""
    codes = np.frombuffer(data, np.uint8)
    for start in range(0, len(codes), _BLOCK):
        block = codes[start : start + _BLOCK + 1]
        is_blank = (block == ord(" ")) | (block == ord("\t"))
        if (is_blank[1:] & is_blank[:-1]).any():
            return True
    return False


def _lines(texts: Any) -> memoryview:
    """Return texts as the bytes of lines."""
    one = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    return content_of(pc.binary_join(one, "\n"))


def decode_variables(stream: bytes, patterns: int) -> Variables | None:
    """Return what `encode_variables` found in a segment with a number of patterns, None for nothing."""
    if not stream:
        return None
    batch = read_batch(stream)
    with_letters = np.zeros(patterns, np.bool_)
    with_letters[batch.column("patterns").flatten().to_numpy()] = True
    trigrams = np.zeros(SIZE, np.bool_)
    trigrams[batch.column("trigrams").flatten().to_numpy()] = True
    bits = np.packbits(trigrams, bitorder="little").tobytes()
    metadata = batch.schema.metadata
    return Variables(bits, pa.array(with_letters), metadata[_BLANK_RUNS] == b"1", metadata.get(_IS_CUT) == b"1")
