"""Creates, lists and changes projects, and returns their retention."""

from collections.abc import Mapping

from cachetools import TTLCache
from logloop_chassis.auth.authenticator import DEFAULT_RETENTION_DAYS, Authenticator
from logloop_chassis.auth.principal import Principal
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound
from logloop_chassis.ids import utc_now
from pydantic import JsonValue

from logloop_query.catalogue.stores.projects import ProjectStore
from logloop_query.ports import LogStorage
from logloop_query.records.audit import Actor, AuditTrail, audited
from logloop_query.records.store import AlreadyExists

_RETENTION_FRESH_S = 5.0


class Projects:
    """Projects, which separate the data of teams from each other."""

    def __init__(
        self, store: ProjectStore, authenticator: Authenticator, audit: AuditTrail, logs: LogStorage
    ) -> None:
        self._store = store
        self._authenticator = authenticator
        self._audit = audit
        self._logs = logs
        self._retention: TTLCache[str, int] = TTLCache(10_000, _RETENTION_FRESH_S)

    async def create(self, actor: Actor, project_id: str, fields: Mapping[str, JsonValue]) -> Document:
        """Create a project. Raises Conflict."""
        document = await self._create(actor, project_id, fields)
        self._authenticator.forget("projects", project_id)
        return document

    @audited
    async def _create(self, actor: Actor, project_id: str, fields: Mapping[str, JsonValue]) -> Document:
        now = utc_now()
        document = {"_id": project_id, **fields, "state": "active", "created_at": now, "updated_at": now}
        try:
            await self._store.create(document)
        except AlreadyExists as error:
            raise Conflict(
                f"project {project_id!r} already exists or is still being deleted; choose another id"
            ) from error
        await self._audit.record(
            actor, "project.create", "project", project_id, project_id=project_id, after=document
        )
        return document

    async def get(self, project_id: str) -> Document:
        """Return a project. Raises NotFound."""
        document = await self._store.find(project_id)
        if document is None:
            raise missing_project(project_id)
        return document

    async def require_active(self, project_id: str) -> None:
        """Raise NotFound for an unknown project and Conflict for one that is being deleted."""
        if (await self.get(project_id))["state"] != "active":
            raise Conflict(f"project {project_id!r} is being deleted; use another project")

    async def page(self, principal: Principal, after: str | None, limit: int) -> list[Document]:
        """Return the projects that a caller may see, ordered by id."""
        visible = None if principal.is_admin else principal.projects
        return await self._store.page(visible, after=after, limit=limit)

    async def update(self, actor: Actor, project_id: str, changes: Mapping[str, JsonValue]) -> Document:
        """Change name, description or retention. A new retention also applies to stored logs."""
        after = await self._update(actor, project_id, changes)
        self._retention.pop(project_id, None)
        if "retention_days" in changes:  # also when unchanged, so that repeating an interrupted request completes it
            await self._logs.set_retention(project_id, after["retention_days"])
        return after

    @audited
    async def _update(self, actor: Actor, project_id: str, changes: Mapping[str, JsonValue]) -> Document:
        changed = await self._store.update(project_id, {**changes, "updated_at": utc_now()})
        if changed is None:
            await self.require_active(project_id)
            raise missing_project(project_id)
        before, after = changed
        await self._audit.record(
            actor, "project.update", "project", project_id, project_id=project_id, before=before, after=after
        )
        return after

    async def retention_days(self, project_id: str) -> int:
        """Return the days that a project keeps its logs, from a cache of 5 s."""
        cached = self._retention.get(project_id)
        if cached is not None:
            return cached
        document = await self._store.find(project_id)
        days = DEFAULT_RETENTION_DAYS if document is None else int(document["retention_days"])
        self._retention[project_id] = days
        return days


def missing_project(project_id: str) -> NotFound:
    """Return the error for an unknown project."""
    return NotFound(f"there is no project {project_id!r}; list projects with GET /api/v1/projects")
