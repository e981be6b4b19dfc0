"""What the analyzer tells about an analysis: kept in order, once, and passed on to whoever watches.

It must not let an analysis leave a final state.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from logloop_chassis.database.client import Document
from logloop_chassis.messaging.failures import Skip
from logloop_contracts.analyses import AnalysisCompleted, AnalysisFailed, AnalysisProgress
from logloop_contracts.envelope import Event

from logloop_query.analyses.store import AnalysisEventStore, AnalysisStore
from logloop_query.records.types import now
from logloop_query.waiting import wait_at_most

PROGRESS, COMPLETED, FAILED, CANCELLED = "progress", "completed", "failed", "cancelled"
FINAL = frozenset({COMPLETED, FAILED, CANCELLED})
LAST_SEQ = 2_000_000_000
"""Position of the event that ends a turn; progress counts from 1."""
UNFINISHED = ("queued", "running")
_PAGE = 500
_LOOK_EVERY_S = 1.0
_WAIT_FOR_GAP_S = 2.0


@dataclass(frozen=True, slots=True)
class Told:
    """One event of an analysis, at its position."""

    turn: int
    seq: int
    kind: str
    data: Mapping[str, Any]


class Watchers:
    """Wakes the streams of this process when an analysis has news."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def watch(self, analysis_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever there is news."""
        event = asyncio.Event()
        self._waiting.setdefault(analysis_id, set()).add(event)
        try:
            yield event
        finally:
            waiting = self._waiting[analysis_id]
            waiting.discard(event)
            if not waiting:
                del self._waiting[analysis_id]

    def wake(self, analysis_id: str) -> None:
        """There is news."""
        for event in self._waiting.get(analysis_id, ()):
            event.set()


class AnalysisProgressKeeper:
    """Applies the analyzer's events; each may arrive again, late or out of order."""

    def __init__(self, store: AnalysisStore, events: AnalysisEventStore, watchers: Watchers) -> None:
        self._store = store
        self._events = events
        self._watchers = watchers

    async def progress(self, event: Event[AnalysisProgress]) -> None:
        """Keep a step and mark the analysis as running. Raises Skip for one that ended or is gone."""
        data = event.data
        changes = {"status": "running", "stage": data.stage, "updated_at": now()}
        document = await self._store.move(data.analysis_id, data.turn, UNFINISHED, {"$set": changes})
        if document is None:
            raise Skip("this analysis has ended")
        await self.tell(document, data.seq, PROGRESS, data.model_dump(mode="json"))

    async def completed(self, event: Event[AnalysisCompleted]) -> None:
        """Keep the report, and the reply of a follow-up."""
        data, moment = event.data, now()
        update: dict[str, Any] = {
            "$set": {
                "status": COMPLETED,
                "stage": None,
                "failure": None,
                "report": data.report.model_dump(mode="json"),
                "updated_at": moment,
            }
        }
        if data.answer is not None:
            update["$push"] = {
                "messages": {"role": "assistant", "text": data.answer[:20_000], "turn": data.turn, "at": moment}
            }
        await self._end(data.analysis_id, data.turn, COMPLETED, update, data.model_dump(mode="json"))

    async def failed(self, event: Event[AnalysisFailed]) -> None:
        """Keep why it ended without a report."""
        data = event.data
        failure = {"reason": data.reason, "detail": data.detail, "provider_message": data.provider_message}
        status = CANCELLED if data.reason == "cancelled" else FAILED
        update = {"$set": {"status": status, "stage": None, "failure": failure, "updated_at": now()}}
        await self._end(data.analysis_id, data.turn, status, update, data.model_dump(mode="json"))

    async def silent(self, document: Document) -> None:
        """End an analysis of which nothing was heard for long."""
        failure = {
            "reason": "deadline",
            "detail": "the analyzer has gone silent; look at its log, then request the analysis again",
            "provider_message": None,
        }
        update = {"$set": {"status": FAILED, "stage": None, "failure": failure, "updated_at": now()}}
        after = await self._store.move(document["id"], document["turn"], ["running"], update)
        if after is not None:
            await self.tell(after, LAST_SEQ, FAILED, {"analysis_id": document["id"], **failure})

    async def tell(self, document: Document, seq: int, kind: str, data: Mapping[str, Any]) -> None:
        """Append an event and wake whoever watches."""
        fields = {"kind": kind, "data": dict(data), "at": now()}
        await self._events.add(document["project_id"], document["id"], document["turn"], seq, fields)
        self._watchers.wake(document["id"])

    async def follow(
        self, document: Document, after: tuple[int, int], stopping: asyncio.Event
    ) -> AsyncGenerator[Told | None, None]:
        """Events after a position, in order, until the turn that is running has ended; None now and then meanwhile.

        Other instances' events are noticed within a second. A gap is waited for two seconds: events of one
        turn may be stored out of order.
        """
        position, held_since = after, None
        loop = asyncio.get_running_loop()
        with self._watchers.watch(document["id"]) as news:
            while not stopping.is_set():
                news.clear()
                rows = await self._events.after(document["id"], *position, _PAGE)
                patient = held_since is None or loop.time() - held_since < _WAIT_FOR_GAP_S
                for row in contiguous(rows, position) if patient else rows:
                    position, held_since = (row["turn"], row["seq"]), None
                    yield Told(row["turn"], row["seq"], row["kind"], row["data"])
                if not rows or (rows[-1]["turn"], rows[-1]["seq"]) <= position:
                    last = await self._last_word(document["id"], position)
                    if last is not None:
                        yield last
                        return
                    if await self._over(document["id"], position):
                        return
                if rows and (rows[-1]["turn"], rows[-1]["seq"]) > position:
                    held_since = held_since or loop.time()
                elif len(rows) == _PAGE:
                    continue
                yield None
                await wait_at_most(news, _LOOK_EVERY_S)

    async def _over(self, analysis_id: str, position: tuple[int, int]) -> bool:
        state = await self._store.state(analysis_id)
        end = None if state is None else end_of(state)
        return state is None or (end is not None and position >= end)

    async def _last_word(self, analysis_id: str, position: tuple[int, int]) -> Told | None:
        """The end of an analysis that has ended without an event that says so: expired, or not yet written."""
        state = await self._store.state(analysis_id)
        end = None if state is None else end_of(state)
        if end is None or position >= end or await self._events.after(analysis_id, *position, 1):
            return None
        document = await self._store.by_id(analysis_id) or {}
        data = {"analysis_id": analysis_id, "turn": end[0], **(document.get("failure") or {})}
        if document.get("status") == COMPLETED:
            data["report"] = document["report"]
        return Told(*end, document.get("status", CANCELLED), data)

    async def _end(
        self, analysis_id: str, turn: int, status: str, update: Mapping[str, Any], data: Mapping[str, Any]
    ) -> None:
        document = await self._store.move(analysis_id, turn, UNFINISHED, update)
        if document is None:
            document = await self._store.by_id(analysis_id)
            if document is None or document["turn"] != turn or document["status"] != status:
                raise Skip("this analysis has ended otherwise")
        await self.tell(document, LAST_SEQ, status, data)


def end_of(document: Mapping[str, Any]) -> tuple[int, int] | None:
    """The position after which nothing more comes, None while an analysis is at work."""
    return None if document["status"] in UNFINISHED else (int(document["turn"]), LAST_SEQ)


def contiguous(rows: Sequence[Document], position: tuple[int, int]) -> list[Document]:
    """The rows that follow a position without a gap; once a turn has its end, the gaps before it stay."""
    ended = {row["turn"] for row in rows if row["seq"] == LAST_SEQ}
    found: list[Document] = []
    turn, seq = position
    for row in rows:
        follows = row["turn"] in ended or row["seq"] == (seq + 1 if row["turn"] == turn else 1)
        if not follows:
            break
        found.append(row)
        turn, seq = row["turn"], row["seq"]
    return found
