"""Handles POST /api/v1/logs: authenticates the caller, reads the body within its limits and calls the use case."""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass

from fastapi import Request, Response
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.dependencies import SESSION_PATH
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.connections import trust_request
from logloop_chassis.http.problems import BadRequest, Forbidden, RequestTimeout, TooLarge
from logloop_chassis.messaging.publisher import NotPublished
from starlette.requests import ClientDisconnect

from logloop_ingest.accept import IN_THREAD_FROM, Accept, Submission
from logloop_ingest.decompression import decompress
from logloop_ingest.http.responses import not_confirmed, receipt
from logloop_ingest.in_flight import InFlightBudget, Reservation
from logloop_ingest.limits import MAX_KEY_LENGTH, Limits
from logloop_ingest.parsing.content_types import body_format

_DECOMPRESS_IN_THREAD_FROM = IN_THREAD_FROM // 16
"""Compressed bytes."""


@dataclass(frozen=True, slots=True)
class LogEndpoint:
    """Accepts logs over HTTP."""

    accept: Accept
    authenticator: Authenticator
    in_flight: InFlightBudget
    limits: Limits
    executor: Executor
    body_timeout_s: float

    async def post(self, request: Request) -> Response:
        """Accept the logs of a request and respond after the broker's confirm. Raises Problem."""
        headers = request.headers
        principal = await self.authenticator.authenticate(headers, method="POST")
        _require_ingest(principal)
        trust_request(request.scope)
        form = body_format(headers.get("content-type", ""))
        key = _idempotency_key(headers.get("idempotency-key"))
        with self.in_flight.reserve() as reservation:
            body = await self._body(request, reservation)
            encoding = headers.get("content-encoding")
            if encoding:
                body = await self._decompressed(body, encoding)
                reservation.grow_to(len(body))
            try:
                result = await self.accept(Submission(body, form, principal, "http", key))
            except NotPublished as error:
                raise not_confirmed(error) from error
        return Response(receipt(result), status_code=202, media_type="application/json")

    async def _body(self, request: Request, reservation: Reservation) -> bytes:
        declared = request.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit():
            self._require_size(int(declared[:20]))
            reservation.grow_to(int(declared))
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self.body_timeout_s):
                async for chunk in request.stream():
                    size += len(chunk)
                    self._require_size(size)
                    reservation.grow_to(size)
                    chunks.append(chunk)
        except TimeoutError:
            raise RequestTimeout(
                f"the body must arrive within {self.body_timeout_s:g} s; send smaller requests"
            ) from None
        except ClientDisconnect:
            raise BadRequest("the connection closed before the end of the body; send again") from None
        return chunks[0] if len(chunks) <= 2 and chunks and size == len(chunks[0]) else b"".join(chunks)

    def _require_size(self, size: int) -> None:
        if size > self.limits.request_bytes:
            raise TooLarge(f"a request may have {self.limits.request_bytes} bytes; send several smaller requests")

    async def _decompressed(self, body: bytes, encoding: str) -> bytes:
        if len(body) < _DECOMPRESS_IN_THREAD_FROM:
            return decompress(body, encoding, self.limits)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.executor, decompress, body, encoding, self.limits)


def _require_ingest(principal: Principal) -> None:
    """Raise Forbidden for a caller that may not send to any project, before its body is read."""
    if principal.must_change_password:
        raise Forbidden(f"change your one-time password first: PUT {SESSION_PATH}/password")
    if principal.kind in {"key", "service"} and not principal.is_admin and "ingest" not in principal.scopes:
        raise Forbidden("sending logs needs a key with the scope 'ingest'; ask an administrator")


def _idempotency_key(value: str | None) -> str | None:
    if value is not None and not (1 <= len(value) <= MAX_KEY_LENGTH and value.isprintable()):
        raise BadRequest(f"an Idempotency-Key must have 1 to {MAX_KEY_LENGTH} printable characters")
    return value
