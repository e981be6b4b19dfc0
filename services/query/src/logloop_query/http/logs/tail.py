"""The route of live tails: server-sent events. It must not know where logs come from."""

import time
from collections.abc import AsyncIterator

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.http.problems import TooManyRequests, Unavailable

from logloop_query.http.callers import may_still_read
from logloop_query.http.logs.parameters import ProjectQuery, Q, log_problems, project_for
from logloop_query.logs.live_batches import NoLiveBatches
from logloop_query.logs.search.filter import Filter
from logloop_query.logs.search.text import read_filter
from logloop_query.logs.tail import Tails, TooManyTails

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])

HEARTBEAT_S = 15.0
RECHECK_S = 60.0
_EXAMPLE = 'event: log\ndata: {"items":[{"id":"…","message":"paid"}]}\n\nevent: dropped\ndata: {"count":120}\n\n'


@router.get(
    "/tail",
    summary="Follow logs live",
    operation_id="tail_logs",
    response_class=StreamingResponse,
    responses={
        **log_problems(429),
        200: {
            "description": "Server-sent events. `log`: {items: logs}; `dropped`: {count} logs that were left out "
            "since the last event; `bye`: {reason: stopping | signed_out | too_slow}. After `stopping` reconnect. "
            "After `too_slow` make the regular expressions of the search simpler.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        },
    },
)
async def tail_logs(
    request: Request, principal: CurrentPrincipal, project_id: ProjectQuery = None, q: Q = ""
) -> Response:
    """Follow the logs that a search selects from now on, as they are accepted.

    A tail never holds logs up: one that cannot keep up, or asks for more than 2,000 logs a second, is shown the
    newest and told how many were dropped. Every log is stored regardless and is found by a search.
    """
    project = await project_for(request, principal, project_id, "read")
    wanted = read_filter(q)
    tails: Tails = request.app.state.tails
    frames = _stream(request, tails, project, wanted)
    try:
        hello = await anext(frames)
    except TooManyTails as error:
        raise TooManyRequests("too many live tails are open; close one or come back", retry_after=10) from error
    except NoLiveBatches as error:
        raise Unavailable("RabbitMQ is away, so there is nothing to follow; try again") from error
    return StreamingResponse(
        _after(hello, frames),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The stream again, after its first frame was made while an error could still become a problem."""
    yield first
    async for frame in rest:
        yield frame


async def _stream(request: Request, tails: Tails, project_id: str, wanted: Filter) -> AsyncIterator[bytes]:
    async with tails.tail(project_id, wanted) as tail:
        beat = checked = time.monotonic()
        yield b": hello\n\n"
        while tail.closed is None:
            await tail.wait(HEARTBEAT_S)
            moment = time.monotonic()
            chunks, dropped = tail.take()
            for chunk in chunks:
                yield b"event: log\ndata: " + chunk + b"\n\n"
            if dropped:
                yield _event("dropped", {"count": dropped})
            if chunks or dropped:
                beat = moment
            elif moment - beat >= HEARTBEAT_S:
                beat = moment
                yield b": still here\n\n"
            if moment - checked > RECHECK_S:
                checked = moment
                if not await may_still_read(request, tail.project_id):
                    tail.close("signed_out")
        yield _event("bye", {"reason": tail.closed})


def _event(name: str, content: dict[str, object]) -> bytes:
    return format_sse_event(event=name, data_str=orjson.dumps(content).decode())
