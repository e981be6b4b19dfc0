"""CRUD of pipelines under /api/v1/ci/pipelines.

It must not speak to GitHub.
"""

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, JsonValue

from logloop_ci_bridge.dispatches.pipelines import Pipeline, PipelineDraft
from logloop_ci_bridge.http.callers import CurrentCaller, Cursor, Limit, Page, ProjectParam, ProjectScoped, problems

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


@router.post("", status_code=201, summary="Create a pipeline", responses=problems(404, 409))
async def create(body: NewPipeline, caller: CurrentCaller) -> Pipeline:
    """Name the workflow that a service's actions start. The output of its runs becomes logs of that service."""
    await caller.may_create(body.project_id)
    return await caller.create(caller.bridge.pipelines, body)


@router.get("", summary="List pipelines", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    service_id: str | None = Query(None, max_length=128, description="Only pipelines of this service."),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PipelinePage:
    """A project's pipelines."""
    caller.may_read(project_id)
    where = {"service_id": service_id} if service_id else {}
    items = await caller.bridge.pipelines.page(project_id, limit=limit, after=cursor, where=where)
    return PipelinePage.of(items, limit)


@router.get("/{pipeline_id}", summary="Get a pipeline", responses=problems(404))
async def get(pipeline_id: str, caller: CurrentCaller) -> Pipeline:
    """One pipeline."""
    return await caller.read(caller.bridge.pipelines, pipeline_id)


@router.put("/{pipeline_id}", summary="Change a pipeline", responses=problems(404, 409))
async def replace(pipeline_id: str, body: PipelineDraft, caller: CurrentCaller) -> Pipeline:
    """Replace every field of a pipeline. Dispatches that wait already keep what they were made with."""
    found = await caller.to_change(caller.bridge.pipelines, pipeline_id)
    return await caller.replace(caller.bridge.pipelines, found, body)


@router.delete("/{pipeline_id}", status_code=204, summary="Delete a pipeline", responses=problems(404, 409))
async def delete(pipeline_id: str, caller: CurrentCaller) -> Response:
    """Refused while a rule starts it."""
    found = await caller.to_change(caller.bridge.pipelines, pipeline_id)
    await caller.refuse_while_rules_use(found, "pipeline_id")
    await caller.delete(caller.bridge.pipelines, found)
    return Response(status_code=204)
