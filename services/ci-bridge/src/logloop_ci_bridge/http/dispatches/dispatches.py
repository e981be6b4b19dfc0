"""Dispatches under /api/v1/ci/dispatches: starts a pipeline manually, and lists what was started."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from fastapi import APIRouter, Header, Query, Response
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import RecordId, new_id, utc_now
from logloop_contracts.durations import Duration, seconds
from pydantic import ConfigDict, Field, JsonValue, model_validator

from logloop_ci_bridge.dispatches.definitions import UnknownPipeline, named
from logloop_ci_bridge.dispatches.failures import PLAIN, Failure
from logloop_ci_bridge.dispatches.outbox import Dispatch, DispatchState, manual_key, new_dispatch
from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.dispatches.templates import BadPayload, Template, TemplateDraft
from logloop_ci_bridge.http.callers import Caller, CurrentCaller, ProjectScoped, next_cursor
from logloop_ci_bridge.http.runs.run_control import cancelled

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

    pipeline_id: str | None = Field(None, max_length=64, description="The pipeline by its id.")
    pipeline: str | None = Field(
        None,
        max_length=250,
        description="The pipeline by its name, or as service/name: see `reference` in the definitions.",
    )
    template_id: str | None = Field(None, max_length=64, description="Default: the template of the pipeline.")
    values: dict[str, Any] = Field(
        default_factory=dict,
        max_length=25,
        description="Values of the template's fields by name.",
        examples=[{"count": 12}],
    )
    failure: Failure | None = Field(None, description="A failure that the fields with a source are taken from.")
    cooldown: Duration | None = Field(
        None,
        description="Start nothing when a request with a cooldown started this pipeline within the time. The answer "
        "is then that dispatch, with status 200.",
    )

    @model_validator(mode="after")
    def _names_a_pipeline(self) -> Self:
        if (self.pipeline_id is None) == (self.pipeline is None):
            raise ValueError("name the pipeline with either `pipeline_id` or `pipeline`")
        return self


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
    dispatches = caller.stores.dispatches
    if body.cooldown is None:
        stored, is_new = await dispatches.add(requested)
        if not is_new and _content(stored) != _content(requested):
            raise Conflict("this Idempotency-Key was used for another dispatch; use a new one")
    else:
        stored, is_new = await dispatches.add_after_cooldown(requested, seconds(body.cooldown))
    if not is_new:
        response.status_code = 200
    caller.services.dispatcher.wake.set()
    return stored


async def _requested(caller: Caller, body: NewDispatch, dedupe_key: str) -> Dispatch:
    """The dispatch that a request describes. Raises NotFound or Unprocessable."""
    principal, now = caller.principal, utc_now()
    pipeline = await _pipeline(caller, body)
    template = await _template(caller, body.template_id or pipeline.template_id, body.project_id)
    values: dict[str, Any] = {"project.id": body.project_id, "link": caller.services.logs_page(body.project_id)}
    fields: TemplateDraft = template or TemplateDraft(name="none", event_type="none")
    if body.failure is not None:
        values |= body.failure.values(pipeline.service_id, now)
        fields = template or PLAIN
    try:
        return new_dispatch(
            pipeline,
            template,
            fields.render(values, body.values),
            dispatch_id=new_id(),
            correlation_id=new_id(),
            dedupe_key=dedupe_key,
            now=now,
            created_by=principal.name or principal.id,
            cooldown=body.cooldown,
        )
    except BadPayload as error:
        raise Unprocessable(str(error)) from error


async def _pipeline(caller: Caller, body: NewDispatch) -> Pipeline:
    pipelines = caller.stores.pipelines
    if body.pipeline is not None:
        try:
            return named(await pipelines.all({"project_id": body.project_id}), body.pipeline)
        except UnknownPipeline as error:
            raise NotFound(str(error)) from error
    found = await pipelines.find(body.pipeline_id or "")
    if found is None or found.project_id != body.project_id:
        raise NotFound(f"there is no pipeline {body.pipeline_id!r} in this project")
    return found


async def _template(caller: Caller, template_id: str | None, project_id: str) -> Template | None:
    if template_id is None:
        return None
    found = await caller.stores.templates.find(template_id)
    if found is None or found.project_id != project_id:
        raise NotFound(f"there is no template {template_id!r} in this project")
    return found


def _content(dispatch: Dispatch) -> tuple[Any, ...]:
    return dispatch.pipeline_id, dispatch.template_id, dispatch.payload


@router.get("", summary="List dispatches", operation_id="dispatch_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    state: Annotated[DispatchState | None, Query(description="Only dispatches in this state.")] = None,
    rule_id: str | None = Query(None, max_length=64, description="Only dispatches of this rule."),
    pipeline_id: str | None = Query(None, max_length=64, description="Only dispatches of this pipeline."),
    lost: Annotated[
        bool | None, Query(description="True: only dispatches that GitHub accepted and that no run followed.")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> DispatchPage:
    """List the dispatches of a project with their state, GitHub's message and their run."""
    caller.may_read(project_id)
    where = {"state": state, "rule_id": rule_id, "pipeline_id": pipeline_id, "lost": lost}
    items = await caller.stores.dispatches.page(
        project_id,
        limit=limit,
        before=decode_id_cursor(cursor),
        where={name: value for name, value in where.items() if value is not None},
    )
    shown = await _with_pause(caller, project_id, items)
    return DispatchPage(items=shown, next_cursor=next_cursor(items, limit))


@router.get("/{dispatch_id}", summary="Get a dispatch", operation_id="dispatch_read", responses=problems(404))
async def get(dispatch_id: RecordId, caller: CurrentCaller) -> Dispatch:
    """Return a dispatch."""
    found = caller.allowed(
        await caller.stores.dispatches.find(dispatch_id), f"there is no dispatch {dispatch_id[:64]!r}"
    )
    [shown] = await _with_pause(caller, found.project_id, [found])
    return shown


async def _with_pause(caller: Caller, project_id: str, items: Sequence[Dispatch]) -> list[Dispatch]:
    """Return dispatches of a project; while it is paused, those that are not sent wait for the kill switch."""
    if not any(item.state == "pending" for item in items):
        return list(items)
    if not (await caller.stores.pauses.state(project_id)).paused:
        return list(items)
    held = {"waits_for": "paused", "next_attempt_at": None}
    return [item.model_copy(update=held) if item.state == "pending" else item for item in items]


@router.post(
    "/{dispatch_id}/cancel",
    summary="Cancel a dispatch",
    operation_id="dispatch_cancel",
    responses=problems(404, 409, 502),
)
async def cancel(dispatch_id: RecordId, caller: CurrentCaller) -> Dispatch:
    """Withdraw a dispatch that was not sent yet, or cancel its run on GitHub."""
    found = await caller.stores.dispatches.find(dispatch_id)
    dispatch = caller.allowed(found, f"there is no dispatch {dispatch_id[:64]!r}", "write")
    by = caller.principal.name or caller.principal.id
    withdrawn = await caller.stores.dispatches.withdraw(
        dispatch.id, f"cancelled by {by} before it was sent", utc_now()
    )
    if withdrawn is not None:
        await caller.record_change("cancel", "dispatch", dispatch.id, dispatch.project_id)
        caller.services.dispatcher.wake.set()
        return withdrawn
    runs = await caller.stores.runs.of_dispatches(dispatch.project_id, [dispatch.id])
    if not runs:
        raise Conflict(
            f"the dispatch is {dispatch.state} and has no run that can be cancelled; if it is being sent, try again "
            "once its run has started"
        )
    await cancelled(caller, runs[0])
    return dispatch
