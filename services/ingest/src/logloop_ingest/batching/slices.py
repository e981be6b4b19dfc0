"""Cuts the checked rows of a request into slices that fit into one message.

The cuts depend on the rows alone, so that a retry of the request is cut the same way and gets the same batch ids.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import derived_batch_id

from logloop_ingest.checking.rows import Rows, rows_to_columns

MAX_SLICE_BYTES = 4 * 2**20
"""Bytes of messages and attributes. RabbitMQ 4 accepts messages of 16 MiB; patterns may double the text."""
_ROW_BYTES = 64


@dataclass(frozen=True, slots=True)
class BatchSlice:
    """Rows that are published in one message. Without a batch id they may share a batch with other slices."""

    rows: Rows
    count: int
    size: int
    batch_id: str | None = None


def slices_of(project_id: str, rows: Rows, key: str | None) -> list[BatchSlice]:
    """Return the rows of a request as one slice, or as several when they are large.

    The batch ids follow from `key`, the idempotency key; without one they are given later.
    """
    size = _size(rows)
    if size <= MAX_SLICE_BYTES:
        return [BatchSlice(rows, len(rows), size, None if key is None else derived_batch_id(project_id, key))]
    batch = rows if isinstance(rows, pa.RecordBatch) else rows_to_columns(rows)
    pieces = [batch.slice(start, end - start) for start, end in _cuts(batch)]
    return [
        BatchSlice(piece, len(piece), _size(piece), _batch_id(project_id, key, number))
        for number, piece in enumerate(pieces)
    ]


def _batch_id(project_id: str, key: str | None, number: int) -> str | None:
    if key is None:
        return None
    return derived_batch_id(project_id, key if number == 0 else f"{key}\0{number}")


def _size(rows: Rows) -> int:
    if isinstance(rows, pa.RecordBatch):
        return int(rows.column("message").nbytes + rows.column("attributes").nbytes + _ROW_BYTES * len(rows))
    return sum(len(row.message.encode()) + len((row.attributes or "").encode()) + _ROW_BYTES for row in rows)


def _cuts(batch: pa.RecordBatch) -> list[tuple[int, int]]:
    """Return the first row of each slice and the row after its last."""
    cuts, start, size = [], 0, 0
    texts = [pc.fill_null(pc.binary_length(batch.column(name)), 0).to_pylist() for name in ("message", "attributes")]
    for index, lengths in enumerate(zip(*texts, strict=True)):
        row_size = sum(lengths) + _ROW_BYTES
        if size + row_size > MAX_SLICE_BYTES and index > start:
            cuts.append((start, index))
            start, size = index, 0
        size += row_size
    return [*cuts, (start, len(batch))]
