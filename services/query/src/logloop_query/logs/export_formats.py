"""Writes rows in the formats of exports."""

import io
from typing import Any, Literal, Protocol

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from logloop_query.logs.search.rows import json_rows

ExportFormat = Literal["ndjson", "csv", "parquet", "arrow"]

EXPORT_SCHEMA = pa.schema(
    [
        ("id", pa.utf8()),
        ("project_id", pa.utf8()),
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("severity", pa.utf8()),
        ("service_id", pa.utf8()),
        ("test_id", pa.utf8()),
        ("func_id", pa.utf8()),
        ("source", pa.utf8()),
        ("message", pa.utf8()),
        ("pattern", pa.utf8()),
        ("attributes", pa.utf8()),
    ]
)
"""Columns of tabular exports. `attributes` is JSON text."""


_FORMULA = r"^[=+\-@\t\r\n\x00\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"
"""Beginnings of a cell that OWASP and ASVS 1.2.10 name; Excel also accepts the full-width characters."""


class Writer(Protocol):
    """Turns tables into bytes. The methods are called in this order."""

    def __init__(self, project_id: str) -> None: ...

    def head(self) -> bytes:
        """Return the bytes before the first row."""

    def rows(self, table: pa.Table) -> bytes:
        """Return the bytes of rows."""

    def end(self) -> bytes:
        """Return the bytes after the last row."""


class NdjsonWriter:
    """Writes one JSON object per line, as in a search."""

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id

    def head(self) -> bytes:
        """Return nothing."""
        return b""

    def rows(self, table: pa.Table) -> bytes:
        """Return lines."""
        return b"".join(orjson.dumps(row) + b"\n" for row in json_rows(self._project_id, table))

    def end(self) -> bytes:
        """Return nothing."""
        return b""


class CsvWriter:
    """Writes RFC 4180 with a header. A cell that a spreadsheet would run as a formula starts with a quote."""

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id

    def head(self) -> bytes:
        """Return the header."""
        return (",".join(EXPORT_SCHEMA.names) + "\r\n").encode()

    def rows(self, table: pa.Table) -> bytes:
        """Return lines."""
        exported = exported_columns(self._project_id, table)
        columns = {name: _safe_cell(exported.column(name)) for name in EXPORT_SCHEMA.names}
        sink = io.BytesIO()
        options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
        pa.csv.write_csv(pa.table(columns), sink, options)
        return sink.getvalue()

    def end(self) -> bytes:
        """Return nothing."""
        return b""


def _safe_cell(column: Any) -> Any:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    risky = pc.match_substring_regex(column, pattern=_FORMULA)
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)


class ParquetWriter:
    """Writes one Parquet file with a row group per slice."""

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id
        self._sink = _Drain()
        self._writer = pa.parquet.ParquetWriter(self._sink, EXPORT_SCHEMA, compression="zstd")

    def head(self) -> bytes:
        """Return the magic number."""
        return self._sink.drain()

    def rows(self, table: pa.Table) -> bytes:
        """Return a row group."""
        self._writer.write_table(exported_columns(self._project_id, table))
        return self._sink.drain()

    def end(self) -> bytes:
        """Return the footer."""
        self._writer.close()
        return self._sink.drain()


class ArrowWriter:
    """Writes an Arrow IPC stream with zstd buffers, one record batch per few thousand rows."""

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id
        self._sink = _Drain()
        options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1))
        self._writer = pa.ipc.new_stream(self._sink, EXPORT_SCHEMA, options=options)

    def head(self) -> bytes:
        """Return the schema."""
        return self._sink.drain()

    def rows(self, table: pa.Table) -> bytes:
        """Return a record batch."""
        self._writer.write_table(exported_columns(self._project_id, table))
        return self._sink.drain()

    def end(self) -> bytes:
        """Return the end marker."""
        self._writer.close()
        return self._sink.drain()


WRITERS: dict[ExportFormat, type[Writer]] = {
    "ndjson": NdjsonWriter,
    "csv": CsvWriter,
    "parquet": ParquetWriter,
    "arrow": ArrowWriter,
}


class _Drain(io.RawIOBase):
    """A writable file whose content can be taken out while it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the number of bytes written so far."""
        return self._position

    def write(self, data: Any) -> int:
        """Keep a copy of the bytes."""
        content = bytes(data)
        self._written.append(content)
        self._position += len(content)
        return len(content)

    def drain(self) -> bytes:
        """Return what was written since the last call."""
        content, self._written = b"".join(self._written), []
        return content


def exported_columns(project_id: str, table: pa.Table) -> pa.Table:
    """Return rows in EXPORT_SCHEMA."""
    columns = {name: table.column(name) for name in EXPORT_SCHEMA.names if name in table.schema.names}
    columns["id"] = log_ids(table)
    columns["project_id"] = pa.chunked_array([pa.repeat(pa.scalar(project_id), table.num_rows)])
    return pa.table({name: columns[name] for name in EXPORT_SCHEMA.names}, schema=EXPORT_SCHEMA)


def log_ids(table: pa.Table) -> pa.Array:
    """Return the ids of rows, from the columns batch, hour and row."""
    hours = {hour: f"-{hour:x}-" for hour in pc.unique(table.column("hour")).to_pylist()}
    texts = pa.array([hours[hour] for hour in table.column("hour").to_pylist()], pa.utf8())
    rows = pa.array([f"{row:x}" for row in table.column("row").to_pylist()], pa.utf8())
    return pc.binary_join_element_wise(table.column("batch").combine_chunks(), texts, rows, "")


def file_name(project_id: str, kind: ExportFormat) -> str:
    """Return the file name of a download."""
    return f"{project_id}-logs.{ {'ndjson': 'ndjson', 'csv': 'csv', 'parquet': 'parquet', 'arrow': 'arrows'}[kind] }"


MEDIA_TYPES: dict[ExportFormat, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
