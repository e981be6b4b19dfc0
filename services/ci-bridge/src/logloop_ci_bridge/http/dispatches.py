"""Dispatches under /api/v1/ci/dispatches: starts a pipeline manually, and lists what was started."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import RecordId, new_id, utc_now
from pydantic import ConfigDict, Field, JsonValue

from logloop_ci_bridge.dispatches.outbox import Dispatch, DispatchState, manual_key, new_dispatch
from logloop_ci_bridge.dispatches.templates import BadPayload, TemplateDraft
from logloop_ci_bridge.http.callers import Caller, CurrentCaller, ProjectScoped, next_cursor

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
        default_factory=dict,
        max_length=25,
        description="Values of the template's fields by name.",
        examples=[{"count": 12}],
    )


class DispatchPage(Page[Dispatch]):
    """Dispatches, newest first."""


@router.post(
    "",
    status_code=202,
    summary="Start a workflow",
    operation_id="dispatch_create",
    responses={
        200: {"model": Dispatch, "description": "The dispatch that was created with this Idempotency-Key."},
        **body_problems(404, 409),
    },
)
async def create(
    body: NewDispatch,
    response: Response,
    caller: CurrentCaller,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="A repeated request with the same key starts no second run.")
    ] = None,
) -> Dispatch:
    """Add a dispatch to the outbox. It is sent within seconds, or only recorded without GitHub credentials."""
    await caller.may_create(body.project_id)
    pause = await caller.stores.pauses.state(body.project_id)
    if pause.paused:
        raise Conflict(f"{pause.sentence}; resume it first")
    requested = await _requested(caller, body, manual_key(idempotency_key or new_id()))
    stored, is_new = await caller.stores.dispatches.add(requested)
    if not is_new:
        if _content(stored) != _content(requested):
            raise Conflict("this Idempotency-Key was used for another dispatch; use a new one")
        response.status_code = 200
    caller.services.dispatcher.wake.set()
    return stored


async def _requested(caller: Caller, body: NewDispatch, dedupe_key: str) -> Dispatch:
    """The dispatch that a request describes. Raises NotFound or Unprocessable."""
    stores, principal = caller.stores, caller.principal
    pipeline = await stores.pipelines.find(body.pipeline_id)
    if pipeline is None or pipeline.project_id != body.project_id:
        raise NotFound(f"there is no pipeline {body.pipeline_id!r} in this project")
    template = await stores.templates.find(body.template_id) if body.template_id else None
    if body.template_id and (template is None or template.project_id != body.project_id):
        raise NotFound(f"there is no template {body.template_id!r} in this project")
    fields = template or TemplateDraft(name="none", event_type="none")
    try:
        return new_dispatch(
            pipeline,
            template,
            fields.render({"project.id": body.project_id}, body.values),
            dispatch_id=new_id(),
            correlation_id=new_id(),
            dedupe_key=dedupe_key,
            now=utc_now(),
            created_by=principal.name or principal.id,
        )
    except BadPayload as error:
        raise Unprocessable(str(error)) from error


def _content(dispatch: Dispatch) -> tuple[Any, ...]:
    return dispatch.pipeline_id, dispatch.template_id, dispatch.payload


@router.get("", summary="List dispatches", operation_id="dispatch_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    state: Annotated[DispatchState | None, Query(description="Only dispatches in this state.")] = None,
    rule_id: str | None = Query(None, max_length=64, description="Only dispatches of this rule."),
    pipeline_id: str | None = Query(None, max_length=64, description="Only dispatches of this pipeline."),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> DispatchPage:
    """List the dispatches of a project with their state, GitHub's message and their run."""
    caller.may_read(project_id)
    where = {"state": state, "rule_id": rule_id, "pipeline_id": pipeline_id}
    items = await caller.stores.dispatches.page(
        project_id,
        limit=limit,
        before=decode_id_cursor(cursor),
        where={name: value for name, value in where.items() if value is not None},
    )
    return DispatchPage(items=list(items), next_cursor=next_cursor(items, limit))


@router.get("/{dispatch_id}", summary="Get a dispatch", operation_id="dispatch_read", responses=problems(404))
async def get(dispatch_id: RecordId, caller: CurrentCaller) -> Dispatch:
    """Return a dispatch."""
    found = await caller.stores.dispatches.find(dispatch_id)
    return caller.allowed(found, f"there is no dispatch {dispatch_id[:64]!r}")
