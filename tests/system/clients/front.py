"""A reverse proxy in front of ingest that refuses requests, so that a client meets an outage of a chosen kind."""

import asyncio
import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator

import httpx
import uvicorn
from logloop.plain_http import WITHOUT_TLS
from logloop_chassis.http.problems import Problem, TooManyRequests, Unavailable
from logloop_ingest.decompression import decompress
from logloop_ingest.limits import Limits
from logloop_ingest.protocols.protocol import Envelope
from logloop_ingest.protocols.table import PROTOCOLS
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

DROPPED = 0
"""The status of a request whose connection ends without an answer, as when a service is restarted."""
_PROTOCOLS = [(compile_path(path)[0], protocol) for protocol in PROTOCOLS for path in protocol.paths]
_REFUSALS: dict[int, Problem] = {
    429: TooManyRequests("refused by the test; send again", retry_after=1),
    503: Unavailable("refused by the test; send again", retry_after=1),
}
_HOP_BY_HOP = frozenset({"connection", "host", "content-length", "transfer-encoding", "keep-alive"})


class Front:
    """Forwards requests to a service. `refuse` answers the next requests with logs itself, as the service does."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._status, self._left = 200, 0
        self.statuses: Counter[int] = Counter()
        """How requests with logs were answered."""
        self._client = httpx.AsyncClient(base_url=target, timeout=60, trust_env=False, verify=WITHOUT_TLS)
        self.url = ""
        self.grpc_url = ""
        """The listener for OTLP over gRPC, which is not behind the front."""

    async def close(self) -> None:
        """Close the connections to the service."""
        await self._client.aclose()

    def refuse(self, status: int, times: int) -> None:
        """Answer the next requests that carry logs with a status, or not at all if it is DROPPED."""
        self._status, self._left = status, times

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or forward one request, or end its connection."""
        try:
            answer = await self._answer(Request(scope, receive))
        except httpx.TransportError:  # as the gateway answers while a service is away
            answer = Response(b"", 503, headers={"Retry-After": "5" if scope["path"].endswith("/v1/logs") else "2"})
        except ConnectionAbortedError:
            send.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's connection
            return
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        has_logs = request.method in {"POST", "PUT"} and bool(body)
        if has_logs and self._left > 0:
            self._left -= 1
            self.statuses[self._status] += 1
            if self._status == DROPPED:
                raise ConnectionAbortedError
            return _refusal(request, body, self._status)
        answer = await self._client.request(
            request.method,
            request.url.path,
            params=request.query_params,
            content=body,
            headers=[(name, value) for name, value in request.headers.items() if name not in _HOP_BY_HOP],
        )
        if has_logs:
            self.statuses[answer.status_code] += 1
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in _HOP_BY_HOP and name != "content-encoding"
        }
        return Response(answer.content, answer.status_code, headers=headers)


def _refusal(request: Request, body: bytes, status: int) -> Response:
    """Return the answer to a request that the service refuses."""
    for path, protocol in _PROTOCOLS:
        if found := path.match(request.url.path):
            envelope = Envelope(request.url.path, found.groupdict(), request.query_params, request.headers, 0)
            content = decompress(body, protocol.content_encoding(envelope, body), Limits())
            answer = protocol.refused(envelope, _REFUSALS[status], content)
            headers = {**answer.headers, "Retry-After": "1"}  # tests have no time
            return Response(answer.body, answer.status, headers, answer.media_type)
    raise AssertionError(f"no protocol has the path {request.url.path}")


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """Leave the signals to the tests."""


@contextlib.contextmanager
def front_of(target: str, *, grpc_port: int) -> Iterator[Front]:
    """Run a front on a free port of loopback, in a thread."""
    front = Front(target)
    front.grpc_url = f"http://127.0.0.1:{grpc_port}"
    config = uvicorn.Config(front, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = _Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    front.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    async def serve() -> None:
        await server.serve(sockets=[listener])
        await front.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
