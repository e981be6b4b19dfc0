"""The endpoint of live tails."""

from collections.abc import AsyncGenerator, Callable

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from logloop_chassis.auth.dependencies import CurrentPrincipal, may_still_read
from logloop_chassis.http.event_streams import (
    HEARTBEAT_S,
    event_frame,
    event_stream,
    event_stream_documentation,
    streaming_response,
)
from logloop_chassis.http.parameters import problems
from logloop_chassis.http.problems import TooManyRequests, Unavailable

from logloop_query.http.dependencies import CurrentLogServices
from logloop_query.http.logs.parameters import OptionalProject, Q, caller_key, project_for
from logloop_query.logs.live_batches import LiveBatchesUnavailable
from logloop_query.logs.search.filter import Filter
from logloop_query.logs.search.text import read_filter
from logloop_query.logs.tail import Tails, TooManyTails

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])

_EXAMPLE = 'event: log\ndata: {"items":[{"id":"…","message":"paid"}]}\n\nevent: dropped\ndata: {"count":120}\n\n'


@router.get(
    "/tail",
    summary="Follow logs live",
    operation_id="log_tail",
    response_class=StreamingResponse,
    responses={
        **problems(404, 429),
        200: event_stream_documentation(
            "Server-sent events. `log`: {items: logs}; `dropped`: {count} logs omitted since the last event; "
            "`bye`: {reason: stopping | signed_out | too_slow}. Reconnect after `stopping`. After `too_slow`, "
            "simplify the regular expressions of the search.",
            _EXAMPLE,
        ),
    },
)
async def tail_logs(
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentLogServices,
    project_id: OptionalProject = None,
    q: Q = "",
) -> StreamingResponse:
    """Follow the logs that a search selects, as they are accepted from now on.

    A slow tail never delays logs. A client that cannot keep up, or would get more than 10,000 logs per second, gets
    the newest ones and the number of dropped logs. All logs are stored and can be searched.
    """
    project = await project_for(request, principal, project_id, "read")
    wanted = await services.templates.expanded(project, read_filter(q), guess=True)
    reasons: list[str] = []
    frames = event_stream(
        _frames(services.tails, project, wanted, caller_key(principal, project), reasons.append),
        still_allowed=lambda: may_still_read(request, project),
        closing_reason=lambda: reasons[0],
    )
    try:
        return await streaming_response(frames)
    except TooManyTails as error:
        raise TooManyRequests("too many live tails are open; close one or try again later", retry_after=10) from error
    except LiveBatchesUnavailable as error:
        raise Unavailable("RabbitMQ is unavailable, so logs cannot be followed; try again") from error


async def _frames(
    tails: Tails, project_id: str, wanted: Filter, caller: str, on_closed: Callable[[str], None]
) -> AsyncGenerator[bytes | None, None]:
    async with tails.tail(project_id, wanted, caller) as tail:
        yield None
        while tail.closed is None:
            await tail.wait(HEARTBEAT_S)
            chunks, dropped = tail.take()
            for chunk in chunks:
                yield b"event: log\ndata: " + chunk + b"\n\n"
            if dropped:
                yield event_frame("dropped", {"count": dropped})
            if not chunks and not dropped:
                yield None
        on_closed(tail.closed)
