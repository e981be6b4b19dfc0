"""Event templates under /api/v1/ci/templates."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import RecordId
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.dispatches.template_versions import TemplateDiff, TemplateVersion, diff_of, version_of
from logloop_ci_bridge.dispatches.templates import BadPayload, Template, TemplateDraft
from logloop_ci_bridge.http.callers import Caller, CurrentCaller, ProjectScoped, next_cursor

router = APIRouter(prefix="/api/v1/ci/templates", tags=["templates"])

_EXAMPLE: dict[str, JsonValue] = {
    "project_id": "shop",
    "name": "Timeout burst",
    "event_type": "logloop.checkout.timeout-burst",
    "fields": [
        {"name": "service", "source": "log.service_id", "required": True},
        {"name": "count", "type": "integer", "source": "stats.count"},
        {"name": "trace_id", "source": "log.attributes.trace_id"},
        {"name": "environment", "enum": ["staging", "production"], "default": "staging"},
    ],
}


class NewTemplate(ProjectScoped, TemplateDraft):
    """A template to create."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})


class TemplateView(Template):
    """A template with the JSON Schema of its payload."""

    schema_: dict[str, Any] = Field(
        alias="payload_json_schema", description="JSON Schema of the payload without Logloop's envelope."
    )


class User(BaseModel):
    """A rule or pipeline that uses a template."""

    id: str
    name: str


class TemplateVersions(BaseModel):
    """The history of a template, newest first, and its use."""

    items: list[TemplateVersion]
    rules: list[User]
    pipelines: list[User]


class TemplatePage(Page[TemplateView]):
    """Templates in the order of their creation."""


class Preview(BaseModel):
    """Values to render a template with."""

    values: dict[str, Any] = Field(
        default_factory=dict,
        description="Values of sources by dotted name, or of fields by name.",
        examples=[{"log.service_id": "checkout", "stats.count": 12}],
    )


class Rendered(BaseModel):
    """The event type and payload of a dispatch, without Logloop's envelope."""

    event_type: str
    payload: dict[str, Any]


def _view(template: Template) -> TemplateView:
    return TemplateView(**template.model_dump(), payload_json_schema=template.payload_schema())


@router.post(
    "",
    status_code=201,
    summary="Create a template",
    operation_id="template_create",
    responses=body_problems(404, 409),
)
async def create(body: NewTemplate, caller: CurrentCaller) -> TemplateView:
    """Store a named payload with typed fields, within GitHub's limits (10 keys, 64 KB, 100 characters)."""
    await caller.may_create(body.project_id)
    made = await caller.create(caller.stores.templates, body)
    await caller.services.workflow_sync.refresh(made.project_id)
    return _view(made)


@router.get("", summary="List templates", operation_id="template_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam, caller: CurrentCaller, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> TemplatePage:
    """List the templates of a project."""
    caller.may_read(project_id)
    items = await caller.stores.templates.page(project_id, limit=limit, after=decode_id_cursor(cursor))
    return TemplatePage(items=[_view(item) for item in items], next_cursor=next_cursor(items, limit))


@router.get("/{template_id}", summary="Get a template", operation_id="template_read", responses=problems(404))
async def get(template_id: RecordId, caller: CurrentCaller) -> TemplateView:
    """Return a template with the JSON Schema of its payload."""
    return _view(await caller.read(caller.stores.templates, template_id))


@router.put(
    "/{template_id}",
    summary="Change a template",
    operation_id="template_update",
    responses=body_problems(404, 409),
)
async def replace(template_id: RecordId, body: TemplateDraft, caller: CurrentCaller) -> TemplateView:
    """Replace every field of a template. The version before stays in its history."""
    found = await caller.to_change(caller.stores.templates, template_id)
    await caller.stores.template_versions.keep(found)
    changed = await caller.replace(caller.stores.templates, found, body)
    await caller.services.workflow_sync.refresh(changed.project_id)
    return _view(changed)


@router.delete(
    "/{template_id}",
    status_code=204,
    summary="Delete a template",
    operation_id="template_delete",
    responses=problems(404, 409),
)
async def delete(template_id: RecordId, caller: CurrentCaller) -> Response:
    """Delete a template, unless a rule or a pipeline uses it."""
    found = await caller.to_change(caller.stores.templates, template_id)
    await caller.refuse_while_rules_use(found, "template_id")
    pipelines = await caller.stores.pipelines.all({"project_id": found.project_id, "template_id": found.id})
    if pipelines:
        raise Conflict(f"pipelines use it: {', '.join(item.name for item in pipelines)}; change or delete them first")
    await caller.delete(caller.stores.templates, found)
    await caller.services.workflow_sync.refresh(found.project_id)
    await caller.stores.template_versions.delete(found.id)
    return Response(status_code=204)


@router.post(
    "/{template_id}/preview",
    summary="Preview a template",
    operation_id="template_preview",
    responses=body_problems(404),
)
async def preview(template_id: RecordId, body: Preview, caller: CurrentCaller) -> Rendered:
    """Render the payload for given values; nothing is sent."""
    found = await caller.read(caller.stores.templates, template_id)
    names = {field.name for field in found.fields}
    given = {name: value for name, value in body.values.items() if name in names}
    try:
        return Rendered(event_type=found.event_type, payload=found.render(body.values, given))
    except BadPayload as error:
        raise Unprocessable(str(error)) from error


@router.get(
    "/{template_id}/versions",
    summary="List the versions of a template",
    operation_id="template_version_list",
    responses=problems(404),
)
async def versions(template_id: RecordId, caller: CurrentCaller) -> TemplateVersions:
    """Return what was saved, newest first, and which rules and pipelines use the template."""
    found = await caller.read(caller.stores.templates, template_id)
    own = {"project_id": found.project_id}
    rules = await caller.stores.rules.all({**own, "action.template_id": found.id})
    pipelines = await caller.stores.pipelines.all({**own, "template_id": found.id})
    return TemplateVersions(
        items=await _history(caller, found),
        rules=[User(id=rule.id, name=rule.name) for rule in rules],
        pipelines=[User(id=pipeline.id, name=pipeline.name) for pipeline in pipelines],
    )


@router.get(
    "/{template_id}/diff",
    summary="Compare two versions of a template",
    operation_id="template_diff",
    responses=problems(404),
)
async def diff(
    template_id: RecordId,
    caller: CurrentCaller,
    before: Annotated[int | None, Query(ge=1, description="Default: the version before `after`.")] = None,
    after: Annotated[int | None, Query(ge=1, description="Default: the latest version.")] = None,
) -> TemplateDiff:
    """Return what differs between two versions, and whether values that were valid are refused now."""
    found = await caller.read(caller.stores.templates, template_id)
    history = {version.version: version for version in await _history(caller, found)}
    new = history.get(after or found.revision)
    old = history.get(before or (new.version - 1 if new else 0))
    if new is None or old is None:
        known = ", ".join(map(str, sorted(history)))
        raise NotFound(f"the template has no such version; its versions are: {known}")
    return diff_of(old, new)


async def _history(caller: Caller, template: Template) -> list[TemplateVersion]:
    earlier = await caller.stores.template_versions.before(template)
    return [version_of(version) for version in (template, *earlier)]
