"""Definitions under /api/v1/ci/definitions: what generated code needs to know of each pipeline."""

from fastapi import APIRouter
from logloop_chassis.http.parameters import ProjectParam, problems

from logloop_ci_bridge.dispatches.definitions import Definitions, definitions_of
from logloop_ci_bridge.http.callers import CurrentCaller

router = APIRouter(prefix="/api/v1/ci/definitions", tags=["pipelines"])


@router.get("", summary="List definitions", operation_id="definition_list", responses=problems(404))
async def list_all(project_id: ProjectParam, caller: CurrentCaller) -> Definitions:
    """Return every pipeline of a project as programs start it: its reference, its parameters and a digest."""
    caller.may_read(project_id)
    own = {"project_id": project_id}
    pipelines, templates = await caller.stores.pipelines.all(own), await caller.stores.templates.all(own)
    return definitions_of(project_id, pipelines, templates)
