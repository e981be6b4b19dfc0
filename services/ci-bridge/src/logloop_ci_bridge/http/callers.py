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
from logloop_chassis.state import parts_of, resources_of
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, Field

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.templates import Template
from logloop_ci_bridge.record_store import Item, RecordStore
from logloop_ci_bridge.wiring import CiBridgeServices, Stores

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
        return self._audited("create", await records.create(draft.project_id, draft))

    async def replace(self, records: RecordStore[Item], old: Item, draft: BaseModel) -> Item:
        """Store a changed record."""
        return self._audited("change", await records.replace(old, draft))

    async def delete(self, records: RecordStore[Item], item: Item) -> None:
        """Delete a record."""
        await records.delete(item.id)
        self._audited("delete", item)

    async def refuse_while_rules_use(
        self, item: Pipeline | Template, name: Literal["pipeline_id", "template_id"]
    ) -> None:
        """Raise Conflict when the action of a rule names this record; rules of workflow files are made again."""
        using = {"project_id": item.project_id, f"action.{name}": item.id, "source": None}
        rules = await self.stores.rules.all(using)
        if rules:
            raise Conflict(f"rules use it: {', '.join(rule.name for rule in rules)}; change or delete them first")

    def log_change(self, action: str, kind: str, project_id: str | None, detail: str) -> None:
        """Log who changed something that is not a record."""
        _log.info(
            "setting changed", action=action, kind=kind, by=self.principal.id, project_id=project_id, detail=detail
        )

    def _audited(self, action: str, item: Item) -> Item:
        """Log who changed what."""
        fields = {name: getattr(item, name) for name in ("id", "project_id", "name", "revision")}
        kind = type(item).__name__.lower()
        _log.info("record changed", action=action, kind=kind, by=self.principal.id, **fields)
        return item


def next_cursor(items: Sequence[Any], limit: int) -> str | None:
    """Return the cursor after a full page of items ordered by id, None after the last page."""
    return encode_cursor(items[-1].id) if len(items) == limit else None


def _services(request: Request) -> CiBridgeServices:
    return parts_of(request, CiBridgeServices)


def _caller(request: Request, principal: CurrentPrincipal) -> Caller:
    return Caller(principal, _services(request), resources_of(request).authenticator)


CurrentServices = Annotated[CiBridgeServices, Depends(_services)]
CurrentCaller = Annotated[Caller, Depends(_caller)]
