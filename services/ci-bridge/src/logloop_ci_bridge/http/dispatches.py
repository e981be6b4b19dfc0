"""Dispatches under /api/v1/ci/dispatches: start a pipeline by hand, list what was started.

It must not send; the outbox is worked off elsewhere.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from pydantic import ConfigDict, Field, JsonValue

from logloop_ci_bridge.dispatches.outbox import Dispatch, DispatchState, manual_key, new_dispatch
from logloop_ci_bridge.dispatches.templates import BadPayload, TemplateDraft
from logloop_ci_bridge.durations import new_ulid
from logloop_ci_bridge.http.callers import (
    Caller,
    CurrentCaller,
    Cursor,
    Limit,
    Page,
    ProjectParam,
    ProjectScoped,
    problems,
)
from logloop_ci_bridge.work_loops import utc_now

router = APIRouter(prefix="/api/v1/ci/dispatches", tags=["dispatches"])

_EXAMPLE: dict[str, JsonValue] = {
    "project_id": "shop",
    "pipeline_id": "01JD0000000000000000000000",
    "template_id": "01JD0000000000000000000002",
    "values": {"environment": "staging", "count": 12},
}


class NewDispatch(ProjectScoped):
    """A workflow to start."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    pipeline_id: str = Field(max_length=64)
    template_id: str | None = Field(None, max_length=64)
    values: dict[str, Any] = Field(
        default_factory=dict, max_length=25, description="Fields of the template by name.", examples=[{"count": 12}]
    )


class DispatchPage(Page[Dispatch]):
    """Dispatches, newest first."""


@router.post(
    "",
    status_code=202,
    summary="Start a workflow",
    responses={
        200: {"model": Dispatch, "description": "This Idempotency-Key was used before."},
        **problems(404, 409),
    },
)
async def create(
    body: NewDispatch,
    response: Response,
    caller: CurrentCaller,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Repeat a request with the same key without a second run.")
    ] = None,
) -> Dispatch:
    """Put a dispatch into the outbox; it is sent within seconds. Without GitHub credentials it is only recorded."""
    await caller.may_create(body.project_id)
    wanted = await _wanted(caller, body, manual_key(idempotency_key or new_ulid()))
    stored, is_new = await caller.bridge.dispatches.add(wanted)
    if not is_new:
        if _content(stored) != _content(wanted):
            raise Conflict("this Idempotency-Key was used for another dispatch; use a new one")
        response.status_code = 200
    caller.bridge.dispatcher.wake.set()
    return stored


async def _wanted(caller: Caller, body: NewDispatch, dedupe_key: str) -> Dispatch:
    """The dispatch of a request. Raises NotFound or Unprocessable."""
    bridge, principal = caller.bridge, caller.principal
    pipeline = await bridge.pipelines.find(body.pipeline_id)
    if pipeline is None or pipeline.project_id != body.project_id:
        raise NotFound(f"there is no pipeline {body.pipeline_id!r} in this project")
    template = await bridge.templates.find(body.template_id) if body.template_id else None
    if body.template_id and (template is None or template.project_id != body.project_id):
        raise NotFound(f"there is no template {body.template_id!r} in this project")
    fields = template or TemplateDraft(name="none", event_type="none")
    try:
        return new_dispatch(
            pipeline,
            template,
            fields.render({"project.id": body.project_id}, body.values),
            dispatch_id=new_ulid(),
            correlation_id=new_ulid(),
            dedupe_key=dedupe_key,
            now=utc_now(),
            created_by=principal.name or principal.id,
        )
    except BadPayload as error:
        raise Unprocessable(str(error)) from error


def _content(dispatch: Dispatch) -> tuple[Any, ...]:
    return dispatch.pipeline_id, dispatch.template_id, dispatch.payload


@router.get("", summary="List dispatches", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    state: Annotated[DispatchState | None, Query(description="Only those in this state.")] = None,
    rule_id: str | None = Query(None, max_length=64, description="Only those of this rule."),
    pipeline_id: str | None = Query(None, max_length=64, description="Only those of this pipeline."),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DispatchPage:
    """A project's dispatches with their states, GitHub's words and their runs."""
    caller.may_read(project_id)
    where = {"state": state, "rule_id": rule_id, "pipeline_id": pipeline_id}
    items = await caller.bridge.dispatches.page(
        project_id,
        limit=limit,
        before=cursor,
        where={name: value for name, value in where.items() if value is not None},
    )
    return DispatchPage.of(items, limit)


@router.get("/{dispatch_id}", summary="Get a dispatch", responses=problems(404))
async def get(dispatch_id: str, caller: CurrentCaller) -> Dispatch:
    """One dispatch."""
    found = await caller.bridge.dispatches.get(dispatch_id)
    return caller.allowed(found, f"there is no dispatch {dispatch_id[:64]!r}")
