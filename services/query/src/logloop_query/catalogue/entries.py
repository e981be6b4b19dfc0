"""Keeps the services and tests of projects, which people describe or stored logs register."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from cachetools import TTLCache
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound
from logloop_chassis.ids import utc_now

from logloop_query.catalogue.projects import Projects
from logloop_query.outcomes import OutcomeSummary
from logloop_query.records.audit import Actor, AuditTrail, audited
from logloop_query.records.store import AlreadyExists, RecordStore
from logloop_query.run_reports import RunReport
from logloop_query.test_runs.runs import TestRuns

EMPTY_SERVICE: Mapping[str, Any] = {"description": "", "repository": None, "labels": {}}
EMPTY_TEST: Mapping[str, Any] = {"func_id": None, "service_id": None, "last_status": None, "runs": 0}
_SEEN_EVERY_S = 60.0


class CatalogueEntries:
    """The entries of one kind, `service` or `test`, of every project."""

    def __init__(
        self, kind: str, empty: Mapping[str, Any], store: RecordStore, projects: Projects, audit: AuditTrail
    ) -> None:
        """`empty` holds the fields of an entry that a log registers."""
        self._kind = kind
        self._empty = empty
        self._store = store
        self._projects = projects
        self._audit = audit
        self._seen: TTLCache[tuple[str, str], bool] = TTLCache(50_000, _SEEN_EVERY_S)

    @audited
    async def create(self, actor: Actor, project_id: str, entry_id: str, fields: Mapping[str, Any]) -> Document:
        """Create an entry. Raises NotFound for an unknown project, Conflict."""
        await self._projects.require_active(project_id)
        now = utc_now()
        try:
            document = await self._store.create(
                project_id, entry_id, {**fields, "created_at": now, "updated_at": now}
            )
        except AlreadyExists as error:
            raise Conflict(
                f"{self._kind} {entry_id!r} already exists, perhaps registered by a log; change it with PATCH"
            ) from error
        await self._record(actor, "create", None, document)
        return document

    async def get(self, project_id: str, entry_id: str) -> Document:
        """Return an entry. Raises NotFound."""
        document = await self._store.find(project_id, entry_id)
        if document is None:
            raise self._missing(project_id, entry_id)
        return document

    async def some(self, project_id: str, ids: Sequence[str]) -> dict[str, Document]:
        """Return entries by id; unknown ids are missing."""
        return await self._store.some(project_id, ids)

    async def page(
        self,
        project_id: str,
        after: str | None,
        limit: int,
        where: Mapping[str, str] | None = None,
        operators: Mapping[str, Document] | None = None,
    ) -> list[Document]:
        """Return entries ordered by id. See `RecordStore.page`."""
        return await self._store.page(project_id, after=after, limit=limit, where=where, operators=operators)

    @audited
    async def update(self, actor: Actor, project_id: str, entry_id: str, changes: Mapping[str, Any]) -> Document:
        """Change fields. Raises NotFound."""
        changed = await self._store.update(project_id, entry_id, {**changes, "updated_at": utc_now()})
        if changed is None:
            raise self._missing(project_id, entry_id)
        await self._record(actor, "update", *changed)
        return changed[1]

    @audited
    async def delete(self, actor: Actor, project_id: str, entry_id: str) -> None:
        """Delete an entry. Its logs stay, and the next log registers it again. Raises NotFound."""
        document = await self._store.delete(project_id, entry_id)
        if document is None:
            raise self._missing(project_id, entry_id)
        self._seen.pop((project_id, entry_id), None)
        await self._record(actor, "delete", document, None)

    async def mark_seen(self, project_id: str, ids: AbstractSet[str], at: datetime) -> None:
        """Register unknown ids of stored logs, and update `last_seen_at` of the others once a minute."""
        due = [entry_id for entry_id in ids if (project_id, entry_id) not in self._seen]
        await self._store.upsert(project_id, [(entry_id, self._seen_update(entry_id, at)) for entry_id in due])
        self._seen.update({(project_id, entry_id): True for entry_id in due})

    async def add_outcomes(self, project_id: str, outcomes: Sequence[OutcomeSummary]) -> None:
        """Count the runs of tests, and keep the outcome of the newest run."""
        seen = [(item.test_id, self._seen_update(item.test_id, item.last_at)) for item in outcomes]
        await self._store.upsert(project_id, seen)
        counted = [(item.test_id, {"$inc": {"runs": item.runs}}) for item in outcomes]
        await self._store.upsert(project_id, counted)
        newest = [
            (
                item.test_id,
                "last_run_at",
                item.last_at,
                {"$set": {"last_run_at": item.last_at, "last_status": item.last_status}},
            )
            for item in outcomes
        ]
        await self._store.update_unless_newer(project_id, newest)
        for field in ("service_id", "func_id"):
            known = [(item.test_id, getattr(item, field)) for item in outcomes if getattr(item, field)]
            await self._store.fill(project_id, field, known)

    def _seen_update(self, entry_id: str, at: datetime) -> Document:
        now = utc_now()
        created = {**self._empty, "name": entry_id, "first_seen_at": at, "created_at": now, "updated_at": now}
        return {"$setOnInsert": created, "$max": {"last_seen_at": at}}

    def _missing(self, project_id: str, entry_id: str) -> NotFound:
        return NotFound(
            f"there is no {self._kind} {entry_id[:100]!r} in project {project_id!r}; "
            f"list them with GET /api/v1/{self._kind}s"
        )

    async def _record(self, actor: Actor, action: str, before: Document | None, after: Document | None) -> None:
        document = after or before or {}
        await self._audit.record(
            actor,
            f"{self._kind}.{action}",
            self._kind,
            document["id"],
            project_id=document["project_id"],
            before=before,
            after=after,
        )


class CatalogueRegistry:
    """Registers the services, tests and test runs of stored logs; implements `ports.SeenRegistry`."""

    def __init__(
        self, services: CatalogueEntries, tests: CatalogueEntries, runs: TestRuns, authenticator: Authenticator
    ) -> None:
        self._services = services
        self._tests = tests
        self._runs = runs
        self._authenticator = authenticator

    async def register(
        self, project_id: str, services: AbstractSet[str], tests: AbstractSet[str], at: datetime
    ) -> None:
        """Register services and tests. The last logs of a deleted project register nothing."""
        if await self._authenticator.project_exists(project_id):
            await self._services.mark_seen(project_id, services, at)
            await self._tests.mark_seen(project_id, tests, at)

    async def record_outcomes(self, project_id: str, outcomes: Sequence[OutcomeSummary]) -> None:
        """Count test runs. The last logs of a deleted project count nothing."""
        if outcomes and await self._authenticator.project_exists(project_id):
            await self._tests.add_outcomes(project_id, outcomes)

    async def record_test_runs(self, project_id: str, reports: Sequence[RunReport]) -> None:
        """Store test runs. The last logs of a deleted project store nothing."""
        if reports and await self._authenticator.project_exists(project_id):
            await self._runs.record(project_id, reports)
