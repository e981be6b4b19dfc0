"""Routes that only other services may call: not in the schema and not behind the gateway."""

from typing import Any

from fastapi import APIRouter
from logloop_chassis.http.problems import NotFound
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, ConfigDict, Field

from logloop_ci_bridge.http.callers import Caller, CurrentCaller

router = APIRouter(prefix="/internal/github", include_in_schema=False)


class CheckRequest(BaseModel):
    """The settings to check: those of a project, or without one the defaults of the instance."""

    model_config = ConfigDict(extra="forbid")

    project_id: str | None = Field(None, pattern=PROJECT_ID_PATTERN)


@router.post("/check")
async def check(body: CheckRequest, caller: CurrentCaller) -> dict[str, Any]:
    """Check the saved GitHub credentials. `status` is that of GitHub's response; `models` is always empty."""
    _require_service(caller, body.project_id)
    result = await caller.services.github_check.check(body.project_id)
    return {"ok": result.ok, "detail": result.detail, "status": result.status, "models": []}


def _require_service(caller: Caller, project_id: str | None) -> None:
    """Raise NotFound unless the caller is a service whose token covers the project (None: all projects)."""
    principal = caller.principal
    in_scope = principal.projects is None or (project_id is not None and project_id in principal.projects)
    if principal.kind != "service" or not in_scope:
        raise NotFound("Not Found")
