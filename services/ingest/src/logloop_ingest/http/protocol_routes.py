"""Routes the paths of the intake protocols to their endpoint. docs/clients.md describes them; OpenAPI does not."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from logloop_chassis.state import ServiceApp, parts_of
from starlette.routing import Route

from logloop_ingest.http.endpoint import LogEndpoint
from logloop_ingest.http.protocol_endpoint import ProtocolEndpoint
from logloop_ingest.protocols.protocol import FixedAnswer, IntakeProtocol
from logloop_ingest.protocols.table import FIXED_ANSWERS, PROTOCOLS

_Handler = Callable[[Request], Awaitable[Response]]


def mount_protocols(app: ServiceApp) -> None:
    """Add the routes of all protocols to an app."""
    for protocol in PROTOCOLS:
        _add(app, protocol.paths, protocol.methods, _intake(protocol))
    for fixed in FIXED_ANSWERS:
        _add(app, fixed.paths, fixed.methods, _fixed(fixed))


def _add(app: ServiceApp, paths: tuple[str, ...], methods: tuple[str, ...], handler: _Handler) -> None:
    app.router.routes.extend(
        Route(path, endpoint=handler, methods=list(methods), include_in_schema=False) for path in paths
    )


def _intake(protocol: IntakeProtocol) -> _Handler:
    async def handle(request: Request) -> Response:
        return await _endpoint(request).post(request, protocol)

    return handle


def _fixed(fixed: FixedAnswer) -> _Handler:
    async def handle(request: Request) -> Response:
        return await _endpoint(request).answer(request, fixed)

    return handle


def _endpoint(request: Request) -> ProtocolEndpoint:
    return ProtocolEndpoint(parts_of(request, LogEndpoint))
