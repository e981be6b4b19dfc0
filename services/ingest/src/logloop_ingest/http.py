"""The HTTP door: POST /api/v1/logs.

It must not check entries; it reads the request, asks the use case and answers.
"""

import asyncio
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from logloop_chassis.auth import Authenticator
from logloop_chassis.broker import NotPublished
from logloop_chassis.problems import (
    BadRequest,
    Problem,
    TooManyRequests,
    Unavailable,
    Unprocessable,
    problem_responses,
)
from logloop_contracts import LogEntry

from logloop_ingest.accept import Acceptor, Parcel, Receipt
from logloop_ingest.decoders import Form, decode, form_of
from logloop_ingest.decompression import decompress
from logloop_ingest.limits import MAX_KEY_LENGTH, Limits
from logloop_ingest.settings import IngestSettings
from logloop_ingest.telemetry import RECEIVED_BYTES

PATH = "/api/v1/logs"
OFF_LOOP_FROM_BYTES = 1024 * 1024

_ENTRY = {
    "project_id": "shop",
    "service_id": "checkout",
    "message": "payment timed out after 30 s",
    "severity": "error",
    "timestamp": "2026-11-22T10:00:00.123Z",
    "attributes": {"trace_id": "4bf92f35"},
}
_NDJSON = "\n".join(orjson.dumps({**_ENTRY, "message": text}).decode() for text in ("first line", "second line"))


async def receive_logs(request: Request) -> Response:
    """Read a request, hand its rows in, and answer after the broker confirmed."""
    state = request.app.state
    settings: IngestSettings = state.resources.settings
    authenticator: Authenticator = state.resources.authenticator
    principal = await authenticator.authenticate(request.headers, method="POST")
    parcel = await _read(request, settings.limits(), settings.ingest_body_timeout_s)
    acceptor: Acceptor = state.acceptor
    try:
        receipt = await acceptor.accept(principal, parcel)
    except NotPublished as error:
        raise _problem_of(error) from error
    return Response(_receipt_json(receipt), status_code=202, media_type="application/json")


async def _read(request: Request, limits: Limits, timeout_s: float) -> Parcel:
    headers = request.headers
    form = form_of(headers.get("content-type", ""))
    key = headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= MAX_KEY_LENGTH:
        raise Unprocessable(f"an Idempotency-Key has 1 to {MAX_KEY_LENGTH} characters")
    try:
        async with asyncio.timeout(timeout_s):
            body = await request.body()
    except TimeoutError:
        raise BadRequest(f"the body did not arrive within {timeout_s:.0f} s; send smaller requests") from None
    encoding = headers.get("content-encoding", "")
    if len(body) >= OFF_LOOP_FROM_BYTES or encoding:
        entries, size = await asyncio.to_thread(_decode, body, encoding, form, limits)
    else:
        entries, size = _decode(body, encoding, form, limits)
    RECEIVED_BYTES.labels("http").inc(size)
    return Parcel(entries, size, "http", key)


def _decode(body: bytes, encoding: str, form: Form, limits: Limits) -> tuple[list[Any], int]:
    text = decompress(body, encoding, limits)
    return decode(text, form, max_entries=limits.entries), len(text)


def _receipt_json(receipt: Receipt) -> bytes:
    """The receipt as JSON; by hand where nothing was refused, which is nearly always."""
    if receipt.rejected:
        return receipt.model_dump_json().encode()
    return b'{"accepted":%d,"rejected":[],"batch_id":%s}' % (receipt.accepted, orjson.dumps(receipt.batch_id))


def _problem_of(error: NotPublished) -> Problem:
    if error.reason == "full":
        return TooManyRequests("the queue of logs is full; send again later", retry_after=5)
    if error.reason == "timeout":
        detail = "the broker did not confirm in time, so the logs may or may not be stored; send again with the same "
        return Unavailable(detail + "Idempotency-Key, which never stores them twice", retry_after=2)
    return Unavailable("the message broker is away; nothing was taken in, send again", retry_after=2)


_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    {"$ref": "#/components/schemas/LogEntry"},
                    {"type": "array", "items": {"$ref": "#/components/schemas/LogEntry"}, "maxItems": 10_000},
                ]
            },
            "examples": {"one": {"value": _ENTRY}, "many": {"value": [_ENTRY, {**_ENTRY, "severity": "warn"}]}},
        },
        "application/x-ndjson": {"schema": {"type": "string"}, "examples": {"lines": {"value": _NDJSON}}},
    },
}
_PARAMETERS = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Names this very set of entries. A retry with the same key stores nothing twice; "
        "with the same key and other entries the first ones stay.",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
    },
    {
        "name": "Content-Encoding",
        "in": "header",
        "required": False,
        "description": "gzip, zstd or deflate; at most 32 MiB after decompression.",
        "schema": {"type": "string", "enum": ["identity"]},
    },
]

router = APIRouter(tags=["logs"])


@router.post(
    PATH,
    status_code=202,
    summary="Send logs",
    response_model=Receipt,
    responses=problem_responses(400, 401, 403, 404, 413, 415, 422, 429, 503),
    openapi_extra={
        "requestBody": _BODY,
        "parameters": _PARAMETERS,
        "security": [{"HTTPBearer": []}, {"APIKeyHeader": []}, {"APIKeyCookie": []}],
    },
)
async def send_logs(request: Request) -> Response:
    """Send one log entry, an array of them, or one a line (NDJSON).

    The answer comes after the message broker has confirmed the entries on disk: what a 202 counts as accepted is not
    lost. Entries that break the contract are refused one by one with their index and reason; the others are taken in.
    `project_id` may be left out when the API key is bound to a project. Severity words such as `warning` or `fatal`
    are mapped to debug, info, warn or error, and kept in `attributes.severity_text`. Limits: 10,000 entries and 32 MiB a
    request, 256 KiB a message, 1 MiB an entry.
    """
    return await receive_logs(request)


def describe(app: FastAPI) -> None:
    """Put the schema of a log entry and the security schemes into the app's OpenAPI document."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = original()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            entry = LogEntry.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(entry.pop("$defs", {}))
            entry["required"] = [name for name in entry["required"] if name != "project_id"]
            schemas["LogEntry"] = entry
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
