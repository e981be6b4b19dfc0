"""Tools that search and count logs."""

import re
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from logloop_query.agent_tools.arguments import Cursor, ProjectId, Rows, SearchText, Since, Until
from logloop_query.agent_tools.caller import caller_of
from logloop_query.agent_tools.registry import reads
from logloop_query.agent_tools.rendering import Answer

CITE = "Cite logs by their `id`."
_TRACE_NAMES = ("trace_id", "traceId", "trace.id", "traceID", "otelTraceID")
_TRACE_ID = re.compile(r"[A-Za-z0-9_.:/+=-]{4,128}")
LogIdText = Annotated[str, Field(max_length=80, description="Id of a log, from a search.")]


@reads("List projects")
async def list_projects(ctx: Context[Any, Any], limit: Rows = 50, cursor: Cursor = None) -> Answer:
    """List the projects that you may read. Logs, tests and workflows belong to a project."""
    return Answer(await caller_of(ctx).get("/api/v1/projects", limit=limit, cursor=cursor))


@reads("List services")
async def list_services(
    ctx: Context[Any, Any], project_id: ProjectId = None, limit: Rows = 50, cursor: Cursor = None
) -> Answer:
    """List the services of a project, which are the programs that write logs, with their recent counts."""
    caller = caller_of(ctx)
    project = await caller.project(project_id)
    found = await caller.get("/api/v1/services", project_id=project, with_counts=True, limit=limit, cursor=cursor)
    return Answer(found)


@reads("Search logs")
async def search_logs(
    ctx: Context[Any, Any],
    q: SearchText = "",
    since: Since = "1h",
    until: Until = "now",
    order: Annotated[Literal["desc", "asc"], Field(description="Newest (desc) or oldest first.")] = "desc",
    limit: Rows = 50,
    cursor: Cursor = None,
    project_id: ProjectId = None,
) -> Answer:
    """Find logs by text, fields, attributes and time. If there may be many, use list_patterns first."""
    caller = caller_of(ctx)
    found = await caller.get(
        "/api/v1/logs",
        project_id=await caller.project(project_id),
        q=q,
        since=since,
        until=until,
        order=order,
        limit=limit,
        cursor=cursor,
    )
    return Answer(found, (CITE,))


@reads("Count logs over time")
async def count_logs(
    ctx: Context[Any, Any],
    q: SearchText = "",
    since: Since = "1h",
    until: Until = "now",
    by: Annotated[Literal["severity", "service_id"], Field(description="Field to count by.")] = "severity",
    buckets: Annotated[int, Field(ge=1, le=200, description="Approximate number of intervals.")] = 30,
    project_id: ProjectId = None,
) -> Answer:
    """Count logs in equal intervals, split by severity or service: when did it start, and when did it stop?"""
    caller = caller_of(ctx)
    found = await caller.get(
        "/api/v1/logs/histogram",
        project_id=await caller.project(project_id),
        q=q,
        since=since,
        until=until,
        by=by,
        buckets=buckets,
    )
    return Answer(found)


@reads("Count logs by field")
async def count_by_field(
    ctx: Context[Any, Any],
    fields: Annotated[
        list[str],
        Field(
            min_length=1,
            max_length=10,
            description="severity, service_id, test_id, func_id, source, or `attributes.<name>` such as "
            "attributes.http.status. list_attributes names them.",
        ),
    ],
    q: SearchText = "",
    since: Since = "1h",
    until: Until = "now",
    limit: Annotated[int, Field(ge=1, le=100, description="Maximum number of values per field.")] = 20,
    project_id: ProjectId = None,
) -> Answer:
    """Count logs by the values of fields: which service, status, host or version has the errors?"""
    caller = caller_of(ctx)
    found = await caller.get(
        "/api/v1/logs/facets",
        project_id=await caller.project(project_id),
        fields=fields,
        q=q,
        since=since,
        until=until,
        limit=limit,
    )
    return Answer(found)


@reads("List attributes")
async def list_attributes(
    ctx: Context[Any, Any],
    q: SearchText = "",
    since: Since = "1h",
    until: Until = "now",
    limit: Rows = 50,
    project_id: ProjectId = None,
) -> Answer:
    """List the names of the attributes that logs have. Search for one as `attributes.<name>:value`."""
    caller = caller_of(ctx)
    project = await caller.project(project_id)
    found = await caller.get(
        "/api/v1/logs/attributes", project_id=project, q=q, since=since, until=until, limit=limit
    )
    return Answer(found)


@reads("List message patterns")
async def list_patterns(
    ctx: Context[Any, Any],
    q: SearchText = "",
    since: Since = "1h",
    until: Until = "now",
    only_new: Annotated[bool, Field(description="Only patterns first seen in this time range.")] = False,
    limit: Rows = 30,
    project_id: ProjectId = None,
) -> Answer:
    """List the patterns of messages with counts: the quickest way to see what a program says, and what is new."""
    caller = caller_of(ctx)
    found = await caller.get(
        "/api/v1/logs/patterns",
        project_id=await caller.project(project_id),
        q=q,
        since=since,
        until=until,
        only_new=only_new,
        limit=limit,
    )
    return Answer(found, ('Search for the logs of one with `pattern:"…"`.',))


@reads("Read the logs around a log")
async def logs_around(
    ctx: Context[Any, Any],
    log_id: LogIdText,
    before: Annotated[int, Field(ge=0, le=100, description="Number of logs before it.")] = 20,
    after: Annotated[int, Field(ge=0, le=100, description="Number of logs after it.")] = 20,
    same_service: Annotated[bool, Field(description="Only logs of the same service.")] = True,
) -> Answer:
    """Read a log and the logs around it in time."""
    path = f"/api/v1/logs/{_segment(log_id)}/context"
    found = await caller_of(ctx).get(path, before=before, after=after, same_service=same_service)
    return Answer(found, (CITE,))


@reads("Read a trace")
async def get_trace(
    ctx: Context[Any, Any],
    trace_id: Annotated[str, Field(min_length=4, max_length=128, description="Value of the trace id.")],
    since: Since = "24h",
    until: Until = "now",
    limit: Rows = 100,
    cursor: Cursor = None,
    project_id: ProjectId = None,
) -> Answer:
    """Read the logs of one trace in all services, oldest first."""
    if not _TRACE_ID.fullmatch(trace_id):
        raise ToolError("a trace id has 4 to 128 letters, digits and _.:/+=-; take it from the attributes of a log")
    caller = caller_of(ctx)
    found = await caller.get(
        "/api/v1/logs",
        project_id=await caller.project(project_id),
        q=" OR ".join(f'attributes.{name}:"{trace_id}"' for name in _TRACE_NAMES),
        since=since,
        until=until,
        order="asc",
        limit=limit,
        cursor=cursor,
    )
    return Answer(found, (CITE,))


def _segment(text: str) -> str:
    """Return an id that goes into a path. Raises ToolError."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", text):
        raise ToolError("this is not the id of a log; take ids from search_logs")
    return text


TOOLS = (
    list_projects,
    list_services,
    search_logs,
    count_logs,
    count_by_field,
    list_attributes,
    list_patterns,
    logs_around,
    get_trace,
)
