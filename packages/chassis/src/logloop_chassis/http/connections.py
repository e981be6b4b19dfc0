"""Bounds connections whose request is not complete, and refuses requests that proxies may read in another way.

uvicorn does neither. Clients that send a byte and wait would otherwise use up all connections, without credentials.
When there are too many, the oldest one is closed, so a client that sends its request at once is always served.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import orjson
from prometheus_client import Counter
from starlette.responses import Response
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from logloop_chassis.http.problems import RequestTimeout

CLOSED = Counter("logloop_http_connections_closed_total", "Connections closed by the service.", ["reason"])
_TRUST = "logloop.trust_request"
_HAS_ARRIVED = "logloop.has_arrived"
_WRITE_WHOLE = "logloop.write_whole"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of one process. A request whose caller is authenticated while its body arrives is not limited here."""

    head_s: float = 10.0
    """Seconds from the first byte of a request to the end of its header."""
    request_s: float = 20.0
    """Seconds from the first byte of a request to the end of its body."""
    idle_s: float = 75.0
    """Seconds without a request, also after the connection is opened. The gateway keeps idle ones for 60 s."""
    unfinished: int = 200
    """Unfinished requests of callers who are not authenticated."""
    connections: int = 1800
    head_bytes: int = 64 * 1024


@dataclass(slots=True)
class OpenConnections:
    """The connections of a process. Those that wait for a request, or its rest, are in a group, oldest first."""

    limits: ConnectionLimits
    open: "set[BoundedProtocol]" = field(default_factory=set)
    unfinished: "dict[BoundedProtocol, float]" = field(default_factory=dict)
    idle: "dict[BoundedProtocol, float]" = field(default_factory=dict)

    def make_room(self) -> None:
        """Close the connection that has waited longest for a request, if there are too many."""
        if len(self.unfinished) > self.limits.unfinished:
            next(iter(self.unfinished)).give_up("too many unfinished requests")
        elif len(self.open) > self.limits.connections:
            oldest = [next(iter(group.items())) for group in (self.idle, self.unfinished) if group]
            if oldest:
                min(oldest, key=itemgetter(1))[0].give_up("too many connections")


class BoundedProtocol(HttpToolsProtocol):
    """HTTP of uvicorn with limits. `connections` is shared by all connections of a process."""

    connections_of_process: OpenConnections

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_complete = True
        self._has_head = True
        self._is_trusted = False
        self._is_last = False
        self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by asyncio: the connection is idle until its first byte."""
        super().connection_made(transport)
        known = self.connections_of_process
        known.open.add(self)
        known.idle[self] = self.loop.time()
        self._timer = self.loop.call_later(known.limits.idle_s, self.give_up, "idle")
        known.make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._forget()
        self.connections_of_process.open.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio. A request that is complete at once costs no timer."""
        if self._is_last:
            return
        known = self.connections_of_process
        if known.idle.pop(self, None) is not None:
            self._stop_timer()
        if not self._has_head:
            self._head_bytes += len(data)
            if self._head_bytes > known.limits.head_bytes:
                self.give_up("large header")
                return
        super().data_received(data)
        if self._is_complete or self._is_trusted:
            if known.unfinished.pop(self, None) is not None:
                self._stop_timer()
        elif self not in known.unfinished and not self.transport.is_closing():
            self._head_bytes = len(data)
            known.unfinished[self] = self.loop.time()
            self._timer = self.loop.call_later(known.limits.head_s, self._head_is_due)
            known.make_room()

    def on_message_begin(self) -> None:
        """Called by the parser at the first byte of a request."""
        super().on_message_begin()
        self._is_complete = self._has_head = self._is_trusted = False

    def on_headers_complete(self) -> None:
        """Called by the parser. The service may declare that it knows the caller before the body is complete.

        Raises ValueError, which the parser turns into a 400, for a header that proxies may read in another way.
        """
        self._has_head = True
        _require_one_reading(self.headers, self.parser.get_http_version())
        state = self.scope["state"]
        state[_TRUST], state[_HAS_ARRIVED], state[_WRITE_WHOLE] = self._trust, self._has_arrived, self._write_whole
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Called by the parser at the last byte of a request."""
        self._is_complete = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Called at the end of a response: unless another request has begun, the connection is idle."""
        super().on_response_complete()
        if self._is_complete and not self.pipeline and not self.transport.is_closing():
            self.connections_of_process.idle[self] = self.loop.time()

    def handle_websocket_upgrade(self) -> None:
        """Called by uvicorn when a connection becomes a WebSocket, which another protocol object then serves.

        The endpoint bounds their number.
        """
        self._forget()
        self.connections_of_process.open.discard(self)
        super().handle_websocket_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Called by uvicorn when a client asks for another protocol. It gets its answer, and the connection ends.

        What follows such a request is not HTTP to the parser, so it would be lost or misread.
        """
        self._is_last = True
        self.cycle.keep_alive = False
        self.cycle.default_headers = [*self.cycle.default_headers, (b"connection", b"close")]

    def give_up(self, reason: str) -> None:
        """Close the connection; respond with 408 if a request has a header and no response."""
        self._forget()
        if self.transport.is_closing():
            return
        CLOSED.labels(reason).inc()
        cycle = self.cycle
        if cycle and self._has_head and not self._is_complete and not cycle.response_started:
            self.transport.write(_TIMEOUT_RESPONSE)
            cycle.response_started = cycle.response_complete = cycle.disconnected = True
            cycle.message_event.set()  # the service that waits for the body sees a disconnect
        self.transport.close()

    def _head_is_due(self) -> None:
        limits = self.connections_of_process.limits
        if self._has_head:
            self._timer = self.loop.call_later(limits.request_s - limits.head_s, self.give_up, "slow body")
        else:
            self.give_up("slow header")

    def _has_arrived(self) -> bool:
        return self._is_complete

    def _write_whole(self, scope: Scope, response: Response) -> bool:
        """Write a response as uvicorn does, but in one piece. Return False if that is not possible now."""
        cycle = self.cycle
        if cycle.scope is not scope or cycle.disconnected or cycle.response_started or cycle.flow.write_paused:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        parts: list[bytes | memoryview] = [STATUS_LINE[response.status_code]]
        for name, value in (*cycle.default_headers, *response.raw_headers):
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", response.body)
        cycle.transport.write(b"".join(parts))
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True

    def _trust(self) -> None:
        self._is_trusted = True
        if self.connections_of_process.unfinished.pop(self, None) is not None:
            self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget(self) -> None:
        self._stop_timer()
        self.connections_of_process.idle.pop(self, None)
        self.connections_of_process.unfinished.pop(self, None)


def _require_one_reading(headers: Iterable[tuple[bytes, bytes]], version: str) -> None:
    """Raise ValueError for a host or an encoding of the body that is missing, repeated or unusual."""
    hosts = 0
    for name, value in headers:
        if name == b"host":
            hosts += 1
        elif name == b"transfer-encoding" and value.lower() != b"chunked":
            raise ValueError("the only transfer encoding is chunked")
    if hosts > 1 or (version == "1.1" and not hosts):
        raise ValueError("a request has one host")


def bounded_protocol(limits: ConnectionLimits | None = None) -> type[BoundedProtocol]:
    """Return the protocol of one process; uvicorn creates an instance for each connection."""

    class Protocol(BoundedProtocol):
        connections_of_process = OpenConnections(limits or ConnectionLimits())

    return Protocol


def trust_request(scope: Scope) -> None:
    """Exempt a request whose caller is authenticated from the limits of unfinished requests.

    The service then limits the time of the body itself.
    """
    trust = scope.get("state", {}).get(_TRUST)
    if trust is not None:
        trust()


def has_arrived(scope: Scope) -> bool:
    """Return whether the whole body of a request is here, so that reading it waits for nothing."""
    ask = scope.get("state", {}).get(_HAS_ARRIVED)
    return ask is not None and ask()


def write_whole(scope: Scope, response: Response) -> bool:
    """Write a response with a Content-Length in one piece, which costs half. If it returns False, send it as usual.

    The headers are not checked, so they must not have text of the caller.
    """
    write = scope.get("state", {}).get(_WRITE_WHOLE)
    return write is not None and write(scope, response)


def _timeout_response() -> bytes:
    problem = orjson.dumps(RequestTimeout("the request did not arrive in time; send it at once").document())
    head = (
        "HTTP/1.1 408 Request Timeout\r\ncontent-type: application/problem+json\r\n"
        f"content-length: {len(problem)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + problem


_TIMEOUT_RESPONSE = _timeout_response()
