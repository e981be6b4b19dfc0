"""Stores the messages of a segment as log types and values, and reads some or all of them.

Values lie in the order of groups of rows, and within a group slot by slot: the first value of each row, then the
second. So values of one kind lie beside each other, which compresses them well, and where a value lies is arithmetic.
A frequent log type is a group. The others are grouped by their number of values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.segments.columns import narrow, read_batch, write
from logloop_query.logs.segments.log_types.cutting import VALUE, CutMessages, Numbers, values_each
from logloop_query.logs.segments.text_buffers import content_of, from_lengths

Flags: TypeAlias = npt.NDArray[np.bool_]
"""A boolean for each message."""

_FREQUENT_ROWS = 256
_ROWS_AT_ONCE = 8_192
_FIELDS = ("log_types", "numbers", "lengths", "values")
_FREQUENT, _LETTERS = b"frequent", b"letters"
"""Keys in the metadata of a stream: how many log types are groups of their own, and which letters values have."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the values of messages lie.

    Group g has `sizes[g]` rows, each with `slots[g]` values, and its first value is value `first[g]`. `groups` and
    `group_of_log_type` are the groups of rows and of log types.
    """

    sizes: Numbers
    slots: Numbers
    first: Numbers
    groups: Numbers
    group_of_log_type: Numbers

    @classmethod
    def of(cls, numbers: Numbers, each: Numbers, frequent: int) -> "Layout":
        """Return the layout of messages with these log types, of which the first `frequent` are groups of their own.

        `each` is the number of values of each log type.
        """
        keys = np.concatenate((np.arange(frequent), frequent + each[frequent:]))
        names, group_of_log_type = np.unique(keys, return_inverse=True)
        kind = np.uint8 if len(names) < 1 << 8 else np.uint16 if len(names) < 1 << 16 else np.int64
        groups = group_of_log_type.astype(kind)[numbers]
        sizes = np.bincount(groups, minlength=len(names)).astype(np.int32)
        slots = np.where(names < frequent, each[np.minimum(names, len(each) - 1)], names - frequent)
        first = np.cumsum(sizes * slots) - sizes * slots
        return cls(sizes, slots, first, groups, group_of_log_type)

    def rows_of(self, group: int) -> Numbers:
        """Return the rows of one group, in ascending order."""
        return np.flatnonzero(self.groups == group)

    def rows_of_each(self) -> list[Numbers]:
        """Return the rows of every group, in ascending order."""
        return np.split(np.argsort(self.groups, kind="stable"), np.cumsum(self.sizes)[:-1])

    def ranks(self, chosen: Numbers) -> Numbers:
        """Return the place of each chosen row among the rows of its group."""
        ranks = np.empty(len(self.groups), np.int32)
        for group in np.unique(self.groups[chosen]):
            ranks[self.rows_of(group)] = np.arange(self.sizes[group])
        return ranks[chosen]

    def arranged(self, first: Numbers) -> Numbers:
        """Return values in the order of the layout, where those of each row follow each other from `first` on."""
        by_group = zip(self.rows_of_each(), self.slots, strict=True)
        return np.concatenate([(first[rows] + np.arange(slots)[:, None]).ravel() for rows, slots in by_group])

    def row_of_value(self) -> Numbers:
        """Return the row of each value."""
        return np.concatenate(
            [np.tile(rows, slots) for rows, slots in zip(self.rows_of_each(), self.slots, strict=True)]
        )


class StoredMessages:
    """Messages of a segment. The first `frequent` of its log types are groups of their own.

    `log_types` is a utf8 array, and `numbers` says which log type each message has. `values` returns the values in
    the order of a layout. `letters` are the letters in values, in lower case.
    """

    def __init__(
        self,
        log_types: Any,
        numbers: Numbers,
        frequent: int,
        values: Callable[[Layout], Any],
        letters: str = ascii_lowercase,
    ) -> None:
        self.log_types = log_types
        self.numbers = numbers
        self.frequent = frequent
        self.letters = letters
        self._read_values = values
        self._layout: Layout | None = None
        self._values: Any | None = None

    @property
    def layout(self) -> Layout:
        """Where the values of the messages lie."""
        if self._layout is None:
            self._layout = Layout.of(self.numbers, values_each(self.log_types), self.frequent)
        return self._layout

    @property
    def values(self) -> Any:
        """All values as a utf8 array. They are read on first use."""
        if self._values is None:
            self._values = self._read_values(self.layout)
        return self._values

    @classmethod
    def of(cls, cut: CutMessages) -> "StoredMessages":
        """Arrange messages that were cut."""
        counts = np.bincount(cut.numbers, minlength=len(cut.log_types))
        order = np.argsort(counts < _FREQUENT_ROWS, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        log_types = cut.log_types.take(pa.array(order))
        numbers, each = place[cut.numbers], values_each(log_types)
        frequent = int((counts >= _FREQUENT_ROWS).sum())
        of_row = each[numbers]
        first = np.cumsum(of_row) - of_row
        return cls(log_types, numbers, frequent, lambda layout: cut.values(layout.arranged(first)))

    def rows(self, chosen: Numbers) -> Any:
        """Return the messages with these numbers as a utf8 array."""
        texts = pc.split_pattern(self.log_types, VALUE)
        pieces = pa.concat_arrays([texts.values, self.values])
        layout, groups = self.layout, self.layout.groups[chosen]
        text = texts.offsets.to_numpy()[self.numbers[chosen]]
        value = (len(texts.values) + layout.first[groups] + layout.ranks(chosen)).astype(np.int32)
        step = layout.sizes[groups]
        slots = layout.slots[groups].astype(np.int32)
        ends = np.zeros(len(chosen) + 1, np.int64)
        np.cumsum(2 * slots + 1, out=ends[1:])
        index = np.empty(ends[-1], np.int32)
        for first in range(0, len(chosen), _ROWS_AT_ONCE):
            some = slice(first, first + _ROWS_AT_ONCE)
            _put_pieces(index[ends[first] :], slots[some], text[some], value[some], step[some])
        taken = pieces.take(pa.array(index))
        edges = np.frombuffer(taken.buffers()[1], np.int32)[ends]
        return pa.Array.from_buffers(pa.utf8(), len(chosen), [None, pa.py_buffer(edges), taken.buffers()[2]])

    def all(self) -> Any:
        """Return every message as a utf8 array."""
        return self.rows(np.arange(len(self.numbers)))

    def sizes(self) -> Numbers:
        """Return the number of bytes of each message: of its log type and values, without the NUL of each value."""
        layout = self.layout
        in_values = pc.binary_length(self.values).to_numpy()
        sizes: Numbers = pc.binary_length(self.log_types).to_numpy()[self.numbers].astype(np.int64)
        for rows, slots, first in zip(layout.rows_of_each(), layout.slots, layout.first, strict=True):
            in_slots = in_values[first : first + slots * len(rows)].reshape(slots, len(rows))
            sizes[rows] += in_slots.sum(axis=0) - slots
        return sizes

    def values_of(self, group: int, slot: int, slots: int) -> Any:
        """Return the values in some slots of a group as a utf8 array: those of the first slot, and so on."""
        first, size = int(self.layout.first[group]), int(self.layout.sizes[group])
        return self.values.slice(first + slot * size, slots * size)

    def with_log_types(self, chosen: Any) -> Flags:
        """Return which messages have one of the log types that a boolean array chooses."""
        flags: Flags = chosen.to_numpy(zero_copy_only=False)
        return flags[self.numbers]


def _put_pieces(index: Numbers, slots: Numbers, first_text: Numbers, first_value: Numbers, step: Numbers) -> None:
    """Set which pieces messages consist of: texts and values in turns, with a text first and last.

    The texts of a message follow each other from its first one on, and its values with a step.
    """
    rows = np.arange(len(slots), dtype=np.int32)
    texts, values = np.repeat(rows, slots + 1), np.repeat(rows, slots)
    text, value = np.arange(len(texts), dtype=np.int32), np.arange(len(values), dtype=np.int32)
    before = np.cumsum(slots, dtype=np.int32) - slots  # values of the messages before
    index[2 * text - texts] = text + (first_text - before - rows)[texts]
    index[2 * value + values + 1] = first_value[values] + (value - before[values]) * step[values]


def encode_messages(messages: StoredMessages) -> bytes:
    """Return messages as an IPC stream of one row: lists of log types, of the log type of each message, and so on."""
    lists = {
        "log_types": messages.log_types,
        "numbers": narrow(pa.array(messages.numbers)),
        "lengths": narrow(pc.binary_length(messages.values)),
    }
    columns = {
        name: pa.ListArray.from_arrays(pa.array([0, len(items)], pa.int32()), items) for name, items in lists.items()
    }
    content = content_of(messages.values)
    columns["values"] = pa.array([content], pa.large_binary())
    lower = bytes(content).lower()
    letters = bytes(letter for letter in ascii_lowercase.encode() if letter in lower)
    return write(columns, {_FREQUENT: str(messages.frequent).encode(), _LETTERS: letters})


def decode_messages(stream: bytes) -> StoredMessages | None:
    """Return the messages of a stream, None if it has their texts as they are."""
    with pa.ipc.open_stream(stream) as reader:
        if reader.schema.names != list(_FIELDS):
            return None
    batch = read_batch(stream, [_FIELDS.index("log_types"), _FIELDS.index("numbers")])
    log_types, numbers = (column.flatten() for column in batch.columns)

    def values(_: Layout) -> Any:
        lengths, content = read_batch(stream, [_FIELDS.index("lengths"), _FIELDS.index("values")]).columns
        return from_lengths(lengths.flatten(), content.buffers()[2])

    metadata = batch.schema.metadata
    letters = metadata[_LETTERS].decode()
    return StoredMessages(log_types, numbers.to_numpy(), int(metadata[_FREQUENT]), values, letters)
