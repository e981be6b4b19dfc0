"""Serves one operation without the middleware and routing of FastAPI and Starlette.

These layers take a tenth of the CPU of a request with one log.
"""

import time
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from prometheus_client import Counter
from starlette.types import ASGIApp, Receive, Scope, Send

from logloop_chassis.http.connections import write_whole
from logloop_chassis.telemetry import HTTP_REQUESTS, HTTP_SECONDS, STARTED

Handler = Callable[[Request], Awaitable[Response]]
_FAILED = "logloop.failed"


class DirectRoute:
    """ASGI app of one method and path.

    Errors go through `layers`, which have the exception handlers of the app, and so do requests of web pages, for
    CORS. The route within the layers calls `raise_failure` first. Responses of `handler` have a Content-Length and no
    headers from the caller.
    """

    def __init__(self, layers: ASGIApp, service: str, method: str, path: str, handler: Handler) -> None:
        self._layers = layers
        self._labels = service, method, path
        self._method = method
        self._handler = handler
        self._seconds = HTTP_SECONDS.labels(service, path)
        self._requests: dict[int, Counter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to the path."""
        if scope["method"] != self._method or any(name == b"origin" for name, _ in scope["headers"]):
            await self._layers(scope, receive, send)
            return
        started = scope[STARTED] = time.perf_counter()
        try:
            response = await self._handler(Request(scope, receive))
        except Exception as error:  # noqa: BLE001  # it is raised again within the layers
            scope[_FAILED] = error
            await self._layers(scope, receive, send)
            return
        self._seconds.observe(time.perf_counter() - started)
        self._count(response.status_code)
        if not write_whole(scope, response):
            await response(scope, receive, send)

    def _count(self, status: int) -> None:
        counter = self._requests.get(status)
        if counter is None:
            counter = self._requests[status] = HTTP_REQUESTS.labels(*self._labels, str(status))
        counter.inc()


def raise_failure(scope: Scope) -> None:
    """Raise the error with which a direct route has failed to answer this request, if it has."""
    error = scope.pop(_FAILED, None)
    if error is not None:
        raise error
