"""Tables of counts: groups logs by keys, and adds up the counts of segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.acero  # Table.group_by loads it at its first call otherwise
import pyarrow.compute as pc

from logloop_query.logs.search.plan import Budget, PartialReason
from logloop_query.logs.segments.time_units import MINUTE_US


@dataclass(frozen=True, slots=True)
class Buckets:
    """Splits time into buckets of `width` microseconds, counted from `origin`."""

    origin: int
    width: int

    @property
    def whole_minutes(self) -> bool:
        """Whether counts by minute can be summed to these buckets."""
        return self.width % MINUTE_US == 0 and self.origin % MINUTE_US == 0

    def of_minutes(self, minutes: Any) -> Any:
        """Return the bucket number of each minute since 1970."""
        return self.number(pc.multiply(minutes.cast(pa.int64()), pa.scalar(MINUTE_US)))

    def number(self, microseconds: Any) -> Any:
        """Return the bucket number of each moment, which must not be before the origin."""
        return pc.divide(pc.subtract(microseconds, pa.scalar(self.origin)), pa.scalar(self.width))


MINUTES = Buckets(0, MINUTE_US)


def of_minutes(table: pa.Table, buckets: Buckets) -> pa.Table:
    """Return counts by bucket of a table whose buckets are `MINUTES`. A bucket may have several rows."""
    place = table.schema.get_field_index("bucket")
    return table.set_column(place, "bucket", buckets.of_minutes(table.column(place)))


def by_minute(keys: Sequence[str]) -> list[str]:
    """Return key columns with the minute in place of the bucket."""
    return ["minute" if key == "bucket" else key for key in keys]


def in_buckets(table: pa.Table, buckets: Buckets | None) -> pa.Table:
    """Return counts by minute as counts by bucket, and others as they are. A bucket may have several rows."""
    place = table.schema.get_field_index("minute")
    if buckets is None or place < 0:
        return table
    return table.set_column(place, "bucket", buckets.of_minutes(table.column(place)))


class Sum:
    """Sums the counts of segments. The memory depends on the number of distinct keys, and is bounded."""

    def __init__(self, keys: list[str], max_bytes: int, fold_at: int, whole: "Sum | None" = None) -> None:
        self.keys = keys
        self._max_bytes = max_bytes
        self._fold_at = min(fold_at, max_bytes)
        self._tables: list[pa.Table] = []
        self._bytes = 0
        self.bytes_of_parts = 0
        self._whole = whole

    def part(self) -> "Sum":
        """Return an empty sum with the same keys. What it holds counts as held by this one."""
        return Sum(self.keys, self._max_bytes, self._fold_at, self)

    def add(self, tables: Sequence[pa.Table]) -> None:
        """Add counts of segments."""
        before = self._bytes
        self._tables += tables
        self._bytes += sum(table.nbytes for table in tables)
        if self._bytes > self._fold_at:
            self._tables = [self.table]
            self._bytes = self._tables[0].nbytes
            self._fold_at = max(self._fold_at, 2 * self._bytes)
        if self._whole is not None:
            self._whole.bytes_of_parts += self._bytes - before

    @property
    def is_full(self) -> bool:
        """Whether there are too many distinct keys to continue."""
        is_full = self._bytes + self.bytes_of_parts > self._max_bytes
        return is_full or (self._whole is not None and self._whole.is_full)

    @property
    def table(self) -> pa.Table:
        """The keys and their counts."""
        return add_up(self._tables, self.keys)


def keys_of(sums: Sequence[Sum]) -> set[str]:
    """Return the keys of all sums, without the bucket."""
    return {key for counted in sums for key in counted.keys} - {"bucket"}


def bound_of(sums: Sequence[Sum], budget: Budget) -> PartialReason | None:
    """Return the limit that ends a count."""
    return "bytes" if any(counted.is_full for counted in sums) else budget.exhausted


def take_in(sums: Sequence[Sum], found: Sequence[Sequence[pa.Table] | None]) -> bool:
    """Add the counts of segments, one table for each sum; whether every segment was counted in time."""
    done = [tables for tables in found if tables is not None]
    for counted, tables in zip(sums, zip(*done, strict=True), strict=bool(done)):
        counted.add(tables)
    return len(done) == len(found)


def grouped(columns: dict[str, Any], count: int, sizes: Any | None) -> pa.Table:
    """Count logs by key columns, or sum their sizes. `count` is the number of logs, used without keys."""
    if not columns:
        return pa.table({"count": pa.array([count if sizes is None else pc.sum(sizes).as_py() or 0], pa.int64())})
    if sizes is not None:
        return add_up([pa.table({**columns, "count": sizes})], list(columns))
    grouped = pa.table(columns).group_by(list(columns), use_threads=False).aggregate([([], "count_all")])
    return _plain(grouped.rename_columns({"count_all": "count"}))


def _plain(table: pa.Table) -> pa.Table:
    """Return dictionary columns as plain text, so that tables of several segments can be summed."""
    kinds = [
        pa.field(field.name, pa.utf8() if pa.types.is_dictionary(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(kinds))


def add_up(tables: Sequence[pa.Table], keys: list[str]) -> pa.Table:
    """Return one table with the keys as plain columns, and the sum of their counts."""
    order = [*keys, "count"]
    plain = [_plain(table).select(order) for table in tables if table.num_rows]
    if not plain:
        kinds = {name: pa.int64() if name in {"bucket", "count"} else pa.utf8() for name in order}
        return pa.table({name: pa.array([], kind) for name, kind in kinds.items()})
    table = pa.concat_tables(plain)
    if not keys:
        return pa.table({"count": pa.array([pc.sum(table.column("count")).as_py()], pa.int64())})
    summed = table.group_by(keys, use_threads=False).aggregate([("count", "sum")])
    return summed.rename_columns({"count_sum": "count"}).select(order)


def most_frequent(table: pa.Table, limit: int) -> list[tuple[Any, int]]:
    """Return (value, count) of a table with one key: the most frequent first, then by value, null first."""
    order = [("count", "descending"), (table.schema.names[0], "ascending", "at_start")]
    best = table.take(pc.sort_indices(table, sort_keys=order)[:limit])
    return list(zip(*(best.column(number).to_pylist() for number in (0, 1)), strict=True))
