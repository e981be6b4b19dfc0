"""Routes for the other services alone: settings with their secrets. Not in the schema, not behind the gateway.

It must not answer a user or an API key, not even an administrator's.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import NotFound
from logloop_contracts.log_entry import PROJECT_ID_PATTERN

from logloop_query.http.callers import CurrentActor, CurrentRecords
from logloop_query.providers.settings import Kind

router = APIRouter(prefix="/internal/settings", include_in_schema=False)
Place = Annotated[str | None, Query(pattern=PROJECT_ID_PATTERN)]


@router.get("/llm")
async def llm(actor: CurrentActor, records: CurrentRecords, project_id: Place = None) -> dict[str, Any]:
    """The body of PUT /settings/llm with its secret, and `source`: project, default or none."""
    return await _opened(records, actor.principal, project_id, "llm")


@router.get("/github")
async def github(actor: CurrentActor, records: CurrentRecords, project_id: Place = None) -> dict[str, Any]:
    """The body of PUT /settings/github with its secrets, and `source`: project, default or none."""
    return await _opened(records, actor.principal, project_id, "github")


async def _opened(
    records: CurrentRecords, principal: Principal, project_id: str | None, kind: Kind
) -> dict[str, Any]:
    in_scope = principal.projects is None or (project_id is not None and project_id in principal.projects)
    if principal.kind != "service" or not in_scope:
        raise NotFound("Not Found")
    return await records.settings.opened(project_id, kind)
