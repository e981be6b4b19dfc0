"""Emulations under /api/v1/ci/emulations: runs a workflow without GitHub, and approves workflows."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Response
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Conflict, Forbidden, NotFound
from logloop_chassis.ids import new_id, utc_now
from logloop_contracts.emulation import MAX_WORKFLOW, EmulatedRun, EmulationEvent
from logloop_contracts.log_entry import ServiceId
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.dispatches.outbox import manual_key
from logloop_ci_bridge.dispatches.pipelines import Repository
from logloop_ci_bridge.emulations.emulation import Approval, Emulation, content_hash, run_id_of
from logloop_ci_bridge.emulations.gateway import not_approved
from logloop_ci_bridge.http.callers import CurrentCaller, ProjectScoped
from logloop_ci_bridge.runs.run import Run

router = APIRouter(prefix="/api/v1/ci/emulations", tags=["emulations"])
MAX_APPROVALS = 500
_STORING = timedelta(minutes=1)
"""How long storing a reported run may take, before it counts as lost."""
_WORKFLOW = (
    "on: {repository_dispatch: {types: [logloop.checkout]}}\n"
    "jobs: {probe: {runs-on: ubuntu-latest, steps: [{run: echo probed}]}}\n"
)
_EXAMPLE: dict[str, JsonValue] = {
    "project_id": "shop",
    "service_id": "checkout",
    "file": "probe.yml",
    "workflow": _WORKFLOW,
    "event": {"event_type": "logloop.checkout", "client_payload": {"count": 12}},
}
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the workflow file.")]


class NewEmulation(ProjectScoped):
    """A workflow to emulate, or with `result` the outcome of an emulation on the machine of the caller."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    service_id: ServiceId = Field(description="The output of the run becomes logs of this service.")
    file: str = Field("workflow.yml", pattern=r"^[A-Za-z0-9._-]{1,200}\.ya?ml$")
    workflow: str = Field(min_length=1, max_length=MAX_WORKFLOW, description="The text of the workflow file.")
    repository: Repository = "local/emulation"
    ref: str = Field("main", min_length=1, max_length=250, pattern=r"^[^\s~^:?*\[\\]+$")
    event: EmulationEvent
    result: EmulatedRun | None = Field(
        None, description="The outcome of a run on the caller's machine. Nothing is run then, only stored."
    )


class NewApproval(ProjectScoped):
    """An approval of a workflow."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"project_id": "shop"}]})

    network: bool = Field(False, description="Whether its runs may reach the network.")


class ApprovalList(BaseModel):
    """The approvals of a project, newest first."""

    items: list[Approval]


@router.post(
    "",
    status_code=202,
    summary="Emulate a workflow",
    operation_id="emulation_create",
    responses=body_problems(404, 409),
)
async def create(
    body: NewEmulation,
    caller: CurrentCaller,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="A repeated request with the same key starts no second run.")
    ] = None,
) -> Run:
    """Run a workflow with the emulator, in a sandbox, if an administrator has approved its text. Returns the run."""
    await caller.may_create(body.project_id)
    pause = await caller.stores.pauses.state(body.project_id)
    if pause.paused and body.result is None:
        raise Conflict(f"{pause.sentence}; resume it first")
    sha256 = content_hash(body.workflow)
    approval = await caller.stores.emulations.approval(body.project_id, sha256)
    if body.result is None:
        if approval is None:
            raise Forbidden(not_approved(sha256))
        if not caller.services.emulates:
            raise Conflict("emulation is off: set LOGLOOP_EMULATOR_TOKEN")
    key = idempotency_key or new_id()
    emulation_id = manual_key(f"{body.project_id}/{key}")
    stored = await caller.stores.emulations.add(
        _emulation(emulation_id, body, sha256, bool(approval and approval.network))
    )
    if (stored.sha256, stored.event) != (sha256, body.event):
        raise Conflict("this Idempotency-Key was used for another emulation; use a new one")
    if body.result is not None:
        for number, job in enumerate(body.result.jobs):
            await caller.stores.emulations.add_output(stored.id, number, 0, job.log.encode())
        await caller.stores.emulations.complete(stored.id, _without_output(body.result), utc_now())
    run = _run(stored, body.service_id)
    await caller.stores.runs.advance(run, utc_now())
    caller.services.run_tracker.wake.set()
    return run


def _emulation(emulation_id: str, body: NewEmulation, sha256: str, network: bool) -> Emulation:
    now = utc_now()
    fields: dict[str, Any] = {
        name: getattr(body, name) for name in ("file", "workflow", "repository", "ref", "event")
    }
    # A reported one counts as running until its output is stored, so that no emulator takes it.
    reported = (
        {"state": "running", "claimed_at": body.result.started_at, "lease_until": now + _STORING}
        if body.result
        else {}
    )
    return Emulation(
        id=emulation_id,
        project_id=body.project_id,
        run_id=run_id_of(emulation_id),
        title=f"{body.file} ({body.event.event_type})",
        sha256=sha256,
        network=network,
        created_at=now,
        **fields,
        **reported,
    )


def _without_output(result: EmulatedRun) -> EmulatedRun:
    return result.model_copy(update={"jobs": [job.model_copy(update={"log": ""}) for job in result.jobs]})


def _run(emulation: Emulation, service_id: str) -> Run:
    return Run(
        run_id=emulation.run_id,
        repository=emulation.repository,
        workflow=emulation.file,
        name=emulation.file,
        title=emulation.title,
        event="emulated",
        status="queued",
        branch=emulation.ref,
        created_at=emulation.created_at,
        project_id=emulation.project_id,
        service_id=service_id,
        emulated=True,
    )


@router.get(
    "/approvals", summary="List approved workflows", operation_id="emulation_approval_list", responses=problems(404)
)
async def list_approvals(project_id: ProjectParam, caller: CurrentCaller) -> ApprovalList:
    """List the workflows that may run in a project, by the SHA-256 of their text."""
    caller.may_read(project_id)
    return ApprovalList(items=list(await caller.stores.emulations.approvals(project_id, MAX_APPROVALS)))


@router.put(
    "/approvals/{sha256}",
    summary="Approve a workflow",
    operation_id="emulation_approval_update",
    responses=body_problems(404),
)
async def approve(sha256: Sha256, body: NewApproval, caller: CurrentCaller) -> Approval:
    """Allow a workflow with this text to run in a project. Only administrators may: it is a program."""
    require(caller.principal, "admin", body.project_id)
    await caller.may_create(body.project_id)
    approval = Approval(
        project_id=body.project_id,
        sha256=sha256,
        network=body.network,
        approved_by=caller.principal.name or caller.principal.id,
        approved_at=utc_now(),
    )
    await caller.stores.emulations.approve(approval)
    await caller.record_change("approve", "workflow", sha256, body.project_id, ["network"] if body.network else [])
    return approval


@router.delete(
    "/approvals/{sha256}",
    status_code=204,
    summary="Revoke an approval",
    operation_id="emulation_approval_delete",
    responses=problems(404),
)
async def revoke(sha256: Sha256, project_id: ProjectParam, caller: CurrentCaller) -> Response:
    """Stop a workflow from running again. A run that has begun continues."""
    require(caller.principal, "admin", project_id)
    if not await caller.stores.emulations.revoke(project_id, sha256):
        raise NotFound("this workflow is not approved")
    await caller.record_change("revoke", "workflow", sha256, project_id)
    return Response(status_code=204)
