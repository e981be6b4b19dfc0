"""Pipelines under /api/v1/ci/pipelines."""

from fastapi import APIRouter, Query, Response
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Unprocessable
from logloop_chassis.ids import RecordId, utc_now
from pydantic import ConfigDict, JsonValue

from logloop_ci_bridge.dispatches.pipelines import Pipeline, PipelineDraft
from logloop_ci_bridge.emulations.approvals import requested
from logloop_ci_bridge.emulations.emulation import content_hash
from logloop_ci_bridge.http.callers import Caller, CurrentCaller, ProjectScoped, next_cursor

router = APIRouter(prefix="/api/v1/ci/pipelines", tags=["pipelines"])

_EXAMPLE: dict[str, JsonValue] = {
    "project_id": "shop",
    "name": "Checkout: collect diagnostics",
    "service_id": "checkout",
    "repository": "acme/shop",
    "mode": "workflow_dispatch",
    "workflow": "diagnose.yml",
    "ref": "main",
}


class NewPipeline(ProjectScoped, PipelineDraft):
    """A pipeline to create."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})


class PipelinePage(Page[Pipeline]):
    """Pipelines in the order of their creation."""


async def _refuse_unknown_template(caller: Caller, draft: PipelineDraft, project_id: str) -> None:
    """Raise Unprocessable when the pipeline names a template that is not one of the project."""
    if draft.template_id is None:
        return
    found = await caller.stores.templates.find(draft.template_id)
    if found is None or found.project_id != project_id:
        raise Unprocessable(f"there is no template {draft.template_id!r} in this project")


@router.post(
    "",
    status_code=201,
    summary="Create a pipeline",
    operation_id="pipeline_create",
    responses=body_problems(404, 409),
)
async def create(body: NewPipeline, caller: CurrentCaller) -> Pipeline:
    """Define the workflow that dispatches of a service start. The output of its runs becomes logs of that service."""
    await caller.may_create(body.project_id)
    await _refuse_unknown_template(caller, body, body.project_id)
    made = await caller.create(caller.stores.pipelines, body)
    await _request_approval(caller, made)
    await _follow(caller, made)
    return made


@router.get("", summary="List pipelines", operation_id="pipeline_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    service_id: str | None = Query(None, max_length=128, description="Only pipelines of this service."),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> PipelinePage:
    """List the pipelines of a project."""
    caller.may_read(project_id)
    where = {"service_id": service_id} if service_id else {}
    items = await caller.stores.pipelines.page(project_id, limit=limit, after=decode_id_cursor(cursor), where=where)
    return PipelinePage(items=list(items), next_cursor=next_cursor(items, limit))


@router.get("/{pipeline_id}", summary="Get a pipeline", operation_id="pipeline_read", responses=problems(404))
async def get(pipeline_id: RecordId, caller: CurrentCaller) -> Pipeline:
    """Return a pipeline."""
    return await caller.read(caller.stores.pipelines, pipeline_id)


@router.put(
    "/{pipeline_id}",
    summary="Change a pipeline",
    operation_id="pipeline_update",
    responses=body_problems(404, 409),
)
async def replace(pipeline_id: RecordId, body: PipelineDraft, caller: CurrentCaller) -> Pipeline:
    """Replace every field of a pipeline. Waiting dispatches keep the values that they were created with."""
    found = await caller.to_change(caller.stores.pipelines, pipeline_id)
    await _refuse_unknown_template(caller, body, found.project_id)
    changed = await caller.replace(caller.stores.pipelines, found, body)
    await _request_approval(caller, changed)
    await _follow(caller, changed)
    return changed


@router.delete(
    "/{pipeline_id}",
    status_code=204,
    summary="Delete a pipeline",
    operation_id="pipeline_delete",
    responses=problems(404, 409),
)
async def delete(pipeline_id: RecordId, caller: CurrentCaller) -> Response:
    """Delete a pipeline, unless a rule starts it. Rules of workflow files that start it go with it."""
    found = await caller.to_change(caller.stores.pipelines, pipeline_id)
    await caller.refuse_while_rules_use(found, "pipeline_id")
    await caller.delete(caller.stores.pipelines, found)
    await _follow(caller, found)
    return Response(status_code=204)


async def _request_approval(caller: Caller, pipeline: Pipeline) -> None:
    """Let administrators see the workflow of an emulated pipeline before its first run."""
    if pipeline.workflow_text is None:
        return
    if await caller.stores.approvals.approval(pipeline.project_id, content_hash(pipeline.workflow_text)) is None:
        by = caller.principal.name or caller.principal.id
        request = requested(pipeline.project_id, pipeline.workflow, pipeline.workflow_text, by, utc_now())
        await caller.stores.approvals.request(request)


async def _follow(caller: Caller, pipeline: Pipeline) -> None:
    """Read the workflow files of its repository, and make the rules of files fit the pipelines."""
    await caller.services.workflow_sync.refresh(pipeline.project_id)
    await caller.services.workflow_reader.watch(pipeline.project_id, pipeline.repository)
