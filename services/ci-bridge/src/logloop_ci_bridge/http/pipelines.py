"""CRUD of pipelines under /api/v1/ci/pipelines.

It must not speak to GitHub.
"""

from fastapi import APIRouter, Query, Request, Response
from logloop_chassis.problems import Conflict
from pydantic import BaseModel, ConfigDict, JsonValue

from logloop_ci_bridge.http.callers import (
    CurrentBridge,
    CurrentPrincipal,
    Cursor,
    Limit,
    ProjectParam,
    ProjectScoped,
    audit,
    existing_project,
    may_change,
    may_read,
    problems,
)
from logloop_ci_bridge.pipelines import Pipeline, PipelineDraft

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


class PipelinePage(BaseModel):
    """Pipelines in the order of their creation."""

    items: list[Pipeline]
    next_cursor: str | None = None


@router.post("", status_code=201, summary="Create a pipeline", responses=problems(404, 409))
async def create(body: NewPipeline, request: Request, bridge: CurrentBridge, principal: CurrentPrincipal) -> Pipeline:
    """Name the workflow that a service's actions start. The output of its runs becomes logs of that service."""
    await existing_project(request, principal, body.project_id)
    draft = PipelineDraft.model_validate(body.model_dump(exclude={"project_id"}))
    made = await bridge.pipelines.create(body.project_id, draft)
    audit(principal, "create", made)
    return made


@router.get("", summary="List pipelines", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    bridge: CurrentBridge,
    principal: CurrentPrincipal,
    service_id: str | None = Query(None, max_length=128, description="Only pipelines of this service."),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PipelinePage:
    """A project's pipelines."""
    may_read(principal, project_id)
    where = {"service_id": service_id} if service_id else {}
    items = await bridge.pipelines.page(project_id, limit=limit, after=cursor, where=where)
    return PipelinePage(items=list(items), next_cursor=items[-1].id if len(items) == limit else None)


@router.get("/{pipeline_id}", summary="Get a pipeline", responses=problems(404))
async def get(pipeline_id: str, bridge: CurrentBridge, principal: CurrentPrincipal) -> Pipeline:
    """One pipeline."""
    found = await bridge.pipelines.get(pipeline_id)
    may_read(principal, found.project_id)
    return found


@router.put("/{pipeline_id}", summary="Change a pipeline", responses=problems(404, 409))
async def replace(
    pipeline_id: str, body: PipelineDraft, bridge: CurrentBridge, principal: CurrentPrincipal
) -> Pipeline:
    """Replace every field of a pipeline. Dispatches that wait already keep what they were made with."""
    found = await bridge.pipelines.get(pipeline_id)
    may_change(principal, found.project_id)
    changed = await bridge.pipelines.replace(found, body)
    audit(principal, "change", changed)
    return changed


@router.delete("/{pipeline_id}", status_code=204, summary="Delete a pipeline", responses=problems(404, 409))
async def delete(pipeline_id: str, bridge: CurrentBridge, principal: CurrentPrincipal) -> Response:
    """Refused while a rule starts it."""
    found = await bridge.pipelines.get(pipeline_id)
    may_change(principal, found.project_id)
    users = await bridge.rules.all({"project_id": found.project_id, "action.pipeline_id": pipeline_id})
    if users:
        raise Conflict(f"rules start it: {', '.join(rule.name for rule in users)}; change or delete them first")
    await bridge.pipelines.delete(pipeline_id)
    audit(principal, "delete", found)
    return Response(status_code=204)
