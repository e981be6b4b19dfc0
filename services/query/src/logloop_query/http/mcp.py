"""The endpoint of agents: the Model Context Protocol over streamable HTTP at /mcp, without sessions.

Any process answers any request, since each one carries its credential and nothing is kept between two of them.
"""

from __future__ import annotations

import asyncio
import importlib
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import Request
from logloop_chassis.auth.authenticator import bearer_token
from logloop_chassis.http.problems import Unavailable
from logloop_chassis.state import Resources, ServiceApp, resources_of
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Route

from logloop_query.http.foreign_pages import refuse_foreign_pages
from logloop_query.settings import QuerySettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from logloop_query.agent_tools.tool_calls import ToolCalls

PATH = "/mcp"
CHANGES_HEADER = "x-logloop-allow-changes"


class AgentEndpoint:
    """Serves /mcp while it is `running`."""

    def __init__(self, app: ServiceApp) -> None:
        self._app = app
        self._open: AsyncExitStack | None = None
        self._tools: ToolCalls | None = None
        self._starting = asyncio.Lock()

    def route(self) -> Route:
        """Return the route. It accepts POST only: without sessions there is no stream to open with GET."""
        return Route(PATH, self, methods=["POST"], include_in_schema=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve requests."""
        async with AsyncExitStack() as self._open:
            yield
        self._open = self._tools = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate a request and pass it to the server. Raises Problem."""
        request = Request(scope, receive)
        if request.method != "POST":
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
            return
        resources: Resources[QuerySettings] = resources_of(request)
        credential = _credential(request.headers)
        principal = await resources.authenticator.authenticate(Headers(credential), method="POST")
        refuse_foreign_pages(request.headers, principal)
        tools = await self._started(resources.settings)
        request.state.tool_caller = tools.caller(
            principal,
            credential,
            address=request.client.host if request.client else "unknown",
            allow_changes=request.headers.get(CHANGES_HEADER, "").strip().lower() in {"1", "true", "yes"},
        )
        await tools.handle(scope, receive, send)

    async def _started(self, settings: QuerySettings) -> ToolCalls:
        """Return what runs tools. The first request loads it: the MCP library takes 18 MB and most of a second."""
        async with self._starting:
            if self._open is None:
                raise Unavailable("the service is starting or stopping; try again")
            if self._tools is not None:
                return self._tools
            module = await asyncio.to_thread(importlib.import_module, "logloop_query.agent_tools.tool_calls")
            started: ToolCalls = await self._open.enter_async_context(module.tool_calls(self._app, settings))
            self._tools = started
            return started


def _credential(headers: Headers) -> dict[str, str]:
    """Return the header that authenticates a program. Cookies do not count: a web page could use them."""
    token = bearer_token(headers)
    return {"authorization": f"Bearer {token}"} if token else {}
