"""Live tails over WebSocket: the latest logs first, then each log as it is accepted."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter, Response, WebSocket
from fastapi.responses import PlainTextResponse
from logloop_chassis.http.event_streams import HEARTBEAT_S
from logloop_chassis.http.problems import Problem
from logloop_chassis.ids import utc_now
from logloop_chassis.state import ServiceApp
from starlette.websockets import WebSocketDisconnect

from logloop_query.http.loki.queries import DEFAULT_LINES, rows_of
from logloop_query.http.loki.requests import MAX_LINES, LokiCaller, LokiRequest, Parameters, caller_of, problem_of
from logloop_query.logs.catch_up import EARLY_US, CatchUp, Followed, catch_up
from logloop_query.logs.live_batches import LiveBatchesUnavailable
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.logs.tail import Tail, TooManyTails
from logloop_query.loki import shapes
from logloop_query.loki.parser import parse_log_query
from logloop_query.loki.syntax_tree import LogQuery
from logloop_query.loki.translation import filter_of
from logloop_query.query_services import QueryServices
from logloop_query.time_bounds import to_microseconds

router = APIRouter(include_in_schema=False)
CHECK_S = 15.0
"""Seconds between two checks of whether the caller may still read."""
_GOING_AWAY, _POLICY = 1001, 1008


@router.websocket("/loki/api/v1/tail")
async def tail(socket: WebSocket) -> None:
    """Send the latest logs of a query, then follow it. Times are in nanoseconds, as Loki sends them."""
    began_us = to_microseconds(utc_now())
    try:
        loki = await _request(socket)
        query = parse_log_query(loki.parameters.text("query"))
        filter_of(query, loki.caller.project_id)
        limit = loki.parameters.whole("limit", DEFAULT_LINES, MAX_LINES)
        async with _opened(loki, query) as opened:
            seen = await _history(loki, query, limit)
            await socket.accept()
            gone = asyncio.create_task(_until_gone(socket))
            gone.add_done_callback(lambda _: opened.close("the client left"))
            try:
                await _send(socket, shapes.streams(seen.values(), categorize=loki.categorize), 0)
                followed = _followed(loki, query, began_us - EARLY_US)
                async with catch_up(loki.services.search, followed, opened.wake, seen=seen) as missing:
                    await _follow(socket, loki, opened, missing, gone)
            finally:
                gone.cancel()
    except WebSocketDisconnect:
        return
    except Exception as error:
        refused = _refusal(error)
        if refused is None:
            raise
        with suppress(RuntimeError):  # the socket is accepted or gone
            await socket.send_denial_response(refused)


def _refusal(error: Exception) -> Response | None:
    match error:
        case TooManyTails():
            return PlainTextResponse("too many live tails are open; close one or try again later", 429)
        case LiveBatchesUnavailable():
            return PlainTextResponse("RabbitMQ is unavailable, so logs cannot be followed; try again", 503)
        case _:
            return problem_of(error)


async def _request(socket: WebSocket) -> LokiRequest:
    app: ServiceApp = socket.app
    assert isinstance(app.parts, QueryServices)
    parameters = Parameters({name: socket.query_params.getlist(name) for name in socket.query_params})
    return LokiRequest(await caller_of(socket), parameters, app.parts.logs, categorize=False)


@asynccontextmanager
async def _opened(loki: LokiRequest, query: LogQuery) -> AsyncIterator[Tail]:
    caller = loki.caller
    wanted = filter_of(query, caller.project_id)
    async with loki.services.tails.tail(caller.project_id, wanted, caller.key) as opened:
        yield opened


def _followed(loki: LokiRequest, query: LogQuery, low_us: int) -> Followed:
    start_us, _ = loki.bounds_us()
    project_id = loki.caller.project_id
    return Followed(project_id, filter_of(query, project_id), max(low_us, start_us), loki.caller.key)


async def _history(loki: LokiRequest, query: LogQuery, limit: int) -> dict[str, dict[str, Any]]:
    """Return the latest logs since `start` by id, oldest first."""
    selection = await loki.selection(query, *loki.bounds_us())
    found, _ = await loki.services.search.search(SearchRequest(selection, limit), loki.caller.key)
    return {row["id"]: row for row in reversed(rows_of(loki.caller.project_id, found.table))}


async def _follow(
    socket: WebSocket, loki: LokiRequest, opened: Tail, missing: CatchUp, gone: "asyncio.Task[None]"
) -> None:
    """Send arriving logs until the client goes, the tail is closed, or the caller may no longer read."""
    checked = time.monotonic()
    while opened.closed is None and not gone.done():
        await opened.wait(min(HEARTBEAT_S, CHECK_S))
        chunks, dropped = opened.take()
        kept = [fresh for fresh in map(missing.fresh, chunks) if fresh is not None]
        if missed := missing.take():
            kept.append(orjson.dumps({"items": missed}))
        if kept or dropped:
            rows = [_arrived(item) for chunk in kept for item in orjson.loads(chunk)["items"]]
            await _send(socket, shapes.streams(rows, categorize=False), dropped)
        if time.monotonic() - checked >= CHECK_S:
            checked = time.monotonic()
            if not await _may_still_read(socket, loki.caller):
                await socket.close(_POLICY, "you may no longer read this project")
                return
    if opened.closed is not None and not gone.done():
        await socket.close(_GOING_AWAY, opened.closed)


def _arrived(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "time_us": to_microseconds(datetime.fromisoformat(item["timestamp"]))}


async def _send(socket: WebSocket, streams: list[dict[str, Any]], dropped: int) -> None:
    message: dict[str, Any] = {"streams": streams}
    if dropped:
        now = f"{time.time_ns()}"
        message["dropped_entries"] = [{"timestamp": now, "labels": {"logloop_dropped": str(dropped)}}]
    await socket.send_text(orjson.dumps(message).decode())


async def _until_gone(socket: WebSocket) -> None:
    """Return when the client closes the connection. What it sends is ignored."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()


async def _may_still_read(socket: WebSocket, caller: LokiCaller) -> bool:
    """Return whether the caller may still read the project. An outage of the database ends no tail."""
    try:
        return (await caller_of(socket)).project_id == caller.project_id
    except Problem as problem:
        return problem.status == 503
