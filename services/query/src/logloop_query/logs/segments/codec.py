"""Encodes the rows of one project and UTC hour as a segment of compressed columns, and decodes them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import HOUR_US, LOG_SCHEMA
from logloop_contracts.patterns.masking import PATTERN_VERSION, mask_messages

from logloop_query.logs.segments.columns import (
    decode_column,
    decode_minutes,
    encode_column,
    encode_minutes,
    narrow_indices,
    read_batch,
    used_words,
    write,
)
from logloop_query.logs.segments.log_types.cutting import cut_messages
from logloop_query.logs.segments.log_types.messages import StoredMessages, decode_messages, encode_messages
from logloop_query.logs.segments.summary import encode_summary
from logloop_query.logs.segments.time_units import hours_of, minutes_of
from logloop_query.logs.segments.variables import encode_variables

FORMAT = 3
"""Format of new segments. Earlier ones are read too: in format 2 all messages are texts. Format 1 has plain Arrow
columns, and a summary without patterns."""
MAX_LOGS = 50_000
MAX_RAW_BYTES = 14 * 2**20
"""Uncompressed bytes of a segment: even incompressible rows stay below MongoDB's limit of 16 MB."""
MAX_PART_BYTES = 6 * 2**20
"""A larger part is split into sub-parts with their own keys."""
MAX_SUB_PARTS = 16
LASTING_LOGS = 25_000
"""A segment with as many logs is not merged again."""
_SOME_LOGS, _SHORT_BYTES = 512, 128
_LARGE_BYTES = 4 * 2**20
"""Messages with as many bytes are cut when they arrive, as they are merged once or twice at most."""


class Effort(Enum):
    """How much work on the encoding of rows pays."""

    INTAKE = auto()
    """The rows are soon merged with others, unless there are many."""
    MERGE = auto()
    """They are searched for a while: find out about variables."""
    FINAL = auto()
    """They are not expected to be encoded again: compress messages well, too."""


class PartTooLarge(ValueError):
    """A batch is too large to be stored."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Encoded rows of one project and hour. `parts` are the keys of the parts that only this segment holds.

    `columns` maps a column to its Arrow IPC stream; a column with only nulls is omitted. `summary` counts rows by
    minute, severity, service and pattern, `patterns` by pattern alone. `variables` is what is known of the text that
    patterns replace, empty for little. Times are microseconds since 1970. Patterns of another version are found again
    from the messages when they are read.
    """

    project_id: str
    hour: int
    parts: tuple[str, ...]
    count: int
    min_ts: int
    max_ts: int
    raw_bytes: int = 0
    columns: Mapping[str, bytes] = field(default_factory=dict)
    summary: bytes = b""
    patterns: bytes = b""
    pattern_version: int = PATTERN_VERSION
    variables: bytes = b""

    @property
    def stored_bytes(self) -> int:
        """Size of all encoded columns in bytes."""
        return sum(map(len, (*self.columns.values(), self.summary, self.patterns, self.variables)))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of one project and hour to be stored, with the keys of their parts."""

    hour: int
    parts: tuple[str, ...]
    table: pa.Table

    @property
    def raw_bytes(self) -> int:
        """Size of rows and part keys before compression in bytes."""
        return raw_bytes(self.table) + 64 * len(self.parts)


def raw_bytes(table: pa.Table) -> int:
    """Return the size of a table before compression in bytes."""
    return int(table.nbytes)


def part_key(batch: str, hour: int, sub_part: int = 0) -> str:
    """Return the key of a part: batch and hour, and a number from 1 for further pieces of an oversized part."""
    return f"{batch}-{hour:x}/{sub_part}" if sub_part else f"{batch}-{hour:x}"


def possible_keys(batch: str, hour: int) -> list[str]:
    """Return the keys under which a row of a batch and hour may be stored."""
    return [part_key(batch, hour, number) for number in range(MAX_SUB_PARTS)]


def split_by_hour(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Yield the rows of each UTC hour of a log batch table, in their order."""
    timestamps = table.column("timestamp")
    bounds = pc.min_max(timestamps)
    first, last = bounds["min"].value // HOUR_US, bounds["max"].value // HOUR_US
    if first == last:
        yield first, table
        return
    hours = hours_of(timestamps)
    for hour in pc.unique(hours).to_pylist():
        yield hour, table.filter(pc.equal(hours, pa.scalar(hour, pa.int64())))


def chunks_of(table: pa.Table) -> Iterator[Chunk]:
    """Yield a log batch table as chunks that fit into one segment. The split depends only on the rows."""
    for hour, rows in split_by_hour(table):
        batches = pc.unique(rows.column("batch").combine_chunks().dictionary_decode()).to_pylist()
        if rows.num_rows <= MAX_LOGS and raw_bytes(rows) <= MAX_PART_BYTES:
            yield Chunk(hour, tuple(part_key(batch, hour) for batch in batches), rows)
            continue
        for batch in batches:
            part = rows if len(batches) == 1 else rows.filter(pc.equal(rows.column("batch"), batch))
            yield from _sub_parts(batch, hour, part)


def _sub_parts(batch: str, hour: int, part: pa.Table) -> Iterator[Chunk]:
    if part.num_rows <= MAX_LOGS and raw_bytes(part) <= MAX_PART_BYTES:
        yield Chunk(hour, (part_key(batch, hour),), part)
        return
    sizes = _row_sizes(part)
    before = pc.subtract(pc.cumulative_sum(sizes), sizes)
    positions = pa.array(range(part.num_rows), pa.int64())
    number = pc.max_element_wise(
        pc.divide(before, pa.scalar(MAX_PART_BYTES)), pc.divide(positions, pa.scalar(MAX_LOGS))
    )
    if pc.max(number).as_py() >= MAX_SUB_PARTS:
        raise PartTooLarge(f"batch {batch} does not fit into {MAX_SUB_PARTS} segments; send smaller batches")
    for sub_part in pc.unique(number).to_pylist():
        rows = part.filter(pc.equal(number, pa.scalar(sub_part, pa.int64())))
        yield Chunk(hour, (part_key(batch, hour, sub_part),), rows)


def _row_sizes(part: pa.Table) -> Any:
    """Return the size of each row in bytes, with dictionary words in full, so that it depends only on the row."""
    sizes = pa.array([64], pa.int64()).take(pa.array([0] * part.num_rows, pa.int32()))
    for name in ("message", "attributes", "pattern", "test_id", "func_id", "source"):
        lengths = pc.binary_length(pc.cast(part.column(name).combine_chunks(), pa.utf8()))
        sizes = pc.add(sizes, pc.fill_null(lengths, 0).cast(pa.int64()))
    return sizes


def without_parts(chunk: Chunk, dropped: Iterable[str]) -> Chunk | None:
    """Return a chunk without the rows of some of its parts, None when nothing is left."""
    gone = set(dropped)
    kept = tuple(key for key in chunk.parts if key not in gone)
    if len(kept) == len(chunk.parts):
        return chunk
    if not kept:
        return None
    batches = pa.array([key.partition("-")[0] for key in kept], pa.utf8())
    rows = chunk.table.filter(pc.is_in(_decoded(chunk.table.column("batch")), value_set=batches))
    return Chunk(chunk.hour, kept, rows)


def _decoded(column: Any) -> Any:
    return pc.cast(column, pa.utf8())


def merge_tables(tables: list[pa.Table]) -> pa.Table:
    """Return one table with one chunk per column and unified dictionaries."""
    table = tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries()
    return table.combine_chunks()


def encode_segment(
    project_id: str, hour: int, parts: Iterable[str], table: pa.Table, *, effort: Effort = Effort.INTAKE
) -> Segment:
    """Encode the rows of one project and hour. An empty table gives a segment that only holds its parts."""
    rows = merge_tables([table])
    if rows.num_rows == 0:
        start = hour * HOUR_US
        return Segment(project_id, hour, tuple(parts), 0, start, start)
    bounds = pc.min_max(rows.column("timestamp").cast(pa.int64())).as_py()
    patterns, indices = used_words(_single(rows, "pattern"))
    indices = narrow_indices(indices, len(patterns))
    messages = _single(rows, "message")
    has_time = effort is not Effort.INTAKE or _pays_at_once(messages)
    arranged = _arranged(messages) if has_time or messages.nbytes >= _LARGE_BYTES else None
    columns = {"pattern": write({"pattern": indices})}
    for name in LOG_SCHEMA.names:
        array = _single(rows, name)
        if name == "pattern" or array.null_count == len(array):
            continue
        if name == "message" and arranged is not None:
            columns[name] = encode_messages(arranged)
        else:
            columns[name] = encode_column(name, array, dense=effort is Effort.FINAL)
    minutes = encode_minutes(_single(rows, "timestamp"))
    if minutes:
        columns["minute"] = minutes
    return Segment(
        project_id,
        hour,
        tuple(parts),
        rows.num_rows,
        bounds["min"],
        bounds["max"],
        raw_bytes(rows),
        columns,
        encode_summary(_single(rows, "timestamp"), _single(rows, "severity"), _single(rows, "service_id"), indices),
        write({"pattern": patterns, "count": _counts(indices, len(patterns))}),
        variables=encode_variables(messages, patterns, indices, arranged) if has_time else b"",
    )


def _pays_at_once(messages: Any) -> bool:
    """Return whether more work pays on messages that arrive: if they are short, or too many to be merged soon."""
    count = len(messages)
    is_short = messages.nbytes <= _SHORT_BYTES * count
    return count >= LASTING_LOGS or (count >= _SOME_LOGS and is_short)


def _arranged(messages: Any) -> StoredMessages | None:
    """Return messages as log types and values, None if they are few or do not repeat."""
    cut = cut_messages(messages) if len(messages) >= _SOME_LOGS else None
    return None if cut is None else StoredMessages.of(cut)


def _single(table: pa.Table, name: str) -> Any:
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _counts(indices: Any, size: int) -> Any:
    counted = pc.value_counts(indices.drop_null())
    order = pc.index_in(pa.array(range(size), pa.int32()), value_set=counted.field("values").cast(pa.int32()))
    return counted.field("counts").take(order).cast(pa.int32())


class SegmentColumns:
    """Columns of a segment, decoded on first use. An omitted column reads as nulls."""

    def __init__(
        self,
        hour: int,
        count: int,
        columns: Mapping[str, bytes],
        patterns: bytes = b"",
        pattern_version: int = PATTERN_VERSION,
    ) -> None:
        self.hour = hour
        self.count = count
        self._columns = columns
        self._patterns = patterns
        self._has_other_patterns = pattern_version != PATTERN_VERSION
        self._decoded: dict[str, Any] = {}
        self._messages: StoredMessages | None = None

    def column(self, name: str) -> Any:
        """Return a column as one Arrow array.

        Indices of words may be narrower than in the log batch schema, and attributes may be a dictionary of whole
        texts. `minute` is the minute of each timestamp since 1970.
        """
        array = self._decoded.get(name)
        if array is None:
            array = self._decoded[name] = self._decode(name)
        return array

    def rows(self, name: str, numbers: Any) -> Any:
        """Return the rows of a column with these numbers. `numbers` is an array of integers.

        Of messages that are cut into log types and values, only these are put together.
        """
        if name == "message" and name not in self._decoded:
            messages = self.messages
            if messages is not None:
                return messages.rows(numbers.to_numpy())
        return self.column(name).take(numbers)

    def message_sizes(self) -> Any:
        """Return the number of bytes of each message as an int64 array."""
        messages = self.messages
        if messages is not None:
            return pa.array(messages.sizes(), pa.int64())
        return pc.binary_length(self.column("message")).cast(pa.int64())

    @property
    def messages(self) -> StoredMessages | None:
        """The messages as log types and values, None if they are stored as texts."""
        stream = self._columns.get("message")
        if self._messages is None and stream is not None:
            self._messages = decode_messages(stream)
        return self._messages

    def replaced_patterns(self) -> Any:
        """Return which rows are stored with a pattern that another version of the mask found."""
        if not self._has_other_patterns:
            return pa.repeat(False, self.count)
        return pc.not_equal(_decoded(self._stored_patterns()), _decoded(self.column("pattern")))

    def _stored_patterns(self) -> Any:
        indices = read_batch(self._columns["pattern"]).column(0)
        return pa.DictionaryArray.from_arrays(indices, read_batch(self._patterns).column(0))

    def _decode(self, name: str) -> Any:
        if name == "pattern" and self.count:
            return mask_messages(self.column("message")) if self._has_other_patterns else self._stored_patterns()
        stream = self._columns.get(name)
        if name == "minute":
            return minutes_of(self.column("timestamp")) if stream is None else decode_minutes(stream)
        if stream is None:
            return pa.nulls(self.count, LOG_SCHEMA.field(name).type)
        messages = self.messages if name == "message" else None
        return decode_column(name, stream) if messages is None else messages.all()

    def table(self) -> pa.Table:
        """Return all rows in the log batch schema."""
        arrays = [self.column(field.name).cast(field.type) for field in LOG_SCHEMA]
        return pa.Table.from_arrays(arrays, schema=LOG_SCHEMA)


class TableColumns:
    """Columns of a log batch table, which may span several hours."""

    hour: int | None = None
    messages: StoredMessages | None = None

    def __init__(self, table: pa.Table) -> None:
        self.count = table.num_rows
        self._table = table

    def column(self, name: str) -> Any:
        """Return a column as one Arrow array."""
        return _single(self._table, name)

    def rows(self, name: str, numbers: Any) -> Any:
        """Return the rows of a column with these numbers."""
        return self.column(name).take(numbers)


def columns_of(segment: Segment) -> SegmentColumns:
    """Return the columns of a segment, ready to be decoded."""
    return SegmentColumns(segment.hour, segment.count, segment.columns, segment.patterns, segment.pattern_version)


def decode_segment(segment: Segment) -> pa.Table:
    """Return all rows of a segment in the log batch schema."""
    return columns_of(segment).table()
