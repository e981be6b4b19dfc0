"""Records the analyzer's events about an analysis. A final state never changes again."""

from collections.abc import Mapping
from typing import Any

from logloop_chassis.database.client import Document
from logloop_chassis.ids import utc_now
from logloop_chassis.messaging.failures import Skip
from logloop_contracts.analyses import AnalysisCompleted, AnalysisFailed, AnalysisProgress
from logloop_contracts.envelope import Event

from logloop_query.analyses.event_feed import LAST_SEQ, AnalysisSubscribers
from logloop_query.analyses.states import CANCELLED, COMPLETED, FAILED, PROGRESS, UNFINISHED
from logloop_query.analyses.store import AnalysisEventStore, AnalysisStore

_MAX_ANSWER = 20_000


class ProgressRecorder:
    """Applies events, each of which may arrive again, late or out of order."""

    def __init__(self, store: AnalysisStore, events: AnalysisEventStore, subscribers: AnalysisSubscribers) -> None:
        self._store = store
        self._events = events
        self._subscribers = subscribers

    async def progress(self, event: Event[AnalysisProgress]) -> None:
        """Store a step and mark the analysis as running. Raises Skip if the analysis has ended or is deleted."""
        data = event.data
        changes = {"status": "running", "stage": data.stage, "updated_at": utc_now()}
        document = await self._store.transition(data.analysis_id, data.turn, UNFINISHED, {"$set": changes})
        if document is None:
            raise Skip("this analysis has ended")
        await self.append(document, data.seq, PROGRESS, data.model_dump(mode="json"))

    async def completed(self, event: Event[AnalysisCompleted]) -> None:
        """Store the report, and the reply to a follow-up question."""
        data, now = event.data, utc_now()
        update: dict[str, Any] = {
            "$set": {
                "status": COMPLETED,
                "stage": None,
                "failure": None,
                "report": data.report.model_dump(mode="json"),
                "updated_at": now,
            }
        }
        if data.answer is not None:
            update["$push"] = {
                "messages": {"role": "assistant", "text": data.answer[:_MAX_ANSWER], "turn": data.turn, "at": now}
            }
        await self._end(data.analysis_id, data.turn, COMPLETED, update, data.model_dump(mode="json"))

    async def failed(self, event: Event[AnalysisFailed]) -> None:
        """Store why the analysis ended without a report."""
        data = event.data
        failure = {"reason": data.reason, "detail": data.detail, "provider_message": data.provider_message}
        status = CANCELLED if data.reason == "cancelled" else FAILED
        update = {"$set": {"status": status, "stage": None, "failure": failure, "updated_at": utc_now()}}
        await self._end(data.analysis_id, data.turn, status, update, data.model_dump(mode="json"))

    async def timed_out(self, document: Document) -> None:
        """Fail a running analysis that has had no events for a long time."""
        failure = {
            "reason": "deadline",
            "detail": "the analyzer sent no more events; check its log, then request the analysis again",
            "provider_message": None,
        }
        update = {"$set": {"status": FAILED, "stage": None, "failure": failure, "updated_at": utc_now()}}
        after = await self._store.transition(document["id"], document["turn"], ["running"], update)
        if after is not None:
            await self.append(after, LAST_SEQ, FAILED, {"analysis_id": document["id"], **failure})

    async def append(self, document: Document, seq: int, kind: str, data: Mapping[str, Any]) -> None:
        """Store an event and notify its subscribers."""
        fields = {"kind": kind, "data": dict(data), "at": utc_now()}
        await self._events.add(document["project_id"], document["id"], document["turn"], seq, fields)
        self._subscribers.notify(document["id"])

    async def _end(
        self, analysis_id: str, turn: int, status: str, update: Mapping[str, Any], data: Mapping[str, Any]
    ) -> None:
        document = await self._store.transition(analysis_id, turn, UNFINISHED, update)
        if document is None:
            document = await self._store.by_id(analysis_id)
            if document is None or document["turn"] != turn or document["status"] != status:
                raise Skip("this analysis has already ended with another status")
        await self.append(document, LAST_SEQ, status, data)
