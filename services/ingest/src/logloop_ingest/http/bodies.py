"""Reads the body of a request within its limits of size and time, and decompresses it."""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass

from fastapi import Request
from logloop_chassis.http.connections import has_arrived
from logloop_chassis.http.problems import BadRequest, RequestTimeout, TooLarge
from starlette.requests import ClientDisconnect

from logloop_ingest.accept import IN_THREAD_FROM
from logloop_ingest.decompression import decompress
from logloop_ingest.in_flight import Reservation
from logloop_ingest.limits import Limits

_DECOMPRESS_IN_THREAD_FROM = IN_THREAD_FROM // 16
"""Compressed bytes."""


@dataclass(frozen=True, slots=True)
class BodyReader:
    """Reads bodies. `timeout_s`: how long a client may take to send one."""

    limits: Limits
    executor: Executor
    timeout_s: float

    async def read(self, request: Request, reservation: Reservation) -> bytes:
        """Return the body as it was sent. Raises BadRequest, RequestTimeout, TooLarge or TooManyRequests."""
        declared = request.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit():
            self._require_size(int(declared[:20]))
            reservation.grow_to(int(declared))
        try:
            if has_arrived(request.scope):
                return await self._collected(request, reservation)
            async with asyncio.timeout(self.timeout_s):
                return await self._collected(request, reservation)
        except TimeoutError:
            raise RequestTimeout(f"the body must arrive within {self.timeout_s:g} s; send smaller requests") from None
        except ClientDisconnect:
            raise BadRequest("the connection closed before the end of the body; send again") from None

    async def _collected(self, request: Request, reservation: Reservation) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            self._require_size(size)
            reservation.grow_to(size)
            chunks.append(chunk)
        return chunks[0] if len(chunks) <= 2 and chunks and size == len(chunks[0]) else b"".join(chunks)

    async def decompressed(self, body: bytes, encoding: str | None, reservation: Reservation) -> bytes:
        """Return the body without its Content-Encoding. Raises what `decompress` raises, and TooManyRequests."""
        if not encoding:
            return body
        if len(body) < _DECOMPRESS_IN_THREAD_FROM:
            content = decompress(body, encoding, self.limits)
        else:
            loop = asyncio.get_running_loop()
            content = await loop.run_in_executor(self.executor, decompress, body, encoding, self.limits)
        reservation.grow_to(len(content))
        return content

    def _require_size(self, size: int) -> None:
        if size > self.limits.request_bytes:
            raise TooLarge(f"a request may have {self.limits.request_bytes} bytes; send several smaller requests")
