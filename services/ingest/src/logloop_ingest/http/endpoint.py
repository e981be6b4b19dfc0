"""The HTTP door: POST /api/v1/logs.

It must not judge entries; it reads the request, calls the use case and answers.
"""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from logloop_chassis.auth.authenticator import Authenticator
from logloop_chassis.auth.principal import Principal
from logloop_chassis.http.problems import (
    BadRequest,
    Forbidden,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
    Unavailable,
    Unprocessable,
    problem_responses,
)
from logloop_chassis.messaging.publisher import NotPublished
from pydantic import Field
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from logloop_ingest.accept import IN_THREAD_FROM, Accept, Result, Submission
from logloop_ingest.checking.check import Refused
from logloop_ingest.decompression import decompress
from logloop_ingest.http import openapi
from logloop_ingest.in_flight import Hold, InFlight
from logloop_ingest.limits import MAX_KEY_LENGTH, Limits
from logloop_ingest.parsing.json_values import form_of

PATH = "/api/v1/logs"
_MAX_ERRORS = 100
_PROJECT_CODES = frozenset({"unknown_project", "forbidden_project"})


class RequestTimeout(Problem):
    """The body did not arrive in time."""

    status, title = 408, "Request timeout"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field."""

    field: Annotated[str, Field(examples=["timestamp"])]
    reason: Annotated[str, Field(examples=["needs an offset: end it with Z or +01:00"])]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that was not taken in."""

    index: Annotated[int, Field(ge=0, description="Position in the request, from 0.")]
    errors: list[FieldError]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request. Everything counted as accepted is confirmed by the broker."""

    accepted: Annotated[int, Field(ge=1, examples=[1])]
    rejected: Annotated[list[Refusal], Field(description="Entries that were not taken in; the others were.")]
    batch_id: Annotated[
        str | None,
        Field(
            description="Batch of the accepted entries, the same again for the same Idempotency-Key; "
            "null when they went to several projects.",
            examples=["06hd3k2p9s8t4u1v7a5b3c2d1e"],
        ),
    ]
    batches: Annotated[dict[str, str], Field(description="Batch by project, when there are several.")] = field(
        default_factory=dict
    )
    duplicate: Annotated[
        bool, Field(description="These entries were confirmed before under this Idempotency-Key; nothing was added.")
    ] = False


@dataclass(frozen=True, slots=True)
class HttpDoor:
    """What the route needs; `app` puts it on the app's state."""

    accept: Accept
    authenticator: Authenticator
    in_flight: InFlight
    limits: Limits
    executor: Executor
    body_timeout_s: float

    async def post(self, request: Request) -> Response:
        """Take in a request and answer after the confirm. Raises Problem."""
        headers = request.headers
        principal = await self.authenticator.authenticate(headers, method="POST")
        _refuse_early(principal)
        form = form_of(headers.get("content-type", ""))
        key = _key(headers.get("idempotency-key"))
        with self.in_flight.hold() as hold:
            body = await self._body(request, hold)
            encoding = headers.get("content-encoding")
            if encoding:
                body = await self._decompressed(body, encoding)
                hold.at_least(len(body))
            try:
                result = await self.accept(Submission(body, form, principal, "http", key))
            except NotPublished as error:
                raise _not_confirmed(error) from error
        return Response(_receipt(result), status_code=202, media_type="application/json")

    async def _body(self, request: Request, hold: Hold) -> bytes:
        declared = request.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit():
            self._within_limit(int(declared[:20]))
            hold.at_least(int(declared))
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self.body_timeout_s):
                async for chunk in request.stream():
                    size += len(chunk)
                    self._within_limit(size)
                    hold.at_least(size)
                    chunks.append(chunk)
        except TimeoutError:
            raise RequestTimeout(
                f"the body must arrive within {self.body_timeout_s:g} s; send smaller requests"
            ) from None
        except ClientDisconnect:
            raise BadRequest("the connection ended before the body did") from None
        return chunks[0] if len(chunks) <= 2 and chunks and size == len(chunks[0]) else b"".join(chunks)

    def _within_limit(self, size: int) -> None:
        if size > self.limits.request_bytes:
            raise TooLarge(f"a request may have {self.limits.request_bytes} bytes; send several smaller ones")

    async def _decompressed(self, body: bytes, encoding: str) -> bytes:
        if len(body) < IN_THREAD_FROM // 16:
            return decompress(body, encoding, self.limits)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.executor, decompress, body, encoding, self.limits)


def _refuse_early(principal: Principal) -> None:
    """A caller who may send nowhere is told so before its body is read."""
    if principal.kind in {"key", "service"} and not principal.is_admin and "ingest" not in principal.scopes:
        raise Forbidden("this needs a key with the scope 'ingest'; ask an administrator")


def _key(value: str | None) -> str | None:
    if value is not None and not (1 <= len(value) <= MAX_KEY_LENGTH and value.isprintable()):
        raise BadRequest(f"an Idempotency-Key has 1 to {MAX_KEY_LENGTH} printable characters")
    return value


def _not_confirmed(error: NotPublished) -> Problem:
    if error.reason == "full":
        return TooManyRequests(
            "the queue of logs is full, for they are stored too slowly; send again later", retry_after=5
        )
    if error.reason == "timeout":
        return Unavailable(
            "the broker did not confirm in time, so these logs may or may not be stored; "
            "send again, with an Idempotency-Key to have them once"
        )
    return Unavailable("the message broker is away and nothing was stored; send again")


def _errors(item: Refused) -> list[dict[str, str]]:
    return [{"field": fault.field, "reason": fault.reason} for fault in item.faults]


def _receipt(result: Result) -> bytes:
    rejected = [{"index": item.index, "errors": _errors(item)} for item in result.refused]
    if not result.accepted:
        raise _nothing_taken(result.refused, rejected)
    several = len(result.batches) > 1
    answer: dict[str, Any] = {
        "accepted": result.accepted,
        "rejected": rejected,
        "batch_id": None if several else next(iter(result.batches.values())),
        "batches": result.batches if several else {},
        "duplicate": result.duplicate,
    }
    return orjson.dumps(answer)


def _nothing_taken(refused: list[Refused], rejected: list[dict[str, Any]]) -> Problem:
    codes = {fault.code for item in refused for fault in item.faults}
    if codes == {"unknown_project"}:
        return NotFound(refused[0].faults[0].reason, rejected=rejected)
    if codes and codes <= _PROJECT_CODES:
        return Forbidden("this caller may not send to the project of these entries", rejected=rejected)
    errors = [{"index": item.index, **error} for item in refused[:_MAX_ERRORS] for error in _errors(item)]
    detail = "no entry can be taken in; 'errors' tells why" if refused else "there is no entry in the body"
    return Unprocessable(detail, errors=errors, rejected=rejected)


class _LogsRoute(Route):
    """The route that serves, as plain ASGI; `router` has the one that describes it.

    Dependency resolution and response models were a third of the time of a small request.
    """

    def __init__(self) -> None:
        super().__init__(PATH, endpoint=send_logs, methods=["POST"], include_in_schema=False)
        self.app = self._serve

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self  # what the HTTP metrics go by
        request = Request(scope, receive)
        door: HttpDoor = request.app.state.door
        response = await door.post(request)
        await response(scope, receive, send)


def mount(app: FastAPI) -> None:
    """Add the route to an app: once as it is served, once as it is described."""
    app.router.routes.insert(0, _LogsRoute())
    app.include_router(router)


router = APIRouter(tags=["logs"])


@router.post(
    PATH,
    status_code=202,
    summary="Send logs",
    description=openapi.DESCRIPTION,
    response_model=Receipt,
    response_description="The broker has confirmed every accepted entry.",
    responses={
        **problem_responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        408: problem_responses(413)[413] | {"description": RequestTimeout.__doc__},
        202: {"content": {"application/json": {"examples": openapi.ANSWERS}}},
    },
    openapi_extra=openapi.OPERATION,
)
async def send_logs(request: Request) -> Response:
    """Send log entries. Described here, served by `_LogsRoute`, which does the same."""
    door: HttpDoor = request.app.state.door
    return await door.post(request)
