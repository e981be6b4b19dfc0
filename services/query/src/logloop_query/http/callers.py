"""What every records route takes: the caller with its address, the use cases, and the parameters of a page.

It must not decide who may do what; `logloop_chassis.auth.require` does.
"""

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.http.problems import Problem, problem_responses
from logloop_contracts.log_entry import PROJECT_ID_PATTERN

from logloop_query.records.audit import Actor
from logloop_query.wiring import Records


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of an operation: those named, and the ones that any operation for signed-in callers has."""
    return problem_responses(*sorted({401, 403, 422, 503, *statuses}))


def body_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of an operation that takes a body, which may be no JSON or too large."""
    return problems(400, 413, *statuses)


def actor(request: Request, response: Response, principal: CurrentPrincipal) -> Actor:
    """The caller with the address it came from. What the caller is answered stays in no cache."""
    response.headers["Cache-Control"] = "no-store"
    return Actor(principal, request.client.host if request.client else None)


def records(request: Request) -> Records:
    """The use cases of this instance."""
    found: Records = request.app.state.records
    return found


async def may_still_read(request: Request, project_id: str) -> bool:
    """Whether the caller of a stream that is open has not been signed out or lost the project meanwhile."""
    authenticator: Authenticator = request.app.state.resources.authenticator
    try:
        principal = await authenticator.authenticate(request.headers)
    except Problem as problem:
        return problem.status == 503  # the database is away: that is no reason to sign anybody out
    return principal.may("read", project_id)


CurrentActor = Annotated[Actor, Depends(actor)]
CurrentRecords = Annotated[Records, Depends(records)]
ProjectParam = Annotated[
    str, Query(pattern=PROJECT_ID_PATTERN, description="The project.", examples=["shop"], max_length=63)
]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many items a page has.")]
Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the page before; none for the first page.")
]
