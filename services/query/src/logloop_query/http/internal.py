"""Endpoints for the other services only: provider settings with their secrets, new GitHub Apps, and audited changes.

They are not in the OpenAPI document and not behind the gateway. Users and API keys, even of administrators, get 404.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import NotFound
from logloop_contracts.audit import AuditedChange
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import Field

from logloop_query.http.dependencies import CurrentActor, CurrentAudit, CurrentProviderSettings
from logloop_query.http.fields import Input
from logloop_query.http.providers import AppId, PrivateKey, Secret, Url
from logloop_query.records.audit import Actor

router = APIRouter(prefix="/internal", include_in_schema=False)
OptionalProject = Annotated[str | None, Query(pattern=PROJECT_ID_PATTERN)]


@router.get("/settings/llm")
async def llm(
    actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> dict[str, Any]:
    """Return the body of PUT /settings/llm with its secret, and `source`: project, default or none."""
    _require_service(actor.principal, project_id)
    return await settings.unsealed(project_id, "llm")


class Person(Input):
    """Who began the set-up in ci-bridge, which has checked the rights."""

    kind: Literal["user", "key", "service", "anonymous"]
    id: str = Field(max_length=200)
    name: str = Field(max_length=500)


class NewApp(Input):
    """The credentials of a GitHub App that was created just now."""

    by: Person
    api_url: Url
    app_id: AppId
    private_key: PrivateKey
    webhook_secret: Secret | None


@router.put("/settings/github/app", status_code=204)
async def store_app(
    body: NewApp, actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> None:
    """Use a new GitHub App from now on: its secrets replace those of the settings. Its installation follows."""
    _require_service(actor.principal, project_id)
    if actor.principal.id != "ci-bridge":
        raise NotFound("Not Found")
    before = await settings.effective(project_id, "github")
    is_own = before.source == ("default" if project_id is None else "project")
    repository = before.values["default_repository"] if is_own else None
    values = {
        "api_url": body.api_url,
        "app_id": body.app_id,
        "installation_id": None,
        "default_repository": repository,
    }
    secrets = {
        "token": None,
        "private_key": body.private_key.get_secret_value(),
        "webhook_secret": body.webhook_secret.get_secret_value() if body.webhook_secret else None,
    }
    person = Actor(Principal(body.by.kind, body.by.id, body.by.name), actor.ip)
    await settings.put(person, project_id, "github", values, secrets)


@router.get("/settings/github")
async def github(
    actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> dict[str, Any]:
    """Return the body of PUT /settings/github with its secrets, and `source`: project, default or none."""
    _require_service(actor.principal, project_id)
    return await settings.unsealed(project_id, "github")


@router.post("/audit", status_code=204)
async def audit(change: AuditedChange, actor: CurrentActor, trail: CurrentAudit) -> Response:
    """Add a change that another service made to the audit trail. A repeated report has no effect."""
    _require_service(actor.principal, change.project_id)
    await trail.report(change)
    return Response(status_code=204)


def _require_service(principal: Principal, project_id: str | None) -> None:
    in_scope = principal.projects is None or (project_id is not None and project_id in principal.projects)
    if principal.kind != "service" or not in_scope:
        raise NotFound("Not Found")
