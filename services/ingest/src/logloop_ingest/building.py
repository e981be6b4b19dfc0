"""Entries of submissions become messages: checked, cut into batches, numbered and encoded.

It must not publish or wait; it is pure but for fresh batch ids, and may run in a thread.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from logloop_contracts.log_batch import LOG_SCHEMA, derived_batch_id, encode, mask_messages, new_batch_id

from logloop_ingest.checking import Fault, Rules, check
from logloop_ingest.columns import COLUMNS, NotUniform, columns, rows_to_columns
from logloop_ingest.limits import Limits

MESSAGE_BYTES = 8 * 2**20
"""Raw bytes of one message, well below what RabbitMQ 4 takes at most."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the entries of one submission; refused ones by their position in it."""

    accepted: int
    refused: dict[int, list[Fault]]
    batch_id: str | None


@dataclass(slots=True)
class Submission:
    """Entries for one project from one request. With an idempotency key they are batches of their own."""

    entries: list[Any]
    size: int
    idempotency_key: str | None = None
    key_id: str | None = None
    done: "asyncio.Future[Taken]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(frozen=True, slots=True)
class Message:
    """One Arrow message for the broker, with its number of entries."""

    id: str
    body: bytes
    count: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """The rows of one batch."""

    batch_id: str
    rows: pa.RecordBatch


def build(
    project_id: str, submissions: Sequence[Submission], limits: Limits, now_us: int
) -> tuple[list[Message], list[Taken]]:
    """Messages of all that can be taken, and the fate of each submission in order."""
    pieces: list[_Piece] = []
    taken: list[Taken] = []
    shared_id = new_batch_id()
    keyless = [entry for item in submissions if item.idempotency_key is None for entry in item.entries]
    merged = _all_at_once(keyless, Rules(limits, now_us, project_id, {project_id: None}))
    if merged is not None:
        pieces += _cut(merged, [shared_id])
    for submission in submissions:
        if merged is not None and submission.idempotency_key is None:
            taken.append(Taken(len(submission.entries), {}, shared_id))
            continue
        rows, refused = _rows_of(submission.entries, project_id, limits, now_us)
        own = _pieces(rows, project_id, submission.idempotency_key) if rows is not None else []
        pieces += own
        taken.append(Taken(sum(piece.rows.num_rows for piece in own), refused, own[0].batch_id if own else None))
    return [_message(group) for group in _groups(pieces)], taken


def _all_at_once(entries: list[Any], rules: Rules) -> pa.RecordBatch | None:
    """Columns of entries that are all in order; None when one of them has to be looked at, or there are none."""
    if not entries:
        return None
    try:
        return columns(entries, rules)[1]
    except NotUniform:
        return None


def _rows_of(
    entries: list[Any], project_id: str, limits: Limits, now_us: int
) -> tuple[pa.RecordBatch | None, dict[int, list[Fault]]]:
    others = {
        name for entry in entries if isinstance(entry, dict) and isinstance(name := entry.get("project_id"), str)
    }
    others.discard(project_id)
    foreign = Fault("project_id", "foreign_project", f"this request may send to project {project_id!r} only")
    rules = Rules(limits, now_us, project_id, {project_id: None, **dict.fromkeys(others, foreign)})
    at_once = _all_at_once(entries, rules)
    if at_once is not None:
        return at_once, {}
    rows, refused = [], {}
    for position, entry in enumerate(entries):
        found = check(entry, rules)
        if isinstance(found, list):
            refused[position] = found
        else:
            rows.append(found[1])
    return (rows_to_columns(rows) if rows else None), refused


def _pieces(rows: pa.RecordBatch, project_id: str, key: str | None) -> list[_Piece]:
    if key is None:
        return _cut(rows, [new_batch_id()])
    parts = _part_count(rows)
    return _cut(
        rows, [derived_batch_id(project_id, f"{key}\0{number}" if number else key) for number in range(parts)]
    )


def _part_count(rows: pa.RecordBatch) -> int:
    return max(1, -(-rows.nbytes // MESSAGE_BYTES))


def _cut(rows: pa.RecordBatch, batch_ids: list[str]) -> list[_Piece]:
    """Batches small enough for a message. The cut depends on the rows alone, so a retry is cut the same way."""
    step = max(1, -(-rows.num_rows // _part_count(rows)))
    starts = range(0, rows.num_rows, step)
    ids = [*batch_ids, *(new_batch_id() for _ in starts)]
    return [_Piece(batch_id, rows.slice(start, step)) for batch_id, start in zip(ids, starts, strict=False)]


def _groups(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Pieces that travel in the same message."""
    groups: list[list[_Piece]] = []
    size = 0
    for piece in pieces:
        if not groups or size + piece.rows.nbytes > MESSAGE_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(piece)
        size += piece.rows.nbytes
    return groups


def _message(pieces: Sequence[_Piece]) -> Message:
    table = pa.Table.from_batches([_numbered(piece) for piece in pieces])
    if len(pieces) > 1:
        table = table.unify_dictionaries().combine_chunks()
    return Message(pieces[0].batch_id, encode(table), table.num_rows)


def _numbered(piece: _Piece) -> pa.RecordBatch:
    """The rows with batch, row number and pattern: a log batch."""
    count = piece.rows.num_rows
    arrays = dict(zip(COLUMNS.names, piece.rows.columns, strict=True))
    arrays["batch"] = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), [piece.batch_id])
    arrays["row"] = pa.array(range(count), pa.int32())
    arrays["pattern"] = mask_messages(arrays["message"]).dictionary_encode()
    return pa.RecordBatch.from_arrays([arrays[name] for name in LOG_SCHEMA.names], schema=LOG_SCHEMA)
