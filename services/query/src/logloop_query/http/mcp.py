"""The endpoint of agents: the Model Context Protocol over streamable HTTP at /mcp, without sessions.

Any process answers any request, since each one carries its credential and nothing is kept between two of them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import Request
from logloop_chassis.auth.authenticator import bearer_token
from logloop_chassis.background import running, wait_for_any
from logloop_chassis.http.problems import Unavailable
from logloop_chassis.outbound.tls import tls_context
from logloop_chassis.state import Resources, ServiceApp, resources_of
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from logloop_query.agent_tools.caller import QUERY, ToolCaller
from logloop_query.agent_tools.confirmation import Confirmations
from logloop_query.agent_tools.server import tool_server
from logloop_query.http.foreign_pages import refuse_foreign_pages
from logloop_query.settings import QuerySettings

PATH = "/mcp"
CHANGES_HEADER = "x-logloop-allow-changes"
TIMEOUT_S = 110.0
"""Seconds that a tool waits for a service. The gateway gives an answer of /mcp two minutes."""
_START_S = 10.0
_OWN_URL = "http://query.internal"
_FORWARDED = "x-forwarded-for"


class AgentEndpoint:
    """Serves /mcp while it is `running`."""

    def __init__(self, app: ServiceApp) -> None:
        self._app = app
        self._manager: StreamableHTTPSessionManager | None = None
        self._client: httpx.AsyncClient | None = None

    def route(self) -> Route:
        """Return the route. It accepts POST only: without sessions there is no stream to open with GET."""
        return Route(PATH, self, methods=["POST"], include_in_schema=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve requests. A tool calls query itself within this process, and the other services over HTTP."""
        own = httpx.ASGITransport(self._in_process, raise_app_exceptions=False)
        manager = StreamableHTTPSessionManager(tool_server(), json_response=True, stateless=True)
        async with (
            httpx.AsyncClient(
                trust_env=False, timeout=TIMEOUT_S, mounts={_OWN_URL: own}, verify=tls_context("https")
            ) as self._client,
            _started(manager),
        ):
            self._manager = manager
            yield
            self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate a request and pass it to the server. Raises Problem."""
        request = Request(scope, receive)
        if request.method != "POST":
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)
            return
        if self._manager is None or self._client is None:
            raise Unavailable("the service is starting or stopping; try again")
        resources: Resources[QuerySettings] = resources_of(request)
        request.state.tool_caller = await _caller(request, resources, self._client)
        await self._manager.handle_request(scope, receive, send)

    async def _in_process(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call query with the address of the tool's caller, as behind a proxy."""
        address = Headers(scope=scope)[_FORWARDED]
        await self._app({**scope, "client": (address, 0)}, receive, send)


@asynccontextmanager
async def _started(manager: StreamableHTTPSessionManager) -> AsyncIterator[None]:
    """Run a manager in a task of its own: the one that starts a service may be another than the one that stops it."""
    ready, stop = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        async with manager.run():
            ready.set()
            await stop.wait()

    async with running("agent endpoint", run(), stopping=stop):
        await wait_for_any(ready, timeout_s=_START_S)
        yield


async def _caller(request: Request, resources: Resources[QuerySettings], client: httpx.AsyncClient) -> ToolCaller:
    settings = resources.settings
    credential = _credential(request.headers)
    principal = await resources.authenticator.authenticate(Headers(credential), method="POST")
    refuse_foreign_pages(request.headers, principal)
    address = request.client.host if request.client else "unknown"
    return ToolCaller(
        principal,
        client,
        {QUERY: _OWN_URL, "analyzer": settings.analyzer_url, "ci-bridge": settings.ci_bridge_url},
        Confirmations(settings.secret_key.get_secret_value()),
        {**credential, _FORWARDED: address},
        allow_changes=request.headers.get(CHANGES_HEADER, "").strip().lower() in {"1", "true", "yes"},
    )


def _credential(headers: Headers) -> dict[str, str]:
    """Return the header that authenticates a program. Cookies do not count: a web page could use them."""
    token = bearer_token(headers)
    return {"authorization": f"Bearer {token}"} if token else {}
