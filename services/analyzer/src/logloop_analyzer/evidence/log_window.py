"""Prepares a time range of logs for counting: rows in time order, grouped by service, severity and template."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import BATCH_ID_LENGTH
from logloop_contracts.patterns.edits import NO_EDITS, PatternEdits
from logloop_contracts.patterns.merging import merge_patterns

from logloop_analyzer.evidence.identifiers import Identifiers, read_identifiers
from logloop_analyzer.evidence.prompt_injection import find_prompt_injection

SILENCE_US = 50_000
"""Lines without a trace that follow each other faster than this belong together."""
_TEXTS = pa.dictionary(pa.int32(), pa.utf8())

EXPORT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.utf8()),
        pa.field("timestamp", pa.timestamp("us", tz="UTC")),
        pa.field("severity", _TEXTS),
        pa.field("service_id", _TEXTS),
        pa.field("test_id", _TEXTS),
        pa.field("func_id", _TEXTS),
        pa.field("source", _TEXTS),
        pa.field("message", pa.utf8()),
        pa.field("pattern", _TEXTS),
        pa.field("attributes", pa.utf8()),
    ]
)
"""Columns of query's Arrow export, as the analyzer keeps them."""


@dataclass(frozen=True, slots=True, order=True)
class GroupKey:
    """Identifies a group of similar lines by service, severity and template."""

    service_id: str
    severity: str
    template: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """One row as Python values."""

    id: str
    timestamp_us: int
    severity: str
    service_id: str
    test_id: str | None
    func_id: str | None
    message: str
    pattern: str
    attributes: str | None

    @property
    def timestamp(self) -> datetime:
        """Return the time in UTC."""
        return from_us(self.timestamp_us)


@dataclass(frozen=True)
class LogWindow:
    """The rows of one time range in time order. `suspicious` rows are in none of the `groups`."""

    table: pa.Table
    groups: Mapping[GroupKey, pa.Array] = field(repr=False)
    """Row numbers of each group, ascending."""
    suspicious: pa.Array = field(repr=False)
    """Row numbers of lines that look like a prompt injection, ascending."""

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def times(self) -> pa.Array:
        """Return the time of each row in microseconds since 1970."""
        return one_chunk(self.table["timestamp"].cast(pa.int64()))

    @cached_property
    def identifiers(self) -> Identifiers:
        """Return the ids and source locations that the rows name."""
        columns = (self.table[name].cast(pa.utf8()) for name in ("message", "attributes", "func_id"))
        return read_identifiers(*map(one_chunk, columns))

    @property
    def first_us(self) -> int:
        """Return the time of the first row. The window must not be empty."""
        return int(self.times[0].as_py())

    @property
    def last_us(self) -> int:
        """Return the time of the last row. The window must not be empty."""
        return int(self.times[len(self) - 1].as_py())

    def count(self, key: GroupKey) -> int:
        """Return the number of entries in a group."""
        return len(self.groups[key]) if key in self.groups else 0

    def times_of(self, key: GroupKey) -> list[int]:
        """Return the times of a group's entries, ascending."""
        if key not in self.groups:
            return []
        times: list[int] = self.times.take(self.groups[key]).to_pylist()
        return times

    def occasions(self, rows: pa.Array) -> int:
        """Return how often the lines occurred independently: in one trace, or right after each other, is once."""
        traces = self.traces_of(rows)
        named = {trace for trace in traces if trace is not None}
        times: list[int] = self.times.take(rows).to_pylist()
        others = [time for time, trace in zip(times, traces, strict=True) if trace is None]
        pauses = sum(late - early > SILENCE_US for early, late in pairwise(others))
        return len(named) + pauses + bool(others)

    def lines(self, rows: Iterable[int]) -> list[LogLine]:
        """Return rows by number, in the given order."""
        picked = self.table.take(pa.array(list(rows), pa.int64()))
        columns: dict[str, list[Any]] = {
            name: picked[name.removesuffix("_us")]
            .cast(pa.int64() if name == "timestamp_us" else pa.utf8())
            .to_pylist()
            for name in LogLine.__slots__
        }
        return [LogLine(*values) for values in zip(*columns.values(), strict=True)]

    def traces_of(self, rows: pa.Array) -> list[str | None]:
        """Return the trace id of each row, None where a line has none."""
        traces: list[str | None] = self.identifiers.traces.take(rows).to_pylist()
        return traces


def from_us(value: int) -> datetime:
    """Convert microseconds since 1970 to a time in UTC."""
    return datetime.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)


def one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return a column as one array."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def read_windows(window: pa.Table, baseline: pa.Table, edits: PatternEdits = NO_EDITS) -> tuple[LogWindow, LogWindow]:
    """Return both windows with shared templates, of which people edited some.

    The tables have `EXPORT_SCHEMA` and rows in any order.
    """
    tables = [in_time_order(conform(table).unify_dictionaries()) for table in (window, baseline)]
    patterns = {value for table in tables for value in _values(table["pattern"])}
    templates = merge_patterns(patterns, edits)
    made = [_window(table, flags, templates) for table, flags in zip(tables, _suspicions(tables), strict=True)]
    return made[0], made[1]


def conform(table: pa.Table | None) -> pa.Table:
    """Return the columns and types of EXPORT_SCHEMA, empty for None. Raises KeyError if a column is missing."""
    if table is None:
        return EXPORT_SCHEMA.empty_table()
    columns = [_typed(table[item.name], item.type) for item in EXPORT_SCHEMA]
    return pa.table(columns, schema=EXPORT_SCHEMA)


def _typed(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    return column.cast(pa.utf8()).dictionary_encode() if pa.types.is_dictionary(kind) else column.cast(kind)


def in_time_order(table: pa.Table) -> pa.Table:
    """Return rows by time. Those of the same time keep the order of their batch, whose numbers end the ids."""
    keys = pa.table(
        {
            "timestamp": table["timestamp"],
            "batch": pc.utf8_slice_codeunits(table["id"], 0, BATCH_ID_LENGTH),
            "length": pc.utf8_length(table["id"]),
            "id": table["id"],
        }
    )
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in keys.column_names])
    return table.take(order).combine_chunks()


def _values(column: pa.ChunkedArray) -> list[str]:
    values: list[str] = pc.unique(column.cast(pa.utf8())).to_pylist()
    return values


def _suspicions(tables: Sequence[pa.Table]) -> list[pa.Array]:
    """Return for each row of each table whether it speaks to a model.

    All texts are searched at once, each distinct one once: Arrow compiles an expression for each array that it
    searches, which takes as long as to search some thousand lines.
    """
    columns = [one_chunk(table[name]) for table in tables for name in ("message", "attributes")]
    distinct = pc.unique(pa.chunked_array(columns, pa.utf8()))
    found = find_prompt_injection(distinct)
    flags = [found.take(pc.index_in(column, value_set=distinct)) for column in columns]
    return [pc.or_(messages, attributes) for messages, attributes in zip(flags[::2], flags[1::2], strict=True)]


def _window(table: pa.Table, flags: pa.Array, templates: Mapping[str, str]) -> LogWindow:
    rows = pa.array(range(table.num_rows), pa.int64())
    return LogWindow(table, _grouped(table, rows.filter(pc.invert(flags)), templates), rows.filter(flags))


def _grouped(table: pa.Table, rows: pa.Array, templates: Mapping[str, str]) -> dict[GroupKey, pa.Array]:
    if not len(rows):
        return {}
    services, service_codes = _encoded(table["service_id"].take(rows))
    severities, severity_codes = _encoded(table["severity"].take(rows))
    patterns, pattern_codes = _encoded(table["pattern"].take(rows))
    names = sorted({templates[pattern] for pattern in patterns})
    number = {name: index for index, name in enumerate(names)}
    template_codes = pa.array([number[templates[pattern]] for pattern in patterns], pa.int64()).take(pattern_codes)
    codes = pc.add(pc.multiply(service_codes, len(severities)), severity_codes)
    codes = pc.add(pc.multiply(codes, len(names)), template_codes)
    keys = [("code", "ascending"), ("row", "ascending")]
    order = pc.sort_indices(pa.table({"code": codes, "row": rows}), sort_keys=keys)
    runs = pc.run_end_encode(codes.take(order))
    sorted_rows, groups, start = rows.take(order), {}, 0
    for code, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        head, template = divmod(code, len(names))
        service, severity = divmod(head, len(severities))
        key = GroupKey(services[service], severities[severity], names[template])
        groups[key] = sorted_rows.slice(start, end - start)
        start = end
    return groups


def _encoded(column: pa.ChunkedArray) -> tuple[list[str], pa.Array]:
    """Return the distinct values and the index of each row's value among them."""
    encoded = one_chunk(column.cast(pa.utf8())).dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.cast(pa.int64())
