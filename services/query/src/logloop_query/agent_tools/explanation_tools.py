"""Tools that explain: analyses of logs, and failed tests beside their green runs."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from logloop_query.agent_tools.arguments import Cursor, ProjectId, Rows, SearchText, Since, Until
from logloop_query.agent_tools.caller import caller_of
from logloop_query.agent_tools.registry import reads, starts
from logloop_query.agent_tools.rendering import Answer

RecordId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
TestRunId = Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="`id` of a test run, from list_test_runs.")]


@reads("List analyses")
async def list_analyses(
    ctx: Context[Any, Any], project_id: ProjectId = None, limit: Rows = 20, cursor: Cursor = None
) -> Answer:
    """List the analyses of a project, newest first, with verdict and summary."""
    caller = caller_of(ctx)
    project = await caller.project(project_id)
    return Answer(await caller.get("/api/v1/logs/analyses", project_id=project, limit=limit, cursor=cursor))


@reads("Read an analysis")
async def get_analysis(ctx: Context[Any, Any], analysis_id: RecordId) -> Answer:
    """Read an analysis: its status, and when it is completed its report. Every claim cites the ids of logs."""
    found = await caller_of(ctx).get(f"/api/v1/logs/analyses/{analysis_id}")
    return Answer(found, (_progress(found),))


@starts("Start an analysis")
async def start_analysis(
    ctx: Context[Any, Any],
    q: SearchText = "",
    since: Since = "1h",
    until: Until = "now",
    question: Annotated[str | None, Field(min_length=1, max_length=4000, description="What to answer.")] = None,
    project_id: ProjectId = None,
) -> Answer:
    """Explain the logs of a time range: what is new, what burst, what broke first, with evidence. Takes seconds to a
    minute. If the project has a model provider, redacted excerpts go to it. Needs write access to the project."""
    caller = caller_of(ctx)
    body = {"project_id": await caller.project(project_id), "q": q, "since": since, "until": until}
    if question:
        body["question"] = question
    found = await caller.request("POST", "/api/v1/logs/analyses", body=body)
    return Answer(found, (_progress(found),))


def _progress(analysis: Any) -> str:
    if analysis["status"] in {"queued", "running"}:
        return f"The analysis is {analysis['status']}. Read it again with get_analysis in a few seconds."
    return f"The analysis is {analysis['status']}."


@reads("List test runs")
async def list_test_runs(
    ctx: Context[Any, Any],
    branch: Annotated[str | None, Field(max_length=250)] = None,
    commit: Annotated[str | None, Field(max_length=100)] = None,
    failed: Annotated[bool | None, Field(description="True: only runs with failed tests.")] = None,
    limit: Rows = 20,
    cursor: Cursor = None,
    project_id: ProjectId = None,
) -> Answer:
    """List the runs of tests in a project, newest first, with the numbers of passed and failed tests."""
    caller = caller_of(ctx)
    found = await caller.get(
        "/api/v1/test-runs",
        project_id=await caller.project(project_id),
        branch=branch,
        commit=commit,
        failed=failed,
        limit=limit,
        cursor=cursor,
    )
    return Answer(found)


@reads("Failed tests of a run")
async def failed_tests(ctx: Context[Any, Any], test_run_id: TestRunId, project_id: ProjectId = None) -> Answer:
    """Group the failed tests of a run by cause, and say which are flaky, regressed or failures of infrastructure."""
    caller = caller_of(ctx)
    project = await caller.project(project_id)
    return Answer(await caller.get(f"/api/v1/analyzer/test-runs/{test_run_id}/failures", project_id=project))


@reads("Compare a failed test with its green runs")
async def compare_test(
    ctx: Context[Any, Any],
    test_id: Annotated[str, Field(min_length=1, max_length=500, description="Such as tests/a.py::test_b.")],
    test_run_id: Annotated[
        str | None, Field(pattern="^[0-9a-f]{32}$", description="Default: the latest run of the test.")
    ] = None,
    with_rows: Annotated[
        bool, Field(description="Also return the lines of the green run beside those of this run.")
    ] = False,
    project_id: ProjectId = None,
) -> Answer:
    """Compare the logs of a failed test with those of its last green runs: the first step that no green run has, and
    a verdict (flaky, regressed, infrastructure). Cites the ids of logs."""
    caller = caller_of(ctx)
    project = await caller.project(project_id)
    found = await caller.get(
        "/api/v1/analyzer/test-comparison", project_id=project, test_id=test_id, test_run_id=test_run_id
    )
    if not with_rows:
        found.pop("rows", None)
    return Answer(found, ("Cite logs by their `log_id`.",))


TOOLS = (list_analyses, get_analysis, start_analysis, list_test_runs, failed_tests, compare_test)
