"""Server-sent events: heartbeats, the periodic check of the caller's rights, and the closing event."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import orjson
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Message, Send

HEARTBEAT_S = 15.0
RECHECK_S = 60.0
STALLED_S = 300.0
_OPENING = b": hello\n\n"
_HEARTBEAT = b": heartbeat\n\n"


class ClientStalled(RuntimeError):
    """A client does not read the response."""


async def event_stream(
    source: AsyncGenerator[bytes | None, None],
    *,
    still_allowed: Callable[[], Awaitable[bool]],
    closing_reason: Callable[[], str],
) -> AsyncGenerator[bytes, None]:
    """Yield the frames of `source` between a comment and a `bye` event.

    `source` yields at once when it is ready, and None whenever it has had nothing to send for some seconds.
    Heartbeats are sent every 15 s and `still_allowed` is asked once a minute. `bye` carries the reason `signed_out`
    when the caller lost access, else `closing_reason()`.
    """
    sent = checked = time.monotonic()
    reason = None
    opened = False
    async with aclosing(source):
        async for frame in source:
            now = time.monotonic()
            if not opened:
                opened = True
                yield _OPENING
            if frame is not None:
                sent = now
                yield frame
            elif now - sent >= HEARTBEAT_S:
                sent = now
                yield _HEARTBEAT
            if now - checked > RECHECK_S:
                checked = now
                if not await still_allowed():
                    reason = "signed_out"
                    break
    yield event_frame("bye", {"reason": reason or closing_reason()})


def event_frame(name: str, data: Any, *, event_id: str | None = None) -> bytes:
    """Return one event with JSON data."""
    return format_sse_event(event=name, id=event_id, data_str=orjson.dumps(data, default=str).decode())


class TimedStreamingResponse(StreamingResponse):
    """A stream that is cut off when its client takes nothing for five minutes, so that its slot becomes free."""

    async def stream_response(self, send: Send) -> None:
        """Send all pieces. Raises ClientStalled, which closes the connection without a proper end."""

        async def timed(message: Message) -> None:
            try:
                async with asyncio.timeout(STALLED_S):
                    await send(message)
            except TimeoutError:
                raise ClientStalled(f"the client took nothing for {STALLED_S:g} s") from None

        try:
            await super().stream_response(timed)
        except ClientStalled:
            close = getattr(self.body_iterator, "aclose", None)
            if close is not None:
                await close()
            raise


async def streaming_response(frames: AsyncGenerator[bytes, None]) -> StreamingResponse:
    """Return a response that sends `frames`. An error before the first frame is raised here, not in the stream."""
    first = await anext(frames)
    return TimedStreamingResponse(
        _chained(first, frames),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _chained(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        yield first
        async for frame in rest:
            yield frame


def event_stream_documentation(description: str, example: str) -> dict[str, Any]:
    """Return the OpenAPI description of a stream of events."""
    return {
        "description": description,
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": example}},
    }
