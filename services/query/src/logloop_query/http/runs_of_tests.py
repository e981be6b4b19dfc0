"""Endpoints of test runs, and of the outcomes of one test over time."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Path, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_cursor, encode_cursor
from logloop_chassis.http.parameters import ProjectParam, problems
from logloop_chassis.http.problems import Unprocessable
from logloop_contracts.log_entry import SERVICE_ID_PATTERN
from pydantic import Field

from logloop_query.http.dependencies import CurrentActor, CurrentTestRuns
from logloop_query.http.fields import Moment, Output
from logloop_query.outcomes import STATUSES
from logloop_query.run_reports import Source, run_record_id
from logloop_query.test_runs.runs import flakiness
from logloop_query.time_bounds import from_microseconds, to_microseconds

router = APIRouter(prefix="/api/v1", tags=["tests"])
RunPath = Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=["5f2b8c1e9a7d4f60b3c2a1908e7d6f54"])]
_SOURCE = (
    "`pytest`: reported with `test.run_id`, by the pytest plugin or `logloop test import`. `ci`: read from the "
    "output of a workflow run."
)
Outcome = Literal["passed", "failed", "skipped", "error", "xfailed", "xpassed"]
_COMMIT = "Ends with `-dirty` when tracked files were changed."
_FIRST = {"attempt": 1, "retried": False}  # outcomes of earlier versions do not say it
_COUNTS = {"passed": 41, "failed": 1, "skipped": 2, "error": 0, "xfailed": 0, "xpassed": 0}


class WorkflowRunRef(Output):
    """The workflow run in which tests ran. Its output and state are a run of ci-bridge."""

    repository: str | None = Field(examples=["acme/shop"])
    run_id: str = Field(examples=["12345"])
    attempt: int | None = Field(examples=[1])
    workflow: str | None = Field(examples=["test"])


class TestRun(Output):
    """One run of tests, made of the outcomes that arrived as logs with the same run id."""

    id: str = Field(examples=["5f2b8c1e9a7d4f60b3c2a1908e7d6f54"])
    project_id: str = Field(examples=["shop"])
    run_id: str = Field(description="Id that the reporter gave it.", examples=["nightly-7"])
    source: Source = Field(description=_SOURCE)
    started_at: Moment = Field(description="Time of its first log.")
    last_at: Moment = Field(description="Time of its last log so far.")
    finished_at: Moment | None = Field(description="Null while it is running, or when its end was not reported.")
    duration_s: float | None = Field(description="As reported at the end, else between the first and the last log.")
    counts: dict[Outcome, int] = Field(description="Number of outcomes.", examples=[_COUNTS])
    reported: int | None = Field(
        description="How many outcomes the reporter counted at its end. While there are fewer, some are on their way."
    )
    services: list[str] = Field(description="Services that reported outcomes, at most 50.", examples=[["tests"]])
    branch: str | None = Field(examples=["main"])
    commit: str | None = Field(description=_COMMIT, examples=["3f2c1d9"])
    environment: str | None = Field(description="Where it ran, as the reporter says.", examples=["staging"])
    shard: str | None = Field(description="Which part of the tests it ran, as the reporter says.", examples=["2/4"])
    command: str | None = Field(examples=["pytest -q"])
    workflow_run: WorkflowRunRef | None


class TestRunPage(Page[TestRun]):
    """One page of runs."""


class TestRunOutcome(Output):
    """The outcome of one test in a run."""

    test_id: str = Field(examples=["tests/test_pay.py::test_card"])
    service_id: str
    outcome: Outcome
    at: Moment
    duration_s: float | None
    failure_pattern: str | None = Field(
        description="Why it failed, with <*> in place of what varies.",
        examples=["AssertionError: assert <*> == <*>"],
    )
    log_id: str = Field(description="The log that reported it.")
    attempt: int = Field(description="1, or more when a failed test ran again in the same run.", examples=[1])
    retried: bool = Field(description="Whether the test ran again because of this failure.")


class OutcomePage(Page[TestRunOutcome]):
    """One page of outcomes, ordered by test_id."""


class TestRunDetails(TestRun):
    """A run with outcomes."""

    outcomes: OutcomePage


class TestHistoryItem(TestRunOutcome):
    """The outcome of a test in a run."""

    test_run_id: str = Field(description="The run, readable under /api/v1/test-runs.")
    run_id: str = Field(description="Id that the reporter gave the run.", examples=["nightly-7"])
    source: Source = Field(description=_SOURCE)
    run_started_at: Moment
    branch: str | None = Field(examples=["main"])
    commit: str | None = Field(description=_COMMIT, examples=["3f2c1d9"])
    environment: str | None = Field(examples=["staging"])


class TestHistory(Output):
    """The newest outcomes of a test."""

    project_id: str
    test_id: str
    flakiness: float | None = Field(
        description="Share of neighbouring outcomes that differ between passing and failing, from 0 to 1. Skipped "
        "tests and expected failures do not count. Null with fewer than two outcomes.",
        examples=[0.25],
    )
    items: list[TestHistoryItem] = Field(description="Newest first.")


def _run(document: Document) -> dict[str, Any]:
    counts = document.get("counts", {})
    between = (document["last_at"] - document["started_at"]).total_seconds()
    reported = document.get("duration_s")
    optional = ("finished_at", "reported", "branch", "commit", "environment", "shard", "command")
    return {
        **{name: document.get(name) for name in optional},
        **{name: document[name] for name in ("project_id", "run_id", "source", "started_at", "last_at")},
        "id": document["_id"],
        "duration_s": between if reported is None else reported,
        "counts": {outcome: counts.get(outcome, 0) for outcome in sorted(STATUSES)},
        "services": sorted(document.get("services", [])),
        "workflow_run": _workflow_run(document),
    }


def _workflow_run(document: Document) -> WorkflowRunRef | None:
    if "ci_run_id" not in document:
        return None
    return WorkflowRunRef(
        repository=document.get("ci_repository"),
        run_id=document["ci_run_id"],
        attempt=document.get("ci_attempt"),
        workflow=document.get("ci_workflow"),
    )


@router.get("/test-runs", summary="List test runs", operation_id="test_run_list", responses=problems(404))
async def list_(
    project_id: ProjectParam,
    actor: CurrentActor,
    runs: CurrentTestRuns,
    service_id: Annotated[
        str | None, Query(pattern=SERVICE_ID_PATTERN, description="Only runs with outcomes of this service.")
    ] = None,
    branch: Annotated[str | None, Query(max_length=200, description="Only runs of this branch.")] = None,
    commit: Annotated[str | None, Query(max_length=200, description="Only runs of this commit.")] = None,
    environment: Annotated[str | None, Query(max_length=200, description="Only runs in this environment.")] = None,
    run_id: Annotated[
        str | None, Query(max_length=200, description="Only the runs to which their reporters gave this id.")
    ] = None,
    failed: Annotated[
        bool | None, Query(description="true: only runs with failures or errors; false: only runs without.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> TestRunPage:
    """List the test runs of a project, newest first. Runs are kept for 180 days."""
    require(actor.principal, "read", project_id)
    wanted = {"services": service_id, "branch": branch, "commit": commit, "environment": environment}
    where: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if run_id is not None:
        where["_id"] = {"$in": [run_record_id(project_id, source, run_id) for source in get_args(Source)]}
    if failed is not None:
        bad = [{"counts.failed": {"$gt": 0}}, {"counts.error": {"$gt": 0}}]
        where["$or" if failed else "$nor"] = bad
    found = await runs.page(project_id, where, _position(cursor), limit)
    more = encode_cursor(to_microseconds(found[-1]["started_at"]), found[-1]["_id"]) if len(found) == limit else None
    return TestRunPage(items=[TestRun(**_run(document)) for document in found], next_cursor=more)


def _position(cursor: str | None) -> tuple[datetime, str] | None:
    position = decode_cursor(cursor, int, str)
    if position is None:
        return None
    try:
        return from_microseconds(position[0]), position[1]
    except OverflowError as error:
        raise Unprocessable("invalid cursor; start again without it") from error


@router.get("/test-runs/{run_id}", summary="Read a test run", operation_id="test_run_read", responses=problems(404))
async def read(
    run_id: RunPath,
    actor: CurrentActor,
    runs: CurrentTestRuns,
    outcome: Annotated[Outcome | None, Query(description="Only tests with this outcome.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> TestRunDetails:
    """Read a run with a page of its outcomes. A test that ran several times has several."""
    document = await runs.read(actor.principal, run_id)
    found = await runs.outcomes(run_id, outcome, decode_cursor(cursor, str, str), limit)
    more = encode_cursor(found[-1]["test_id"], found[-1]["_id"]) if len(found) == limit else None
    outcomes = OutcomePage(items=[TestRunOutcome(**_FIRST | item) for item in found], next_cursor=more)
    return TestRunDetails(**_run(document), outcomes=outcomes)


@router.get(
    "/test-history", summary="Read the history of a test", operation_id="test_history_read", responses=problems(404)
)
async def history(
    project_id: ProjectParam,
    test_id: Annotated[
        str, Query(min_length=1, max_length=512, description="The test.", examples=["tests/test_pay.py::test_card"])
    ],
    actor: CurrentActor,
    runs: CurrentTestRuns,
    limit: Annotated[int, Query(ge=1, le=1000, description="Maximum number of outcomes.")] = 50,
) -> TestHistory:
    """List the newest outcomes of a test, and how often it changed between passing and failing."""
    require(actor.principal, "read", project_id)
    found = await runs.history(project_id, test_id, limit)
    return TestHistory(
        project_id=project_id,
        test_id=test_id,
        flakiness=flakiness([item["outcome"] for item in found]),
        items=[TestHistoryItem(**_FIRST | item, **_of_run(item["of_run"])) for item in found],
    )


def _of_run(run: Document) -> dict[str, Any]:
    return {
        "test_run_id": run["_id"],
        "run_id": run["run_id"],
        "source": run["source"],
        "run_started_at": run["started_at"],
        **{name: run.get(name) for name in ("branch", "commit", "environment")},
    }
