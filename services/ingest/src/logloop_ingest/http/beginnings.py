"""Reads the beginning of a body before its caller is known, and leaves the request as it was."""

import asyncio
import zlib
from collections import deque

from fastapi import Request
from logloop_chassis.http.problems import RequestTimeout
from starlette.types import Message

_MAX_BYTES = 16 * 1024
"""What is read of a body, and what is made of it, to find its first line."""
_ANY_ZLIB = zlib.MAX_WBITS | 32
_ZLIB_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})


async def with_what_has_arrived(request: Request) -> Request:
    """Return the request with the part of its body that has arrived already; nothing is waited for.

    Handlers such as pygelf close the connection as soon as they have sent. What is not taken by then is lost, and
    authentication may take longer.
    """
    try:
        async with asyncio.timeout(0):
            arrived = [await request.receive()]
    except TimeoutError:
        return request
    return _replayed(request, arrived)


async def first_line(request: Request, *, timeout_s: float) -> tuple[bytes, Request]:
    """Return the first line of a body as far as it is within `_MAX_BYTES`, and the request with all of its body.

    Raises RequestTimeout.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    engine = zlib.decompressobj(_ANY_ZLIB) if encoding in _ZLIB_ENCODINGS else None
    arrived: list[Message] = []
    size, text = 0, b""
    try:
        async with asyncio.timeout(timeout_s):
            while size < _MAX_BYTES and b"\n" not in text:
                arrived.append(await request.receive())
                piece = arrived[-1].get("body", b"")
                size += len(piece)
                text += piece if engine is None else engine.decompress(piece, _MAX_BYTES)
                if not arrived[-1].get("more_body"):
                    break
    except TimeoutError:
        raise RequestTimeout(f"the first line of the body must arrive within {timeout_s:g} s") from None
    except zlib.error:
        text = b""  # whoever reads the body says what is wrong
    return text.partition(b"\n")[0], _replayed(request, arrived)


def _replayed(request: Request, arrived: list[Message]) -> Request:
    """Return the request whose first messages were taken from it."""
    messages = deque(arrived)

    async def receive() -> Message:
        return messages.popleft() if messages else await request.receive()

    return Request(request.scope, receive)
