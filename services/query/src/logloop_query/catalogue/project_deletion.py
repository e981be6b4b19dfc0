"""Deletes a project and everything it holds, in the background and across restarts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.background import repeat, wait_for_any
from logloop_chassis.database.client import Document
from logloop_chassis.ids import utc_now
from logloop_chassis.messaging.publisher import Publisher
from logloop_contracts.channels import PROJECT_DELETED
from logloop_contracts.records import ProjectDeleted

from logloop_query.catalogue.projects import missing_project
from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.records.audit import SYSTEM, Actor, AuditTrail, audited

SETTLE = timedelta(seconds=15)
"""Logs that were accepted just before the keys were deleted may still arrive for this long."""
LEASE = timedelta(seconds=60)
POLL_S = 15.0

DeleteAll = Callable[[str], Awaitable[Any]]
"""Deletes what one owner keeps of a project. Idempotent."""


class ProjectDeletion:
    """Starts deletions and finishes them in `run`. `settle` is the wait between the two passes of a deletion."""

    def __init__(
        self,
        store: ProjectStore,
        authenticator: Authenticator,
        audit: AuditTrail,
        *,
        access: Sequence[DeleteAll],
        data: Sequence[DeleteAll],
        settle: timedelta = SETTLE,
    ) -> None:
        """`access` (keys, memberships) is deleted at once, `data` in the background."""
        self._store = store
        self._authenticator = authenticator
        self._audit = audit
        self._access = access
        self._data = data
        self.settle = settle
        self.wake = asyncio.Event()

    async def start(self, actor: Actor, project_id: str) -> Document:
        """Mark a project as deleting and remove all access to it. Idempotent. Raises NotFound."""
        before = await self._mark(actor, project_id)
        for delete in self._access:
            await delete(project_id)
        self._authenticator.forget("projects", project_id)
        self.wake.set()
        return await self._store.find(project_id) or {**before, "state": "deleting"}

    @audited
    async def _mark(self, actor: Actor, project_id: str) -> Document:
        before = await self._store.start_deleting(project_id, utc_now())
        if before is None:
            raise missing_project(project_id)
        if before["state"] == "active":
            await self._audit.record(
                actor, "project.delete", "project", project_id, project_id=project_id, before=before
            )
        return before

    async def run(self, stopping: asyncio.Event) -> None:
        """Finish deletions until `stopping`, including those that another instance started."""

        async def finish_one() -> bool:
            now = utc_now()
            document = await self._store.lease_deletion(now, now + LEASE)
            if document is not None:
                await self._finish(document, stopping)
            return document is not None

        await repeat(finish_one, "project deletion", stopping, idle_s=POLL_S, wake=self.wake)

    async def _finish(self, document: Document, stopping: asyncio.Event) -> None:
        project_id = document["_id"]
        await self._delete_contents(project_id)
        remaining = (document["deleting_since"] + self.settle - utc_now()).total_seconds()
        if remaining > 0:
            await wait_for_any(stopping, timeout_s=remaining)
            if stopping.is_set():
                return
        await self._delete_contents(project_id)
        await self._delete_project(SYSTEM, project_id)
        self._authenticator.forget("projects", project_id)

    async def _delete_contents(self, project_id: str) -> None:
        for delete in (*self._access, *self._data):
            await delete(project_id)

    @audited
    async def _delete_project(self, actor: Actor, project_id: str) -> None:
        await self._store.delete(project_id)
        await self._audit.record(actor, "project.deleted", "project", project_id, project_id=project_id)


def deletion_publisher(publisher: Publisher) -> DeleteAll:
    """Return the deletion step that publishes the deletion to the other services.

    When it raises NotPublished, the deletion repeats it, so the event is not lost.
    """

    async def publish(project_id: str) -> None:
        event = ProjectDeleted(project_id=project_id, deleted_at=utc_now())
        await publisher.publish_event(PROJECT_DELETED, event, project_id=project_id)

    return publish
