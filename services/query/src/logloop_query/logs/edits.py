"""Reads, changes and deletes single logs, and deletes the logs that a search selects.

An edit rewrites one segment under its revision and starts again when the segment was changed in between. The id of
a log never changes. A segment without rows keeps its parts, so that a redelivered message does not restore a
deleted log.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import LOG_SCHEMA, LogId, attributes_text, mask_messages

from logloop_query.logs.search.filter import EVERYTHING, And, Filter, HasId, Within
from logloop_query.logs.search.kernels import evaluate
from logloop_query.logs.search.plan import LogSelection, Pruner, SegmentRef, Snapshot, SummaryCache, grouped
from logloop_query.logs.search.rows import materialise
from logloop_query.logs.segment_codec import Segment, SegmentColumns, encode_segment, possible_keys
from logloop_query.logs.stores.segments import StoredSegment
from logloop_query.telemetry import EDITS

MAX_TRIES = 12
_LOAD_AT_ONCE = 4
T = TypeVar("T")


class LogNotFound(Exception):
    """There is no such log that the caller may see."""


class EditConflict(Exception):
    """Other changes of the segment kept winning; the edit was not made."""


class EditableSegments(Protocol):
    """What edits need of the segment store."""

    async def holding(self, parts: Sequence[str]) -> list[StoredSegment]:
        """Return whole segments that hold one of these parts."""

    async def load(self, ids: Sequence[str]) -> list[StoredSegment]:
        """Return whole segments by id."""

    async def rewrite(self, old: StoredSegment, segment: Segment) -> bool:
        """Replace a segment unless it was changed. Return whether it was replaced."""

    def snapshot(self) -> Any:
        """Return a context manager that yields a Snapshot."""


@dataclass(frozen=True, slots=True)
class FoundLog:
    """A log as one row (`rows.ROW_COLUMNS` and hour), and its project."""

    project_id: str
    row: pa.Table


@dataclass(frozen=True, slots=True)
class _Location:
    stored: StoredSegment
    columns: SegmentColumns
    number: int


Visible = Callable[[str], bool]


class LogEdits:
    """Edits single logs, and deletes logs by search."""

    def __init__(self, store: EditableSegments, executor: ThreadPoolExecutor, cache: SummaryCache) -> None:
        self._store = store
        self._executor = executor
        self._cache = cache

    async def find(self, log: LogId, visible: Visible) -> FoundLog:
        """Return a log of a project for which `visible` is true. Raises LogNotFound."""
        place = await self._place(log, visible)
        return FoundLog(place.stored.segment.project_id, materialise(place.columns, [place.number]))

    async def change(self, log: LogId, visible: Visible, changes: dict[str, Any]) -> FoundLog:
        """Set columns of a log to values of `LogEntry`, and return the log. Raises LogNotFound or EditConflict."""

        async def attempt() -> FoundLog | None:
            place = await self._place(log, visible)
            segment = await self._in_thread(lambda: _changed(place, changes))
            if not await self._store.rewrite(place.stored, segment):
                return None
            columns = _columns(segment)
            return FoundLog(segment.project_id, materialise(columns, [place.number]))

        found = await self._until_uncontended(attempt)
        EDITS.labels("change").inc()
        return found

    async def delete(self, log: LogId, visible: Visible) -> str:
        """Delete a log and return its project. Raises LogNotFound or EditConflict."""

        async def attempt() -> str | None:
            place = await self._place(log, visible)
            one = HasId(log.batch, log.hour, log.row)
            segment, _ = await self._in_thread(lambda: _without(place.stored.segment, one))
            return segment.project_id if await self._store.rewrite(place.stored, segment) else None

        project_id = await self._until_uncontended(attempt)
        EDITS.labels("delete").inc()
        return project_id

    async def delete_selection(self, selection: LogSelection) -> int:
        """Delete every log of a selection and return their number. Raises EditConflict.

        Logs that are stored after their segment was read are not deleted.
        """
        wanted = _with_times(selection)
        deleted = 0
        for _ in range(MAX_TRIES):
            counts = await self._delete_pass(selection.narrowed(), wanted)
            deleted += sum(count for count in counts if count)
            if all(count is not None for count in counts):
                EDITS.labels("delete").inc(deleted)
                return deleted
            await _pause()
        raise EditConflict

    async def _delete_pass(self, selection: LogSelection, wanted: Filter) -> list[int | None]:
        """Return the number of deleted rows of each segment, None for a segment that was changed in between."""
        async with self._store.snapshot() as snapshot:
            refs = await self._candidates(snapshot, selection)
        counts: list[int | None] = []
        for start in range(0, len(refs), _LOAD_AT_ONCE):
            ids = [ref.id for ref in refs[start : start + _LOAD_AT_ONCE]]
            found = await self._store.load(ids)
            counts += [None] * (len(ids) - len(found))
            for stored in found:
                counts.append(await self._delete_from(stored, wanted))
        return counts

    async def _candidates(self, snapshot: Snapshot, selection: LogSelection) -> list[SegmentRef]:
        plan = snapshot.plan(selection, newest_first=True)
        pruner = Pruner(snapshot, self._cache, selection.wanted)
        return [ref async for group in grouped(plan) for ref in await pruner.keep(group)]

    async def _delete_from(self, stored: StoredSegment, wanted: Filter) -> int | None:
        segment, deleted = await self._in_thread(lambda: _without(stored.segment, wanted))
        if not deleted:
            return 0
        return deleted if await self._store.rewrite(stored, segment) else None

    async def _place(self, log: LogId, visible: Visible) -> _Location:
        one = HasId(log.batch, log.hour, log.row)
        for stored in await self._store.holding(possible_keys(log.batch, log.hour)):
            if not visible(stored.segment.project_id):
                continue
            columns = _columns(stored.segment)
            mask = evaluate(one, columns) if columns.count else False
            if mask is not False:
                return _Location(stored, columns, pc.indices_nonzero(mask)[0].as_py())
        raise LogNotFound

    async def _until_uncontended(self, attempt: Callable[[], Awaitable[T | None]]) -> T:
        for _ in range(MAX_TRIES):
            result = await attempt()
            if result is not None:
                return result
            await _pause()
        raise EditConflict

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


async def _pause() -> None:
    await asyncio.sleep(random.uniform(0.005, 0.05))  # noqa: S311  # jitter


def _columns(segment: Segment) -> SegmentColumns:
    return SegmentColumns(segment.hour, segment.count, segment.columns, segment.patterns)


def _with_times(selection: LogSelection) -> Filter:
    bounds = Within(selection.low, selection.high)
    return bounds if selection.wanted == EVERYTHING else And((bounds, selection.wanted))


def _without(segment: Segment, wanted: Filter) -> tuple[Segment, int]:
    """Return a segment without the rows of a filter, and the number of removed rows."""
    columns = _columns(segment)
    mask = evaluate(wanted, columns) if columns.count else False
    if mask is False:
        return segment, 0
    kept = LOG_SCHEMA.empty_table() if mask is True else columns.table().filter(pc.invert(mask))
    return (
        encode_segment(segment.project_id, segment.hour, segment.parts, kept),
        segment.count - kept.num_rows,
    )


def _changed(place: _Location, changes: dict[str, Any]) -> Segment:
    table = place.columns.table()
    for name, value in _stored_values(changes).items():
        table = table.set_column(
            table.schema.get_field_index(name),
            LOG_SCHEMA.field(name),
            _with_value(table.column(name).combine_chunks(), place.number, value),
        )
    segment = place.stored.segment
    return encode_segment(segment.project_id, segment.hour, segment.parts, table)


def _stored_values(changes: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in changes.items() if name != "attributes"}
    if "attributes" in changes:
        values["attributes"] = attributes_text(changes["attributes"])
    if "message" in changes:
        values["pattern"] = mask_messages(pa.array([changes["message"]], pa.utf8()))[0].as_py()
    return values


def _with_value(array: Any, number: int, value: str | datetime | None) -> Any:
    """Return the array with one value replaced."""
    words = isinstance(array, pa.DictionaryArray)
    plain = pc.cast(array, pa.utf8()) if words else array
    one = pa.array([value], plain.type)
    replaced = pa.concat_arrays([plain.slice(0, number), one, plain.slice(number + 1)])
    return replaced.dictionary_encode() if words else replaced
