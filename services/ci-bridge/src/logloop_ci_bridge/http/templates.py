"""CRUD of event templates under /api/v1/ci/templates.

It must not hold rules about payloads; `templates` does.
"""

from typing import Any

from fastapi import APIRouter, Request, Response
from logloop_chassis.problems import Conflict, Unprocessable
from pydantic import BaseModel, ConfigDict, Field, JsonValue

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
from logloop_ci_bridge.templates import BadPayload, Template, TemplateDraft

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


class TemplatePage(BaseModel):
    """Templates in the order of their creation."""

    items: list[TemplateView]
    next_cursor: str | None = None


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
async def create(
    body: NewTemplate, request: Request, bridge: CurrentBridge, principal: CurrentPrincipal
) -> TemplateView:
    """Store a named payload with typed fields. GitHub's limits (10 keys, 64 KB, 100 characters) are checked here."""
    await existing_project(request, principal, body.project_id)
    draft = TemplateDraft.model_validate(body.model_dump(exclude={"project_id"}))
    made = await bridge.templates.create(body.project_id, draft)
    audit(principal, "create", made)
    return _view(made)


@router.get("", summary="List templates", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    bridge: CurrentBridge,
    principal: CurrentPrincipal,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TemplatePage:
    """A project's templates."""
    may_read(principal, project_id)
    items = await bridge.templates.page(project_id, limit=limit, after=cursor)
    return TemplatePage(
        items=[_view(item) for item in items], next_cursor=items[-1].id if len(items) == limit else None
    )


@router.get("/{template_id}", summary="Get a template", responses=problems(404))
async def get(template_id: str, bridge: CurrentBridge, principal: CurrentPrincipal) -> TemplateView:
    """One template with the JSON Schema of its payload."""
    found = await bridge.templates.get(template_id)
    may_read(principal, found.project_id)
    return _view(found)


@router.put("/{template_id}", summary="Change a template", responses=problems(404, 409))
async def replace(
    template_id: str, body: TemplateDraft, bridge: CurrentBridge, principal: CurrentPrincipal
) -> TemplateView:
    """Replace every field of a template."""
    found = await bridge.templates.get(template_id)
    may_change(principal, found.project_id)
    changed = await bridge.templates.replace(found, body)
    audit(principal, "change", changed)
    return _view(changed)


@router.delete("/{template_id}", status_code=204, summary="Delete a template", responses=problems(404, 409))
async def delete(template_id: str, bridge: CurrentBridge, principal: CurrentPrincipal) -> Response:
    """Refused while a rule uses it."""
    found = await bridge.templates.get(template_id)
    may_change(principal, found.project_id)
    users = await bridge.rules.all({"project_id": found.project_id, "action.template_id": template_id})
    if users:
        raise Conflict(f"rules use it: {', '.join(rule.name for rule in users)}; change or delete them first")
    await bridge.templates.delete(template_id)
    audit(principal, "delete", found)
    return Response(status_code=204)


@router.post("/{template_id}/preview", summary="Try a template", responses=problems(404))
async def preview(template_id: str, body: Preview, bridge: CurrentBridge, principal: CurrentPrincipal) -> Rendered:
    """The payload for given values; nothing is sent."""
    found = await bridge.templates.get(template_id)
    may_read(principal, found.project_id)
    names = {field.name for field in found.fields}
    given = {name: value for name, value in body.values.items() if name in names}
    try:
        return Rendered(event_type=found.event_type, payload=found.render(body.values, given))
    except BadPayload as error:
        raise Unprocessable(str(error)) from error
