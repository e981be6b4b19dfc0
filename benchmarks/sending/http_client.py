"""A bare HTTP/1.1 client for load tests: sends prebuilt bytes, one request at a time per connection.

It parses only the responses of our own services.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Self, cast
from urllib.parse import urlsplit

_CHUNK_END = b"0\r\n\r\n"
_NO_CONTENT = 204


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._response: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the host and port of a URL."""
        host, port = _address(url)
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    def exchange(self, head: bytes, body: bytes = b"") -> "asyncio.Future[tuple[int, bytes]]":
        """Send a request (with a head from `request_head`) and return the whole response: status and raw body."""
        self._response = asyncio.get_running_loop().create_future()
        self._transport.writelines((head, body))
        return self._response

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._received += data
        found = _complete(self._received)
        if found is not None and self._response is not None and not self._response.done():
            self._received.clear()
            self._response.set_result(found)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        if self._response is not None and not self._response.done():
            self._response.set_exception(exc or ConnectionResetError("the service closed the connection"))


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 80


def _complete(received: bytearray) -> tuple[int, bytes] | None:
    """Return status and body once the whole response has arrived."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = received[:end].lower() + b"\r\n"
    status = int(head[9:12])
    at = head.find(b"\r\ncontent-length:")
    if status == _NO_CONTENT:
        return status, b""
    if at < 0:
        return (status, bytes(received[end + 4 :])) if received.endswith(_CHUNK_END) else None
    length = int(head[at + 17 : head.find(b"\r\n", at + 2)])
    if len(received) < end + 4 + length:
        return None
    return status, bytes(received[end + 4 :])


async def stream(url: str, head: bytes) -> AsyncIterator[bytes]:
    """Send a request on a new connection and yield the chunks of the response body as they arrive."""
    host, port = _address(url)
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
    writer.write(head)
    response_head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if response_head[9:12] != b"200":
        raise RuntimeError(f"unexpected status {response_head[9:12]!r}: {await reader.read(2000)!r}")
    try:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
    finally:
        writer.close()


def request_head(
    method: str, url: str, *, key: str, length: int = 0, extra: str = "", media_type: str = "application/json"
) -> bytes:
    """Return the request line and headers of a call with an API key; each line in `extra` must end with CRLF."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n"
    if length:
        lines += f"Content-Type: {media_type}\r\nContent-Length: {length}\r\n"
    return f"{lines}{extra}\r\n".encode()
