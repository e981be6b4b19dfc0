"""A bare HTTP/1.1 client for load: prebuilt bytes out, status and length in, one request at a time a connection.

It must not be used against anything but our own services: it reads only answers with a Content-Length or chunks.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Self
from urllib.parse import urlsplit


class Connection:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the host and port of a URL."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 20)
        return cls(reader, writer)

    async def exchange(self, head: bytes, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request (head as `request_head` makes it) and read the whole answer: status and body."""
        self._writer.writelines((head, body) if body else (head,))
        return await self._answer()

    async def stream(self, head: bytes) -> AsyncIterator[bytes]:
        """Send a request and give the pieces of its chunked answer as they come."""
        self._writer.write(head)
        status, headers = await self._head()
        if status != 200:
            raise RuntimeError(f"answer {status}: {await self._reader.read(2000)!r}")
        if b"chunked" not in headers:
            while piece := await self._reader.read(1 << 18):
                yield piece
            return
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            yield await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readuntil(b"\r\n")

    async def _answer(self) -> tuple[int, bytes]:
        status, headers = await self._head()
        at = headers.find(b"content-length:")
        if at >= 0:
            end = headers.find(b"\r\n", at)
            return status, await self._reader.readexactly(int(headers[at + 15 : end]))
        pieces = []
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            pieces.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readuntil(b"\r\n")
        return status, b"".join(pieces)

    async def _head(self) -> tuple[int, bytes]:
        head = await self._reader.readuntil(b"\r\n\r\n")
        return int(head[9:12]), head.lower()

    def close(self) -> None:
        """Drop the connection."""
        self._writer.close()


def request_head(method: str, url: str, *, key: str, length: int = 0, extra: str = "") -> bytes:
    """Request line and headers of a call with an API key; `extra` holds further header lines with their ends."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n"
    if length:
        lines += f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
    return f"{lines}{extra}\r\n".encode()
