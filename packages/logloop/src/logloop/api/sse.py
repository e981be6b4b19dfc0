"""Reads server-sent events from a streamed response, with httpx-sse."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError

from logloop.errors import ServerFault

_END_OF_STREAM_REASONS = frozenset({"finished", "signed_out", "too_slow"})


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event. `event` is its name ("message" when unnamed), `id` the last id seen on the stream."""

    event: str
    data: str
    id: str | None = None

    def json(self) -> dict[str, Any]:
        """Return the data as a JSON object; empty when the data is not JSON."""
        try:
            value = json.loads(self.data)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {"value": value}

    @property
    def ends_stream(self) -> bool:
        """Whether the server has ended the stream for good, so that reconnecting is pointless."""
        return self.event == "bye" and self.json().get("reason") in _END_OF_STREAM_REASONS


def read_events(response: httpx.Response) -> Iterator[ServerEvent]:
    """Yield the events of a response. Raises ServerFault when it is not an event stream."""
    try:
        for event in EventSource(response).iter_sse():
            if event.data:  # httpx-sse also reports blank lines, such as those after keep-alive comments
                yield _server_event(event)
    except SSEError as error:
        raise _not_a_stream(response) from error


async def aread_events(response: httpx.Response) -> AsyncIterator[ServerEvent]:
    """Yield the events of a response. Raises ServerFault when it is not an event stream."""
    try:
        async for event in EventSource(response).aiter_sse():
            if event.data:
                yield _server_event(event)
    except SSEError as error:
        raise _not_a_stream(response) from error


def _server_event(event: ServerSentEvent) -> ServerEvent:
    return ServerEvent(event.event, event.data, event.id or None)


def _not_a_stream(response: httpx.Response) -> ServerFault:
    content_type = response.headers.get("content-type", "none")
    return ServerFault(
        f"{response.url} returned {content_type} instead of an event stream. "
        "Check that LOGLOOP_URL is the address of a Logloop platform.",
        status=response.status_code,
    )
