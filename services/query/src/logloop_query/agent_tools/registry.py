"""Declares tools: a function, its annotations for clients, and which callers see it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from logloop_chassis.auth.principal import Principal
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from logloop_query.agent_tools.rendering import Answer

ToolFunction: TypeAlias = Callable[..., Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class AgentTool:
    """A tool. `writes`: only callers with write access see it. `changes`: only if changes are allowed as well."""

    tool: Tool
    writes: bool = False
    changes: bool = False

    def is_for(self, principal: Principal, *, allow_changes: bool) -> bool:
        """Return whether a caller sees the tool."""
        return (not self.writes or may_write(principal)) and (allow_changes or not self.changes)


def reads(title: str) -> Callable[[ToolFunction], AgentTool]:
    """Declare a tool that changes nothing."""
    return _declared(ToolAnnotations(title=title, read_only_hint=True, idempotent_hint=True, open_world_hint=False))


def starts(title: str) -> Callable[[ToolFunction], AgentTool]:
    """Declare a tool that adds something without changing what is there."""
    hints = ToolAnnotations(title=title, read_only_hint=False, destructive_hint=False, open_world_hint=False)
    return _declared(hints, writes=True)


def changes(title: str) -> Callable[[ToolFunction], AgentTool]:
    """Declare a tool that changes how the platform acts, or acts outside of it. It must take `confirm`."""
    hints = ToolAnnotations(title=title, read_only_hint=False, destructive_hint=True, open_world_hint=True)
    return _declared(hints, writes=True, changes=True)


def _declared(
    hints: ToolAnnotations, *, writes: bool = False, changes: bool = False
) -> Callable[[ToolFunction], AgentTool]:
    def declare(function: ToolFunction) -> AgentTool:
        tool = Tool.from_function(function, title=hints.title, annotations=hints, structured_output=False)
        return AgentTool(tool, writes, changes)

    return declare


def may_write(principal: Principal) -> bool:
    """Return whether a caller has write access in at least one project."""
    roles: Iterable[Any] = principal.role_in
    return principal.is_admin or "write" in principal.scopes or any(principal.may("write", name) for name in roles)
