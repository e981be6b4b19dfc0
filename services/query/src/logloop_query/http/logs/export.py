"""The endpoint that exports logs."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractContextManager, aclosing
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from logloop_chassis.http.event_streams import TimedStreamingResponse
from logloop_chassis.http.parameters import problems
from logloop_chassis.state import resources_of

from logloop_query.http.dependencies import CurrentLogServices
from logloop_query.http.logs.parameters import ReadableLogs, SearchCaller
from logloop_query.logs.export_formats import MEDIA_TYPES, ExportFormat, file_name

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])


@router.get(
    "/export",
    summary="Export logs",
    operation_id="log_export",
    response_class=StreamingResponse,
    responses={
        **problems(404, 429),
        200: {
            "description": "Every log that the search selects, oldest first.",
            "content": {
                **{kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()},
                "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"id":"…","message":"paid"}\n'},
            },
        },
    },
)
async def export_logs(
    request: Request,
    logs: ReadableLogs,
    services: CurrentLogServices,
    caller: SearchCaller,
    format: Annotated[  # noqa: A002  # name in the URL
        ExportFormat,
        Query(
            description="ndjson: one log per line, as in a search. csv: with a header; cells that a spreadsheet "
            "would run as a formula start with a quote. parquet and arrow: columns, with the message pattern, and "
            "attributes as JSON text."
        ),
    ] = "ndjson",
) -> Response:
    """Export every log that a search selects, oldest first, without a limit on their number.

    The response is a stream. If the export fails, the connection is closed without a proper end.
    """
    stopping = resources_of(request).stopping
    slot = services.exports.slot(caller, logs.project_id)
    pieces = _until_stopped(stopping, services.export.stream(logs, format, caller), slot)
    first = await anext(pieces, b"")
    return TimedStreamingResponse(
        _chained(first, pieces),
        media_type=MEDIA_TYPES[format],
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{file_name(logs.project_id, format)}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


class ExportInterrupted(RuntimeError):
    """The service is stopping. The connection is cut so that the client does not take the file for complete."""


async def _until_stopped(
    stopping: asyncio.Event, pieces: AsyncIterator[bytes], slot: AbstractContextManager[None]
) -> AsyncGenerator[bytes, None]:
    with slot:
        async for piece in pieces:
            yield piece
            if stopping.is_set():
                raise ExportInterrupted("the service is stopping")


async def _chained(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """Yield the whole stream; the first piece was computed while an error could still become a problem."""
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
