"""Services and tests of a project: described by people, or registered when their first log arrives.

It must not read logs; it is told what was seen.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound

from logloop_query.catalogue.projects import Projects
from logloop_query.logs.outcomes import Outcomes
from logloop_query.records.audit import Actor, AuditTrail, with_its_entry
from logloop_query.records.store import AlreadyThere, ProjectRecords
from logloop_query.records.types import now

BLANK_SERVICE: Mapping[str, Any] = {"description": "", "repository": None, "labels": {}}
BLANK_TEST: Mapping[str, Any] = {"func_id": None, "service_id": None, "last_status": None, "runs": 0}
_REMEMBER_S = 60.0
_MAX_REMEMBERED = 50_000


class Catalogue:
    """The records of one kind, `service` or `test`, in every project."""

    def __init__(
        self, kind: str, blank: Mapping[str, Any], store: ProjectRecords, projects: Projects, audit: AuditTrail
    ) -> None:
        self._kind = kind
        self._blank = blank
        self._store = store
        self._projects = projects
        self._audit = audit
        self._seen: dict[tuple[str, str], float] = {}

    @with_its_entry
    async def create(self, actor: Actor, project_id: str, record_id: str, fields: Mapping[str, Any]) -> Document:
        """A new record. Raises NotFound (project), Conflict."""
        await self._projects.active(project_id)
        moment = now()
        try:
            document = await self._store.create(
                project_id, record_id, {**fields, "created_at": moment, "updated_at": moment}
            )
        except AlreadyThere as error:
            raise Conflict(
                f"{self._kind} {record_id!r} exists, perhaps since its first log arrived; change it with PATCH"
            ) from error
        await self._note(actor, "create", document, None, document)
        return document

    async def get(self, project_id: str, record_id: str) -> Document:
        """A record. Raises NotFound."""
        document = await self._store.find(project_id, record_id)
        if document is None:
            raise self._missing(project_id, record_id)
        return document

    async def page(
        self, project_id: str, after: str | None, limit: int, where: Mapping[str, str] | None = None
    ) -> list[Document]:
        """Records ordered by id."""
        return await self._store.page(project_id, after=after, limit=limit, where=where)

    @with_its_entry
    async def change(self, actor: Actor, project_id: str, record_id: str, changes: Mapping[str, Any]) -> Document:
        """Change fields. Raises NotFound."""
        changed = await self._store.change(project_id, record_id, {**changes, "updated_at": now()})
        if changed is None:
            raise self._missing(project_id, record_id)
        await self._note(actor, "update", changed[1], *changed)
        return changed[1]

    @with_its_entry
    async def remove(self, actor: Actor, project_id: str, record_id: str) -> None:
        """Delete a record; its logs stay, and the next one registers it anew. Raises NotFound."""
        document = await self._store.remove(project_id, record_id)
        if document is None:
            raise self._missing(project_id, record_id)
        self._seen.pop((project_id, record_id), None)
        await self._note(actor, "delete", document, document, None)

    async def seen(self, project_id: str, ids: AbstractSet[str], at: datetime) -> None:
        """Logs of these ids were stored: register unknown ones, move the last sight of the others once a minute."""
        news = [record_id for record_id in ids if self._news(project_id, record_id)]
        await self._store.remember(project_id, [(record_id, self._first_sight(record_id, at)) for record_id in news])
        self._remember(project_id, news)

    async def ran(self, project_id: str, outcomes: Sequence[Outcomes]) -> None:
        """Tests have ended: count their runs and keep how the newest one ended."""
        first = [(item.test_id, self._first_sight(item.test_id, item.last_at)) for item in outcomes]
        await self._store.remember(project_id, first)
        counted = [(item.test_id, {"$inc": {"runs": item.runs}}) for item in outcomes]
        await self._store.remember(project_id, counted)
        newest = [
            (
                item.test_id,
                "last_run_at",
                item.last_at,
                {"$set": {"last_run_at": item.last_at, "last_status": item.last_status}},
            )
            for item in outcomes
        ]
        await self._store.change_newer(project_id, newest)
        for field in ("service_id", "func_id"):
            known = [(item.test_id, getattr(item, field)) for item in outcomes if getattr(item, field)]
            await self._store.fill(project_id, field, known)

    def _first_sight(self, record_id: str, at: datetime) -> Document:
        moment = now()
        created = {**self._blank, "name": record_id, "first_seen_at": at, "created_at": moment, "updated_at": moment}
        return {"$setOnInsert": created, "$max": {"last_seen_at": at}}

    def _news(self, project_id: str, record_id: str) -> bool:
        last = self._seen.get((project_id, record_id))
        return last is None or time.monotonic() - last >= _REMEMBER_S

    def _remember(self, project_id: str, ids: Iterable[str]) -> None:
        if len(self._seen) >= _MAX_REMEMBERED:
            self._seen.clear()
        self._seen.update({(project_id, record_id): time.monotonic() for record_id in ids})

    def _missing(self, project_id: str, record_id: str) -> NotFound:
        return NotFound(
            f"there is no {self._kind} {record_id[:100]!r} in project {project_id!r}; "
            f"list them with GET /api/v1/{self._kind}s"
        )

    async def _note(
        self, actor: Actor, action: str, document: Document, before: Document | None, after: Document | None
    ) -> None:
        await self._audit.record(
            actor,
            f"{self._kind}.{action}",
            self._kind,
            document["id"],
            project_id=document["project_id"],
            before=before,
            after=after,
        )
