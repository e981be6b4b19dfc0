"""Endpoints of services, the programs that write logs."""

from typing import Annotated

from fastapi import APIRouter, Path
from logloop_chassis.auth.principal import require
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_contracts.log_entry import SERVICE_ID_PATTERN
from pydantic import Field, StringConstraints

from logloop_query.http.catalogue.log_counts import COUNTS_PARTIAL, LogCounts, WithCounts, counts_of
from logloop_query.http.dependencies import CurrentActor, CurrentLogServices, CurrentServices
from logloop_query.http.fields import Input, Moment, Name, Output, ProjectId, ServiceId, Text
from logloop_query.http.logs.parameters import caller_key

router = APIRouter(prefix="/api/v1/services", tags=["services"])
ServicePath = Annotated[str, Path(pattern=SERVICE_ID_PATTERN, examples=["checkout"])]
Repository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$")]
LabelValue = Annotated[str, StringConstraints(max_length=200)]
Labels = Annotated[
    dict[Label, LabelValue],
    Field(max_length=50, description="Names and values of your choice.", examples=[{"team": "payments"}]),
]


class NewService(Input):
    """A service to create."""

    project_id: ProjectId
    id: ServiceId
    name: Name = Field(examples=["Checkout"])
    description: Text = ""
    repository: Repository | None = Field(None, description="GitHub repository.", examples=["acme/shop"])
    labels: Labels = Field(default_factory=dict)


class ServiceChanges(Input):
    """Fields to change. Omitted fields stay as they are."""

    name: Name = Field(default_factory=str, examples=["Checkout"])
    description: Text = Field(default_factory=str)
    repository: Repository | None = None
    labels: Labels = Field(default_factory=dict)


class Service(Output):
    """A service of a project."""

    project_id: str = Field(examples=["shop"])
    id: str = Field(examples=["checkout"])
    name: str = Field(examples=["Checkout"])
    description: str
    repository: str | None = Field(examples=["acme/shop"])
    labels: dict[str, str]
    first_seen_at: Moment | None = Field(None, description="When the first log was stored.")
    last_seen_at: Moment | None = Field(None, description="When a log was last stored, to the minute.")
    last_24h: LogCounts | None = Field(None, description="Only in lists with `with_counts`.")
    created_at: Moment
    updated_at: Moment


class ServicePage(Page[Service]):
    """One page of services."""

    counts_partial: bool | None = Field(None, description=COUNTS_PARTIAL)


@router.post(
    "", status_code=201, summary="Create a service", operation_id="service_create", responses=body_problems(404, 409)
)
async def create(body: NewService, actor: CurrentActor, services: CurrentServices) -> Service:
    """Create a service. This is optional: the first log of a service registers it."""
    require(actor.principal, "write", body.project_id)
    fields = body.model_dump(exclude={"id", "project_id"})
    return Service(**await services.create(actor, body.project_id, body.id, fields))


@router.get("", summary="List services", operation_id="service_list", responses=problems(404))
async def list_(
    project_id: ProjectParam,
    actor: CurrentActor,
    services: CurrentServices,
    logs: CurrentLogServices,
    with_counts: WithCounts = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ServicePage:
    """List the services of a project, ordered by id."""
    require(actor.principal, "read", project_id)
    found = await services.page(project_id, decode_id_cursor(cursor), limit)
    page = ServicePage(items=[Service(**document) for document in found], next_cursor=next_id_cursor(found, limit))
    if with_counts:
        caller = caller_key(actor.principal, project_id)
        counts, page.counts_partial = await logs.recent.by_id(project_id, "service_id", caller)
        for item in page.items:
            item.last_24h = counts_of(item.id, counts)
    return page


@router.get("/{service_id:path}", summary="Read a service", operation_id="service_read", responses=problems(404))
async def read(
    service_id: ServicePath, project_id: ProjectParam, actor: CurrentActor, services: CurrentServices
) -> Service:
    """Read one service."""
    require(actor.principal, "read", project_id)
    return Service(**await services.get(project_id, service_id))


@router.patch(
    "/{service_id:path}", summary="Change a service", operation_id="service_update", responses=body_problems(404)
)
async def update(
    service_id: ServicePath,
    project_id: ProjectParam,
    body: ServiceChanges,
    actor: CurrentActor,
    services: CurrentServices,
) -> Service:
    """Change name, description, repository or labels."""
    require(actor.principal, "write", project_id)
    changes = body.model_dump(exclude_unset=True)
    return Service(**await services.update(actor, project_id, service_id, changes))


@router.delete(
    "/{service_id:path}",
    status_code=204,
    summary="Delete a service",
    operation_id="service_delete",
    responses=problems(404),
)
async def delete(
    service_id: ServicePath, project_id: ProjectParam, actor: CurrentActor, services: CurrentServices
) -> None:
    """Delete a service. Its logs stay, and its next log registers it again."""
    require(actor.principal, "write", project_id)
    await services.delete(actor, project_id, service_id)
