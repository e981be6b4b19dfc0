"""Builds one AMQP message from the slices of a project: an Arrow stream with batch ids, row numbers and patterns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from logloop_contracts.log_batch import LOG_SCHEMA, encode, new_batch_id
from logloop_contracts.patterns.masking import mask_messages

from logloop_ingest.batching.slices import BatchSlice
from logloop_ingest.checking.rows import Row, rows_to_columns

Redact = Callable[[pa.Array], pa.Array]


@dataclass(frozen=True, slots=True)
class Message:
    """What is published: its id, and the batch id of each slice in the order they were given."""

    id: str
    body: bytes
    count: int
    batch_ids: list[str]


def build_message(slices: Sequence[BatchSlice], redact: Redact | None = None) -> Message:
    """Return one message of all slices. Those without a batch id share a new one and are numbered in sequence."""
    shared_id = new_batch_id()
    shared = [item for item in slices if item.batch_id is None]
    own = [item for item in slices if item.batch_id is not None]
    batches = [(shared_id, sum(item.count for item in shared))] if shared else []
    batches += [(str(item.batch_id), item.count) for item in own]
    table = _table([*shared, *own], batches, redact)
    return Message(batches[0][0], encode(table), len(table), [item.batch_id or shared_id for item in slices])


def _table(slices: Sequence[BatchSlice], batches: Sequence[tuple[str, int]], redact: Redact | None) -> pa.RecordBatch:
    columns = _concatenated(slices)
    arrays = dict(zip(columns.schema.names, columns.columns, strict=True))
    if redact is not None:
        arrays["message"], arrays["attributes"] = redact(arrays["message"]), redact(arrays["attributes"])
    counts = np.array([count for _, count in batches], np.int32)
    before = np.cumsum(counts, dtype=np.int32) - counts
    positions = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    batch_ids = pa.array([batch_id for batch_id, _ in batches], pa.utf8())
    arrays["batch"] = pa.DictionaryArray.from_arrays(pa.array(positions), batch_ids)
    arrays["row"] = pa.array(np.arange(len(positions), dtype=np.int32) - np.repeat(before, counts))
    arrays["pattern"] = mask_messages(arrays["message"])
    return pa.RecordBatch.from_arrays([arrays[name] for name in LOG_SCHEMA.names], schema=LOG_SCHEMA)


def _concatenated(slices: Sequence[BatchSlice]) -> pa.RecordBatch:
    """Return the columns of all slices, in order. Neighbours that are still rows are converted together."""
    batches: list[pa.RecordBatch] = []
    pending: list[Row] = []
    for item in slices:
        if isinstance(item.rows, list):
            pending += item.rows
            continue
        if pending:
            batches.append(rows_to_columns(pending))
            pending = []
        batches.append(item.rows)
    if pending:
        batches.append(rows_to_columns(pending))
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
