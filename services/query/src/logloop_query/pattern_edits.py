"""Keeps what people have decided about templates: which they merge, split, name or pin."""

from collections.abc import Mapping
from typing import Any

from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import utc_now
from logloop_contracts.patterns import VARIABLE
from logloop_contracts.patterns.edits import MAX_EDITS
from logloop_contracts.patterns.merging import template_id
from logloop_contracts.patterns.proposals import has_constant_word

from logloop_query.catalogue.projects import Projects
from logloop_query.logs.stores.pattern_edits import PatternEditStore
from logloop_query.records.audit import Actor, AuditTrail, audited
from logloop_query.records.store import AlreadyExists


def check_merging(template: str) -> None:
    """Raise Unprocessable if a template may not unite patterns."""
    if VARIABLE not in template:
        raise Unprocessable(f"a template that merges patterns needs {VARIABLE} in place of what varies")
    if not has_constant_word(template):
        raise Unprocessable(
            "a template needs at least one word that does not vary, or it would match unrelated lines"
        )


class PatternEditing:
    """The edits of every project, one for each template text."""

    def __init__(self, store: PatternEditStore, projects: Projects, audit: AuditTrail) -> None:
        self._store = store
        self._projects = projects
        self._audit = audit

    @audited
    async def put(self, actor: Actor, project_id: str, template: str, fields: Mapping[str, Any]) -> Document:
        """Save the edit of a template: `action`, `name` and `pinned`. It replaces an earlier one.

        Raises NotFound for an unknown project, Unprocessable for a template that the action does not suit, Conflict
        for too many edits.
        """
        _check(template, fields)
        await self._projects.require_active(project_id)
        edit_id, now = template_id(template), utc_now()
        changed = await self._store.update(project_id, edit_id, {**fields, "updated_at": now})
        if changed is not None:
            await self._record(actor, "update", *changed)
            return changed[1]
        if await self._store.count(project_id) >= MAX_EDITS:
            raise Conflict(f"a project may have {MAX_EDITS} edited templates; undo an edit that is not needed")
        try:
            document = await self._store.create(
                project_id, edit_id, {"template": template, **fields, "created_at": now, "updated_at": now}
            )
        except AlreadyExists as error:
            raise Conflict(
                "somebody else edited this template at the same moment; look at it and try again"
            ) from error
        await self._record(actor, "create", None, document)
        return document

    async def page(self, project_id: str, after: str | None, limit: int) -> list[Document]:
        """Return the edits of a project, ordered by id."""
        return await self._store.page(project_id, after=after, limit=limit)

    @audited
    async def delete(self, actor: Actor, project_id: str, edit_id: str) -> None:
        """Undo an edit. Raises NotFound."""
        document = await self._store.delete(project_id, edit_id)
        if document is None:
            raise NotFound(
                f"there is no edit {edit_id[:64]!r} of a pattern in project {project_id!r}; "
                "list them with GET /api/v1/pattern-edits"
            )
        await self._record(actor, "delete", document, None)

    async def _record(self, actor: Actor, action: str, before: Document | None, after: Document | None) -> None:
        document = after or before or {}
        await self._audit.record(
            actor,
            f"pattern_edit.{action}",
            "pattern_edit",
            document["id"],
            project_id=document["project_id"],
            before=before,
            after=after,
        )


def _check(template: str, fields: Mapping[str, Any]) -> None:
    if fields["action"] == "merge":
        check_merging(template)
    elif fields["action"] == "split" and VARIABLE not in template:
        raise Unprocessable(f"only a template with {VARIABLE} unites patterns that can be split")
    elif fields["action"] is None and fields["name"] is None and not fields["pinned"]:
        raise Unprocessable("an edit sets action, name or pinned; to undo one, delete it")
