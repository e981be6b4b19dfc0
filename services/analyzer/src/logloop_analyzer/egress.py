"""Connections to a model provider: only to addresses that the guard allows, and only so many bytes of answer.

It must not know any provider. A name is resolved once and the connection goes to the address that was checked,
so that a name cannot mean one thing to the check and another to the connection.
"""

from typing import Any

from logloop_chassis.egress import EgressGuard, EgressRefused

MAX_ANSWER_BYTES = 16 * 1024 * 1024


class GuardedBackend:
    """A network backend for httpcore (1 or 2) around its own. TLS still verifies the name, which httpcore gives.

    `connect_error` is the library's own exception, so that its callers see a failed connection.
    """

    def __init__(self, backend: Any, guard: EgressGuard, scheme: str, connect_error: type[Exception]) -> None:
        self._backend = backend
        self._guard = guard
        self._scheme = scheme
        self._connect_error = connect_error

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> Any:
        """Connect to a checked address of a host."""
        name = f"[{host}]" if ":" in host else host
        try:
            destination = await self._guard.resolve(f"{self._scheme}://{name}:{port}")
        except EgressRefused as error:
            raise self._connect_error(str(error)) from error
        stream = await self._backend.connect_tcp(
            destination.addresses[0],
            port,
            timeout=timeout,
            local_address=local_address,
            socket_options=socket_options,
        )
        return _CappedStream(stream, self._connect_error)

    async def sleep(self, seconds: float) -> None:
        """Wait between httpcore's own connection retries."""
        await self._backend.sleep(seconds)


class _CappedStream:
    """A network stream that ends in an error after 16 MiB, so that an endless answer cannot fill the memory."""

    def __init__(self, stream: Any, error: type[Exception], spent: int = 0) -> None:
        self._stream = stream
        self._error = error
        self._read = spent

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = await self._stream.read(max_bytes, timeout)
        self._read += len(data)
        if self._read > MAX_ANSWER_BYTES:
            await self._stream.aclose()
            raise self._error(f"the provider sent more than {MAX_ANSWER_BYTES} bytes")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _CappedStream(stream, self._error, self._read)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
