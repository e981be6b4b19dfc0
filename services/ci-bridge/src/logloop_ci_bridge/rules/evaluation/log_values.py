"""Reads the values that conditions may use from the rows of a batch."""

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa
from logloop_contracts.log_batch import log_id

from logloop_ci_bridge.rules.evaluation import prefilter

_REFERENCES = ("test_id", "func_id", "source")
LOG_NAMES = (
    "log.id",
    "log.project_id",
    "log.service_id",
    "log.test_id",
    "log.func_id",
    "log.message",
    "log.pattern",
    "log.severity",
    "log.source",
    "log.timestamp",
    "log.attributes",
)


def one_log(project_id: str, rows: prefilter.Rows, index: int, names: frozenset[str]) -> dict[str, Any]:
    """Return the values of one row by dotted name."""
    indices = pa.array([index], pa.int64())
    single = prefilter.Rows(rows.table, indices if rows.indices is None else rows.indices.take(indices))
    return next(log_values(project_id, single, names))


def log_values(
    project_id: str, rows: prefilter.Rows, names: frozenset[str], keys: frozenset[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the values of each row by dotted name, "" for absent references. `keys`: attributes to keep."""
    columns: dict[str, list[Any]] = {}
    for name in names:
        if name.startswith("log."):
            columns[name] = _column(project_id, rows, name.removeprefix("log."))
    if keys is not None and "log.attributes" in columns:
        # Passing an object to the engine costs 2 µs per value; a log may have 200.
        columns["log.attributes"] = [
            {key: found[key] for key in keys if key in found} for found in columns["log.attributes"]
        ]
    for index in range(len(rows)):
        yield {name: values[index] for name, values in columns.items()}


def _column(project_id: str, rows: prefilter.Rows, field_name: str) -> list[Any]:
    if field_name == "project_id":
        return [project_id] * len(rows)
    if field_name == "id":
        return [id_of_row(rows, index) for index in range(len(rows))]
    values = rows.values(field_name)
    if field_name == "attributes":
        return [orjson.loads(text) if text else {} for text in values]
    if field_name in _REFERENCES:
        return [value or "" for value in values]
    return values


def microseconds(rows: prefilter.Rows) -> list[int]:
    """Return the timestamp of each row in microseconds since 1970."""
    found: list[int] = rows.column("timestamp").cast(pa.int64()).to_pylist()
    return found


def id_of_row(rows: prefilter.Rows, index: int) -> str:
    """Return the log id of a row."""
    return log_id(
        rows.column("batch")[index].as_py(),
        rows.column("timestamp")[index].value,
        rows.column("row")[index].as_py(),
    )
