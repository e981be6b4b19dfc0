"""Analyses: asked for, published to the analyzer, followed until they end, asked on.

It must not explain anything; it keeps what the analyzer tells.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.messaging.publisher import NotPublished, Publisher
from logloop_contracts.analyses import AnalysisRequested, AnalysisScope, ThreadMessage
from logloop_contracts.channels import ANALYSIS_REQUESTED
from pymongo.errors import PyMongoError

from logloop_query.analyses.progress import CANCELLED, LAST_SEQ, UNFINISHED, AnalysisProgressKeeper
from logloop_query.analyses.store import AnalysisEventStore, AnalysisStore
from logloop_query.catalogue.projects import Projects
from logloop_query.records.audit import Actor, AuditTrail, with_its_entry
from logloop_query.records.ids import new_id
from logloop_query.records.types import now
from logloop_query.waiting import wait_at_most

MAX_WINDOW = timedelta(days=366)
MAX_THREAD = 100
SWEEP_S = 5.0
SILENT = timedelta(minutes=30)
_FIRST_TRY = timedelta(seconds=10)
_NEXT_TRY = timedelta(minutes=10)
_MAX_ATTEMPTS = 50
_log = structlog.get_logger()


class Analyses:
    """Requests for explanations and the threads that follow."""

    def __init__(
        self,
        store: AnalysisStore,
        events: AnalysisEventStore,
        keeper: AnalysisProgressKeeper,
        projects: Projects,
        publisher: Publisher,
        audit: AuditTrail,
    ) -> None:
        self._store = store
        self._events = events
        self._keeper = keeper
        self._projects = projects
        self._publisher = publisher
        self._audit = audit

    async def request(
        self, actor: Actor, project_id: str, scope: Mapping[str, Any], question: str | None
    ) -> Document:
        """Save a request as `queued`, then publish it; the sweep repeats what the broker did not take."""
        if scope["since"] >= scope["until"]:
            raise Unprocessable("since must lie before until")
        if scope["until"] - scope["since"] > MAX_WINDOW:
            raise Unprocessable(f"a window may have at most {MAX_WINDOW.days} days; choose a shorter one")
        moment, principal = now(), actor.principal
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
            "publish_after": moment + _FIRST_TRY,
            "publish_attempts": 1,
            "created_at": moment,
            "updated_at": moment,
        }
        document = await self._save(actor, project_id, fields)
        await self._publish(document)
        return document

    @with_its_entry
    async def _save(self, actor: Actor, project_id: str, fields: Document) -> Document:
        await self._projects.active(project_id)
        document = await self._store.create(project_id, new_id(), fields)
        await self._note(actor, "analysis.create", document)
        return document

    async def allowed(self, principal: Principal, scope: Scope, analysis_id: str) -> Document:
        """An analysis, after checking the caller's right in its project. Raises NotFound, Forbidden."""
        document = await self._store.by_id(analysis_id)
        if document is None or not principal.sees(document["project_id"]):
            raise NotFound(f"there is no analysis {analysis_id!r}; list them with GET /api/v1/logs/analyses")
        require(principal, scope, document["project_id"])
        return document

    async def page(self, project_id: str, before: str | None, limit: int, status: str | None) -> list[Document]:
        """Analyses of a project, newest first, without their long parts."""
        return await self._store.newest(project_id, before=before, limit=limit, status=status)

    async def follow_up(self, actor: Actor, document: Document, text: str) -> Document:
        """Ask on about a finished analysis. Raises Conflict while it runs or when there is no report."""
        if document["status"] in UNFINISHED:
            raise Conflict("this analysis is still at work; wait for its end, or cancel it")
        if document["report"] is None:
            raise Conflict("this analysis has no report to talk about; request another one")
        if len(document["messages"]) >= MAX_THREAD:
            raise Conflict(f"a thread has at most {MAX_THREAD} messages; request another analysis")
        moment = now()
        turn = document["turn"] + 1
        message = {"role": "user", "text": text, "turn": turn, "at": moment}
        changes = {
            "status": "queued",
            "turn": turn,
            "stage": None,
            "failure": None,
            "publish_after": moment + _FIRST_TRY,
            "publish_attempts": 1,
            "updated_at": moment,
        }
        update = {"$set": changes, "$push": {"messages": message}}
        after = await self._move(actor, "analysis.message", document, [document["status"]], update)
        if after is None:
            raise Conflict("somebody else asked on at the same time; read the analysis again")
        await self._publish(after)
        return after

    async def cancel(self, actor: Actor, document: Document) -> Document | None:
        """Cancel what is unfinished and return it; delete what is finished and return None."""
        update = {"$set": {"status": "cancelled", "updated_at": now()}}
        cancelled = await self._move(actor, "analysis.cancel", document, UNFINISHED, update)
        if cancelled is not None:
            await self._keeper.tell(cancelled, LAST_SEQ, CANCELLED, {})
            return cancelled
        await self._remove(actor, document)
        await self._events.remove(document["id"])
        return None

    @with_its_entry
    async def _move(
        self, actor: Actor, action: str, document: Document, start_from: Sequence[str], update: Mapping[str, Any]
    ) -> Document | None:
        after = await self._store.move(document["id"], document["turn"], start_from, update)
        if after is not None:
            await self._note(actor, action, after)
        return after

    @with_its_entry
    async def _remove(self, actor: Actor, document: Document) -> None:
        await self._store.remove(document["project_id"], document["id"])
        await self._note(actor, "analysis.delete", document)

    async def remove_all(self, project_id: str) -> None:
        """Delete every analysis of a project."""
        await self._store.remove_all(project_id)
        await self._events.remove_all(project_id)

    async def sweep(self) -> None:
        """Publish what the broker has not taken, and end what the analyzer has gone silent about."""
        while (due := await self._store.claim_unpublished(now(), now() + _FIRST_TRY, _MAX_ATTEMPTS)) is not None:
            if not await self._publish(due):
                break
        for document in await self._store.silent(now() - SILENT):
            await self._keeper.silent(document)

    async def run_sweeps(self, stopping: asyncio.Event) -> None:
        """Sweep every few seconds until `stopping`."""
        while not stopping.is_set():
            try:
                await self.sweep()
            except PyMongoError as error:
                _log.warning("the sweep over analyses failed; it will be repeated", error=str(error)[:200])
            await wait_at_most(stopping, SWEEP_S)

    async def _publish(self, document: Document) -> bool:
        try:
            await self._publisher.publish_event(
                ANALYSIS_REQUESTED,
                requested(document),
                project_id=document["project_id"],
                correlation_id=document["id"],
                event_id=f"{document['id']}.{document['turn']}",
            )
        except NotPublished as error:
            _log.warning("an analysis waits for the broker", analysis_id=document["id"], reason=error.reason)
            return False
        await self._store.published(document["id"], document["turn"], _again(document, now()))
        return True

    async def _note(self, actor: Actor, action: str, document: Document) -> None:
        await self._audit.record(actor, action, "analysis", document["id"], project_id=document["project_id"])


def _again(document: Document, moment: datetime) -> datetime:
    """A request that the broker took but nobody began is told again, each time after a longer while."""
    return moment + _NEXT_TRY * min(36, 1 << min(10, int(document["publish_attempts"]) - 1))


def requested(document: Document) -> AnalysisRequested:
    """The request that the analyzer gets: for a follow-up with the thread, the new question last."""
    return AnalysisRequested(
        analysis_id=document["id"],
        project_id=document["project_id"],
        scope=AnalysisScope(**document["scope"]),
        question=document["question"],
        turn=document["turn"],
        messages=[ThreadMessage(role=item["role"], text=item["text"]) for item in document["messages"]],
    )
