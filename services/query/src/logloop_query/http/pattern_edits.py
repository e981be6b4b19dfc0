"""Endpoints of edited templates: merge, split, name and pin patterns."""

from typing import Annotated

from fastapi import APIRouter, Path
from logloop_chassis.auth.principal import require
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Unprocessable
from logloop_contracts.patterns.edits import fits
from logloop_contracts.patterns.proposals import propose_template
from pydantic import BeforeValidator, Field, StringConstraints

from logloop_query.http.dependencies import CurrentActor, CurrentLogServices, CurrentPatternEditing
from logloop_query.http.fields import Input, Moment, Output, ProjectId, reject_nul
from logloop_query.logs.stores.pattern_edits import EditAction
from logloop_query.pattern_edits import check_merging

router = APIRouter(prefix="/api/v1/pattern-edits", tags=["logs"])
MAX_SELECTED = 100
_MAX_SHOWN = 200
EditPath = Annotated[
    str,
    Path(
        min_length=1, max_length=64, description="Id of the template.", examples=["68ed818d0aa725be24584eea5ba639a4"]
    ),
]
Template = Annotated[str, StringConstraints(min_length=1, max_length=4000), BeforeValidator(reject_nul)]
TemplateName = Annotated[
    str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True), BeforeValidator(reject_nul)
]


class NewPatternEdit(Input):
    """What to decide about a template. It replaces what was decided about it before."""

    project_id: ProjectId
    template: Template = Field(examples=["user <*> left"])
    action: EditAction | None = Field(
        None,
        description="`merge`: every pattern that fits the template is united under it. "
        "`split`: the patterns that would be united under it stay apart.",
        examples=["merge"],
    )
    name: TemplateName | None = Field(None, description="Shown beside the template.", examples=["sign-out"])
    pinned: bool = Field(False, description="Whether it comes first in lists of patterns.")


class SavedPatternEdit(Output):
    """What people have decided about a template."""

    id: str = Field(description="Id of the template.", examples=["68ed818d0aa725be24584eea5ba639a4"])
    project_id: str
    template: str
    action: EditAction | None
    name: str | None
    pinned: bool
    created_at: Moment
    updated_at: Moment


class PatternEditPage(Page[SavedPatternEdit]):
    """One page of edits."""


class PreviewedMerge(Input):
    """A template to try, or templates of which one is proposed."""

    project_id: ProjectId
    template: Template | None = Field(
        None, description="Omitted: proposed from `selected`.", examples=["user <*> left"]
    )
    selected: list[Template] = Field(
        default_factory=list, max_length=MAX_SELECTED, description="Templates or patterns that should be united."
    )


class MergePreview(Output):
    """What a template would unite."""

    template: str = Field(examples=["user <*> left"])
    count: int = Field(description="Number of patterns of the project that fit the template.")
    patterns: list[str] = Field(description=f"The first {_MAX_SHOWN} of them.", examples=[["user anna left"]])
    left_out: list[str] = Field(description="Those of `selected` that do not fit the template.")


@router.put(
    "",
    summary="Merge, split, name or pin a template",
    operation_id="pattern_edit_put",
    responses=body_problems(404, 409),
)
async def put(
    body: NewPatternEdit, actor: CurrentActor, editing: CurrentPatternEditing, logs: CurrentLogServices
) -> SavedPatternEdit:
    """Decide about a template: its patterns are counted, shown and analysed accordingly, also those of stored logs.

    Searches and rules that name another template keep what they match. A project may have 200 edited templates.
    """
    require(actor.principal, "write", body.project_id)
    fields = body.model_dump(exclude={"project_id", "template"})
    saved = await editing.put(actor, body.project_id, body.template, fields)
    await logs.templates.forget(body.project_id)
    return SavedPatternEdit(**saved)


@router.post(
    "/preview",
    summary="Preview a merge of patterns",
    operation_id="pattern_edit_preview",
    responses=body_problems(404),
)
async def preview(body: PreviewedMerge, actor: CurrentActor, logs: CurrentLogServices) -> MergePreview:
    """Propose a template for selected patterns, and show which patterns a template would unite. Changes nothing."""
    require(actor.principal, "read", body.project_id)
    template = body.template
    if template is None:
        if len(set(body.selected)) < 2:
            raise Unprocessable("select at least two templates, or give the template that unites them")
        template = propose_template(body.selected)
    if template is None:
        raise Unprocessable("the selected patterns begin and end differently; write the template that unites them")
    check_merging(template)
    found = await logs.templates.fitting(body.project_id, template)
    left_out = [text for text in body.selected if not fits(template, text)]
    return MergePreview(template=template, count=len(found), patterns=found[:_MAX_SHOWN], left_out=left_out)


@router.get("", summary="List edited templates", operation_id="pattern_edit_list", responses=problems(404))
async def list_(
    project_id: ProjectParam,
    actor: CurrentActor,
    editing: CurrentPatternEditing,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PatternEditPage:
    """List what people have decided about templates of a project, ordered by id."""
    require(actor.principal, "read", project_id)
    found = await editing.page(project_id, decode_id_cursor(cursor), limit)
    items = [SavedPatternEdit(**document) for document in found]
    return PatternEditPage(items=items, next_cursor=next_id_cursor(found, limit))


@router.delete(
    "/{edit_id}",
    status_code=204,
    summary="Undo the edit of a template",
    operation_id="pattern_edit_delete",
    responses=problems(404),
)
async def delete(
    edit_id: EditPath,
    project_id: ProjectParam,
    actor: CurrentActor,
    editing: CurrentPatternEditing,
    logs: CurrentLogServices,
) -> None:
    """Undo what was decided about a template. Its patterns are merged automatically again."""
    require(actor.principal, "write", project_id)
    await editing.delete(actor, project_id, edit_id)
    await logs.templates.forget(project_id)
