"""The caller of a request, with access checks and audited changes of records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, TypeVar

import structlog
from fastapi import Depends, Request
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.http.paging import encode_cursor
from logloop_chassis.http.problems import Conflict, NotFound
from logloop_chassis.ids import new_id, utc_now
from logloop_chassis.state import parts_of, resources_of
from logloop_contracts.audit import AuditedChange
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, Field

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.templates import Template
from logloop_ci_bridge.record_store import Item, RecordStore
from logloop_ci_bridge.wiring import CiBridgeServices, Stores

_UNNAMED = {"id", "project_id", "revision", "created_at", "updated_at"}
_log = structlog.get_logger()


class ProjectScoped(BaseModel):
    """Base of request bodies that create something in a project."""

    project_id: str = Field(pattern=PROJECT_ID_PATTERN, description="The project.", examples=["shop"])


class InProject(Protocol):
    """Anything that belongs to a project."""

    project_id: str


Owned = TypeVar("Owned", bound=InProject)


@dataclass(frozen=True)
class Caller:
    """The caller of a request. Handlers reach records through it, so that access is checked in one place."""

    principal: Principal
    services: CiBridgeServices
    authenticator: Authenticator
    ip: str | None = None

    @property
    def stores(self) -> Stores:
        """The collections of ci-bridge."""
        return self.services.stores

    def may_read(self, project_id: str) -> None:
        """Raise NotFound or Forbidden unless the caller may read in the project."""
        require(self.principal, "read", project_id)

    async def may_create(self, project_id: str) -> None:
        """Raise NotFound or Forbidden unless the caller may write in the project and it exists."""
        require(self.principal, "write", project_id)
        if not await self.authenticator.project_exists(project_id):
            raise NotFound(f"there is no project {project_id!r}; create it first")

    def allowed(self, item: Owned | None, missing: str, scope: Scope = "read") -> Owned:
        """Return something that was found by its id alone, if the caller may access it.

        Raises NotFound, with the same text whether it does not exist or belongs to a project that the caller may not
        see, or Forbidden.
        """
        if item is None or not self.principal.sees(item.project_id):
            raise NotFound(missing)
        require(self.principal, scope, item.project_id)
        return item

    async def read(self, records: RecordStore[Item], item_id: str) -> Item:
        """Return a record to read."""
        return self.allowed(await records.find(item_id), records.missing(item_id))

    async def to_change(self, records: RecordStore[Item], item_id: str) -> Item:
        """Return a record to change or delete."""
        return self.allowed(await records.find(item_id), records.missing(item_id), "write")

    async def create(self, records: RecordStore[Item], draft: ProjectScoped) -> Item:
        """Store a new record in the draft's project. Call `may_create` first."""
        made = await records.create(draft.project_id, draft)
        await self._record(records, "create", made, None, made)
        return made

    async def replace(self, records: RecordStore[Item], old: Item, draft: BaseModel) -> Item:
        """Store a changed record."""
        changed = await records.replace(old, draft)
        await self._record(records, "update", changed, old, changed)
        return changed

    async def delete(self, records: RecordStore[Item], item: Item) -> None:
        """Delete a record."""
        await records.delete(item.id)
        await self._record(records, "delete", item, item, None)

    async def refuse_while_rules_use(
        self, item: Pipeline | Template, name: Literal["pipeline_id", "template_id"]
    ) -> None:
        """Raise Conflict when the action of a rule names this record; rules of workflow files are made again."""
        using = {"project_id": item.project_id, f"action.{name}": item.id, "source": None}
        rules = await self.stores.rules.all(using)
        if rules:
            raise Conflict(f"rules use it: {', '.join(rule.name for rule in rules)}; change or delete them first")

    async def record_change(
        self, action: str, kind: str, record_id: str, project_id: str | None, changed: Sequence[str] = ()
    ) -> None:
        """Log a change, and store it for the audit trail, which query keeps."""
        _log.info("changed", action=action, kind=kind, by=self.principal.id, project_id=project_id, id=record_id)
        who = self.principal
        change = AuditedChange(
            id=new_id(),
            at=utc_now(),
            actor_kind=who.kind,
            actor_id=who.id[:200],
            actor_name=who.name[:200],
            ip=self.ip,
            action=f"{kind}.{action}",
            kind=kind,
            record_id=record_id[:200],
            project_id=project_id,
            changed=list(changed),
        )
        await self.stores.changes.add(change)
        self.services.change_reporter.wake.set()

    async def _record(
        self, records: RecordStore[Item], action: str, item: Item, old: Item | None, new: Item | None
    ) -> None:
        before, after = ({} if side is None else side.model_dump(exclude=_UNNAMED) for side in (old, new))
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        await self.record_change(action, records.noun, item.id, item.project_id, changed)


def next_cursor(items: Sequence[Any], limit: int) -> str | None:
    """Return the cursor after a full page of items ordered by id, None after the last page."""
    return encode_cursor(items[-1].id) if len(items) == limit else None


def _services(request: Request) -> CiBridgeServices:
    return parts_of(request, CiBridgeServices)


def _caller(request: Request, principal: CurrentPrincipal) -> Caller:
    ip = request.client.host if request.client else None
    return Caller(principal, _services(request), resources_of(request).authenticator, ip)


CurrentServices = Annotated[CiBridgeServices, Depends(_services)]
CurrentCaller = Annotated[Caller, Depends(_caller)]
