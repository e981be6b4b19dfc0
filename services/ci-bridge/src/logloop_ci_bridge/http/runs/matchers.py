"""Problem matchers under /api/v1/ci/matchers."""

import asyncio

from fastapi import APIRouter, Response
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.ids import RecordId
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from logloop_ci_bridge.http.callers import CurrentCaller, ProjectScoped, next_cursor
from logloop_ci_bridge.http.runs.run_output import stored_output
from logloop_ci_bridge.http.runs.runs import run_of_caller
from logloop_ci_bridge.runs.output import OutputAnnotation, matched_again
from logloop_ci_bridge.runs.problem_matchers import MatcherDraft, StoredMatcher

router = APIRouter(prefix="/api/v1/ci/matchers", tags=["runs"])
_MATCHER: dict[str, JsonValue] = {
    "name": "gcc",
    "problemMatcher": [
        {
            "owner": "gcc",
            "pattern": [
                {
                    "regexp": "^(.+?):(\\d+):(\\d+): (warning|error): (.*)$",
                    "file": 1,
                    "line": 2,
                    "column": 3,
                    "severity": 4,
                    "message": 5,
                }
            ],
        }
    ],
}


class NewMatcher(ProjectScoped, MatcherDraft):
    """A matcher file to store."""

    model_config = ConfigDict(
        populate_by_name=True, json_schema_extra={"examples": [{"project_id": "shop", **_MATCHER}]}
    )


class MatcherPage(Page[StoredMatcher]):
    """Matcher files in the order of their creation."""


class MatcherTrial(BaseModel):
    """A matcher file to try on the output of a run."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"run_id": "30433642", "matcher": _MATCHER}]}
    )

    run_id: str = Field(max_length=20)
    project_id: str | None = Field(None, max_length=63, description="Required when several projects track the run.")
    matcher: MatcherDraft


class FoundAnnotations(BaseModel):
    """What a matcher finds."""

    items: list[OutputAnnotation]


@router.post(
    "",
    status_code=201,
    summary="Create a problem matcher",
    operation_id="matcher_create",
    responses=body_problems(404, 409),
)
async def create(body: NewMatcher, caller: CurrentCaller) -> StoredMatcher:
    """Store a matcher file. It finds annotations in the output of runs that end from now on."""
    await caller.may_create(body.project_id)
    return await caller.create(caller.stores.matchers, body)


@router.post("/try", summary="Try a problem matcher", operation_id="matcher_try", responses=body_problems(404, 409))
async def try_out(body: MatcherTrial, caller: CurrentCaller) -> FoundAnnotations:
    """Return the annotations that a matcher finds in the output of a run that has ended. Nothing is stored."""
    output = await stored_output(caller, await run_of_caller(caller, body.run_id, body.project_id))
    return FoundAnnotations(items=await asyncio.to_thread(matched_again, output, body.matcher))


@router.get("", summary="List problem matchers", operation_id="matcher_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam, caller: CurrentCaller, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> MatcherPage:
    """List the matcher files of a project."""
    caller.may_read(project_id)
    items = await caller.stores.matchers.page(project_id, limit=limit, after=decode_id_cursor(cursor))
    return MatcherPage(items=list(items), next_cursor=next_cursor(items, limit))


@router.get("/{matcher_id}", summary="Get a problem matcher", operation_id="matcher_read", responses=problems(404))
async def get(matcher_id: RecordId, caller: CurrentCaller) -> StoredMatcher:
    """Return a matcher file."""
    return await caller.read(caller.stores.matchers, matcher_id)


@router.put(
    "/{matcher_id}",
    summary="Change a problem matcher",
    operation_id="matcher_update",
    responses=body_problems(404, 409),
)
async def replace(matcher_id: RecordId, body: MatcherDraft, caller: CurrentCaller) -> StoredMatcher:
    """Replace every field of a matcher file. Earlier output keeps its annotations."""
    return await caller.replace(
        caller.stores.matchers, await caller.to_change(caller.stores.matchers, matcher_id), body
    )


@router.delete(
    "/{matcher_id}",
    status_code=204,
    summary="Delete a problem matcher",
    operation_id="matcher_delete",
    responses=problems(404),
)
async def delete(matcher_id: RecordId, caller: CurrentCaller) -> Response:
    """Delete a matcher file."""
    await caller.delete(caller.stores.matchers, await caller.to_change(caller.stores.matchers, matcher_id))
    return Response(status_code=204)
