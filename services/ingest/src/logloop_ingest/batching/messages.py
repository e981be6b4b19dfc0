"""Checked rows of one project become one message: an Arrow stream with batch ids, row numbers and patterns.

It must not publish. The cut of a large request depends on its rows alone, so that a retry is cut the same way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import LOG_SCHEMA, derived_batch_id, encode, mask_messages, new_batch_id

from logloop_ingest.checking.check import Rows
from logloop_ingest.checking.columns import rows_to_columns

MAX_PART_BYTES = 4 * 2**20
"""Messages and attributes of one part. RabbitMQ 4 takes messages of 16 MiB; patterns may double the text."""

Redact = Callable[[pa.Array], pa.Array]
_ROW_BYTES = 64


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that travel in one message. Without a batch id they may share a batch with others."""

    rows: Rows
    count: int
    size: int
    batch_id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What is published: its id, and the batch id of each part in the order they were given."""

    id: str
    body: bytes
    count: int
    batch_ids: list[str]


def parts_of(project_id: str, rows: Rows, key: str | None) -> list[Part]:
    """Rows of a request as one part, or several when they are large. `key` makes batch ids repeatable."""
    size = _size(rows)
    if size <= MAX_PART_BYTES:
        return [Part(rows, len(rows), size, None if key is None else derived_batch_id(project_id, key))]
    batch = rows if isinstance(rows, pa.RecordBatch) else rows_to_columns(rows)
    pieces = [batch.slice(start, end - start) for start, end in _cuts(batch)]
    return [
        Part(piece, len(piece), _size(piece), _piece_id(project_id, key, number))
        for number, piece in enumerate(pieces)
    ]


def _piece_id(project_id: str, key: str | None, number: int) -> str | None:
    if key is None:
        return None
    return derived_batch_id(project_id, key if number == 0 else f"{key}\0{number}")


def _size(rows: Rows) -> int:
    if isinstance(rows, pa.RecordBatch):
        return int(rows.column("message").nbytes + rows.column("attributes").nbytes + _ROW_BYTES * len(rows))
    return sum(len(row.message.encode()) + len((row.attributes or "").encode()) + _ROW_BYTES for row in rows)


def _cuts(batch: pa.RecordBatch) -> list[tuple[int, int]]:
    cuts, start, size = [], 0, 0
    texts = [pc.fill_null(pc.binary_length(batch.column(name)), 0).to_pylist() for name in ("message", "attributes")]
    for index, lengths in enumerate(zip(*texts, strict=True)):
        row_size = sum(lengths) + _ROW_BYTES
        if size + row_size > MAX_PART_BYTES and index > start:
            cuts.append((start, index))
            start, size = index, 0
        size += row_size
    return [*cuts, (start, len(batch))]


def build_message(parts: Sequence[Part], redact: Redact | None = None) -> Message:
    """One message of all parts; those without a batch id share a fresh one and are numbered through."""
    shared_id = new_batch_id()
    shared = [part for part in parts if part.batch_id is None]
    own = [part for part in parts if part.batch_id is not None]
    runs = [(shared_id, sum(part.count for part in shared))] if shared else []
    runs += [(str(part.batch_id), part.count) for part in own]
    table = _table([*shared, *own], runs, redact)
    return Message(runs[0][0], encode(table), len(table), [part.batch_id or shared_id for part in parts])


def _table(parts: Sequence[Part], runs: Sequence[tuple[str, int]], redact: Redact | None) -> pa.RecordBatch:
    columns = _together(parts)
    arrays = dict(zip(columns.schema.names, columns.columns, strict=True))
    if redact is not None:
        arrays["message"], arrays["attributes"] = redact(arrays["message"]), redact(arrays["attributes"])
    counts = [count for _, count in runs]
    places = pa.array(
        list(chain.from_iterable(repeat(place, count) for place, count in enumerate(counts))), pa.int32()
    )
    arrays["batch"] = pa.DictionaryArray.from_arrays(places, pa.array([batch_id for batch_id, _ in runs], pa.utf8()))
    arrays["row"] = pa.array(list(chain.from_iterable(map(range, counts))), pa.int32())
    arrays["pattern"] = mask_messages(arrays["message"]).dictionary_encode()
    return pa.RecordBatch.from_arrays([arrays[name] for name in LOG_SCHEMA.names], schema=LOG_SCHEMA)


def _together(parts: Sequence[Part]) -> pa.RecordBatch:
    """Columns of all parts, in their order; neighbours that are still rows are turned into columns at once."""
    batches: list[pa.RecordBatch] = []
    few: list[Any] = []
    for part in parts:
        if isinstance(part.rows, list):
            few += part.rows
            continue
        if few:
            batches.append(rows_to_columns(few))
            few = []
        batches.append(part.rows)
    if few:
        batches.append(rows_to_columns(few))
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
