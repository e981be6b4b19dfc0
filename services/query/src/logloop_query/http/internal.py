"""Endpoints for the other services only: provider settings with their secrets.

They are not in the OpenAPI document and not behind the gateway. Users and API keys, even of administrators, get 404.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import NotFound
from logloop_contracts.log_entry import PROJECT_ID_PATTERN

from logloop_query.http.dependencies import CurrentActor, CurrentProviderSettings

router = APIRouter(prefix="/internal/settings", include_in_schema=False)
OptionalProject = Annotated[str | None, Query(pattern=PROJECT_ID_PATTERN)]


@router.get("/llm")
async def llm(
    actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> dict[str, Any]:
    """Return the body of PUT /settings/llm with its secret, and `source`: project, default or none."""
    _require_service(actor.principal, project_id)
    return await settings.unsealed(project_id, "llm")


@router.get("/github")
async def github(
    actor: CurrentActor, settings: CurrentProviderSettings, project_id: OptionalProject = None
) -> dict[str, Any]:
    """Return the body of PUT /settings/github with its secrets, and `source`: project, default or none."""
    _require_service(actor.principal, project_id)
    return await settings.unsealed(project_id, "github")


def _require_service(principal: Principal, project_id: str | None) -> None:
    in_scope = principal.projects is None or (project_id is not None and project_id in principal.projects)
    if principal.kind != "service" or not in_scope:
        raise NotFound("Not Found")
