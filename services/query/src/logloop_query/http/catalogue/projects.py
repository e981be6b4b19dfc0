"""Endpoints of projects."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import body_problems, problems
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import Field

from logloop_query.http.dependencies import CurrentActor, CurrentProjects, CurrentRecordServices
from logloop_query.http.fields import Input, Moment, Name, Output, ProjectId, Text

router = APIRouter(prefix="/api/v1/projects", tags=["projects"])
ProjectPath = Annotated[str, Path(pattern=PROJECT_ID_PATTERN, examples=["shop"])]
RetentionDays = Annotated[int, Field(ge=1, le=3650, description="Days that logs are kept.", examples=[30])]


class NewProject(Input):
    """A project to create. The id cannot change later."""

    id: ProjectId = Field(description="Slug: lower-case letters, digits and dashes.", examples=["shop"])
    name: Name = Field(examples=["Shop"])
    description: Text = ""
    retention_days: RetentionDays = 30


class ProjectChanges(Input):
    """Fields to change. Omitted fields stay as they are."""

    name: Name = Field(default_factory=str, examples=["Shop"])
    description: Text = Field(default_factory=str)
    retention_days: RetentionDays = Field(default_factory=int)


class Project(Output):
    """A project."""

    id: str = Field(examples=["shop"])
    name: str = Field(examples=["Shop"])
    description: str
    retention_days: int = Field(examples=[30])
    state: Literal["active", "deleting"] = Field(description="`deleting` until everything in the project is deleted.")
    created_at: Moment
    updated_at: Moment


class ProjectPage(Page[Project]):
    """One page of projects."""


def _project(document: Document) -> Project:
    return Project(id=document["_id"], **{name: value for name, value in document.items() if name != "_id"})


@router.post(
    "", status_code=201, summary="Create a project", operation_id="project_create", responses=body_problems(409)
)
async def create(body: NewProject, actor: CurrentActor, projects: CurrentProjects) -> Project:
    """Create a project. Needs an administrator. Its data is visible only to its members and keys."""
    require(actor.principal, "admin", None)
    return _project(await projects.create(actor, body.id, body.model_dump(exclude={"id"})))


@router.get("", summary="List projects", operation_id="project_list", responses=problems())
async def list_(
    actor: CurrentActor, projects: CurrentProjects, limit: Limit = 100, cursor: Cursor = None
) -> ProjectPage:
    """List the projects that the caller may see, ordered by id."""
    found = await projects.page(actor.principal, decode_id_cursor(cursor), limit)
    return ProjectPage(
        items=[_project(document) for document in found], next_cursor=next_id_cursor(found, limit, "_id")
    )


@router.get("/{project_id}", summary="Read a project", operation_id="project_read", responses=problems(404))
async def read(project_id: ProjectPath, actor: CurrentActor, projects: CurrentProjects) -> Project:
    """Read one project."""
    require(actor.principal, "read", project_id)
    return _project(await projects.get(project_id))


@router.patch(
    "/{project_id}", summary="Change a project", operation_id="project_update", responses=body_problems(404, 409)
)
async def update(
    project_id: ProjectPath, body: ProjectChanges, actor: CurrentActor, projects: CurrentProjects
) -> Project:
    """Change name, description or retention. A new retention also applies to stored logs."""
    require(actor.principal, "admin", project_id)
    changes: dict[str, Any] = body.model_dump(exclude_unset=True)
    return _project(await projects.update(actor, project_id, changes))


@router.delete(
    "/{project_id}",
    status_code=202,
    summary="Delete a project and everything in it",
    operation_id="project_delete",
    responses=problems(404),
)
async def delete(project_id: ProjectPath, actor: CurrentActor, services: CurrentRecordServices) -> Project:
    """Delete keys and memberships at once, then logs, services, tests, metrics, settings and analyses.

    Needs an administrator. The project has the state `deleting` until nothing is left, then it is 404. The deletion
    continues after a restart.
    """
    require(actor.principal, "admin", None)
    return _project(await services.project_deletion.start(actor, project_id))
