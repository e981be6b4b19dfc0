"""HTTP connections that go only to addresses that an `EgressGuard` allows.

A host name is resolved once, and the connection goes to the address that was checked: a second lookup could return
another address. TLS still verifies the name.
"""

import contextlib
import importlib
from typing import Any, Literal

from logloop_chassis.outbound.egress import EgressGuard, EgressRefused
from logloop_chassis.outbound.tls import tls_context


def guarded_transport(
    guard: EgressGuard,
    scheme: Literal["http", "https"],
    *,
    library: Literal["httpx", "httpx2"] = "httpx",
    connection_bytes: int | None = None,
    **options: Any,
) -> Any:
    """Return an `AsyncHTTPTransport` of a library for URLs of one scheme. The caller closes it.

    `connection_bytes` limits what one connection may receive. A refused address raises the library's own
    ConnectError; `egress.refusal_behind` returns the reason. `options` are those of AsyncHTTPTransport.
    """
    http = importlib.import_module(library)
    core = importlib.import_module(library.replace("httpx", "httpcore"))
    transport = http.AsyncHTTPTransport(verify=tls_context(scheme, library), trust_env=False, **options)
    pool = transport._pool  # noqa: SLF001  # neither library has an option for the network backend
    pool._network_backend = GuardedBackend(  # noqa: SLF001
        pool._network_backend,  # noqa: SLF001
        guard,
        scheme,
        core.ConnectError,
        connection_bytes,
    )
    return transport


class GuardedBackend:
    """A network backend for httpcore (1 or 2) that wraps the library's own.

    `connect_error` is the library's own exception, so that callers see a failed connection.
    """

    def __init__(
        self,
        backend: Any,
        guard: EgressGuard,
        scheme: str,
        connect_error: type[Exception],
        connection_bytes: int | None = None,
    ) -> None:
        self._backend = backend
        self._guard = guard
        self._scheme = scheme
        self._connect_error = connect_error
        self._connection_bytes = connection_bytes

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> Any:
        """Connect to the first reachable address of a host: localhost may resolve to ::1 before 127.0.0.1."""
        name = f"[{host}]" if ":" in host else host
        try:
            destination = await self._guard.resolve(f"{self._scheme}://{name}:{port}")
        except EgressRefused as error:
            raise self._connect_error(str(error)) from error
        options = {"timeout": timeout, "local_address": local_address, "socket_options": socket_options}
        *others, last = destination.addresses
        for address in others:
            with contextlib.suppress(self._connect_error):
                return self._bounded(await self._backend.connect_tcp(address, port, **options))
        return self._bounded(await self._backend.connect_tcp(last, port, **options))

    def _bounded(self, stream: Any) -> Any:
        if self._connection_bytes is None:
            return stream
        return _CappedStream(stream, self._connect_error, self._connection_bytes)

    async def sleep(self, seconds: float) -> None:
        """Wait between httpcore's own connection retries."""
        await self._backend.sleep(seconds)


class _CappedStream:
    """A network stream that fails after `limit` bytes, so that an endless response cannot fill the memory."""

    def __init__(self, stream: Any, error: type[Exception], limit: int, received: int = 0) -> None:
        self._stream = stream
        self._error = error
        self._limit = limit
        self._received = received

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = await self._stream.read(max_bytes, timeout)
        self._received += len(data)
        if self._received > self._limit:
            await self._stream.aclose()
            raise self._error(f"the response exceeds {self._limit} bytes")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _CappedStream(stream, self._error, self._limit, self._received)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
