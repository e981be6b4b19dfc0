"""Runs under /api/v1/ci/runs, and their output, which is stored like any other log."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from logloop_chassis.auth.principal import Scope
from logloop_chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor
from logloop_chassis.http.parameters import ProjectParam, problems
from logloop_chassis.http.problems import Conflict, Unprocessable
from logloop_contracts.ci import RunConclusion, RunStatus
from pydantic import Field

from logloop_ci_bridge.http.callers import Caller, CurrentCaller
from logloop_ci_bridge.http.runs.live_runs import is_live, is_live_position, live_lines, with_live_jobs
from logloop_ci_bridge.http.runs.run_control import cancelled
from logloop_ci_bridge.runs.batches import output_search
from logloop_ci_bridge.runs.run import Run

router = APIRouter(prefix="/api/v1/ci/runs", tags=["runs"])


class RunPage(Page[Run]):
    """Runs, the last seen first."""


class RunLogs(Page[dict[str, Any]]):
    """Lines of a run's output as logs."""

    live: str | None = Field(
        None,
        description="Set while an emulated run goes on: send it as `cursor` later to get the newer lines.",
    )


async def run_of_caller(caller: Caller, run_id: str, project_id: str | None, scope: Scope = "read") -> Run:
    """Return the run of a project. Run ids are GitHub's, and several projects may track the same run.

    Raises NotFound, Forbidden or Conflict.
    """
    visible = caller.principal.projects
    projects = [project_id] if project_id else None if visible is None else sorted(visible)
    found = await caller.stores.runs.find(run_id, projects)
    if len(found) > 1:
        raise Conflict("several projects track this run; choose one with project_id")
    missing = f"there is no run {run_id[:40]!r} that you may see"
    return caller.allowed(found[0] if found else None, missing, scope)


@router.get("", summary="List runs", operation_id="run_list", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    status: Annotated[RunStatus | None, Query(description="Only runs in this state.")] = None,
    conclusion: Annotated[RunConclusion | None, Query(description="Only runs with this conclusion.")] = None,
    dispatch_id: str | None = Query(None, max_length=64, description="Only the run of this dispatch."),
    pipeline_id: str | None = Query(None, max_length=64, description="Only runs of this pipeline."),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RunPage:
    """List the workflow runs of a project's dispatches and pipelines."""
    caller.may_read(project_id)
    where = {"status": status, "conclusion": conclusion, "dispatch_id": dispatch_id, "pipeline_id": pipeline_id}
    rows = await caller.stores.runs.page(
        project_id,
        limit=limit,
        after=_position(cursor),
        where={name: value for name, value in where.items() if value is not None},
    )
    following = _cursor(*rows[-1]) if len(rows) == limit else None
    return RunPage(items=[run for run, _ in rows], next_cursor=following)


def _cursor(run: Run, first_seen_at: datetime) -> str:
    """Milliseconds and run id: several runs may be first seen in the same millisecond."""
    return encode_cursor(round(first_seen_at.timestamp() * 1000), run.run_id)


def _position(cursor: str | None) -> tuple[datetime, str] | None:
    position = decode_cursor(cursor, int, str)
    if position is None:
        return None
    try:
        return datetime.fromtimestamp(position[0] / 1000, UTC), position[1]
    except (ValueError, OverflowError, OSError) as error:
        raise Unprocessable("invalid cursor; start again without it") from error


def _whole(q: str) -> str:
    """Return a search as one term of another. Raises Unprocessable when its parentheses would end the term."""
    depth = quoted = 0
    for char in re.sub(r"\\.", "", q, flags=re.DOTALL):
        quoted ^= char == '"'
        if not quoted:
            depth += (char == "(") - (char == ")")
        if depth < 0:
            break
    if depth or quoted:
        raise Unprocessable("the quotes and parentheses of q must be in pairs; write \\( for a parenthesis in a text")
    return f"({q})"


@router.get("/{run_id}", summary="Get a run", operation_id="run_read", responses=problems(404, 409))
async def get(
    run_id: str,
    caller: CurrentCaller,
    project_id: str | None = Query(None, max_length=63, description="Required when several projects track the run."),
) -> Run:
    """Return a run by GitHub's id: its state, conclusion and failures, and the dispatch and rule that started it.

    An emulated run has its jobs and steps also while it goes on.
    """
    run = await run_of_caller(caller, run_id, project_id)
    return await with_live_jobs(caller, run) if is_live(run) else run


@router.get(
    "/{run_id}/logs", summary="List a run's output", operation_id="run_log_list", responses=problems(404, 409, 502)
)
async def logs(
    run_id: str,
    caller: CurrentCaller,
    project_id: str | None = Query(None, max_length=63, description="Required when several projects track the run."),
    job: str | None = Query(None, max_length=200, description="Only this job."),
    severity: str | None = Query(None, pattern="^(debug|info|warn|error)$", description="Only this severity."),
    q: str | None = Query(None, max_length=2000, description="A search within the output.", examples=["timeout"]),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> RunLogs:
    """List the lines of a run in the order in which they were printed. Log search finds them too.

    The lines of an emulated run are there while it goes on; `q` searches them once the run has ended.
    """
    run = await run_of_caller(caller, run_id, project_id)
    if is_live(run) and not q:
        items, position, more = await live_lines(caller, run, limit=limit, cursor=cursor, job=job, severity=severity)
        return RunLogs(items=items, next_cursor=position if more else None, live=position)
    if is_live_position(cursor):
        return RunLogs(items=[], next_cursor=None)  # it ended: the output is read from the start, as stored
    terms: list[str] = []
    if job:
        escaped = job.replace("\\", "\\\\").replace('"', '\\"')
        terms.append(f'attributes.ci.job:"{escaped}"')
    if severity:
        terms.append(f"severity:{severity}")
    if q and q.strip():
        terms.append(_whole(q))
    params = {**output_search(run, *terms), "limit": str(limit)}
    if cursor:
        params["cursor"] = cursor
    found = await caller.services.query.search(run.project_id, params)
    return RunLogs(items=found["items"], next_cursor=found.get("next_cursor"))


@router.post("/{run_id}/cancel", summary="Cancel a run", operation_id="run_cancel", responses=problems(404, 409, 502))
async def cancel(
    run_id: str,
    caller: CurrentCaller,
    project_id: str | None = Query(None, max_length=63, description="Required when several projects track the run."),
) -> Run:
    """Ask GitHub to cancel a run. Its state changes once GitHub has ended its jobs."""
    return await cancelled(caller, await run_of_caller(caller, run_id, project_id, "write"))
