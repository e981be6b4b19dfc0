"""Keeps saved views. A personal view exists only for its owner; a shared one belongs to the project as well."""

from collections.abc import Mapping
from typing import Any

from logloop_chassis.auth.principal import Principal, require
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, Forbidden, NotFound
from logloop_chassis.ids import new_id, utc_now

from logloop_query.catalogue.projects import Projects
from logloop_query.ports import LogStorage
from logloop_query.records.audit import Actor, AuditTrail, audited
from logloop_query.saved_views.store import Owner, SavedViewStore

MAX_SHARED = 200
"""Shared views of a project."""
MAX_PERSONAL = 100
"""Views of one owner in a project that only the owner sees."""


class SavedViews:
    """The saved views of every project."""

    def __init__(self, store: SavedViewStore, projects: Projects, logs: LogStorage, audit: AuditTrail) -> None:
        self._store = store
        self._projects = projects
        self._logs = logs
        self._audit = audit

    @audited
    async def create(self, actor: Actor, project_id: str, fields: Mapping[str, Any]) -> Document:
        """Save a view of the caller. Raises NotFound, Unprocessable for a bad search, Conflict for too many views."""
        self._logs.check_query(fields["q"])
        await self._projects.require_active(project_id)
        principal, now = actor.principal, utc_now()
        await self._require_room(project_id, _owner_of(principal), shared=fields["shared"])
        owner = {"kind": principal.kind, "id": principal.id, "name": principal.name}
        document = await self._store.create(
            project_id, new_id(), {**fields, "owner": owner, "created_at": now, "updated_at": now}
        )
        await self._record(actor, "create", None, document)
        return document

    async def _require_room(self, project_id: str, owner: Owner, *, shared: bool) -> None:
        if shared and await self._store.count_shared(project_id) >= MAX_SHARED:
            raise Conflict(f"a project may have {MAX_SHARED} shared views; delete one that is not needed")
        if not shared and await self._store.count_personal(project_id, owner) >= MAX_PERSONAL:
            raise Conflict(f"you may have {MAX_PERSONAL} personal views in a project; delete one that is not needed")

    async def page(self, principal: Principal, project_id: str, after: str | None, limit: int) -> list[Document]:
        """Return the views of a project that the caller may see, ordered by id."""
        return await self._store.visible(project_id, _owner_of(principal), after=after, limit=limit)

    async def read(self, principal: Principal, view_id: str) -> Document:
        """Return a view that the caller may see. Raises NotFound, Forbidden."""
        document = await self._store.by_id(view_id)
        if document is None or not _sees(principal, document):
            raise NotFound(f"there is no saved view {view_id[:64]!r}; list them with GET /api/v1/saved-views")
        require(principal, "read", document["project_id"])
        return document

    async def _to_change(self, principal: Principal, view_id: str) -> Document:
        document = await self.read(principal, view_id)
        project_id = document["project_id"]
        require(principal, "write", project_id)
        if not _owns(principal, document) and not principal.may("admin", project_id):
            raise Forbidden("only its owner and administrators of the project may change this view; save your own")
        return document

    @audited
    async def update(self, actor: Actor, view_id: str, changes: Mapping[str, Any]) -> Document:
        """Change a view. Raises NotFound, Forbidden, Unprocessable, Conflict."""
        before = await self._to_change(actor.principal, view_id)
        self._logs.check_query(changes.get("q", ""))
        shared = changes.get("shared", before["shared"])
        if shared != before["shared"]:
            owner = before["owner"]
            await self._require_room(before["project_id"], (owner["kind"], owner["id"]), shared=shared)
        changed = await self._store.update(before["project_id"], view_id, {**changes, "updated_at": utc_now()})
        after = before if changed is None else changed[1]
        await self._record(actor, "update", before, after)
        return after

    @audited
    async def delete(self, actor: Actor, view_id: str) -> None:
        """Delete a view. Raises NotFound, Forbidden."""
        document = await self._to_change(actor.principal, view_id)
        await self._store.delete(document["project_id"], view_id)
        await self._record(actor, "delete", document, None)

    async def delete_all(self, project_id: str) -> None:
        """Delete every view of a project."""
        await self._store.delete_all(project_id)

    async def _record(self, actor: Actor, action: str, before: Document | None, after: Document | None) -> None:
        document = after or before or {}
        await self._audit.record(
            actor,
            f"saved_view.{action}",
            "saved_view",
            document["id"],
            project_id=document["project_id"],
            before=before,
            after=after,
        )


def _owner_of(principal: Principal) -> Owner:
    return principal.kind, principal.id


def _owns(principal: Principal, document: Document) -> bool:
    return _owner_of(principal) == (document["owner"]["kind"], document["owner"]["id"])


def _sees(principal: Principal, document: Document) -> bool:
    return principal.sees(document["project_id"]) and (document["shared"] or _owns(principal, document))
