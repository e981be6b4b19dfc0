"""Routes that only emulators may call: not in the schema and not behind the gateway.

An emulator runs programs of users, so its token opens nothing but these routes.
"""

import hmac
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from logloop_chassis.http.problems import Conflict, NotFound
from logloop_chassis.ids import new_id, utc_now
from logloop_chassis.state import resources_of
from logloop_contracts.emulation import EmulatedRun, EmulationProgress

from logloop_ci_bridge.http.callers import CurrentServices
from logloop_ci_bridge.settings import CiBridgeSettings

_MAX_JOBS, _MAX_PARTS = 256, 100_000
_GONE = "the emulation does not run any more"
EmulationId = Annotated[str, Path(pattern="^[0-9A-Za-z]{1,64}$")]


def _emulator(request: Request) -> timedelta:
    """Raise NotFound unless the caller has the emulator's token. Return the lease."""
    settings = resources_of(request).settings
    assert isinstance(settings, CiBridgeSettings)
    token = settings.emulator_token.get_secret_value() if settings.emulator_token else ""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise NotFound("Not Found")
    return timedelta(seconds=settings.ci_emulation_lease)


Lease = Annotated[timedelta, Depends(_emulator)]
router = APIRouter(prefix="/internal/emulator", include_in_schema=False)


@router.post("/claim")
async def claim(
    lease: Lease,
    services: CurrentServices,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Hand out a workflow to run, unless its project is paused. 204 when there is none.

    A request that is repeated with its key, because it failed or its response was lost, gets the same workflow.
    """
    held = await services.stores.pauses.held()
    found = (
        None if held is None else await services.stores.emulations.claim(idempotency_key or new_id(), utc_now(), held)
    )
    if found is None:
        return Response(status_code=204)
    await services.stores.runs.poll_now(found.project_id, found.run_id, utc_now())
    services.run_tracker.wake.set()
    return Response(found.task(lease.total_seconds()).model_dump_json(), media_type="application/json")


@router.post("/{emulation_id}/progress", status_code=204)
async def report(
    emulation_id: EmulationId,
    body: EmulationProgress,
    lease: Lease,  # noqa: ARG001  # admits emulators only
    services: CurrentServices,
) -> Response:
    """Store the steps of a run so far and extend its lease. 409 means that it has been ended and must stop."""
    if not await services.stores.emulations.report(emulation_id, body, utc_now()):
        raise Conflict(_GONE)
    return Response(status_code=204)


@router.put("/{emulation_id}/output/{job}/{part}", status_code=204)
async def add_output(
    emulation_id: EmulationId,
    job: Annotated[int, Path(ge=0, lt=_MAX_JOBS)],
    part: Annotated[int, Path(ge=0, lt=_MAX_PARTS)],
    request: Request,
    lease: Lease,  # noqa: ARG001  # admits emulators only
    services: CurrentServices,
) -> Response:
    """Store a part of the output of a job."""
    if not await services.stores.emulations.add_output(emulation_id, job, part, await request.body()):
        raise Conflict(_GONE)
    return Response(status_code=204)


@router.post("/{emulation_id}/result", status_code=204)
async def complete(
    emulation_id: EmulationId,
    body: EmulatedRun,
    lease: Lease,  # noqa: ARG001  # admits emulators only
    services: CurrentServices,
) -> Response:
    """Store the result of a run, whose output was stored before."""
    found = await services.stores.emulations.complete(emulation_id, body, utc_now())
    if found is None:
        raise Conflict(_GONE)
    await services.stores.runs.poll_now(found.project_id, found.run_id, utc_now())
    services.run_tracker.wake.set()
    return Response(status_code=204)
