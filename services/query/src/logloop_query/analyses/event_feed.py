"""Streams the stored events of an analysis in order, and waits for new ones."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from logloop_chassis.background import wait_for_any
from logloop_chassis.database.client import Document

from logloop_query.analyses.states import CANCELLED, COMPLETED, UNFINISHED
from logloop_query.analyses.store import AnalysisEventStore, AnalysisStore

LAST_SEQ = 2_000_000_000
"""Position of the event that ends a turn. Progress events count from 1."""
_PAGE = 500
_POLL_S = 1.0
_GAP_WAIT_S = 2.0

Position = tuple[int, int]
"""Turn and sequence number of an event."""


@dataclass(frozen=True, slots=True)
class AnalysisEvent:
    """One event of an analysis and its position."""

    turn: int
    seq: int
    kind: str
    data: Mapping[str, Any]


class AnalysisSubscribers:
    """Notifies the streams of this process about new events."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def subscribe(self, analysis_id: str) -> Iterator[asyncio.Event]:
        """Yield an asyncio event that is set whenever the analysis has a new event."""
        event = asyncio.Event()
        self._waiting.setdefault(analysis_id, set()).add(event)
        try:
            yield event
        finally:
            waiting = self._waiting[analysis_id]
            waiting.discard(event)
            if not waiting:
                del self._waiting[analysis_id]

    def notify(self, analysis_id: str) -> None:
        """Wake the subscribers of an analysis."""
        for event in self._waiting.get(analysis_id, ()):
            event.set()

    @property
    def is_empty(self) -> bool:
        """Whether there are no subscribers."""
        return not self._waiting


class AnalysisEventFeed:
    """Reads events. Those that other instances recorded are found within a second."""

    def __init__(self, store: AnalysisStore, events: AnalysisEventStore, subscribers: AnalysisSubscribers) -> None:
        self._store = store
        self._events = events
        self.subscribers = subscribers

    async def follow(
        self, analysis_id: str, after: Position, stopping: asyncio.Event
    ) -> AsyncGenerator[AnalysisEvent | None, None]:
        """Yield events after a position until the running turn has ended, and None after each wait.

        Events of one turn may be stored out of order, so a gap is waited for during two seconds.
        """
        position, gap_since = after, None
        loop = asyncio.get_running_loop()
        with self.subscribers.subscribe(analysis_id) as new_event:
            while not stopping.is_set():
                new_event.clear()
                rows = await self._events.after(analysis_id, *position, _PAGE)
                waits = gap_since is None or loop.time() - gap_since < _GAP_WAIT_S
                for row in contiguous(rows, position) if waits else rows:
                    position, gap_since = _position(row), None
                    yield AnalysisEvent(*position, row["kind"], row["data"])
                has_gap = bool(rows) and _position(rows[-1]) > position
                if not has_gap:
                    ending = await self._missing_end(analysis_id, position)
                    if ending is not None:
                        yield ending
                        return
                    if await self._has_ended(analysis_id, position):
                        return
                if has_gap:
                    gap_since = gap_since or loop.time()
                elif len(rows) == _PAGE:
                    continue
                yield None
                await wait_for_any(new_event, stopping, timeout_s=_POLL_S)

    async def _has_ended(self, analysis_id: str, position: Position) -> bool:
        state = await self._store.state(analysis_id)
        end = None if state is None else end_of(state)
        return state is None or (end is not None and position >= end)

    async def _missing_end(self, analysis_id: str, position: Position) -> AnalysisEvent | None:
        """Return the end of an analysis whose last event has expired or is not stored yet."""
        state = await self._store.state(analysis_id)
        end = None if state is None else end_of(state)
        if end is None or position >= end or await self._events.after(analysis_id, *position, 1):
            return None
        document = await self._store.by_id(analysis_id) or {}
        data = {"analysis_id": analysis_id, "turn": end[0], **(document.get("failure") or {})}
        if document.get("status") == COMPLETED:
            data["report"] = document["report"]
        return AnalysisEvent(*end, document.get("status", CANCELLED), data)


def _position(row: Document) -> Position:
    return row["turn"], row["seq"]


def end_of(document: Mapping[str, Any]) -> Position | None:
    """Return the position of the last event, None while an analysis is queued or running."""
    return None if document["status"] in UNFINISHED else (int(document["turn"]), LAST_SEQ)


def contiguous(rows: Sequence[Document], position: Position) -> list[Document]:
    """Return the rows that follow a position without a gap. Gaps in a turn that has ended are not waited for."""
    ended = {row["turn"] for row in rows if row["seq"] == LAST_SEQ}
    found: list[Document] = []
    turn, seq = position
    for row in rows:
        follows = row["turn"] in ended or row["seq"] == (seq + 1 if row["turn"] == turn else 1)
        if not follows:
            break
        found.append(row)
        turn, seq = _position(row)
    return found
