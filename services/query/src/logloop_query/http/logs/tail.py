"""The endpoint of live tails."""

from collections.abc import AsyncGenerator, Callable
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Request
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
from logloop_chassis.ids import utc_now

from logloop_query.http.dependencies import CurrentLogServices
from logloop_query.http.logs.parameters import OptionalProject, Q, caller_key, project_for
from logloop_query.logs.catch_up import EARLY_US, Followed, catch_up
from logloop_query.logs.live_batches import LiveBatchesUnavailable
from logloop_query.logs.search.language.text import read_filter
from logloop_query.logs.tail import TooManyTails
from logloop_query.query_services import LogServices
from logloop_query.time_bounds import to_microseconds

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])

_EXAMPLE = (
    "event: ready\nid: 1795341600000000\ndata: {}\n\nevent: log\nid: 1795341601250000\n"
    'data: {"items":[{"id":"…","message":"paid"}]}\n\nevent: dropped\ndata: {"count":120}\n\n'
)


@router.get(
    "/tail",
    summary="Follow logs live",
    operation_id="log_tail",
    response_class=StreamingResponse,
    responses={
        **problems(404, 429),
        200: event_stream_documentation(
            "Server-sent events. `ready`: the tail is subscribed; `log`: {items: logs, missed: true if they were "
            "accepted before it was}; `dropped`: {count} logs omitted since the last event; "
            "`bye`: {reason: stopping | signed_out | too_slow}. Reconnect after `stopping` and after a lost "
            "connection, with the last event id in the header `Last-Event-ID`. After `too_slow`, simplify the "
            "regular expressions of the search.",
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
    last_event_id: Annotated[
        str | None,
        Header(
            max_length=40,
            description="The last event id, or microseconds since 1970: send what was accepted since, too.",
        ),
    ] = None,
) -> StreamingResponse:
    """Follow the logs that a search selects, as they are accepted from now on.

    Logs that were accepted while the tail was opened follow within ten seconds, with those dated up to five seconds
    before the request. With `Last-Event-ID`, the logs since that event follow, at most the newest 20,000, and some of
    the seconds before it; leave out the ids that you have.

    A slow tail never delays logs. A client that cannot keep up, or would get more than 10,000 logs per second, gets
    the newest ones and the number of dropped logs. All logs are stored and can be searched.
    """
    low_us = _first_moment(last_event_id, to_microseconds(utc_now()))
    project = await project_for(request, principal, project_id, "read")
    wanted = await services.templates.expanded(project, read_filter(q), guess=True)
    reasons: list[str] = []
    frames = event_stream(
        _frames(services, Followed(project, wanted, low_us, caller_key(principal, project)), reasons.append),
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
    services: LogServices, followed: Followed, on_closed: Callable[[str], None]
) -> AsyncGenerator[bytes | None, None]:
    async with (
        services.tails.tail(followed.project_id, followed.wanted, followed.caller) as tail,
        catch_up(services.search, followed, tail.wake) as missing,
    ):
        yield event_frame("ready", {}, event_id=str(missing.position_us))
        while tail.closed is None:
            await tail.wait(HEARTBEAT_S)
            chunks, dropped = tail.take()
            event = f"event: log\nid: {missing.position_us}\ndata: ".encode()
            kept = [fresh for fresh in map(missing.fresh, chunks) if fresh is not None]
            missed = missing.take()
            if missed:
                kept.append(orjson.dumps({"items": missed, "missed": True}))
            for chunk in kept:
                yield event + chunk + b"\n\n"
            if dropped:
                yield event_frame("dropped", {"count": dropped})
            if not kept and not dropped:
                yield None
        on_closed(tail.closed)


def _first_moment(last_event_id: str | None, now_us: int) -> int:
    """Return the time in microseconds from which logs are sent. An event id that is not ours resumes nothing."""
    if last_event_id and last_event_id.isascii() and last_event_id.isdigit():
        return min(int(last_event_id), now_us)
    return now_us - EARLY_US
