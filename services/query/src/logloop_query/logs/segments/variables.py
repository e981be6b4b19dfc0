"""What a segment knows of the text that patterns replace by `<*>`.

The letter trigrams of all messages, less those of the constant text of their patterns, are those of the variables. A
word with another trigram is in no variable, so the pattern of a row decides whether the row contains it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.segments.columns import read_batch, write
from logloop_query.logs.segments.log_types.messages import StoredMessages
from logloop_query.logs.segments.text_buffers import content_of, is_ascii, joined
from logloop_query.logs.segments.trigrams import LIKE_ASCII, SIZE, letters_before, trigram_counts, trigrams_of

_BLANK_RUNS, _IS_CUT = b"blank_runs", b"is_cut"
_LONG = 128
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


def encode_variables(messages: Any, patterns: Any, indices: Any, cut: StoredMessages | None = None) -> bytes:
    """Return what is known of the variables in messages, which are a utf8 array without nulls.

    `patterns` are the distinct patterns, and `indices` says which of them each message has. `cut` are the messages as
    log types and values, which have fewer bytes. The result is empty, and nothing is known, if a message has letters
    that a search takes for ASCII ones.
    """
    texts = messages if cut is None else cut.log_types
    whole = joined(texts)
    if whole is None:
        return b""
    if not is_ascii(texts) and pc.match_substring_regex(whole, pattern=f"[{LIKE_ASCII}]")[0].as_py():
        return b""
    numbers = indices.to_numpy()
    chosen = _with_letters(messages, patterns, numbers)
    found = np.zeros(0, np.uint16)
    if chosen.any():
        rows = np.bincount(numbers, minlength=len(patterns)) * chosen
        of_constant = trigram_counts(_lines(patterns), _weights(patterns, rows))
        in_rows = chosen[numbers]
        of_all = trigram_counts(_lines(messages.filter(pa.array(in_rows)))) if cut is None else _in_cut(cut, in_rows)
        found = np.flatnonzero(of_all > of_constant).astype(np.uint16)
    flags = {_BLANK_RUNS: _has_blank_runs(content_of(texts)), _IS_CUT: cut is not None}
    columns = {"trigrams": [found], "patterns": [np.flatnonzero(chosen).astype(np.int32)]}
    metadata = {name: str(int(flag)).encode() for name, flag in flags.items()}
    return write({name: pa.array(row) for name, row in columns.items()}, metadata)


def _with_letters(messages: Any, patterns: Any, numbers: Any) -> Any:
    """Return which patterns have letters in their variables: their messages have more letters than their text.

    For long messages it is cheaper not to count, and every pattern may have some.
    """
    if messages.nbytes > _LONG * len(messages):
        return np.ones(len(patterns), np.bool_)
    constant = np.bincount(numbers, minlength=len(patterns)) * _letters(patterns)
    found = np.bincount(numbers, _letters(messages), len(patterns))
    return found.astype(np.int64) != constant


def _in_cut(cut: StoredMessages, chosen: Any) -> Any:
    """Return how often each trigram occurs in some messages. Those of a value do not reach beyond it."""
    counts = np.bincount(cut.numbers[chosen], minlength=len(cut.log_types))
    in_values = cut.values.filter(pa.array(chosen[cut.layout.row_of_value()]))
    return trigram_counts(_lines(in_values)) + trigram_counts(_lines(cut.log_types), _weights(cut.log_types, counts))


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
