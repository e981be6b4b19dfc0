"""Routes for other services only: not in the schema and not behind the gateway."""

from typing import Annotated

from fastapi import APIRouter, Response
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.http.problems import NotFound
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, ConfigDict, Field

from logloop_analyzer.http.dependencies import Services, saved_provider
from logloop_analyzer.model.provider_check import NO_PROVIDER, CheckResult

router = APIRouter(prefix="/internal/providers", include_in_schema=False)


class ProviderCheckRequest(BaseModel):
    """Names the project whose saved provider is checked; null means the default of the instance."""

    model_config = ConfigDict(extra="forbid")

    project_id: Annotated[str, Field(pattern=PROJECT_ID_PATTERN)] | None = None


@router.post("/check")
async def check_provider(
    body: ProviderCheckRequest, services: Services, principal: CurrentPrincipal, response: Response
) -> CheckResult:
    """Check the saved credentials with the provider. Answers only services with access to the project."""
    in_scope = principal.projects is None or body.project_id in principal.projects
    if principal.kind != "service" or not in_scope:
        raise NotFound("Not Found")
    response.headers["Cache-Control"] = "no-store"
    settings = await saved_provider(services.query, body.project_id)
    return NO_PROVIDER if settings is None else await services.provider_check.check(settings)
