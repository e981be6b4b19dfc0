"""Writes segments in format 1, so that tests and benchmarks have stored logs of that format to read.

The documents are those that version 0.1 stored. Nothing here follows later changes of the product's codec.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from bson.binary import Binary
from logloop_contracts.log_batch import HOUR_US, LOG_SCHEMA
from logloop_contracts.patterns.masking import PATTERN_VERSION

_TIERS = (512, 4096, 25_000)
_MINUTE_US = 60_000_000
_BC_HOURS = 17_600_000  # more than the hours from year 1 to 1970, to round negative timestamps down
_DELTAS = ("row", "timestamp")
_WORDS = ("batch", "severity", "service_id", "test_id", "func_id", "source")
_OPTIONS = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1), unify_dictionaries=False)
_TINY_OPTIONS = pa.ipc.IpcWriteOptions()
_TINY_BYTES = 128


def segment_document(
    segment_id: str,
    project_id: str,
    hour: int,
    parts: Iterable[str],
    table: pa.Table,
    *,
    stored_at: datetime,
    expires_at: datetime,
) -> dict[str, Any]:
    """Return the document of collection `segments` for the rows of one project and UTC hour (hours since 1970).

    `table` has the columns of `LOG_SCHEMA`, and patterns of the current version. `parts` are the keys of its parts.
    Without rows, the document only keeps the parts.
    """
    table = table.unify_dictionaries().combine_chunks()
    count, start = table.num_rows, hour * HOUR_US
    bounds = pc.min_max(table.column("timestamp").cast(pa.int64())).as_py() if count else {"min": start, "max": start}
    columns, summary, patterns = _encoded(table) if count else ({}, b"", b"")
    tier = sum(count >= bound for bound in _TIERS)
    return {
        "_id": segment_id,
        "v": 1,
        "project_id": project_id,
        "hour": hour,
        "min_ts": bounds["min"],
        "max_ts": bounds["max"],
        "count": count,
        "size": sum(map(len, columns.values())) + len(summary) + len(patterns),
        "raw_bytes": int(table.nbytes) if count else 0,
        "revision": 0,
        "tier": tier,
        **({"small": True} if tier < len(_TIERS) else {}),
        "stored_at": stored_at,
        "expires_at": expires_at,
        "parts": list(parts),
        "summary": Binary(summary),
        "patterns": Binary(patterns),
        "pattern_version": PATTERN_VERSION,
        "columns": {name: Binary(column) for name, column in columns.items()},
    }


def _encoded(table: pa.Table) -> tuple[dict[str, bytes], bytes, bytes]:
    """Return the columns, the summary by minute, severity and service, and the patterns with their counts."""
    patterns, indices = _compact_dictionary(_single(table, "pattern"))
    columns = {"pattern": _write({"pattern": indices})}
    for name in LOG_SCHEMA.names:
        array = _single(table, name)
        if name != "pattern" and array.null_count < len(array):
            columns[name] = _write({name: _stored_form(name, array)})
    counts = _write({"pattern": patterns, "count": _counts(indices, len(patterns))})
    return columns, _write(_summary_columns(table)), counts


def _single(table: pa.Table, name: str) -> Any:
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _stored_form(name: str, array: Any) -> Any:
    if name in _DELTAS:
        values = array.cast(pa.int64())
        return pa.concat_arrays([values.slice(0, 1), pc.pairwise_diff(values).slice(1)])
    if name in _WORDS:
        words, indices = _compact_dictionary(array)
        return pa.DictionaryArray.from_arrays(indices, words)
    return array


def _compact_dictionary(array: Any) -> tuple[Any, Any]:
    """Return the words in use and the index of each row. Words that no row uses are dropped."""
    used = pc.unique(array.indices.drop_null())
    if len(used) == len(array.dictionary):
        return array.dictionary, array.indices
    return array.dictionary.take(used), pc.index_in(array.indices, value_set=used)


def _counts(indices: Any, size: int) -> Any:
    counted = pc.value_counts(indices.drop_null())
    order = pc.index_in(pa.array(range(size), pa.int32()), value_set=counted.field("values").cast(pa.int32()))
    return counted.field("counts").take(order).cast(pa.int32())


def _summary_columns(table: pa.Table) -> dict[str, Any]:
    timestamps = _single(table, "timestamp").cast(pa.int64())
    shifted = pc.add(timestamps, pa.scalar(_BC_HOURS * HOUR_US))
    minute = pc.subtract(pc.divide(shifted, pa.scalar(_MINUTE_US)), pa.scalar(_BC_HOURS * 60)).cast(pa.int32())
    severity, service = _single(table, "severity"), _single(table, "service_id")
    rows = pa.table({"minute": minute, "severity": severity.indices, "service_id": service.indices})
    grouped = rows.group_by(["minute", "severity", "service_id"]).aggregate([([], "count_all")]).combine_chunks()
    return {
        "minute": _single(grouped, "minute"),
        "severity": pa.DictionaryArray.from_arrays(_single(grouped, "severity"), severity.dictionary),
        "service_id": pa.DictionaryArray.from_arrays(_single(grouped, "service_id"), service.dictionary),
        "count": _single(grouped, "count_all").cast(pa.int32()),
    }


def _write(columns: Mapping[str, Any]) -> bytes:
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    options = _TINY_OPTIONS if batch.nbytes < _TINY_BYTES else _OPTIONS
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]  # pyarrow ships no types
