"""Tools that start pipelines and change rules. Each needs a confirmation of exactly what its preview showed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from logloop_query.agent_tools.arguments import ProjectId
from logloop_query.agent_tools.caller import ToolCaller, caller_of
from logloop_query.agent_tools.confirmation import NotConfirmed, change_key
from logloop_query.agent_tools.explanation_tools import RecordId
from logloop_query.agent_tools.registry import changes
from logloop_query.agent_tools.rendering import Answer

Confirm = Annotated[
    str | None,
    Field(
        max_length=200,
        description="Omit it to see what would happen. Then, if the person agrees, call again with the same "
        "arguments and the token of that preview.",
    ),
]
_RECORD_FIELDS = frozenset({"id", "project_id", "revision", "created_at", "updated_at", "source"})
"""Fields of a stored rule that the service sets."""


@changes("Start a pipeline")
async def start_pipeline(
    ctx: Context[Any, Any],
    pipeline: Annotated[str, Field(min_length=1, max_length=250, description="`reference` in list_pipelines.")],
    values: Annotated[dict[str, Any], Field(max_length=25, description="Values of its parameters by name.")] = {},  # noqa: B006  # the SDK copies it
    confirm: Confirm = None,
    project_id: ProjectId = None,
) -> Answer:
    """Start a workflow. Without `confirm` it only shows which one, where, and with which values."""
    caller = caller_of(ctx)
    project = await caller.project(project_id)
    body = {"project_id": project, "pipeline": pipeline, "values": values}

    async def preview() -> Any:
        known = (await caller.get("/api/v1/ci/definitions", project_id=project))["items"]
        found = [item for item in known if pipeline in {item["reference"], item["name"]}]
        if len(found) != 1:
            raise ToolError(f"there is no single pipeline {pipeline[:100]!r} in this project; see list_pipelines")
        return {"would_start": found[0], "values": values}

    async def act(token: str) -> Any:
        key = {"Idempotency-Key": change_key(token)}
        return await caller.request("POST", "/api/v1/ci/dispatches", body=body, headers=key)

    return await _confirmed(caller, "start_pipeline", body, confirm, preview, act)


@changes("Switch a rule on or off")
async def switch_rule(
    ctx: Context[Any, Any],
    rule_id: RecordId,
    enabled: Annotated[bool, Field(description="Whether the rule may fire from now on.")],
    confirm: Confirm = None,
) -> Answer:
    """Switch a rule on or off. Without `confirm` it only shows the rule."""
    caller = caller_of(ctx)
    path = f"/api/v1/ci/rules/{rule_id}"

    async def preview() -> Any:
        return {"rule": await caller.get(path), "would_set": {"enabled": enabled}}

    async def act(_: str) -> Any:
        return await caller.request("PUT", path, body={**await _draft(caller, path), "enabled": enabled})

    return await _confirmed(caller, "switch_rule", {"rule_id": rule_id, "enabled": enabled}, confirm, preview, act)


@changes("Create or replace a rule")
async def save_rule(
    ctx: Context[Any, Any],
    rule: Annotated[
        dict[str, Any],
        Field(
            description="The whole rule as list_rules shows rules: name, condition (CEL), filter, window, cooldown, "
            "max_hops, action, enabled."
        ),
    ],
    rule_id: Annotated[RecordId | None, Field(description="The rule to replace; omitted: a new rule.")] = None,
    confirm: Confirm = None,
    project_id: ProjectId = None,
) -> Answer:
    """Create a rule, or replace one. Without `confirm` it only checks the rule and shows what it would do."""
    caller = caller_of(ctx)
    project = await caller.project(project_id)
    draft = {name: value for name, value in rule.items() if name not in _RECORD_FIELDS}
    path = None if rule_id is None else f"/api/v1/ci/rules/{rule_id}"

    async def preview() -> Any:
        checked = await caller.request("POST", "/api/v1/ci/rules/check", body={"project_id": project, **draft})
        return {"check": checked, "would_save": draft, "replaces": path and await caller.get(path)}

    async def act(_: str) -> Any:
        if path is not None:
            return await caller.request("PUT", path, body=draft)
        return await caller.request("POST", "/api/v1/ci/rules", body={"project_id": project, **draft})

    arguments = {"project_id": project, "rule_id": rule_id, "rule": draft}
    return await _confirmed(caller, "save_rule", arguments, confirm, preview, act)


async def _draft(caller: ToolCaller, path: str) -> dict[str, Any]:
    """Return a stored rule as the draft that replaces it."""
    return {name: value for name, value in (await caller.get(path)).items() if name not in _RECORD_FIELDS}


async def _confirmed(
    caller: ToolCaller,
    tool: str,
    arguments: Mapping[str, Any],
    confirm: str | None,
    preview: Callable[[], Awaitable[Any]],
    act: Callable[[str], Awaitable[Any]],
) -> Answer:
    """Return a preview with a token, or act if `confirm` is the token of a preview of the same arguments."""
    if confirm is None:
        shown = await preview()
        token = caller.confirmations.issue(caller.principal.id, tool, arguments)
        note = (
            "Nothing has happened yet: this is a preview. Show it to the person you work for. If they agree, call "
            f"{tool} again with the same arguments and confirm={token} (valid for 10 minutes)."
        )
        return Answer(shown, (note,))
    try:
        caller.confirmations.check(confirm, caller.principal.id, tool, arguments)
    except NotConfirmed as error:
        raise ToolError(str(error)) from error
    return Answer(await act(confirm), ("Done.",))


TOOLS = (start_pipeline, switch_rule, save_rule)
