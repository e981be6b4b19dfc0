"""Endpoints for the other services only: provider settings with their secrets, and changes for the audit trail.

They are not in the OpenAPI document and not behind the gateway. Users and API keys, even of administrators, get 404.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import NotFound
from logloop_contracts.audit import AuditedChange
from logloop_contracts.log_entry import PROJECT_ID_PATTERN

from logloop_query.http.dependencies import CurrentActor, CurrentAudit, CurrentProviderSettings

router = APIRouter(prefix="/internal", include_in_schema=False)
OptionalProject = Annotated[str | None, Query(pattern=PROJECT_ID_PATTERN)]


@router.get("/settings/llm")
async def llm(
    actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> dict[str, Any]:
    """Return the body of PUT /settings/llm with its secret, and `source`: project, default or none."""
    _require_service(actor.principal, project_id)
    return await settings.unsealed(project_id, "llm")


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
