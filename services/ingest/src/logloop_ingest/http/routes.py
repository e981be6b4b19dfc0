"""Routes POST /api/v1/logs to its endpoint."""

from fastapi import APIRouter, Request, Response
from logloop_chassis.http.direct import raise_failure
from logloop_chassis.http.problems import RequestTimeout, problem_responses
from logloop_chassis.state import ServiceApp, parts_of
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from logloop_ingest.http import openapi
from logloop_ingest.http.endpoint import LogEndpoint
from logloop_ingest.http.responses import Receipt

PATH = "/api/v1/logs"
router = APIRouter(tags=["logs"])


@router.post(
    PATH,
    operation_id="log_send",
    status_code=202,
    summary="Send logs",
    description=openapi.DESCRIPTION,
    response_model=Receipt,
    response_description="The broker has confirmed every accepted entry.",
    responses={
        **problem_responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        408: problem_responses(413)[413] | {"description": RequestTimeout.__doc__},
        202: {"content": {"application/json": {"examples": openapi.RECEIPTS}}},
    },
    openapi_extra=openapi.OPERATION,
)
async def send_logs(request: Request) -> Response:
    """Send log entries."""
    return await parts_of(request, LogEndpoint).post(request)


class _LogsRoute(Route):
    """Serves `send_logs` as plain ASGI; `router` only documents it.

    Dependency resolution and response models took a third of the time of a small request.
    """

    def __init__(self) -> None:
        super().__init__(PATH, endpoint=send_logs, methods=["POST"], include_in_schema=False)
        self.app = self._serve

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self  # the HTTP metrics read the path from here
        raise_failure(scope)
        response = await send_logs(Request(scope, receive))
        await response(scope, receive, send)


def mount(app: ServiceApp) -> None:
    """Add the route to an app: first those that serve, then the one that documents it."""
    app.serve_directly("POST", PATH, send_logs)
    app.router.routes.insert(0, _LogsRoute())
    app.add_routes(router)
