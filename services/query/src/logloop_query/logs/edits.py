"""Reads, changes and deletes single logs, and deletes the logs that a search selects.

An edit rewrites one segment under its revision and starts again when the segment was changed in between. The id of
a log never changes. A segment without rows keeps its parts, so that a redelivered message does not restore a
deleted log.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from logloop_chassis.ids import utc_now
from logloop_contracts.log_batch import LOG_SCHEMA, LogId, attributes_text
from logloop_contracts.patterns.masking import mask_text

from logloop_query.logs.search.caches import Caches
from logloop_query.logs.search.candidates import Candidates
from logloop_query.logs.search.kernels import evaluate
from logloop_query.logs.search.language.filter import EVERYTHING, And, Filter, HasId, Within
from logloop_query.logs.search.limits.pace import OutOfTime, Pace
from logloop_query.logs.search.limits.threads import SearchThreads, Work
from logloop_query.logs.search.plan import LogSelection, SegmentRef, Snapshot, grouped
from logloop_query.logs.search.rows import materialise
from logloop_query.logs.segments.codec import (
    Effort,
    Segment,
    SegmentColumns,
    columns_of,
    encode_segment,
    possible_keys,
)
from logloop_query.logs.segments.filters.build import SegmentFilter, filter_of, needs_filter
from logloop_query.logs.stores.segment_documents import StoredSegment
from logloop_query.telemetry import EDITS

MAX_TRIES = 12
_LOAD_AT_ONCE = 4
_EDITS = "edits"
T = TypeVar("T")


class LogNotFound(Exception):
    """There is no such log that the caller may see."""


class EditConflict(Exception):
    """Other changes of the segment kept winning; the edit was not made."""


class DeletionTooSlow(Exception):
    """The filter took too long over one segment; `deleted` logs of others are gone."""

    def __init__(self, deleted: int) -> None:
        super().__init__(f"stopped after {deleted} logs")
        self.deleted = deleted


class EditableSegments(Protocol):
    """What edits need of the segment store."""

    async def holding(self, parts: Sequence[str]) -> list[StoredSegment]:
        """Return whole segments that hold one of these parts."""

    async def load(self, ids: Sequence[str]) -> list[StoredSegment]:
        """Return whole segments by id."""

    async def rewrite(self, old: StoredSegment, segment: Segment) -> StoredSegment | None:
        """Replace a segment and return it, None when it was changed."""

    async def add_filter(self, stored: StoredSegment, made: SegmentFilter) -> None:
        """Store the filter of a segment."""

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

    def __init__(
        self,
        store: EditableSegments,
        threads: SearchThreads,
        caches: Caches,
        *,
        segment_seconds: float = 20.0,
    ) -> None:
        self._store = store
        self._threads = threads
        self._caches = caches
        self._segment_seconds = segment_seconds

    async def find(self, log: LogId, visible: Visible) -> FoundLog:
        """Return a log of a project for which `visible` is true. Raises LogNotFound."""
        place = await self._place(log, visible)
        return FoundLog(place.stored.segment.project_id, materialise(place.columns, [place.number]))

    async def change(self, log: LogId, visible: Visible, changes: dict[str, Any]) -> FoundLog:
        """Set columns of a log to values of `LogEntry`, and return the log. Raises LogNotFound or EditConflict."""

        async def attempt() -> FoundLog | None:
            place = await self._place(log, visible)
            segment = await self._threads.work(_EDITS).run(lambda _: _changed(place, changes))
            if not await self._rewrite(place.stored, segment):
                return None
            columns = columns_of(segment)
            return FoundLog(segment.project_id, materialise(columns, [place.number]))

        found = await self._until_uncontended(attempt)
        EDITS.labels("change").inc()
        return found

    async def delete(self, log: LogId, visible: Visible) -> str:
        """Delete a log and return its project. Raises LogNotFound or EditConflict."""

        async def attempt() -> str | None:
            place = await self._place(log, visible)
            one = HasId(log.batch, log.hour, log.row)
            segment, _ = await self._threads.work(_EDITS).run(lambda pace: _without(place.stored.segment, one, pace))
            return segment.project_id if await self._rewrite(place.stored, segment) else None

        project_id = await self._until_uncontended(attempt)
        EDITS.labels("delete").inc()
        return project_id

    async def delete_selection(self, selection: LogSelection, caller: str = _EDITS) -> int:
        """Delete every log of a selection and return their number.

        Logs that are stored after their segment was read are not deleted. Raises EditConflict, or DeletionTooSlow
        when the filter takes too long for one segment.
        """
        work = self._threads.work(caller)
        counts: list[int | None] = []
        try:
            for _ in range(MAX_TRIES):
                seen = len(counts)
                await self._delete_pass(selection, work, counts)
                if None not in counts[seen:]:
                    return _total(counts)
                await _pause()
        except OutOfTime as error:
            raise DeletionTooSlow(_total(counts)) from error
        finally:
            EDITS.labels("delete").inc(_total(counts))
        raise EditConflict

    async def _delete_pass(self, selection: LogSelection, work: Work, counts: list[int | None]) -> None:
        """Append the number of deleted rows of each segment, None for a segment that was changed in between."""
        wanted = _with_times(selection)
        async with self._store.snapshot() as snapshot:
            refs = await self._candidates(snapshot, selection.narrowed(), work)
        for start in range(0, len(refs), _LOAD_AT_ONCE):
            ids = [ref.id for ref in refs[start : start + _LOAD_AT_ONCE]]
            found = await self._store.load(ids)
            counts += [None] * (len(ids) - len(found))
            for stored in found:
                counts.append(await self._delete_from(stored, wanted, work))

    async def _candidates(self, snapshot: Snapshot, selection: LogSelection, work: Work) -> list[SegmentRef]:
        plan = snapshot.plan(selection, newest_first=True)
        candidates = Candidates(snapshot, self._caches, selection.wanted, work)
        return [ref async for group in grouped(plan) for ref in await candidates.refs_among(group)]

    async def _delete_from(self, stored: StoredSegment, wanted: Filter, work: Work) -> int | None:
        def without(pace: Pace) -> tuple[Segment, int]:
            return _without(stored.segment, wanted, pace)

        segment, deleted = await work.run(without, seconds=self._segment_seconds)
        if not deleted:
            return 0
        return deleted if await self._rewrite(stored, segment) else None

    async def _rewrite(self, old: StoredSegment, segment: Segment) -> bool:
        """Replace a segment and its filter. Return False when the segment was changed."""
        new = await self._store.rewrite(old, segment)
        if new is not None and needs_filter(segment, utc_now()):
            made = await self._threads.work(_EDITS).run(lambda _: filter_of(segment))
            await self._store.add_filter(new, made)
        return new is not None

    async def _place(self, log: LogId, visible: Visible) -> _Location:
        one = HasId(log.batch, log.hour, log.row)
        for stored in await self._store.holding(possible_keys(log.batch, log.hour)):
            if not visible(stored.segment.project_id):
                continue
            columns = columns_of(stored.segment)
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


def _total(counts: Sequence[int | None]) -> int:
    return sum(count for count in counts if count)


async def _pause() -> None:
    await asyncio.sleep(random.uniform(0.005, 0.05))  # noqa: S311  # jitter


def _with_times(selection: LogSelection) -> Filter:
    bounds = Within(selection.low, selection.high)
    return bounds if selection.wanted == EVERYTHING else And((bounds, selection.wanted))


def _without(segment: Segment, wanted: Filter, pace: Pace) -> tuple[Segment, int]:
    """Return a segment without the rows of a filter, and the number of removed rows."""
    columns = columns_of(segment)
    mask = evaluate(wanted, columns, pace) if columns.count else False
    if mask is False:
        return segment, 0
    kept = LOG_SCHEMA.empty_table() if mask is True else columns.table().filter(pc.invert(mask))
    return (
        encode_segment(segment.project_id, segment.hour, segment.parts, kept, effort=_effort_of(segment)),
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
    return encode_segment(segment.project_id, segment.hour, segment.parts, table, effort=_effort_of(segment))


def _effort_of(segment: Segment) -> Effort:
    return Effort.MERGE if segment.variables else Effort.INTAKE


def _stored_values(changes: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in changes.items() if name != "attributes"}
    if "attributes" in changes:
        values["attributes"] = attributes_text(changes["attributes"])
    if "message" in changes:
        values["pattern"] = mask_text(changes["message"])
    return values


def _with_value(array: Any, number: int, value: str | datetime | None) -> Any:
    """Return the array with one value replaced."""
    words = isinstance(array, pa.DictionaryArray)
    plain = pc.cast(array, pa.utf8()) if words else array
    one = pa.array([value], plain.type)
    replaced = pa.concat_arrays([plain.slice(0, number), one, plain.slice(number + 1)])
    return replaced.dictionary_encode() if words else replaced
