"""CRUD of event templates under /api/v1/ci/templates.

It must not hold rules about payloads; `templates` does.
"""

from typing import Any

from fastapi import APIRouter, Response
from logloop_chassis.http.problems import Unprocessable
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.dispatches.templates import BadPayload, Template, TemplateDraft
from logloop_ci_bridge.http.callers import CurrentCaller, Cursor, Limit, Page, ProjectParam, ProjectScoped, problems

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
    """A template with what follows from it."""

    schema_: dict[str, Any] = Field(
        alias="payload_json_schema", description="JSON Schema of the payload without Logloop's envelope."
    )


class TemplatePage(Page[TemplateView]):
    """Templates in the order of their creation."""


class Preview(BaseModel):
    """Values to try a template with."""

    values: dict[str, Any] = Field(
        default_factory=dict,
        description="Sources by dotted name, or fields by name.",
        examples=[{"log.service_id": "checkout", "stats.count": 12}],
    )


class Rendered(BaseModel):
    """What a dispatch would carry besides Logloop's envelope."""

    event_type: str
    payload: dict[str, Any]


def _view(template: Template) -> TemplateView:
    return TemplateView(**template.model_dump(), payload_json_schema=template.payload_schema())


@router.post("", status_code=201, summary="Create a template", responses=problems(404, 409))
async def create(body: NewTemplate, caller: CurrentCaller) -> TemplateView:
    """Store a named payload with typed fields. GitHub's limits (10 keys, 64 KB, 100 characters) are checked here."""
    await caller.may_create(body.project_id)
    return _view(await caller.create(caller.bridge.templates, body))


@router.get("", summary="List templates", responses=problems(404))
async def list_all(
    project_id: ProjectParam, caller: CurrentCaller, limit: Limit = 50, cursor: Cursor = None
) -> TemplatePage:
    """A project's templates."""
    caller.may_read(project_id)
    items = await caller.bridge.templates.page(project_id, limit=limit, after=cursor)
    return TemplatePage.of([_view(item) for item in items], limit)


@router.get("/{template_id}", summary="Get a template", responses=problems(404))
async def get(template_id: str, caller: CurrentCaller) -> TemplateView:
    """One template with the JSON Schema of its payload."""
    return _view(await caller.read(caller.bridge.templates, template_id))


@router.put("/{template_id}", summary="Change a template", responses=problems(404, 409))
async def replace(template_id: str, body: TemplateDraft, caller: CurrentCaller) -> TemplateView:
    """Replace every field of a template."""
    found = await caller.to_change(caller.bridge.templates, template_id)
    return _view(await caller.replace(caller.bridge.templates, found, body))


@router.delete("/{template_id}", status_code=204, summary="Delete a template", responses=problems(404, 409))
async def delete(template_id: str, caller: CurrentCaller) -> Response:
    """Refused while a rule uses it."""
    found = await caller.to_change(caller.bridge.templates, template_id)
    await caller.refuse_while_rules_use(found, "template_id")
    await caller.delete(caller.bridge.templates, found)
    return Response(status_code=204)


@router.post("/{template_id}/preview", summary="Try a template", responses=problems(404))
async def preview(template_id: str, body: Preview, caller: CurrentCaller) -> Rendered:
    """The payload for given values; nothing is sent."""
    found = await caller.read(caller.bridge.templates, template_id)
    names = {field.name for field in found.fields}
    given = {name: value for name, value in body.values.items() if name in names}
    try:
        return Rendered(event_type=found.event_type, payload=found.render(body.values, given))
    except BadPayload as error:
        raise Unprocessable(str(error)) from error
