"""A small HTTP server on loopback in place of the platform, with scripted responses and recorded requests."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Answer:
    """One scripted response. `chunks` are written one by one, as in an event stream or export."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    chunks: tuple[bytes, ...] = ()
    hang: float = 0


@dataclass(frozen=True)
class Request:
    """One received request. `params` keeps the last value of each parameter."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The entries of the NDJSON body."""
        return [json.loads(line) for line in self.body.splitlines() if line.strip()]


class IngestApi:
    """Stores posts to /api/v1/logs once per idempotency key; other paths respond as `answers` defines."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.stored: dict[str, list[dict[str, Any]]] = {}
        self.answers: dict[tuple[str, str], Callable[[Request], Answer] | Answer] = {}
        self.script: list[Answer] = []
        self.reject: Callable[[dict[str, Any]], bool] = lambda _entry: False
        self.away = False
        self._lock = threading.Lock()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Base URL."""
        assert self._server
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def entries(self) -> list[dict[str, Any]]:
        """All stored entries, in order of first arrival."""
        with self._lock:
            return [entry for batch in self.stored.values() for entry in batch]

    @property
    def messages(self) -> list[str]:
        """The messages of all stored entries."""
        return [entry["message"] for entry in self.entries]

    def answer(self, request: Request) -> Answer:
        """Record a request and return its response."""
        with self._lock:
            self.requests.append(request)
            if self.script:
                return self.script.pop(0)
        if self.away:
            return Answer(503, {"title": "Unavailable", "detail": "the broker is unavailable"}, {"Retry-After": "0"})
        scripted = self.answers.get((request.method, request.path))
        if scripted is not None:
            return scripted(request) if callable(scripted) else scripted
        if (request.method, request.path) == ("POST", "/api/v1/logs"):
            return self._store(request)
        return Answer(404, {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "unknown path"})

    def _store(self, request: Request) -> Answer:
        key = request.headers.get("idempotency-key") or str(len(self.requests))
        accepted = [entry for entry in request.entries if not self.reject(entry)]
        rejected = [
            {"index": index, "errors": ["refused by the test"]}
            for index, entry in enumerate(request.entries)
            if self.reject(entry)
        ]
        with self._lock:
            self.stored.setdefault(key, accepted)
        return Answer(202, {"accepted": len(accepted), "rejected": rejected})

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[IngestApi]:
        """Listen on a free port (or the given one) while the block runs."""
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.api = self
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def wait_until(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Poll until a condition is true. Raises AssertionError after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"still not true after {timeout_s} s"
        time.sleep(0.01)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    api: IngestApi

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that disconnects."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        answer = self.server.api.answer(self._read())
        if answer.hang:
            time.sleep(answer.hang)
        if answer.chunks:
            self._stream(answer)
            return
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        if isinstance(answer.body, bytes | str):
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        kind = "application/problem+json" if answer.status >= 400 else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - names of the standard library

    def _read(self) -> Request:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        parts = urlsplit(self.path)
        params = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, parts.path, params, headers, body, time.monotonic())

    def _stream(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Type": "text/event-stream", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        for chunk in answer.chunks:
            self.wfile.write(chunk)
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Print nothing: tests read the recorded requests."""
