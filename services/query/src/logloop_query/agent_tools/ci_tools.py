"""Tools that read workflows, their runs, and the rules that start them."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from logloop_query.agent_tools.arguments import Cursor, ProjectId, Rows
from logloop_query.agent_tools.caller import caller_of
from logloop_query.agent_tools.explanation_tools import RecordId
from logloop_query.agent_tools.registry import reads
from logloop_query.agent_tools.rendering import Answer

RunId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$", description="`run_id` of a run, from list_ci_runs.")]


@reads("List CI runs")
async def list_ci_runs(
    ctx: Context[Any, Any],
    conclusion: Annotated[str | None, Field(max_length=30, description="Such as failure or success.")] = None,
    pipeline_id: RecordId | None = None,
    limit: Rows = 20,
    cursor: Cursor = None,
    project_id: ProjectId = None,
) -> Answer:
    """List the workflow runs of a project, newest first."""
    caller = caller_of(ctx)
    found = await caller.get(
        "/api/v1/ci/runs",
        project_id=await caller.project(project_id),
        conclusion=conclusion,
        pipeline_id=pipeline_id,
        limit=limit,
        cursor=cursor,
    )
    return Answer(found)


@reads("Read a CI run")
async def get_ci_run(ctx: Context[Any, Any], run_id: RunId, project_id: ProjectId = None) -> Answer:
    """Read a workflow run with its jobs, steps and failed tests. Its output is logs: search_logs finds them with
    `attributes.ci.run_id:<run_id>`."""
    caller = caller_of(ctx)
    return Answer(await caller.get(f"/api/v1/ci/runs/{run_id}", project_id=await caller.project(project_id)))


@reads("Read the chain of a CI run")
async def get_ci_chain(
    ctx: Context[Any, Any],
    run_id: RunId | None = None,
    dispatch_id: RecordId | None = None,
    project_id: ProjectId = None,
) -> Answer:
    """Read what started a run and what it caused: log, rule, dispatch, run, output, and the next rule. Give the run
    or one of its dispatches."""
    caller = caller_of(ctx)
    if run_id is not None:
        run = await caller.get(f"/api/v1/ci/runs/{run_id}", project_id=await caller.project(project_id))
        dispatch_id = run["dispatch_id"]
        if dispatch_id is None:
            raise ToolError("nothing here started this run, so it has no chain; someone started it on GitHub")
    if dispatch_id is None:
        raise ToolError("give `run_id` or `dispatch_id`; list_ci_runs has both")
    return Answer(await caller.get(f"/api/v1/ci/chains/{dispatch_id}"))


@reads("List rules")
async def list_rules(
    ctx: Context[Any, Any], project_id: ProjectId = None, limit: Rows = 50, cursor: Cursor = None
) -> Answer:
    """List the rules of a project: the condition in CEL, and what it starts."""
    caller = caller_of(ctx)
    project = await caller.project(project_id)
    return Answer(await caller.get("/api/v1/ci/rules", project_id=project, limit=limit, cursor=cursor))


@reads("List pipelines")
async def list_pipelines(ctx: Context[Any, Any], project_id: ProjectId = None) -> Answer:
    """List the pipelines of a project: the workflows that can be started, with the values that they take."""
    caller = caller_of(ctx)
    return Answer(await caller.get("/api/v1/ci/definitions", project_id=await caller.project(project_id)))


TOOLS = (list_ci_runs, get_ci_run, get_ci_chain, list_rules, list_pipelines)
