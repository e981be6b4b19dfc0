"""Endpoints of saved views of the log viewer."""

from typing import Annotated

from fastapi import APIRouter
from logloop_chassis.auth.principal import require
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.ids import RecordId
from pydantic import BeforeValidator, Field, StringConstraints

from logloop_query.http.dependencies import CurrentActor, CurrentSavedViews
from logloop_query.http.fields import Input, Moment, Name, Output, ProjectId, reject_nul

router = APIRouter(prefix="/api/v1/saved-views", tags=["saved views"])
SearchText = Annotated[str, StringConstraints(max_length=4096), BeforeValidator(reject_nul)]
RangeText = Annotated[
    str, StringConstraints(pattern=r"^(all|[0-9]{1,6}[smhdw]|[0-9TZ:.+-]{0,40}/[0-9TZ:.+-]{0,40})$")
]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=400), BeforeValidator(reject_nul)]
Mode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,29}$")]


class ViewOptions(Input):
    """How the viewer shows the logs."""

    view: Mode = Field("lines", description="Presentation, such as `lines`, `json` or `patterns`.")
    columns: list[FieldName] = Field(
        default_factory=list, max_length=50, description="Fields shown.", examples=[["attributes.http.status"]]
    )
    facets: list[FieldName] = Field(
        default_factory=list, max_length=50, description="Fields counted beside the logs.", examples=[["severity"]]
    )
    collapse: bool = Field(False, description="Whether equal neighbouring lines are shown as one.")


class NewSavedView(Input):
    """A view to save."""

    project_id: ProjectId
    name: Name = Field(examples=["failed payments"])
    shared: bool = Field(False, description="Everybody in the project sees it; otherwise only its owner.")
    q: SearchText = Field("", description="Search text.", examples=["severity:error service:checkout"])
    range: RangeText = Field(
        "1h",
        description="An age such as 1h, `all`, or two moments with a slash between them; one may be empty.",
        examples=["1h", "2026-11-22T10:00:00Z/2026-11-22T11:00:00Z"],
    )
    options: ViewOptions = Field(default_factory=ViewOptions)


class SavedViewChanges(Input):
    """Fields to change. Omitted fields stay as they are."""

    name: Name = Field(default_factory=str, examples=["failed payments"])
    shared: bool = Field(default_factory=bool)
    q: SearchText = Field(default_factory=str)
    range: RangeText = Field(default_factory=str, examples=["1h"])
    options: ViewOptions = Field(default_factory=ViewOptions, description="Replaces all options.")


class ViewOwner(Output):
    """Who saved a view."""

    kind: str = Field(examples=["user"])
    id: str
    name: str


class SavedView(Output):
    """A saved view."""

    id: str = Field(examples=["01KB4C7F3A9W2M5N8P1QRSTVWX"])
    project_id: str
    name: str
    shared: bool
    q: str
    range: str
    options: ViewOptions
    owner: ViewOwner
    created_at: Moment
    updated_at: Moment


class SavedViewPage(Page[SavedView]):
    """One page of views."""


@router.post(
    "", status_code=201, summary="Save a view", operation_id="saved_view_create", responses=body_problems(404, 409)
)
async def create(body: NewSavedView, actor: CurrentActor, views: CurrentSavedViews) -> SavedView:
    """Save a search with its time range and presentation. The caller becomes its owner.

    A project may have 200 shared views, and each owner 100 personal ones.
    """
    require(actor.principal, "write", body.project_id)
    fields = body.model_dump(exclude={"project_id"})
    return SavedView(**await views.create(actor, body.project_id, fields))


@router.get("", summary="List saved views", operation_id="saved_view_list", responses=problems(404))
async def list_(
    project_id: ProjectParam,
    actor: CurrentActor,
    views: CurrentSavedViews,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> SavedViewPage:
    """List the shared views of a project and the caller's own, ordered by id."""
    require(actor.principal, "read", project_id)
    found = await views.page(actor.principal, project_id, decode_id_cursor(cursor), limit)
    return SavedViewPage(
        items=[SavedView(**document) for document in found], next_cursor=next_id_cursor(found, limit)
    )


@router.get("/{view_id}", summary="Read a saved view", operation_id="saved_view_read", responses=problems(404))
async def read(view_id: RecordId, actor: CurrentActor, views: CurrentSavedViews) -> SavedView:
    """Read one view. A personal view of somebody else is not found."""
    return SavedView(**await views.read(actor.principal, view_id))


@router.patch(
    "/{view_id}",
    summary="Change a saved view",
    operation_id="saved_view_update",
    responses=body_problems(404, 409),
)
async def update(
    view_id: RecordId, body: SavedViewChanges, actor: CurrentActor, views: CurrentSavedViews
) -> SavedView:
    """Change a view. Only its owner and administrators of the project may change a shared one."""
    return SavedView(**await views.update(actor, view_id, body.model_dump(exclude_unset=True)))


@router.delete(
    "/{view_id}",
    status_code=204,
    summary="Delete a saved view",
    operation_id="saved_view_delete",
    responses=problems(404),
)
async def delete(view_id: RecordId, actor: CurrentActor, views: CurrentSavedViews) -> None:
    """Delete a view. Only its owner and administrators of the project may delete a shared one."""
    await views.delete(actor, view_id)
