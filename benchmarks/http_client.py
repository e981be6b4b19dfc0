"""A bare HTTP/1.1 client for load: prebuilt bytes out, status and body in, one request at a time a connection.

It must not be used against anything but our own services: it understands no more than they answer.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Self, cast
from urllib.parse import urlsplit

_CHUNK_END = b"0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the host and port of a URL."""
        host, port = _address(url)
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    def exchange(self, head: bytes, body: bytes = b"") -> "asyncio.Future[tuple[int, bytes]]":
        """Send a request (head as `request_head` makes it); the whole answer: status and raw body."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.writelines((head, body))
        return self._answer

    def close(self) -> None:
        """Drop the connection."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._received += data
        found = _complete(self._received)
        if found is not None and self._answer is not None and not self._answer.done():
            self._received.clear()
            self._answer.set_result(found)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the service closed the connection"))


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 80


def _complete(received: bytearray) -> tuple[int, bytes] | None:
    """Status and body once the whole answer is there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = received[:end].lower() + b"\r\n"
    status = int(head[9:12])
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        return (status, bytes(received[end + 4 :])) if received.endswith(_CHUNK_END) else None
    length = int(head[at + 17 : head.find(b"\r\n", at + 2)])
    if len(received) < end + 4 + length:
        return None
    return status, bytes(received[end + 4 :])


async def stream(url: str, head: bytes) -> AsyncIterator[bytes]:
    """Send a request on a connection of its own and give the pieces of its answer as they come."""
    host, port = _address(url)
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
    writer.write(head)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    if answer[9:12] != b"200":
        raise RuntimeError(f"answer {answer[9:12]!r}: {await reader.read(2000)!r}")
    try:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
    finally:
        writer.close()


def request_head(method: str, url: str, *, key: str, length: int = 0, extra: str = "") -> bytes:
    """Request line and headers of a call with an API key; `extra` holds further header lines with their ends."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n"
    if length:
        lines += f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
    return f"{lines}{extra}\r\n".encode()
