"""Orders the rows of a search, keeps the position in paging, and converts rows to JSON."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import HOUR_US

from logloop_query.logs.search.kernels import Columns
from logloop_query.time_bounds import rfc3339

ROW_COLUMNS = (
    "batch",
    "row",
    "timestamp",
    "severity",
    "service_id",
    "test_id",
    "func_id",
    "source",
    "message",
    "attributes",
)
"""Columns in a response."""


class RowKey(NamedTuple):
    """Position of a log in time order. Rows of one batch with equal timestamps stay in the order they were sent."""

    timestamp: int
    batch: str
    hour: int
    row: int


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row that may be on a page: its place in a table of `materialise`, and its share of the bytes of the table."""

    key: RowKey
    table: pa.Table
    position: int
    bytes: int


class InvalidCursor(ValueError):
    """A cursor that does not come from a search."""


@dataclass(frozen=True, slots=True)
class SearchCursor:
    """Position after which a page starts. Without `key`, the page includes the logs at `timestamp`."""

    timestamp: int
    key: RowKey | None = None

    def text(self) -> str:
        """Return the cursor as text for a URL."""
        content = [self.timestamp, *(self.key or ())[1:]]
        return base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "SearchCursor":
        """Parse a cursor. Raises InvalidCursor."""
        try:
            content = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            timestamp, *rest = content
            if not _is_integer(timestamp):
                raise InvalidCursor
            if not rest:
                return cls(timestamp)
            batch, hour, row = rest
            if not isinstance(batch, str) or not _is_integer(hour) or not _is_integer(row):
                raise InvalidCursor
            return cls(timestamp, RowKey(timestamp, batch, hour, row))
        except (ValueError, TypeError) as error:
            raise InvalidCursor("invalid cursor; start again without it") from error

    def excludes(self, key: RowKey, *, newest_first: bool) -> bool:
        """Return whether a row is before the start of the page."""
        if self.key is None:
            return key.timestamp > self.timestamp if newest_first else key.timestamp < self.timestamp
        return key >= self.key if newest_first else key <= self.key


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def keys_of(columns: Columns, rows: Any, timestamps: Any) -> list[RowKey]:
    """Return the keys of the rows with these numbers. `timestamps` are their int64 microseconds."""
    times = timestamps.to_pylist()
    batches = pc.cast(columns.column("batch").take(rows), pa.utf8()).to_pylist()
    numbers = columns.column("row").take(rows).to_pylist()
    hours = [columns.hour] * len(times) if columns.hour is not None else [value // HOUR_US for value in times]
    return [RowKey(*values) for values in zip(times, batches, hours, numbers, strict=True)]


def rows_within(times: Any, rows: Any, low: int, high: int) -> Any:
    """Return those of the rows (None: all) whose time is in [low, high]. `times` are int64, for every row."""
    chosen = times if rows is None else times.take(rows)
    inside = pc.and_(
        pc.greater_equal(chosen, pa.scalar(low, pa.int64())), pc.less_equal(chosen, pa.scalar(high, pa.int64()))
    )
    if not inside.false_count:
        return rows
    kept = pc.indices_nonzero(inside)
    return kept if rows is None else rows.take(kept)


def first_rows(
    columns: Columns, rows: Any, *, low: int, high: int, limit: int, newest_first: bool, cursor: SearchCursor | None
) -> list[tuple[RowKey, int]]:
    """Return the first `limit` rows in order as (key, row number). `rows` None means that all are selected."""
    times = columns.column("timestamp").cast(pa.int64())
    rows = rows_within(times, rows, low, high)
    chosen = times if rows is None else times.take(rows)
    spare = 0
    if cursor is not None and cursor.key is not None:
        spare = pc.sum(pc.equal(chosen, pa.scalar(cursor.timestamp, pa.int64()))).as_py() or 0
    rows, chosen = _best(rows, chosen, limit + spare, newest_first=newest_first)
    numbers = pa.array(range(len(chosen)), pa.uint64()) if rows is None else rows
    keyed = list(zip(keys_of(columns, numbers, chosen), numbers.to_pylist(), strict=True))
    if cursor is not None:
        keyed = [item for item in keyed if not cursor.excludes(item[0], newest_first=newest_first)]
    keyed.sort(reverse=newest_first)
    return keyed[:limit]


def _best(rows: Any, times: Any, count: int, *, newest_first: bool) -> tuple[Any, Any]:
    """Return the rows that can be among the first `count`, with all ties at the last position."""
    if len(times) <= count:
        return rows, times
    order = "descending" if newest_first else "ascending"
    best = pc.select_k_unstable(pa.table({"t": times}), count, sort_keys=[("t", order)])
    last = times[best[-1].as_py()]
    kept = pc.indices_nonzero(pc.greater_equal(times, last) if newest_first else pc.less_equal(times, last))
    return (kept if rows is None else rows.take(kept)), times.take(kept)


def materialise(columns: Columns, numbers: Sequence[int]) -> pa.Table:
    """Return the rows with these numbers, in this order, with their `hour` if the columns have one."""
    rows = pa.array(numbers, pa.int64())
    taken = {name: columns.rows(name, rows) for name in ROW_COLUMNS}
    taken = {
        name: pc.cast(array, pa.utf8()) if isinstance(array, pa.DictionaryArray) else array
        for name, array in taken.items()
    }
    if columns.hour is not None:
        taken["hour"] = pa.repeat(pa.scalar(columns.hour, pa.int64()), len(numbers))
    return pa.table(taken)


def json_rows(project_id: str, table: pa.Table) -> list[dict[str, Any]]:
    """Return logs as in JSON. `table` has ROW_COLUMNS and optionally `hour`. Attributes stay JSON text."""
    columns = {name: table.column(name).to_pylist() for name in ROW_COLUMNS if name != "timestamp"}
    times = table.column("timestamp").cast(pa.int64()).to_pylist()
    hours = table.column("hour").to_pylist() if "hour" in table.schema.names else [time // HOUR_US for time in times]
    return [
        {
            "id": f"{columns['batch'][i]}-{hours[i]:x}-{columns['row'][i]:x}",
            "project_id": project_id,
            "service_id": columns["service_id"][i],
            "test_id": columns["test_id"][i],
            "func_id": columns["func_id"][i],
            "message": columns["message"][i],
            "severity": columns["severity"][i],
            "timestamp": rfc3339(times[i]),
            "source": columns["source"][i],
            "attributes": _fragment(columns["attributes"][i]),
        }
        for i in range(table.num_rows)
    ]


def _fragment(text: str | None) -> Any:
    return None if text is None else orjson.Fragment(text)


def keys_of_table(table: pa.Table) -> list[RowKey]:
    """Return the keys of rows from `materialise`."""
    names = ("batch", "hour", "row")
    values = [table.column("timestamp").cast(pa.int64()).to_pylist(), *(table.column(n).to_pylist() for n in names)]
    return [RowKey(*row) for row in zip(*values, strict=True)]
