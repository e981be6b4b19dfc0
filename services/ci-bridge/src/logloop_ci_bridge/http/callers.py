"""What every route of ci-bridge takes: the running parts, who calls, and a page's bounds.

It must not decide who may do what; `logloop_chassis.auth.require` does.
"""

from typing import Annotated, Any

import structlog
from fastapi import Depends, Query, Request
from logloop_chassis.auth import Authenticator, CurrentPrincipal, Principal, require
from logloop_chassis.problems import NotFound, problem_responses
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, Field

from logloop_ci_bridge.bridge import Bridge

_log = structlog.get_logger()

__all__ = [
    "CurrentBridge",
    "CurrentPrincipal",
    "Cursor",
    "Limit",
    "ProjectParam",
    "ProjectScoped",
    "audit",
    "existing_project",
    "may_change",
    "may_read",
    "problems",
]


def bridge(request: Request) -> Bridge:
    """The parts of this instance."""
    found: Bridge = request.app.state.bridge
    return found


CurrentBridge = Annotated[Bridge, Depends(bridge)]
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


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of an operation: those named, and the ones that any operation for signed-in callers has."""
    return problem_responses(*sorted({400, 401, 403, 422, 503, *statuses}))


def may_read(principal: Principal, project_id: str) -> None:
    """Raise NotFound or Forbidden unless the caller may read in the project."""
    require(principal, "read", project_id)


def may_change(principal: Principal, project_id: str) -> None:
    """Raise NotFound or Forbidden unless the caller may write in the project."""
    require(principal, "write", project_id)


def audit(principal: Principal, action: str, item: BaseModel) -> None:
    """Write who changed what to the service's own log."""
    facts = {name: getattr(item, name, None) for name in ("id", "project_id", "name", "revision")}
    _log.info("record changed", action=action, kind=type(item).__name__.lower(), by=principal.id, **facts)


async def existing_project(request: Request, principal: Principal, project_id: str) -> None:
    """Raise unless the caller may write in the project and it exists."""
    may_change(principal, project_id)
    authenticator: Authenticator = request.app.state.resources.authenticator
    if not await authenticator.project_exists(project_id):
        raise NotFound(f"there is no project {project_id!r}; create it first")
