"""Sends API requests with httpx, with or without retries. Never follows redirects, so a key stays with its host."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import httpx

from logloop.api.endpoints import ApiRequest
from logloop.api.retry import Backoff, parse_retry_after
from logloop.connection import Connection
from logloop.errors import RETRYABLE_STATUSES, LogloopError, Unreachable, error_for
from logloop.plain_http import WITHOUT_TLS

T = TypeVar("T")
USER_AGENT = "logloop-python/0.1.0"
_ALWAYS_RETRYABLE = frozenset({429, 503})  # the server has not started to process the request


def client_options(connection: Connection, timeout: float) -> dict[str, Any]:
    """Return arguments for an httpx client. Proxies from the environment are ignored for loopback addresses."""
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
    if connection.api_key:
        headers["Authorization"] = f"Bearer {connection.api_key}"
    tls = {"verify": WITHOUT_TLS} if connection.is_loopback and connection.url.startswith("http:") else {}
    return {
        **tls,
        "base_url": connection.url,
        "headers": headers,
        "timeout": httpx.Timeout(timeout, connect=min(timeout, 5.0)),
        "trust_env": not connection.is_loopback,
        "follow_redirects": False,
    }


def error_from(response: httpx.Response) -> LogloopError | None:
    """Return the error a response stands for, or None for a success. The body must have been read."""
    if response.is_success:
        return None
    problem: Any = None
    if "json" in response.headers.get("content-type", ""):
        try:
            problem = response.json()
        except ValueError:
            problem = None
    if not isinstance(problem, dict):
        problem = {"title": response.reason_phrase or "Unexpected response", "detail": _plain_text(response)}
    return error_for(
        response.status_code, problem, retry_after=parse_retry_after(response.headers.get("retry-after"))
    )


def _plain_text(response: httpx.Response) -> str:
    if response.is_redirect:
        return (
            f"{response.url} redirects to {response.headers.get('location')}; set LOGLOOP_URL to the final address."
        )
    return "" if "html" in response.headers.get("content-type", "") else response.text[:300].strip()


def _unreachable(connection: Connection, cause: httpx.HTTPError) -> Unreachable:
    reason = str(cause) or type(cause).__name__
    return Unreachable(
        f"No response from {connection.url}: {reason}. Check that the platform is running (`logloop up`) "
        "and that LOGLOOP_URL is correct."
    )


def _build(request: ApiRequest[Any], client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
    return client.build_request(
        request.method,
        request.path,
        params=request.params or None,
        content=request.content,
        headers=dict(request.headers),
    )


def _retry_delay(error: LogloopError, request: ApiRequest[Any], backoff: Backoff) -> float | None:
    if isinstance(error, Unreachable):
        return backoff.next_delay() if request.idempotent else None
    if error.status in _ALWAYS_RETRYABLE or (error.status in RETRYABLE_STATUSES and request.idempotent):
        return backoff.next_delay(error.retry_after)
    return None


class SyncTransport:
    """Blocking requests over one connection pool. Thread-safe."""

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

    def attempt(self, request: ApiRequest[T]) -> T:
        """Send once. Raises a LogloopError when there is no response or its status is not a success."""
        try:
            response = self._http.send(_build(request, self._http))
        except httpx.HTTPError as cause:
            raise _unreachable(self._connection, cause) from cause
        if error := error_from(response):
            raise error
        return request.parse(response.content)

    def run(self, request: ApiRequest[T]) -> T:
        """Send, and retry after transient failures within the time budget. Raises the last error."""
        backoff = Backoff(self._retry_for)
        while True:
            try:
                return self.attempt(request)
            except LogloopError as error:
                delay = _retry_delay(error, request, backoff)
                if delay is None:
                    raise
            self._sleep(delay)

    def sign_in(self, request: ApiRequest[Any]) -> None:
        """Send the request that starts a session, then use its cookie instead of the key."""
        response = self._http.send(_build(request, self._http))
        if error := error_from(response):
            raise error
        # A cookie jar withholds a Secure cookie from http, even on loopback where browsers send it.
        cookies = [line.partition(";")[0] for line in response.headers.get_list("set-cookie")]
        self._http.headers.pop("Authorization", None)
        self._http.headers.update({"Cookie": "; ".join(cookies), "Origin": self._connection.url})

    @contextmanager
    def stream(self, request: ApiRequest[Any], *, read_timeout: float | None = 60.0) -> Iterator[httpx.Response]:
        """Open a response to read in chunks. Raises a LogloopError, also when the connection breaks midway."""
        built = _build(request, self._http)
        built.extensions["timeout"]["read"] = read_timeout
        try:
            response = self._http.send(built, stream=True)
            try:
                if not response.is_success:
                    response.read()
                if error := error_from(response):
                    raise error
                yield response
            finally:
                response.close()
        except httpx.HTTPError as cause:
            raise _unreachable(self._connection, cause) from cause

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class AsyncTransport:
    """The same requests on an event loop."""

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

    async def attempt(self, request: ApiRequest[T]) -> T:
        """Send once. Raises a LogloopError when there is no response or its status is not a success."""
        try:
            response = await self._http.send(_build(request, self._http))
        except httpx.HTTPError as cause:
            raise _unreachable(self._connection, cause) from cause
        if error := error_from(response):
            raise error
        return request.parse(response.content)

    async def run(self, request: ApiRequest[T]) -> T:
        """Send, and retry after transient failures within the time budget. Raises the last error."""
        backoff = Backoff(self._retry_for)
        while True:
            try:
                return await self.attempt(request)
            except LogloopError as error:
                delay = _retry_delay(error, request, backoff)
                if delay is None:
                    raise
            await asyncio.sleep(delay)

    @asynccontextmanager
    async def stream(
        self, request: ApiRequest[Any], *, read_timeout: float | None = 60.0
    ) -> AsyncIterator[httpx.Response]:
        """Open a response to read in chunks. Raises a LogloopError, also when the connection breaks midway."""
        built = _build(request, self._http)
        built.extensions["timeout"]["read"] = read_timeout
        try:
            response = await self._http.send(built, stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                if error := error_from(response):
                    raise error
                yield response
            finally:
                await response.aclose()
        except httpx.HTTPError as cause:
            raise _unreachable(self._connection, cause) from cause

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
