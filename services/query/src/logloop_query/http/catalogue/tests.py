"""Endpoints of tests and their last outcome."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_contracts.log_entry import SERVICE_ID_PATTERN
from pydantic import Field

from logloop_query.http.catalogue.log_counts import COUNTS_PARTIAL, LogCounts, WithCounts, counts_of
from logloop_query.http.dependencies import CurrentActor, CurrentLogServices, CurrentTests
from logloop_query.http.fields import Input, Moment, Output, ProjectId, Reference, ServiceId
from logloop_query.http.logs.parameters import caller_key

router = APIRouter(prefix="/api/v1/tests", tags=["tests"])
TestPath = Annotated[
    str, Path(min_length=1, max_length=512, description="URL-encoded.", examples=["tests/test_pay.py::test_card"])
]
Status = Literal["passed", "failed", "skipped", "error", "xfailed", "xpassed"]


class NewTest(Input):
    """A test to create."""

    project_id: ProjectId
    test_id: Reference = Field(examples=["tests/test_pay.py::test_card"])
    name: Reference | None = Field(None, description="Default: the test_id.", examples=["pays by card"])
    func_id: Reference | None = Field(None, examples=["checkout.pay:charge"])
    service_id: ServiceId | None = None


class TestChanges(Input):
    """Fields to change. Omitted fields stay as they are."""

    name: Reference = Field(default_factory=str, examples=["pays by card"])
    func_id: Reference | None = None
    service_id: ServiceId | None = None


class Test(Output):
    """A test of a project."""

    project_id: str = Field(examples=["shop"])
    test_id: str = Field(examples=["tests/test_pay.py::test_card"])
    name: str
    func_id: str | None
    service_id: str | None
    last_status: str | None = Field(description="Outcome of the last run.", examples=["passed"])
    last_run_at: Moment | None = Field(None, description="Time of the last run.")
    runs: int = Field(description="Number of runs with an outcome.", examples=[12])
    first_seen_at: Moment | None = None
    last_24h: LogCounts | None = Field(None, description="Only in lists with `with_counts`.")
    created_at: Moment
    updated_at: Moment


class TestPage(Page[Test]):
    """One page of tests."""

    counts_partial: bool | None = Field(None, description=COUNTS_PARTIAL)


def _test(document: Document) -> Test:
    seen_at = document.get("last_run_at") or document.get("last_seen_at")
    return Test(**{**document, "test_id": document["id"], "last_run_at": seen_at})


@router.post(
    "", status_code=201, summary="Create a test", operation_id="test_create", responses=body_problems(404, 409)
)
async def create(body: NewTest, actor: CurrentActor, tests: CurrentTests) -> Test:
    """Create a test. This is optional: the first log of a test registers it."""
    require(actor.principal, "write", body.project_id)
    fields = {
        "last_status": None,
        "runs": 0,
        **body.model_dump(exclude={"test_id", "project_id"}),
        "name": body.name or body.test_id,
    }
    return _test(await tests.create(actor, body.project_id, body.test_id, fields))


@router.get("", summary="List tests", operation_id="test_list", responses=problems(404))
async def list_(
    project_id: ProjectParam,
    actor: CurrentActor,
    tests: CurrentTests,
    logs: CurrentLogServices,
    service_id: Annotated[
        str | None, Query(pattern=SERVICE_ID_PATTERN, description="Only tests of this service.")
    ] = None,
    last_status: Annotated[Status | None, Query(description="Only tests with this last outcome.")] = None,
    with_counts: WithCounts = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> TestPage:
    """List the tests of a project, ordered by test_id."""
    require(actor.principal, "read", project_id)
    wanted = {"service_id": service_id, "last_status": last_status}
    where = {field: value for field, value in wanted.items() if value is not None}
    found = await tests.page(project_id, decode_id_cursor(cursor), limit, where)
    page = TestPage(items=[_test(document) for document in found], next_cursor=next_id_cursor(found, limit))
    if with_counts:
        caller = caller_key(actor.principal, project_id)
        counts, page.counts_partial = await logs.recent.by_id(project_id, "test_id", caller)
        for item in page.items:
            item.last_24h = counts_of(item.test_id, counts)
    return page


@router.get("/{test_id:path}", summary="Read a test", operation_id="test_read", responses=problems(404))
async def read(test_id: TestPath, project_id: ProjectParam, actor: CurrentActor, tests: CurrentTests) -> Test:
    """Read one test."""
    require(actor.principal, "read", project_id)
    return _test(await tests.get(project_id, test_id))


@router.patch("/{test_id:path}", summary="Change a test", operation_id="test_update", responses=body_problems(404))
async def update(
    test_id: TestPath, project_id: ProjectParam, body: TestChanges, actor: CurrentActor, tests: CurrentTests
) -> Test:
    """Change name, function or service."""
    require(actor.principal, "write", project_id)
    return _test(await tests.update(actor, project_id, test_id, body.model_dump(exclude_unset=True)))


@router.delete(
    "/{test_id:path}", status_code=204, summary="Delete a test", operation_id="test_delete", responses=problems(404)
)
async def delete(test_id: TestPath, project_id: ProjectParam, actor: CurrentActor, tests: CurrentTests) -> None:
    """Delete a test. Its logs stay, and its next log registers it again."""
    require(actor.principal, "write", project_id)
    await tests.delete(actor, project_id, test_id)
