"""The kill switch under /api/v1/ci/pause."""

from fastapi import APIRouter, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import body_problems, problems
from logloop_chassis.ids import utc_now
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import BaseModel, ConfigDict, Field

from logloop_ci_bridge.dispatches.pauses import Pause, PauseState
from logloop_ci_bridge.http.callers import Caller, CurrentCaller

router = APIRouter(prefix="/api/v1/ci/pause", tags=["pause"])

_PROJECT = Query(
    None, pattern=PROJECT_ID_PATTERN, max_length=63, description="The project; omit it for the whole installation."
)


class PauseRequest(BaseModel):
    """What to pause."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"project_id": "shop", "reason": "a workflow misbehaves"}]}
    )

    project_id: str | None = Field(
        None, pattern=PROJECT_ID_PATTERN, description="The project; omit it for the whole installation (admins only)."
    )
    reason: str = Field("", max_length=500)


async def _may_switch(caller: Caller, project_id: str | None) -> None:
    """Raise NotFound or Forbidden unless the caller may pause the project, or everything."""
    if project_id is None:
        require(caller.principal, "admin", None)
    else:
        await caller.may_create(project_id)


@router.get("", summary="Read the kill switch", operation_id="pause_read", responses=problems(404))
async def read(caller: CurrentCaller, project_id: str | None = _PROJECT) -> PauseState:
    """Return whether the rules and dispatches of a project, or of the whole installation, are held."""
    if project_id is None:
        require(caller.principal, "admin", None)
    else:
        caller.may_read(project_id)
    return await caller.stores.pauses.state(project_id)


@router.put("", summary="Pause", operation_id="pause_set", responses=body_problems(404))
async def pause(body: PauseRequest, caller: CurrentCaller) -> PauseState:
    """Hold every rule, dispatch, notification and request of a project, or of the whole installation.

    Rules that match are recorded as blocked. What waits is sent after the pause.
    """
    await _may_switch(caller, body.project_id)
    by = caller.principal.name or caller.principal.id
    await caller.stores.pauses.pause(body.project_id, Pause(by=by, at=utc_now(), reason=body.reason))
    await caller.record_change("pause", "dispatching", body.project_id or "everything", body.project_id)
    return await caller.stores.pauses.state(body.project_id)


@router.delete("", summary="Resume", operation_id="pause_remove", responses=problems(404))
async def resume(caller: CurrentCaller, project_id: str | None = _PROJECT) -> PauseState:
    """Go on. A pause of the whole installation continues to hold a project that is resumed."""
    await _may_switch(caller, project_id)
    await caller.stores.pauses.resume(project_id)
    await caller.record_change("resume", "dispatching", project_id or "everything", project_id)
    services = caller.services
    for loop in (services.dispatcher, services.notifier, services.actions):
        loop.wake.set()
    return await caller.stores.pauses.state(project_id)
