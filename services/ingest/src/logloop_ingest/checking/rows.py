"""Checked entries of one project: rows when there are few, Arrow columns when there are many."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import pyarrow as pa
from logloop_contracts.log_batch import LOG_SCHEMA


class Row(NamedTuple):
    """A checked entry without its project. `timestamp` is microseconds since 1970, `attributes` JSON text."""

    timestamp: int
    severity: str
    service_id: str
    test_id: str | None
    func_id: str | None
    source: str | None
    message: str
    attributes: str | None


COLUMNS = pa.schema([LOG_SCHEMA.field(name) for name in Row._fields])
"""The columns that a request fills; batch, row and pattern are added when it is published."""
MICROSECONDS = pa.timestamp("us", "UTC")

Rows: TypeAlias = list[Row] | pa.RecordBatch
"""A record batch has the schema `COLUMNS`."""


def rows_to_columns(rows: Sequence[Row]) -> pa.RecordBatch:
    """Return rows as columns."""
    arrays = []
    for field, values in zip(COLUMNS, zip(*rows, strict=True), strict=True):
        if field.name == "timestamp":
            arrays.append(pa.array(values, pa.int64()).cast(MICROSECONDS))
        elif pa.types.is_dictionary(field.type):
            arrays.append(pa.array(values, pa.utf8()).dictionary_encode())
        else:
            arrays.append(pa.array(values, pa.utf8()))
    return pa.RecordBatch.from_arrays(arrays, schema=COLUMNS)
