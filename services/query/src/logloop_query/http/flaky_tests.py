"""The endpoint of flaky tests."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import ProjectParam, problems
from logloop_chassis.http.problems import Unprocessable
from logloop_chassis.ids import utc_now
from pydantic import Field

from logloop_query.catalogue import quarantine
from logloop_query.http.dependencies import CurrentActor, CurrentTestRuns, CurrentTests
from logloop_query.http.fields import Moment, Output
from logloop_query.time_bounds import parse_moment

router = APIRouter(prefix="/api/v1", tags=["tests"])
_LONGEST = timedelta(days=90)


class FlakyTest(Output):
    """A test that passes and fails although nothing has changed."""

    test_id: str = Field(examples=["tests/test_pay.py::test_card"])
    owner: str | None = Field(examples=["Ada"])
    quarantined_until: Moment | None = Field(description="Null when it is not in quarantine.")
    runs: int = Field(description="Outcomes that passed or failed.", examples=[40])
    failures: int = Field(examples=[6])
    flips: int = Field(description="Changes between passing and failing, in time order.", examples=[9])
    flakiness: float = Field(description="Share of neighbouring outcomes that differ.", examples=[0.2308])
    same_commit: bool = Field(
        description="Whether one commit in one environment both passed and failed. Without a commit, or with changed "
        "files, whether one run did."
    )
    last_failure_at: Moment


class FlakyTests(Output):
    """Flaky tests of a project."""

    project_id: str
    since: Moment
    outcomes_read: int = Field(description="Outcomes that were read, at most the newest 100,000.")
    partial: bool = Field(description="Whether older outcomes in the time range were not read.")
    items: list[FlakyTest] = Field(description="At most 500. First those with same_commit, then by flakiness.")


@router.get("/flaky-tests", summary="List flaky tests", operation_id="flaky_test_list", responses=problems(404))
async def list_(
    project_id: ProjectParam,
    actor: CurrentActor,
    runs: CurrentTestRuns,
    tests: CurrentTests,
    since: Annotated[
        str,
        Query(
            description="Start: RFC 3339, or an age such as 24h or 14d, at most 90 days.",
            examples=["14d"],
            max_length=40,
        ),
    ] = "14d",
) -> FlakyTests:
    """List tests that passed and failed on one commit, or changed between passing and failing at least 3 times."""
    require(actor.principal, "read", project_id)
    now = utc_now()
    try:
        start = parse_moment(since, now)
    except ValueError as error:
        raise Unprocessable(str(error), errors=[{"field": "since", "reason": str(error)}]) from error
    if start < now - _LONGEST:
        raise Unprocessable(f"since may be at most {_LONGEST.days} days ago")
    found = await runs.flaky(project_id, start)
    known = await tests.some(project_id, [item.test_id for item in found.items])
    items = [
        FlakyTest(
            test_id=item.test_id,
            owner=known.get(item.test_id, {}).get("owner"),
            quarantined_until=quarantine.in_force(known.get(item.test_id, {}), now)[quarantine.UNTIL],
            runs=item.runs,
            failures=item.failures,
            flips=item.flips,
            flakiness=item.flakiness,
            same_commit=item.same_commit,
            last_failure_at=item.last_failure_at,
        )
        for item in found.items
    ]
    return FlakyTests(
        project_id=project_id, since=start, outcomes_read=found.outcomes_read, partial=found.partial, items=items
    )
