"""Runs the MCP server, and gives each request a caller that reaches the services."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from logloop_chassis.auth.principal import Principal
from logloop_chassis.background import running, wait_for_any
from logloop_chassis.outbound.tls import tls_context
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from logloop_query.agent_tools.caller import QUERY, ToolCaller
from logloop_query.agent_tools.confirmation import Confirmations
from logloop_query.agent_tools.server import tool_server
from logloop_query.settings import QuerySettings

TIMEOUT_S = 110.0
"""Seconds that a tool waits for a service. The gateway gives an answer of /mcp two minutes."""
_START_S = 10.0
_OWN_URL = "http://query.internal"
_FORWARDED = "x-forwarded-for"


class ToolCalls:
    """The running server of tools and the HTTP client of its callers."""

    def __init__(
        self, manager: StreamableHTTPSessionManager, client: httpx.AsyncClient, settings: QuerySettings
    ) -> None:
        self.handle = manager.handle_request
        self._client = client
        self._urls = {QUERY: _OWN_URL, "analyzer": settings.analyzer_url, "ci-bridge": settings.ci_bridge_url}
        self._confirmations = Confirmations(settings.secret_key.get_secret_value())

    def caller(
        self, principal: Principal, credential: Mapping[str, str], *, address: str, allow_changes: bool
    ) -> ToolCaller:
        """Return the caller of a request. `credential` is the header that authenticates it."""
        headers = {**credential, _FORWARDED: address}
        return ToolCaller(
            principal, self._client, self._urls, self._confirmations, headers, allow_changes=allow_changes
        )


@asynccontextmanager
async def tool_calls(app: ASGIApp, settings: QuerySettings) -> AsyncIterator[ToolCalls]:
    """Run the server. A tool calls query, which is `app`, within this process, and the other services over HTTP."""

    async def in_process(scope: Scope, receive: Receive, send: Send) -> None:
        """Call query with the address of the tool's caller, as behind a proxy."""
        address = Headers(scope=scope)[_FORWARDED]
        await app({**scope, "client": (address, 0)}, receive, send)

    own = httpx.ASGITransport(in_process, raise_app_exceptions=False)
    manager = StreamableHTTPSessionManager(tool_server(), json_response=True, stateless=True)
    async with (
        httpx.AsyncClient(
            trust_env=False, timeout=TIMEOUT_S, mounts={_OWN_URL: own}, verify=tls_context("https")
        ) as client,
        _started(manager),
    ):
        yield ToolCalls(manager, client, settings)


@asynccontextmanager
async def _started(manager: StreamableHTTPSessionManager) -> AsyncIterator[None]:
    """Run a manager in a task of its own: the one that starts it may be another than the one that stops it."""
    ready, stop = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        async with manager.run():
            ready.set()
            await stop.wait()

    async with running("agent endpoint", run(), stopping=stop):
        await wait_for_any(ready, timeout_s=_START_S)
        yield
