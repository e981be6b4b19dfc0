"""Requests of rules under /api/v1/ci/requests: analyses, repeated and cancelled runs."""

from typing import Annotated

from fastapi import APIRouter, Query
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, problems

from logloop_ci_bridge.actions.request import ActionRequest, Kind, State
from logloop_ci_bridge.http.callers import CurrentCaller, next_cursor

router = APIRouter(prefix="/api/v1/ci/requests", tags=["rules"])


class RequestPage(Page[ActionRequest]):
    """Requests, newest first."""


@router.get("", summary="List requests of rules", operation_id="request_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    state: Annotated[State | None, Query(description="Only requests in this state.")] = None,
    kind: Annotated[Kind | None, Query(description="Only requests of this kind.")] = None,
    rule_id: str | None = Query(None, max_length=64, description="Only requests of this rule."),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RequestPage:
    """List the analyses, repetitions and cancellations that rules requested, with their outcome."""
    caller.may_read(project_id)
    where = {"state": state, "kind": kind, "rule_id": rule_id}
    items = await caller.stores.requests.page(
        project_id,
        limit=limit,
        before=decode_id_cursor(cursor),
        where={name: value for name, value in where.items() if value is not None},
    )
    return RequestPage(items=list(items), next_cursor=next_cursor(items, limit))
