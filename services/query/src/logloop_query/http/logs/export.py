"""The route that gives logs out in bulk. It must not know formats or storage."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from logloop_chassis.http.problems import TooManyRequests

from logloop_query.http.logs.parameters import ReadableLogs, log_problems
from logloop_query.logs.export import Export
from logloop_query.logs.export_formats import MEDIA_TYPES, ExportFormat, file_name

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])

MAX_EXPORTS = 4


class ExportSlots:
    """How many exports run."""

    def __init__(self, most: int = MAX_EXPORTS) -> None:
        self._free = most

    def take(self) -> None:
        """Raises TooManyRequests when all are taken."""
        if not self._free:
            raise TooManyRequests("too many exports are running; try again later", retry_after=30)
        self._free -= 1

    def give_back(self) -> None:
        """An export has ended."""
        self._free += 1


@router.get(
    "/export",
    summary="Export logs",
    operation_id="export_logs",
    response_class=StreamingResponse,
    responses={
        **log_problems(429),
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
    format: Annotated[  # noqa: A002  # name in the URL
        ExportFormat,
        Query(
            description="ndjson: a log a line as a search shows it. csv: with a header; cells that a spreadsheet "
            "would run as a formula get a quote in front. parquet and arrow: columns, with the message pattern, and "
            "attributes as JSON text."
        ),
    ] = "ndjson",
) -> Response:
    """Give out every log that a search selects, oldest first, however many there are.

    The answer is a stream. If it breaks off, the connection is closed without a proper end.
    """
    export: Export = request.app.state.export
    slots: ExportSlots = request.app.state.export_slots
    pieces = _until_stopped(request, export.stream(logs.window, format, logs.caller), slots)
    first = await anext(pieces, b"")
    return StreamingResponse(
        _after(first, pieces),
        media_type=MEDIA_TYPES[format],
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{file_name(logs.project_id, format)}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


class ExportBroken(RuntimeError):
    """The service stops; the connection is cut so that nobody takes the file for whole."""


async def _until_stopped(request: Request, pieces: AsyncIterator[bytes], slots: ExportSlots) -> AsyncIterator[bytes]:
    stopping = request.app.state.resources.stopping
    slots.take()
    try:
        async for piece in pieces:
            yield piece
            if stopping.is_set():
                raise ExportBroken("the service is stopping")
    finally:
        slots.give_back()


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The stream again, after its first piece was made while an error could still become a problem."""
    yield first
    async for piece in rest:
        yield piece
