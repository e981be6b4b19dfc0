"""Endpoints of tests: their last outcome, owner and quarantine."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.database.client import Document
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.ids import utc_now
from logloop_contracts.log_entry import SERVICE_ID_PATTERN
from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from logloop_query.catalogue import quarantine
from logloop_query.http.catalogue.log_counts import COUNTS_PARTIAL, LogCounts, WithCounts, counts_of
from logloop_query.http.dependencies import CurrentActor, CurrentLogServices, CurrentTests
from logloop_query.http.fields import Input, Moment, Name, Output, ProjectId, Reference, ServiceId, reject_nul
from logloop_query.http.logs.parameters import caller_key

router = APIRouter(prefix="/api/v1/tests", tags=["tests"])
TestPath = Annotated[
    str, Path(min_length=1, max_length=512, description="URL-encoded.", examples=["tests/test_pay.py::test_card"])
]
Status = Literal["passed", "failed", "skipped", "error", "xfailed", "xpassed"]


Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True), BeforeValidator(reject_nul)
]


class _Care(Input):
    owner: Name | None = Field(None, description="Who cares for the test, as a name or address.", examples=["Ada"])
    quarantined_until: AwareDatetime | None = Field(
        None, description="End of the quarantine, at most 90 days ahead; null ends it. Needs `quarantine_reason`."
    )
    quarantine_reason: Reason | None = Field(None, examples=["waits for the new clock, SHOP-17"])


class NewTest(_Care):
    """A test to create."""

    project_id: ProjectId
    test_id: Reference = Field(examples=["tests/test_pay.py::test_card"])
    name: Reference | None = Field(None, description="Default: the test_id.", examples=["pays by card"])
    func_id: Reference | None = Field(None, examples=["checkout.pay:charge"])
    service_id: ServiceId | None = None


class TestChanges(_Care):
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
    owner: str | None = Field(None, examples=["Ada"])
    quarantined_until: Moment | None = Field(
        None, description="While it is in quarantine, its failures are tolerated; null when it is not."
    )
    quarantine_reason: str | None = Field(None, examples=["waits for the new clock, SHOP-17"])
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
    changed = {"test_id": document["id"], "last_run_at": seen_at, **quarantine.in_force(document, utc_now())}
    return Test(**document | changed)


@router.post(
    "", status_code=201, summary="Create a test", operation_id="test_create", responses=body_problems(404, 409)
)
async def create(body: NewTest, actor: CurrentActor, tests: CurrentTests) -> Test:
    """Create a test. This is optional: the first log of a test registers it."""
    require(actor.principal, "write", body.project_id)
    fields = {
        "last_status": None,
        "runs": 0,
        **quarantine.changes(body.model_dump(exclude={"test_id", "project_id"}), utc_now()),
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
    quarantined: Annotated[
        bool | None, Query(description="true: only tests that are in quarantine now; false: only the others.")
    ] = None,
    with_counts: WithCounts = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> TestPage:
    """List the tests of a project, ordered by test_id."""
    require(actor.principal, "read", project_id)
    wanted = {"service_id": service_id, "last_status": last_status}
    where = {field: value for field, value in wanted.items() if value is not None}
    operators = quarantine.condition(quarantined, utc_now())
    found = await tests.page(project_id, decode_id_cursor(cursor), limit, where, operators)
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
    """Change name, function, service or owner, and put the test in quarantine or end its quarantine."""
    require(actor.principal, "write", project_id)
    changes = quarantine.changes(body.model_dump(exclude_unset=True), utc_now())
    return _test(await tests.update(actor, project_id, test_id, changes))


@router.delete(
    "/{test_id:path}", status_code=204, summary="Delete a test", operation_id="test_delete", responses=problems(404)
)
async def delete(test_id: TestPath, project_id: ProjectParam, actor: CurrentActor, tests: CurrentTests) -> None:
    """Delete a test. Its logs stay, and its next log registers it again."""
    require(actor.principal, "write", project_id)
    await tests.delete(actor, project_id, test_id)
