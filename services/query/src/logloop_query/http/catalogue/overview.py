"""The endpoint that sums up a project."""

from typing import Annotated

from fastapi import APIRouter, Path
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import problems
from logloop_contracts.log_entry import PROJECT_ID_PATTERN
from pydantic import Field

from logloop_query.http.dependencies import CurrentActor, CurrentLogServices, CurrentRecordServices
from logloop_query.http.fields import Moment, Output
from logloop_query.http.logs.parameters import caller_key

router = APIRouter(prefix="/api/v1/projects", tags=["projects"])


class TestCounts(Output):
    """The tests of a project."""

    total: int
    by_last_status: dict[str, int] = Field(
        description="Number of tests by the outcome of their last run; `none`: without a run.",
        examples=[{"passed": 41, "failed": 2, "none": 1}],
    )


class StoredLogs(Output):
    """The stored logs of a project."""

    total: int
    bytes: int = Field(description="Compressed size.")
    first_at: Moment | None = Field(description="Time of the oldest log.")
    last_at: Moment | None = Field(description="Time of the newest log.")


class RecentLogs(Output):
    """The logs of the last 24 hours."""

    total: int
    by_severity: dict[str, int] = Field(examples=[{"info": 1200, "error": 3}])
    partial: bool = Field(description="True when a limit ended the count early; the numbers are then too low.")


class Overview(Output):
    """What a project holds."""

    project_id: str = Field(examples=["shop"])
    services: int
    tests: TestCounts
    metrics: int
    members: int = Field(description="Users with a role in the project.")
    api_keys: int = Field(description="Valid keys of the project.")
    logs: StoredLogs
    last_24h: RecentLogs


@router.get(
    "/{project_id}/overview",
    summary="Sum up a project",
    operation_id="project_overview_read",
    responses=problems(404),
)
async def read(
    project_id: Annotated[str, Path(pattern=PROJECT_ID_PATTERN, examples=["shop"])],
    actor: CurrentActor,
    records: CurrentRecordServices,
    logs: CurrentLogServices,
) -> Overview:
    """Count the records and logs of a project. The counts come from indexes, so that no log is read for most."""
    require(actor.principal, "read", project_id)
    counts = await records.overview.counts(project_id)
    stored = await logs.stored.totals(project_id)
    by_severity, partial = await logs.recent.by_severity(project_id, caller_key(actor.principal, project_id))
    return Overview(
        project_id=project_id,
        services=counts.services,
        tests=TestCounts(
            total=sum(counts.tests.values()),
            by_last_status={status or "none": count for status, count in counts.tests.items()},
        ),
        metrics=counts.metrics,
        members=counts.members,
        api_keys=counts.api_keys,
        logs=StoredLogs(total=stored.logs, bytes=stored.bytes, first_at=stored.first_at, last_at=stored.last_at),
        last_24h=RecentLogs(total=sum(by_severity.values()), by_severity=by_severity, partial=partial),
    )
