"""Approvals of workflows under /api/v1/ci/emulations: what waits for a decision, and the decisions."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import NotFound, Unprocessable
from logloop_chassis.ids import utc_now
from logloop_contracts.emulation import MAX_WORKFLOW
from pydantic import BaseModel, ConfigDict, Field

from logloop_ci_bridge.emulations.approvals import Approval, ApprovalRequest, RequestedText, requested
from logloop_ci_bridge.emulations.emulation import content_hash
from logloop_ci_bridge.http.callers import Caller, CurrentCaller, ProjectScoped

router = APIRouter(prefix="/api/v1/ci/emulations", tags=["emulations"])
MAX_APPROVALS = 500
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the workflow file.")]


class NewApproval(ProjectScoped):
    """An approval of a workflow."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"project_id": "shop"}]})

    network: bool = Field(False, description="Whether its runs may reach the network.")
    file: str | None = Field(None, pattern=r"^[A-Za-z0-9._-]{1,200}\.ya?ml$", description="Its name, with its text.")
    workflow: str | None = Field(
        None, max_length=MAX_WORKFLOW, description="The text, to compare later versions with; optional."
    )


class ApprovalList(BaseModel):
    """The approvals of a project, newest first."""

    items: list[Approval]


class ApprovalRequestList(BaseModel):
    """Workflows that somebody wants to run, newest first, with what was decided."""

    items: list[ApprovalRequest]


class ApprovalRequestView(RequestedText):
    """A workflow that somebody wants to run, with the version that was approved before it."""

    approved: RequestedText | None = Field(None, description="The approved text of the same file, if there is one.")


def _name(caller: Caller) -> str:
    return caller.principal.name or caller.principal.id


@router.get(
    "/approvals", summary="List approved workflows", operation_id="emulation_approval_list", responses=problems(404)
)
async def list_approvals(project_id: ProjectParam, caller: CurrentCaller) -> ApprovalList:
    """List the workflows that may run in a project, by the SHA-256 of their text."""
    caller.may_read(project_id)
    return ApprovalList(items=list(await caller.stores.approvals.approvals(project_id, MAX_APPROVALS)))


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
    now = utc_now()
    if body.workflow is not None:
        if content_hash(body.workflow) != sha256:
            raise Unprocessable("`workflow` is not the text with this SHA-256")
        await caller.stores.approvals.keep(requested(body.project_id, body.file, body.workflow, _name(caller), now))
    approval = Approval(
        project_id=body.project_id,
        sha256=sha256,
        network=body.network,
        approved_by=_name(caller),
        approved_at=now,
    )
    await caller.stores.approvals.approve(approval)
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
    if not await caller.stores.approvals.revoke(project_id, sha256, _name(caller), utc_now()):
        raise NotFound("this workflow is not approved")
    await caller.record_change("revoke", "workflow", sha256, project_id)
    return Response(status_code=204)


@router.get(
    "/requests",
    summary="List workflows that wait for approval",
    operation_id="emulation_request_list",
    responses=problems(404),
)
async def list_requests(project_id: ProjectParam, caller: CurrentCaller) -> ApprovalRequestList:
    """List the workflows that somebody wants to run, and what was decided about them."""
    caller.may_read(project_id)
    return ApprovalRequestList(items=list(await caller.stores.approvals.requests(project_id, MAX_APPROVALS)))


@router.get(
    "/requests/{sha256}",
    summary="Get a workflow that waits for approval",
    operation_id="emulation_request_read",
    responses=problems(404),
)
async def read_request(sha256: Sha256, project_id: ProjectParam, caller: CurrentCaller) -> ApprovalRequestView:
    """Return the text of a workflow, and the text of the same file that was approved last."""
    caller.may_read(project_id)
    found = await caller.stores.approvals.text(project_id, sha256)
    if found is None:
        raise NotFound("nobody has requested this workflow in the project")
    approved = await caller.stores.approvals.last_approved(project_id, found.file, sha256)
    return ApprovalRequestView(**found.model_dump(), approved=approved)


@router.delete(
    "/requests/{sha256}",
    summary="Reject a workflow",
    operation_id="emulation_request_reject",
    responses=problems(404),
)
async def reject(sha256: Sha256, project_id: ProjectParam, caller: CurrentCaller) -> ApprovalRequest:
    """Decide that a workflow that waits does not run. Another text of the same file may be requested."""
    require(caller.principal, "admin", project_id)
    rejected = await caller.stores.approvals.reject(project_id, sha256, _name(caller), utc_now())
    if rejected is None:
        raise NotFound("this workflow does not wait for approval")
    await caller.record_change("reject", "workflow", sha256, project_id)
    return ApprovalRequest.model_validate(rejected.model_dump(include=set(ApprovalRequest.model_fields)))
