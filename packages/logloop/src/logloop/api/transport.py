"""Sends calls with httpx: one attempt at a time, or with retries as the server tells.

It must not know what a call means, and never follows redirects: a key must not reach another host.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import httpx

from logloop.api.endpoints import Call
from logloop.api.retry import Backoff, parse_retry_after
from logloop.connection import Connection
from logloop.errors import RETRYABLE_STATUSES, LogloopError, Unreachable, error_for

T = TypeVar("T")
USER_AGENT = "logloop-python/0.1.0"


def client_options(connection: Connection, timeout: float) -> dict[str, Any]:
    """Arguments for an httpx client. Proxies of the environment are not asked for this machine's own addresses."""
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
    if connection.api_key:
        headers["Authorization"] = f"Bearer {connection.api_key}"
    return {
        "base_url": connection.url,
        "headers": headers,
        "timeout": httpx.Timeout(timeout, connect=min(timeout, 5.0)),
        "trust_env": not connection.is_loopback,
        "follow_redirects": False,
    }


def failure_of(response: httpx.Response) -> LogloopError | None:
    """The error an answer stands for, None for a success. The body must have been read."""
    if response.is_success:
        return None
    problem: Any = None
    if "json" in response.headers.get("content-type", ""):
        try:
            problem = response.json()
        except ValueError:
            problem = None
    if not isinstance(problem, dict):
        problem = {"title": response.reason_phrase or "Unexpected answer", "detail": _plain_text(response)}
    return error_for(
        response.status_code, problem, retry_after=parse_retry_after(response.headers.get("retry-after"))
    )


def _plain_text(response: httpx.Response) -> str:
    if response.is_redirect:
        return (
            f"{response.url} redirects to {response.headers.get('location')}; set LOGLOOP_URL to the final address."
        )
    return "" if "html" in response.headers.get("content-type", "") else response.text[:300].strip()


def unreachable(connection: Connection, cause: httpx.HTTPError) -> Unreachable:
    """The error for an attempt without an answer."""
    reason = str(cause) or type(cause).__name__
    return Unreachable(
        f"No answer from {connection.url}: {reason}. Is the platform up (`logloop up`), and is LOGLOOP_URL right?"
    )


def _build(call: Call[Any], client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
    return client.build_request(
        call.method, call.path, params=call.params or None, content=call.content, headers=dict(call.headers)
    )


def _delay_after(error: LogloopError, call: Call[Any], backoff: Backoff) -> float | None:
    if isinstance(error, Unreachable):
        return backoff.next_delay() if call.safe_to_repeat else None
    if error.status in RETRYABLE_STATUSES and (call.safe_to_repeat or error.status in {429, 503}):
        return backoff.next_delay(getattr(error, "retry_after", None))
    return None


class SyncTransport:
    """Blocking calls over one connection pool. Thread-safe."""

    def __init__(
        self,
        connection: Connection,
        *,
        timeout: float = 10.0,
        retry_for: float | None = 30.0,
        http: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._retry_for = retry_for
        self._sleep = sleep
        self._http = httpx.Client(**client_options(connection, timeout), transport=http)

    def attempt(self, call: Call[T]) -> T:
        """Send once. Raises a LogloopError for no answer or an answer that is no success."""
        try:
            response = self._http.send(_build(call, self._http))
        except httpx.HTTPError as cause:
            raise unreachable(self._connection, cause) from cause
        if error := failure_of(response):
            raise error
        return call.read(response.content)

    def run(self, call: Call[T]) -> T:
        """Send, and again after failures that pass, until the budget ends; then raise the last error."""
        backoff = Backoff(self._retry_for)
        while True:
            try:
                return self.attempt(call)
            except LogloopError as error:
                delay = _delay_after(error, call, backoff)
                if delay is None:
                    raise
            self._sleep(delay)

    def sign_in(self, call: Call[Any]) -> None:
        """Send the call that begins a session, and go on with its cookie instead of the key."""
        response = self._http.send(_build(call, self._http))
        if error := failure_of(response):
            raise error
        # By hand: a cookie jar keeps a Secure cookie from http, also on loopback where browsers allow it.
        cookies = [line.partition(";")[0] for line in response.headers.get_list("set-cookie")]
        self._http.headers.pop("Authorization", None)
        self._http.headers.update({"Cookie": "; ".join(cookies), "Origin": self._connection.url})

    @contextmanager
    def stream(self, call: Call[Any], *, read_timeout: float | None = 60.0) -> Iterator[httpx.Response]:
        """Open an answer to read piece by piece. Raises a LogloopError, also when it breaks off midway."""
        request = _build(call, self._http)
        request.extensions["timeout"]["read"] = read_timeout
        try:
            response = self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    response.read()
                if error := failure_of(response):
                    raise error
                yield response
            finally:
                response.close()
        except httpx.HTTPError as cause:
            raise unreachable(self._connection, cause) from cause

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class AsyncTransport:
    """The same calls on an event loop."""

    def __init__(
        self,
        connection: Connection,
        *,
        timeout: float = 10.0,
        retry_for: float | None = 30.0,
        http: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._connection = connection
        self._retry_for = retry_for
        self._http = httpx.AsyncClient(**client_options(connection, timeout), transport=http)

    async def attempt(self, call: Call[T]) -> T:
        """Send once. Raises a LogloopError for no answer or an answer that is no success."""
        try:
            response = await self._http.send(_build(call, self._http))
        except httpx.HTTPError as cause:
            raise unreachable(self._connection, cause) from cause
        if error := failure_of(response):
            raise error
        return call.read(response.content)

    async def run(self, call: Call[T]) -> T:
        """Send, and again after failures that pass, until the budget ends; then raise the last error."""
        backoff = Backoff(self._retry_for)
        while True:
            try:
                return await self.attempt(call)
            except LogloopError as error:
                delay = _delay_after(error, call, backoff)
                if delay is None:
                    raise
            await asyncio.sleep(delay)

    @asynccontextmanager
    async def stream(self, call: Call[Any], *, read_timeout: float | None = 60.0) -> AsyncIterator[httpx.Response]:
        """Open an answer to read piece by piece. Raises a LogloopError, also when it breaks off midway."""
        request = _build(call, self._http)
        request.extensions["timeout"]["read"] = read_timeout
        try:
            response = await self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                if error := failure_of(response):
                    raise error
                yield response
            finally:
                await response.aclose()
        except httpx.HTTPError as cause:
            raise unreachable(self._connection, cause) from cause

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
