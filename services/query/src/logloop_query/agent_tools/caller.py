"""The caller of a tool, and its access to the HTTP API of the services with its own credential.

A tool has no rights of its own: each service checks the caller as it checks any other request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from logloop_chassis.auth.principal import Principal
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from logloop_query.agent_tools.confirmation import Confirmations

MAX_RESPONSE_BYTES = 4 * 2**20
_PREFIXES = (("/api/v1/ci/", "ci-bridge"), ("/api/v1/analyzer/", "analyzer"))
QUERY = "query"


@dataclass(frozen=True, slots=True)
class ToolCaller:
    """One caller. `urls` are the addresses of the services; `headers` carry the credential of the caller."""

    principal: Principal
    client: httpx.AsyncClient
    urls: Mapping[str, str]
    confirmations: Confirmations
    headers: Mapping[str, str] = field(default_factory=dict)
    allow_changes: bool = False

    async def get(self, path: str, **params: Any) -> Any:
        """Return the JSON of a GET. Parameters that are None are left out. Raises ToolError."""
        return await self.request("GET", path, params={k: v for k, v in params.items() if v is not None})

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the JSON of a response. Raises ToolError, with the service's own sentence, for an error."""
        service = next((name for prefix, name in _PREFIXES if path.startswith(prefix)), QUERY)
        try:
            response = await self.client.request(
                method,
                self.urls[service].rstrip("/") + path,
                params=params,
                json=body,
                headers={**self.headers, **(headers or {})},
            )
        except httpx.TransportError as error:
            raise ToolError(
                f"{service} does not respond ({type(error).__name__}); try again in a few seconds"
            ) from error
        if not response.is_success:
            raise ToolError(_problem(response))
        if len(response.content) > MAX_RESPONSE_BYTES:
            raise ToolError("the result is larger than 4 MiB; ask for fewer rows or a shorter time range")
        return response.json() if response.content else None

    async def project(self, project_id: str | None) -> str:
        """Return the project of a call: the given one, or the only one of the caller. Raises ToolError."""
        if project_id or self.principal.only_project():
            return project_id or self.principal.only_project() or ""
        found = (await self.get("/api/v1/projects", limit=2))["items"]
        if len(found) != 1:
            raise ToolError("name the project in `project_id`; list_projects shows those that you may read")
        return str(found[0]["id"])


def caller_of(ctx: Context[Any, Any]) -> ToolCaller:
    """Return the caller of the call in progress."""
    request: Any = ctx.request_context.request
    caller: ToolCaller = request.state.tool_caller
    return caller


def _problem(response: httpx.Response) -> str:
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    detail = problem.get("detail") if isinstance(problem, dict) else None
    if not isinstance(detail, str):
        return f"the service answered {response.status_code}; try again, or narrow the request"
    reasons = [
        f"{error.get('field')}: {error.get('reason')}"
        for error in problem.get("errors") or []
        if isinstance(error, dict) and str(error.get("reason")) not in detail
    ]
    return "; ".join([f"{response.status_code}: {detail}", *reasons])[:2_000]
