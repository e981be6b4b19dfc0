"""Requests analyses, publishes them to the analyzer, asks follow-up questions, and cancels or deletes analyses."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.background import periodically
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import new_id, utc_now
from logloop_chassis.messaging.publisher import NotPublished, Publisher
from logloop_contracts.analyses import AnalysisRequested, AnalysisScope, ThreadMessage, keyed_analysis_id
from logloop_contracts.channels import ANALYSIS_REQUESTED

from logloop_query.analyses.event_feed import LAST_SEQ
from logloop_query.analyses.progress import ProgressRecorder
from logloop_query.analyses.states import CANCELLED, UNFINISHED
from logloop_query.analyses.store import AnalysisEventStore, AnalysisStore
from logloop_query.catalogue.projects import Projects
from logloop_query.ports import LogStorage
from logloop_query.records.audit import Actor, AuditTrail, audited

MAX_RANGE = timedelta(days=366)
MAX_THREAD = 100
SWEEP_S = 5.0
SILENCE_LIMIT = timedelta(minutes=30)
"""A running analysis without events for this long has failed."""
_FIRST_RETRY = timedelta(seconds=10)
_NEXT_RETRY = timedelta(minutes=10)
_MAX_ATTEMPTS = 50
_log = structlog.get_logger()


class Analyses:
    """Analyses and their threads."""

    def __init__(
        self,
        store: AnalysisStore,
        events: AnalysisEventStore,
        recorder: ProgressRecorder,
        projects: Projects,
        logs: LogStorage,
        publisher: Publisher,
        audit: AuditTrail,
    ) -> None:
        self._store = store
        self._events = events
        self._recorder = recorder
        self._projects = projects
        self._logs = logs
        self._publisher = publisher
        self._audit = audit

    async def request(
        self,
        actor: Actor,
        project_id: str,
        scope: Mapping[str, Any],
        question: str | None,
        key: str | None = None,
    ) -> Document:
        """Save a request as `queued`, then publish it. The sweep publishes what the broker did not confirm.

        `scope` holds q, since and until. A second request with the same idempotency key returns the first.

        Raises Unprocessable, NotFound, Conflict.
        """
        self._logs.check_query(scope["q"])
        if scope["since"] >= scope["until"]:
            raise Unprocessable("since must be before until")
        if scope["until"] - scope["since"] > MAX_RANGE:
            raise Unprocessable(f"the time range may have at most {MAX_RANGE.days} days; choose a shorter one")
        analysis_id = new_id() if key is None else keyed_analysis_id(project_id, key)
        if key is not None and (earlier := await self._store.by_id(analysis_id)) is not None:
            return earlier
        now, principal = utc_now(), actor.principal
        fields: Document = {
            "scope": dict(scope),
            "question": question,
            "status": "queued",
            "turn": 0,
            "messages": [],
            "stage": None,
            "report": None,
            "failure": None,
            "created_by": {"kind": principal.kind, "id": principal.id, "name": principal.name},
            "publish_after": now + _FIRST_RETRY,
            "publish_attempts": 1,
            "created_at": now,
            "updated_at": now,
        }
        document = await self._save(actor, project_id, analysis_id, fields)
        await self._publish(document)
        return document

    @audited
    async def _save(self, actor: Actor, project_id: str, analysis_id: str, fields: Document) -> Document:
        await self._projects.require_active(project_id)
        document = await self._store.create(project_id, analysis_id, fields)
        await self._record(actor, "analysis.create", document)
        return document

    async def get(self, principal: Principal, scope: Scope, analysis_id: str) -> Document:
        """Return an analysis after checking the caller's scope in its project. Raises NotFound, Forbidden."""
        document = await self._store.by_id(analysis_id)
        if document is None or not principal.sees(document["project_id"]):
            raise NotFound(f"there is no analysis {analysis_id!r}; list them with GET /api/v1/logs/analyses")
        require(principal, scope, document["project_id"])
        return document

    async def page(
        self, project_id: str, before: tuple[datetime, str] | None, limit: int, status: str | None
    ) -> list[Document]:
        """Return analyses created before (time, id), newest first, without reports and threads."""
        return await self._store.newest(project_id, before=before, limit=limit, status=status)

    async def ask_follow_up(self, actor: Actor, document: Document, text: str) -> Document:
        """Ask a follow-up question. Raises Conflict while the analysis runs or when it has no report."""
        if document["status"] in UNFINISHED:
            raise Conflict("this analysis is still running; wait until it has finished, or cancel it")
        if document["report"] is None:
            raise Conflict("this analysis has no report to ask about; request another analysis")
        if len(document["messages"]) >= MAX_THREAD:
            raise Conflict(f"a thread has at most {MAX_THREAD} messages; request another analysis")
        now = utc_now()
        turn = document["turn"] + 1
        message = {"role": "user", "text": text, "turn": turn, "at": now}
        changes = {
            "status": "queued",
            "turn": turn,
            "stage": None,
            "failure": None,
            "publish_after": now + _FIRST_RETRY,
            "publish_attempts": 1,
            "updated_at": now,
        }
        update = {"$set": changes, "$push": {"messages": message}}
        after = await self._transition(actor, "analysis.message", document, [document["status"]], update)
        if after is None:
            raise Conflict("another question was asked at the same time; read the analysis again")
        await self._publish(after)
        return after

    async def cancel_or_delete(self, actor: Actor, document: Document) -> Document | None:
        """Cancel and return an unfinished analysis; delete a finished one and return None."""
        update = {"$set": {"status": CANCELLED, "updated_at": utc_now()}}
        cancelled = await self._transition(actor, "analysis.cancel", document, UNFINISHED, update)
        if cancelled is not None:
            await self._recorder.append(cancelled, LAST_SEQ, CANCELLED, {})
            return cancelled
        await self._delete(actor, document)
        await self._events.delete(document["id"])
        return None

    @audited
    async def _transition(
        self, actor: Actor, action: str, document: Document, start_from: Sequence[str], update: Mapping[str, Any]
    ) -> Document | None:
        after = await self._store.transition(document["id"], document["turn"], start_from, update)
        if after is not None:
            await self._record(actor, action, after)
        return after

    @audited
    async def _delete(self, actor: Actor, document: Document) -> None:
        await self._store.delete(document["project_id"], document["id"])
        await self._record(actor, "analysis.delete", document)

    async def delete_all(self, project_id: str) -> None:
        """Delete every analysis of a project."""
        await self._store.delete_all(project_id)
        await self._events.delete_all(project_id)

    async def sweep(self) -> None:
        """Publish requests that were not published or not started, and fail analyses that have gone silent."""
        while (due := await self._claim_unpublished()) is not None:
            if not await self._publish(due):
                break
        for document in await self._store.silent_since(utc_now() - SILENCE_LIMIT):
            await self._recorder.timed_out(document)

    async def run_sweeps(self, stopping: asyncio.Event) -> None:
        """Sweep every few seconds until `stopping`."""
        await periodically(self.sweep, "analysis sweep", stopping, every_s=SWEEP_S)

    async def _claim_unpublished(self) -> Document | None:
        now = utc_now()
        return await self._store.claim_unpublished(now, now + _FIRST_RETRY, _MAX_ATTEMPTS)

    async def _publish(self, document: Document) -> bool:
        try:
            await self._publisher.publish_event(
                ANALYSIS_REQUESTED,
                request_of(document),
                project_id=document["project_id"],
                correlation_id=document["id"],
                event_id=f"{document['id']}.{document['turn']}",
            )
        except NotPublished as error:
            _log.warning("analysis request not published", analysis_id=document["id"], reason=error.reason)
            return False
        await self._store.set_publish_after(document["id"], document["turn"], _next_publish(document, utc_now()))
        return True

    async def _record(self, actor: Actor, action: str, document: Document) -> None:
        await self._audit.record(actor, action, "analysis", document["id"], project_id=document["project_id"])


def _next_publish(document: Document, now: datetime) -> datetime:
    """Return when to publish a confirmed request again if the analyzer does not start; the delay doubles."""
    return now + _NEXT_RETRY * min(36, 1 << min(10, int(document["publish_attempts"]) - 1))


def request_of(document: Document) -> AnalysisRequested:
    """Return the event for the analyzer; for a follow-up question with the thread, the question last."""
    return AnalysisRequested(
        analysis_id=document["id"],
        project_id=document["project_id"],
        scope=AnalysisScope(**document["scope"]),
        question=document["question"],
        turn=document["turn"],
        messages=[ThreadMessage(role=item["role"], text=item["text"]) for item in document["messages"]],
    )
