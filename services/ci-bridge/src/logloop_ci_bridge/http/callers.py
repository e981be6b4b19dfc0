"""What every route of ci-bridge takes: who calls, what they may read and change here, and a page's bounds.

It must not know what the records mean; `logloop_chassis.auth.require` decides who may do what.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, Protocol, Self, TypeVar

import structlog
from fastapi import Depends, Query, Request
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.http.problems import Conflict, NotFound, problem_responses
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, Field

from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.templates import Template
from logloop_ci_bridge.record_store import Item, Records
from logloop_ci_bridge.state import Bridge

_log = structlog.get_logger()

ProjectParam = Annotated[
    str, Query(pattern=PROJECT_ID_PATTERN, max_length=63, description="The project.", examples=["shop"])
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many items a page has.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before; none for the first page.")
]


class ProjectScoped(BaseModel):
    """Base of bodies that create something in a project."""

    project_id: str = Field(pattern=PROJECT_ID_PATTERN, description="The project.", examples=["shop"])


Listed = TypeVar("Listed")


class Page(BaseModel, Generic[Listed]):
    """Base of lists in the order of their ids."""

    items: list[Listed]
    next_cursor: str | None = None

    @classmethod
    def of(cls, items: Sequence[Listed], limit: int) -> Self:
        """A page that asked for `limit` items; a full one may have a next."""
        last: Any = items[-1] if len(items) == limit else None
        return cls(items=list(items), next_cursor=None if last is None else last.id)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of an operation: those named, and the ones that any operation for signed-in callers has."""
    return problem_responses(*sorted({400, 401, 403, 422, 503, *statuses}))


class InProject(Protocol):
    """Anything that belongs to a project."""

    project_id: str


Owned = TypeVar("Owned", bound=InProject)


@dataclass(frozen=True)
class Caller:
    """Somebody who calls. Every way to a record leads through here, so that rights are asked for in one place."""

    principal: Principal
    bridge: Bridge
    authenticator: Authenticator

    def may_read(self, project_id: str) -> None:
        """Raise NotFound or Forbidden unless the caller may read in the project."""
        require(self.principal, "read", project_id)

    async def may_create(self, project_id: str) -> None:
        """Raise NotFound or Forbidden unless the caller may write in the project and it exists."""
        require(self.principal, "write", project_id)
        if not await self.authenticator.project_exists(project_id):
            raise NotFound(f"there is no project {project_id!r}; create it first")

    def allowed(self, item: Owned | None, missing: str, scope: Scope = "read") -> Owned:
        """Something that was looked up by its id alone.

        One of a project that the caller does not see looks like one that is not there: nothing is told of it.
        """
        if item is None or not self.principal.sees(item.project_id):
            raise NotFound(missing)
        require(self.principal, scope, item.project_id)
        return item

    async def read(self, records: Records[Item], item_id: str) -> Item:
        """A record to look at."""
        return self.allowed(await records.find(item_id), records.missing(item_id))

    async def to_change(self, records: Records[Item], item_id: str) -> Item:
        """A record to change or delete."""
        return self.allowed(await records.find(item_id), records.missing(item_id), "write")

    async def create(self, records: Records[Item], draft: ProjectScoped) -> Item:
        """Store a new record in the project that the draft names; `may_create` was asked before."""
        return self._audited("create", await records.create(draft.project_id, draft))

    async def replace(self, records: Records[Item], old: Item, draft: BaseModel) -> Item:
        """Store a record anew."""
        return self._audited("change", await records.replace(old, draft))

    async def delete(self, records: Records[Item], item: Item) -> None:
        """Remove a record."""
        await records.delete(item.id)
        self._audited("delete", item)

    async def refuse_while_rules_use(
        self, item: Pipeline | Template, name: Literal["pipeline_id", "template_id"]
    ) -> None:
        """Raise Conflict when a rule's action names this."""
        users = await self.bridge.rules.all({"project_id": item.project_id, f"action.{name}": item.id})
        if users:
            raise Conflict(f"rules use it: {', '.join(rule.name for rule in users)}; change or delete them first")

    def _audited(self, action: str, item: Item) -> Item:
        """Write who changed what to the service's own log."""
        facts = {name: getattr(item, name) for name in ("id", "project_id", "name", "revision")}
        kind = type(item).__name__.lower()
        _log.info("record changed", action=action, kind=kind, by=self.principal.id, **facts)
        return item


def bridge(request: Request) -> Bridge:
    """The parts of this instance."""
    found: Bridge = request.app.state.bridge
    return found


def caller(request: Request, principal: CurrentPrincipal) -> Caller:
    """Who calls, with the parts of this instance."""
    return Caller(principal, bridge(request), request.app.state.resources.authenticator)


CurrentBridge = Annotated[Bridge, Depends(bridge)]
CurrentCaller = Annotated[Caller, Depends(caller)]
