"""Decides which of the projects in a request the caller may write to."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from logloop_chassis.auth.principal import Principal

from logloop_ingest.checking.fields import is_project_id
from logloop_ingest.checking.rules import ProjectAccess, Violation
from logloop_ingest.limits import MAX_PROJECTS

ProjectExists = Callable[[str], Awaitable[bool]]

_UNKNOWN = Violation("project_id", "unknown_project", "there is no such project; create it first")
_FORBIDDEN = Violation("project_id", "forbidden_project", "this caller may not send logs to this project")


async def authorise(
    principal: Principal, project_ids: Collection[Any], project_exists: ProjectExists, *, default: str | None = None
) -> ProjectAccess:
    """Return the caller's access to the projects of a request; None among them stands for the default project.

    The default is `default`, or the only project of the caller.

    Raises Unavailable when projects cannot be looked up.
    """
    default = default or principal.only_project()
    permitted: set[str] = set()
    denied: dict[str, Violation] = {}
    for name in projects_to_look_up(project_ids, default):
        violation = await _violation(principal, name, project_exists)
        if violation is None:
            permitted.add(name)
        else:
            denied[name] = violation
    return ProjectAccess(default, permitted, denied)


def projects_to_look_up(project_ids: Collection[Any], default: str | None) -> list[str]:
    """Return the valid ids among the stated ones, at most `MAX_PROJECTS` of them."""
    names = {default if name is None else name for name in project_ids}
    valid = sorted(name for name in names if isinstance(name, str) and is_project_id(name))
    return valid[:MAX_PROJECTS]


async def _violation(principal: Principal, project_id: str, project_exists: ProjectExists) -> Violation | None:
    if principal.kind == "user" and not principal.sees(project_id):
        return _UNKNOWN
    if not principal.may("ingest", project_id):
        return _FORBIDDEN
    if principal.kind == "key" and not principal.is_admin:
        return None  # such a key exists only within its project
    return None if await project_exists(project_id) else _UNKNOWN
