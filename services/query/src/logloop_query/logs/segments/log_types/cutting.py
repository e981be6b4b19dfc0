"""Cuts messages into log types and values.

A value is a word with a digit: a maximal run of the characters 0-9, A-Z, a-z, _ and - that has one. A log type is a
message with a NUL in place of each value, so a few log types usually stand for many messages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.segments.text_buffers import content_of, offsets_of

VALUE = "\0"
"""Stands for a value in a log type. Messages that contain it are not cut."""
Numbers: TypeAlias = npt.NDArray[np.integer[Any]]

_SEPARATOR, _WORD, _DIGIT = range(3)
_ROWS_A_LOG_TYPE = 4
"""Messages are cut if each log type stands for as many on average."""
_MOST_IN_A_BLOCK = 0.9
"""Share of different log types in the first block above which messages are not cut."""
_BYTES_A_VALUE = 4
"""Messages with more values, such as lists of numbers, are not cut."""
_SHORT_BYTES = 200
"""Average bytes of messages up to which those that differ only in digits are cut once."""
_BLOCK_BYTES = 1 << 18
"""Bytes cut at once: larger arrays for a moment cost more in page faults than the work on them."""
_ZEROS = bytes.maketrans(b"123456789", b"000000000")


def _class(byte: int) -> int:
    character = chr(byte)
    if not character.isascii() or not (character.isalnum() or character in "_-"):
        return _SEPARATOR
    return _DIGIT if character.isdigit() else _WORD


_CLASSES = bytes(map(_class, range(256)))


@dataclass(frozen=True, slots=True)
class CutMessages:
    """Messages as log types and values.

    `log_types` is a utf8 array of different log types, and `numbers` says which one each message has. The values of
    one message follow those of the message before. Value i is `content[starts[i] : ends[i]]`.
    """

    log_types: Any
    numbers: Numbers
    content: memoryview
    starts: Numbers
    ends: Numbers

    def values(self, order: Numbers) -> Any:
        """Return the values with these numbers as a utf8 array."""
        edges = np.empty(2 * len(self.starts), np.int32)
        edges[0::2], edges[1::2] = self.starts, self.ends
        buffers = [None, pa.py_buffer(edges), pa.py_buffer(self.content)]
        pieces = pa.Array.from_buffers(pa.utf8(), max(0, len(edges) - 1), buffers)
        return pieces.take(pa.array(2 * order))


def values_each(log_types: Any) -> Numbers:
    """Return the number of values of each log type in a utf8 array."""
    counts: Numbers = pc.count_substring(log_types, pattern=VALUE).to_numpy()
    return counts


def cut_messages(messages: Any) -> CutMessages | None:
    """Cut a utf8 array. None if a message is null or has a NUL, or if it has too many log types or values to pay."""
    content = content_of(messages)
    if messages.null_count or not content or VALUE.encode() in bytes(content):
        return None
    cut = None
    if len(content) <= _SHORT_BYTES * len(messages):
        shapes = _with_zeros(messages, content).dictionary_encode()
        if len(shapes.dictionary) * _ROWS_A_LOG_TYPE <= len(messages):
            cut = _cut_by_shape(messages, shapes)
    cut = cut or _cut_each(messages)
    return cut if cut is not None and len(cut.log_types) * _ROWS_A_LOG_TYPE <= len(messages) else None


def _with_zeros(messages: Any, content: memoryview) -> Any:
    """Return the messages with each digit replaced by 0."""
    offsets = offsets_of(messages)
    zeros = pa.py_buffer(bytes(content).translate(_ZEROS))
    return pa.Array.from_buffers(pa.utf8(), len(messages), [None, pa.py_buffer(offsets - offsets[0]), zeros])


def _cut_by_shape(messages: Any, shapes: Any) -> CutMessages | None:
    """Cut messages where their shapes are cut: the messages with zeros for digits, as a dictionary array."""
    cut = _cut_each(shapes.dictionary, gives_up=False)
    if cut is None:
        return None
    number = shapes.indices.to_numpy()
    in_shape = values_each(cut.log_types)[cut.numbers]
    first, each = np.cumsum(in_shape) - in_shape, in_shape[number]
    places = np.arange(each.sum()) + np.repeat(first[number] - (np.cumsum(each) - each), each)
    offsets, shape_offsets = offsets_of(messages), offsets_of(shapes.dictionary)
    moved = np.repeat(offsets[:-1] - offsets[0] - shape_offsets[number], each)
    starts, ends = cut.starts[places] + moved, cut.ends[places] + moved
    return CutMessages(cut.log_types, cut.numbers[number], content_of(messages), starts, ends)


def _cut_each(messages: Any, *, gives_up: bool = True) -> CutMessages | None:
    """Cut every message. None if they have many values.

    With `gives_up`, also return None if most messages of the first block have a log type of their own.
    """
    content, offsets = content_of(messages), offsets_of(messages)
    log_types, starts, ends = [], [], []
    for first, block in _blocks(messages, len(content)):
        if len(block.starts) * _BYTES_A_VALUE > block.size:
            return None
        log_types.append(block.log_types())
        if gives_up and first == 0 and len(log_types[0].dictionary) > _MOST_IN_A_BLOCK * len(log_types[0]):
            return None
        moved = offsets[first] - offsets[0] - block.line_ends_before
        starts.append(block.starts + moved)
        ends.append(block.ends + moved)
    numbered = pa.chunked_array(log_types).unify_dictionaries().combine_chunks()
    numbers = numbered.indices.to_numpy()
    return CutMessages(numbered.dictionary, numbers, content, np.concatenate(starts), np.concatenate(ends))


def _blocks(messages: Any, size: int) -> Iterator[tuple[int, "_Block"]]:
    """Yield the number of the first message of each block, and the block."""
    rows = max(1, _BLOCK_BYTES * len(messages) // max(1, size))
    for first in range(0, len(messages), rows):
        yield first, _Block(messages.slice(first, rows))


class _Block:
    """Some messages as lines between line ends.

    `size` is their number of bytes. `starts` and `ends` are the places of the values in `_data`, and
    `line_ends_before` counts the line ends before each.
    """

    def __init__(self, messages: Any) -> None:
        lines = pc.binary_join_element_wise(messages, "", "\n")
        self._data = b"\n" + content_of(lines)
        self.size = len(self._data)
        self.starts, self.ends = _words_with_digit(self._data)
        begins = offsets_of(lines)
        self._begins = begins - begins[0] + 1
        self._first = np.searchsorted(self.starts, self._begins)
        each = np.diff(self._first)
        self.line_ends_before = np.repeat(np.arange(1, len(each) + 1), each)

    def log_types(self) -> Any:
        """Return the log type of each message, dictionary-encoded.

        The data is a sequence of pieces: for each line the text before, between and after its values, the values, and
        the line end. A log type is the pieces of a line with NUL for each value and nothing for the line end.
        """
        lines, data = len(self._begins) - 1, self._data
        values = 2 * (np.arange(len(self.starts)) + self.line_ends_before) - 1
        begins = 2 * (self._first + np.arange(lines + 1))
        pieces = int(begins[-1])
        edges = np.empty(pieces + 3, np.int32)
        edges[values], edges[values + 1] = self.starts, self.ends
        edges[begins[:-1]], edges[begins[1:] - 1] = self._begins[:-1], self._begins[1:] - 1
        edges[pieces:] = len(data), len(data) + 1, len(data) + 1
        all_of_them = pa.Array.from_buffers(
            pa.utf8(), pieces + 2, [None, pa.py_buffer(edges), pa.py_buffer(data + VALUE.encode())]
        )
        chosen = np.arange(pieces, dtype=np.int32)
        chosen[values], chosen[begins[1:] - 1] = pieces, pieces + 1
        taken = all_of_them.take(pa.array(chosen))
        buffers = [None, pa.py_buffer(offsets_of(taken)[begins]), taken.buffers()[2]]
        return pa.Array.from_buffers(pa.utf8(), lines, buffers).dictionary_encode()


def _words_with_digit(data: bytes) -> tuple[Numbers, Numbers]:
    """Return where words with a digit start and end in bytes that begin and end with a line end."""
    classes = np.frombuffer(data.translate(_CLASSES), np.uint8)
    edges = np.flatnonzero(classes[1:] != classes[:-1]) + 1
    found = classes[edges]
    after = np.flatnonzero(found == _SEPARATOR)  # where words end; each begins one after the end of the last
    first = np.concatenate((np.zeros(1, np.int64), after[:-1] + 1))[: len(after)]
    # Within a word, runs of digits and of other characters take turns: with several runs, one is of digits.
    has_digit = (after - first > 1) | (found[first] == _DIGIT)
    return edges[first[has_digit]], edges[after[has_digit]]
