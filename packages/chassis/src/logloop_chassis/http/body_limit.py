"""Refuses request bodies over a limit, declared or counted, with a problem document.

FastAPI's own `max_body_size` answers a declared one in plain text.
"""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logloop_chassis.http.problems import TooLarge, problem_response

TOO_LARGE = TooLarge("the request body is too large; send less at a time")


class BodyLimit:
    """ASGI middleware that limits request bodies to `max_bytes`."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _declared(scope) > self._max_bytes:
            await problem_response(TOO_LARGE)(scope, receive, send)
        else:
            await self._app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._max_bytes:
                # FastAPI reports any other exception as a body that cannot be parsed.
                raise HTTPException(TOO_LARGE.status, TOO_LARGE.detail)
            return message

        return counted


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0
