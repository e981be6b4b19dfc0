"""Runs under /api/v1/ci/runs, and their output.

It must not read logs from GitHub: what came back is stored like any other log.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from logloop_chassis.http.problems import BadRequest, Conflict
from logloop_contracts.ci import RunConclusion, RunStatus
from pydantic import BaseModel

from logloop_ci_bridge.http.callers import Caller, CurrentCaller, Cursor, Limit, ProjectParam, problems
from logloop_ci_bridge.runs.batches import SOURCE
from logloop_ci_bridge.runs.run import Run

router = APIRouter(prefix="/api/v1/ci/runs", tags=["runs"])


class RunPage(BaseModel):
    """Runs, the last seen first."""

    items: list[Run]
    next_cursor: str | None = None


class RunLogs(BaseModel):
    """Lines of a run's output as stored logs."""

    items: list[dict[str, Any]]
    next_cursor: str | None = None


async def _run(caller: Caller, run_id: str, project_id: str | None) -> Run:
    """The run that the caller means: run ids are GitHub's, and several projects may follow one run."""
    seen = caller.principal.projects
    wanted = [project_id] if project_id else None if seen is None else sorted(seen)
    found = await caller.bridge.runs.find(run_id, wanted)
    if len(found) > 1:
        raise Conflict("several projects follow this run; name one with project_id")
    return caller.allowed(found[0] if found else None, f"there is no run {run_id[:40]!r} that you may see")


@router.get("", summary="List runs", responses=problems(404))
async def list_all(
    project_id: ProjectParam,
    caller: CurrentCaller,
    status: Annotated[RunStatus | None, Query(description="Only runs in this state.")] = None,
    conclusion: Annotated[RunConclusion | None, Query(description="Only runs that ended so.")] = None,
    dispatch_id: str | None = Query(None, max_length=64, description="Only the run of this dispatch."),
    pipeline_id: str | None = Query(None, max_length=64, description="Only runs of this pipeline."),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> RunPage:
    """Workflow runs of a project's dispatches and pipelines."""
    caller.may_read(project_id)
    where = {"status": status, "conclusion": conclusion, "dispatch_id": dispatch_id, "pipeline_id": pipeline_id}
    rows = await caller.bridge.runs.page(
        project_id,
        limit=limit,
        after=_read_cursor(cursor) if cursor else None,
        where={name: value for name, value in where.items() if value is not None},
    )
    return RunPage(items=[run for run, _ in rows], next_cursor=_cursor(*rows[-1]) if len(rows) == limit else None)


def _cursor(run: Run, first_seen_at: datetime) -> str:
    """Milliseconds and run id: several runs may be seen in the same moment."""
    return f"{round(first_seen_at.timestamp() * 1000)}-{run.run_id}"


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    moment, _, run_id = cursor.partition("-")
    try:
        return datetime.fromtimestamp(int(moment) / 1000, UTC), run_id
    except (ValueError, OverflowError, OSError) as error:
        raise BadRequest("this cursor is not from this list; begin without one") from error


@router.get("/{run_id}", summary="Get a run", responses=problems(404, 409))
async def get(
    run_id: str,
    caller: CurrentCaller,
    project_id: str | None = Query(None, max_length=63, description="Needed when several projects follow it."),
) -> Run:
    """One run, by GitHub's id: state, conclusion, what failed, and which dispatch and rule led to it."""
    return await _run(caller, run_id, project_id)


@router.get("/{run_id}/logs", summary="A run's output", responses=problems(404, 409, 502))
async def logs(
    run_id: str,
    caller: CurrentCaller,
    project_id: str | None = Query(None, max_length=63, description="Needed when several projects follow it."),
    job: str | None = Query(None, max_length=200, description="Only this job."),
    severity: str | None = Query(None, pattern="^(debug|info|warn|error)$", description="Only this severity."),
    limit: int = Query(200, ge=1, le=1000, description="How many lines a page has."),
    cursor: str | None = Query(None, max_length=2000, description="`next_cursor` of the page before."),
) -> RunLogs:
    """The lines of a run in the order they were printed, as they are stored; search finds them too."""
    run = await _run(caller, run_id, project_id)
    parts = [f'source:"{SOURCE}"', f'attributes.ci.run_id:"{run.run_id}"', f'service:"{run.service_id}"']
    if job:
        escaped = job.replace("\\", "\\\\").replace('"', '\\"')
        parts.append(f'attributes.ci.job:"{escaped}"')
    if severity:
        parts.append(f"severity:{severity}")
    params = {"q": " AND ".join(parts), "order": "asc", "limit": str(limit)}
    started = run.started_at or run.created_at
    if started:
        params["since"] = (started - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    if cursor:
        params["cursor"] = cursor
    found = await caller.bridge.query.search(run.project_id, params)
    return RunLogs(items=found["items"], next_cursor=found.get("next_cursor"))
