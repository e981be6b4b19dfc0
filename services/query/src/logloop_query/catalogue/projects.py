"""Projects: the walls between tenants, how long their logs are kept, and their complete removal.

It must not know how logs or any records are stored; it asks each owner to delete its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.principal import Principal
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound
from pydantic import JsonValue

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.ports import DEFAULT_RETENTION_DAYS, LogsApi
from logloop_query.records.audit import SYSTEM, Actor, AuditTrail, with_its_entry
from logloop_query.records.store import AlreadyThere
from logloop_query.records.types import now
from logloop_query.waiting import wait_at_most

SETTLE = timedelta(seconds=15)
"""Logs accepted just before the keys were removed may still be on their way for this long."""
LEASE = timedelta(seconds=60)
SWEEP_S = 15.0
_RETENTION_FRESH_S = 5.0
_log = structlog.get_logger()

RemoveAll = Callable[[str], Awaitable[Any]]


class Projects:
    """Projects and their removal."""

    def __init__(
        self,
        store: ProjectStore,
        authenticator: Authenticator,
        audit: AuditTrail,
        logs: Callable[[], LogsApi | None],
        *,
        settle: timedelta = SETTLE,
    ) -> None:
        self._store = store
        self._authenticator = authenticator
        self._audit = audit
        self._logs = logs
        self._settle = settle
        self._close_doors: Sequence[RemoveAll] = ()
        self._remove_records: Sequence[RemoveAll] = ()
        self._wake = asyncio.Event()
        self._retention: dict[str, tuple[float, int]] = {}

    def owns(self, *, doors: Sequence[RemoveAll], records: Sequence[RemoveAll]) -> None:
        """What a deletion removes: at once (`doors`: keys, membership) and in the background (`records`)."""
        self._close_doors, self._remove_records = doors, records

    async def create(self, actor: Actor, project_id: str, fields: Mapping[str, JsonValue]) -> Document:
        """A new project. Raises Conflict."""
        document = await self._create(actor, project_id, fields)
        self._authenticator.forget("projects", project_id)
        return document

    @with_its_entry
    async def _create(self, actor: Actor, project_id: str, fields: Mapping[str, JsonValue]) -> Document:
        moment = now()
        document = {"_id": project_id, **fields, "state": "active", "created_at": moment, "updated_at": moment}
        try:
            await self._store.create(document)
        except AlreadyThere as error:
            raise Conflict(f"project {project_id!r} exists or is still being deleted; choose another id") from error
        await self._audit.record(
            actor, "project.create", "project", project_id, project_id=project_id, after=document
        )
        return document

    async def get(self, project_id: str) -> Document:
        """A project. Raises NotFound."""
        document = await self._store.find(project_id)
        if document is None:
            raise NotFound(f"there is no project {project_id!r}; list them with GET /api/v1/projects")
        return document

    async def active(self, project_id: str) -> None:
        """Raise NotFound or Conflict unless the project is there to stay."""
        if (await self.get(project_id))["state"] != "active":
            raise Conflict(f"project {project_id!r} is being deleted; use another")

    async def known(self, project_id: str) -> bool:
        """Whether there is such a project, from a cache of a few seconds."""
        return await self._authenticator.project_exists(project_id)

    async def page(self, principal: Principal, after: str | None, limit: int) -> list[Document]:
        """The projects that a caller may see, ordered by id."""
        visible = None if principal.is_admin else principal.projects
        return await self._store.page(visible, after=after, limit=limit)

    async def change(self, actor: Actor, project_id: str, changes: Mapping[str, JsonValue]) -> Document:
        """Change name, description or retention; a new retention moves the end of what is stored."""
        after = await self._change(actor, project_id, changes)
        self._retention.pop(project_id, None)
        logs = self._logs()
        if logs is not None and "retention_days" in changes:  # also when unchanged: repeating the request mends
            await logs.retention_changed(project_id, after["retention_days"])
        return after

    @with_its_entry
    async def _change(self, actor: Actor, project_id: str, changes: Mapping[str, JsonValue]) -> Document:
        changed = await self._store.change(project_id, {**changes, "updated_at": now()})
        if changed is None:
            await self.active(project_id)
            raise NotFound(f"there is no project {project_id!r}")
        before, after = changed
        await self._audit.record(
            actor, "project.update", "project", project_id, project_id=project_id, before=before, after=after
        )
        return after

    async def delete(self, actor: Actor, project_id: str) -> Document:
        """Start the removal of a project with all it holds. Repeating it does no harm. Raises NotFound."""
        before = await self._start_deleting(actor, project_id)
        for close in self._close_doors:
            await close(project_id)
        self._authenticator.forget("projects", project_id)
        self._wake.set()
        return await self._store.find(project_id) or {**before, "state": "deleting"}

    @with_its_entry
    async def _start_deleting(self, actor: Actor, project_id: str) -> Document:
        before = await self._store.start_deleting(project_id, now())
        if before is None:
            raise NotFound(f"there is no project {project_id!r}; list them with GET /api/v1/projects")
        if before["state"] == "active":
            await self._audit.record(
                actor, "project.delete", "project", project_id, project_id=project_id, before=before
            )
        return before

    async def retention_days(self, project_id: str) -> int:
        """Days that a project keeps its logs, a few seconds old at most."""
        known = self._retention.get(project_id)
        if known is not None and time.monotonic() - known[0] < _RETENTION_FRESH_S:
            return known[1]
        document = await self._store.find(project_id)
        days = DEFAULT_RETENTION_DAYS if document is None else int(document["retention_days"])
        if len(self._retention) > 10_000:
            self._retention.clear()
        self._retention[project_id] = (time.monotonic(), days)
        return days

    async def run_deletions(self, stopping: asyncio.Event) -> None:
        """Carry out deletions, also those that another instance left unfinished, until `stopping`."""
        while not stopping.is_set():
            self._wake.clear()
            try:
                while (document := await self._store.lease_deletion(now(), now() + LEASE)) is not None:
                    await self._finish_deletion(document, stopping)
                    if stopping.is_set():
                        return
            except Exception as error:  # noqa: BLE001  # a loop's edge: the next round tries again
                _log.warning("deleting a project failed; it will be tried again", error=str(error))
            await wait_at_most(self._wake, SWEEP_S)

    def stop(self) -> None:
        """Wake the loop so that it sees that it should end."""
        self._wake.set()

    async def _finish_deletion(self, document: Document, stopping: asyncio.Event) -> None:
        project_id = document["_id"]
        await self._remove_everything(project_id)
        remaining = (document["deleting_since"] + self._settle - now()).total_seconds()
        if remaining > 0:
            await wait_at_most(stopping, remaining)
            if stopping.is_set():
                return
        await self._remove_everything(project_id)
        await self._remove(SYSTEM, project_id)
        self._authenticator.forget("projects", project_id)

    @with_its_entry
    async def _remove(self, actor: Actor, project_id: str) -> None:
        await self._store.remove(project_id)
        await self._audit.record(actor, "project.deleted", "project", project_id, project_id=project_id)

    async def _remove_everything(self, project_id: str) -> None:
        for remove in (*self._close_doors, *self._remove_records):
            await remove(project_id)
        logs = self._logs()
        if logs is None:
            raise RuntimeError("the logs of the project cannot be deleted yet: the service is still starting")
        await logs.delete_project_logs(project_id)
