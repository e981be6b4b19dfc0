"""The totals of a project under /api/v1/ci/summary, for pages with a tab for each list."""

from fastapi import APIRouter
from logloop_chassis.http.parameters import ProjectParam, problems
from pydantic import BaseModel, Field

from logloop_ci_bridge.http.callers import CurrentCaller

router = APIRouter(prefix="/api/v1/ci/summary", tags=["summary"])


class RuleTotals(BaseModel):
    """Rules."""

    total: int
    enabled: int


class ListTotals(BaseModel):
    """Dispatches or runs of the last 180 days, or notifications of the last 30 days."""

    total: int
    by_state: dict[str, int] = Field(examples=[{"sent": 12, "failed": 1}])


class RunTotals(ListTotals):
    """Runs of the last 180 days."""

    by_conclusion: dict[str, int] = Field(
        description="Completed runs by conclusion.", examples=[{"success": 38, "failure": 3}]
    )


class Summary(BaseModel):
    """The number of things in each list."""

    project_id: str = Field(examples=["shop"])
    paused: bool = Field(description="Whether the kill switch holds the project's rules and dispatches.")
    pipelines: int
    templates: int
    rules: RuleTotals
    chains: int
    dispatches: ListTotals
    runs: RunTotals
    approvals_waiting: int = Field(description="Workflows that wait for an approval to be emulated.")
    workflow_files: int
    receivers: int
    notifications: ListTotals


@router.get("", summary="Count what a project has", operation_id="ci_summary_read", responses=problems(404))
async def read(project_id: ProjectParam, caller: CurrentCaller) -> Summary:
    """Return the number of records of a project in each list."""
    caller.may_read(project_id)
    stores = caller.stores
    states = await stores.dispatches.count_by_state(project_id)
    statuses, conclusions = await stores.runs.count_by_state(project_id)
    notified = await stores.notifications.count_by_state(project_id)
    return Summary(
        project_id=project_id,
        paused=(await stores.pauses.state(project_id)).paused,
        pipelines=await stores.pipelines.count({"project_id": project_id}),
        templates=await stores.templates.count({"project_id": project_id}),
        rules=RuleTotals(
            total=await stores.rules.count({"project_id": project_id}),
            enabled=await stores.rules.count({"project_id": project_id, "enabled": True}),
        ),
        chains=await stores.dispatches.count_chains(project_id),
        dispatches=ListTotals(total=sum(states.values()), by_state=states),
        runs=RunTotals(total=sum(statuses.values()), by_state=statuses, by_conclusion=conclusions),
        approvals_waiting=await stores.approvals.waiting(project_id),
        workflow_files=await stores.workflows.count(project_id),
        receivers=await stores.receivers.count({"project_id": project_id}),
        notifications=ListTotals(total=sum(notified.values()), by_state=notified),
    )
