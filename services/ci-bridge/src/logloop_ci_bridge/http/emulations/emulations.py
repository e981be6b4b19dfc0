"""Emulations under /api/v1/ci/emulations: runs a workflow without GitHub."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Conflict, Forbidden, NotFound
from logloop_chassis.ids import new_id, utc_now
from logloop_contracts.emulation import MAX_WORKFLOW, EmulatedRun, EmulationEvent, Finding
from logloop_contracts.log_entry import ServiceId
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.dispatches.outbox import manual_key
from logloop_ci_bridge.dispatches.pipelines import Repository
from logloop_ci_bridge.emulations.approvals import requested
from logloop_ci_bridge.emulations.emulation import Emulation, EmulationState, content_hash, run_id_of
from logloop_ci_bridge.http.callers import CurrentCaller, ProjectScoped
from logloop_ci_bridge.runs.run import Run

router = APIRouter(prefix="/api/v1/ci/emulations", tags=["emulations"])
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
    approval = await caller.stores.approvals.approval(body.project_id, sha256)
    if body.result is None:
        if approval is None:
            by = caller.principal.name or caller.principal.id
            request = requested(body.project_id, body.file, body.workflow, by, utc_now())
            raise Forbidden(await caller.stores.approvals.request(request))
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


class EmulationView(BaseModel):
    """An emulated run: what was run, and what makes it differ from a run on GitHub."""

    run_id: str
    project_id: str
    file: str = Field(examples=["probe.yml"])
    workflow: str = Field(description="The text of the workflow file.")
    sha256: str
    event: EmulationEvent
    network: bool = Field(description="Whether the run may reach the network.")
    state: EmulationState
    findings: list[Finding] = Field(description="What act does differently; complete when the run has completed.")
    created_at: AwareDatetime
    claimed_at: AwareDatetime | None = Field(None, description="When an emulator took it.")
    completed_at: AwareDatetime | None = None


@router.get("/{run_id}", summary="Get an emulation", operation_id="emulation_read", responses=problems(404))
async def read(
    run_id: Annotated[str, Path(max_length=64, description="Id of the run.")],
    project_id: ProjectParam,
    caller: CurrentCaller,
) -> EmulationView:
    """Return what an emulated run ran, and what it does not prove. Emulations are kept for 30 days."""
    caller.may_read(project_id)
    found = await caller.stores.emulations.of_run(project_id, run_id)
    if found is None:
        raise NotFound(f"there is no emulated run {run_id} in the project")
    fields = found.model_dump(include=set(EmulationView.model_fields))
    return EmulationView(**fields, findings=found.known.findings)
