"""A relay to a node that a test can take away from one platform, while others keep using the node."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine, Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

_BUFFER = 256 * 1024


class Relay:
    """Listens on loopback, and forwards to the node of a URL."""

    def __init__(self, url: str) -> None:
        self._node = urlsplit(url)
        # A socket that does not listen keeps the port while the node is away, so connections are refused.
        self._port_holder = socket.socket()
        self._port_holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._port_holder.bind(("127.0.0.1", 0))
        self._port: int = self._port_holder.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._forwarding: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()
        self._call(self._listen())

    @property
    def url(self) -> str:
        """The URL with the address of the relay."""
        return _with_address(self._node, f"127.0.0.1:{self._port}")

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """End all connections and refuse new ones, as if the node had ended."""
        self._call(self._hang_up())
        try:
            yield
        finally:
            self._call(self._listen())

    def close(self) -> None:
        """End all connections."""
        self._call(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._port_holder.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self._port, reuse_port=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(
            forward(reader, writer, self._node.hostname or "127.0.0.1", _port_of(self._node))
        )
        self._forwarding.add(task)
        task.add_done_callback(self._forwarding.discard)

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        forwarding = list(self._forwarding)
        for task in forwarding:
            task.cancel()
        await asyncio.gather(*forwarding, return_exceptions=True)


async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
    """Copy bytes in both directions until one side closes the connection or fails."""
    try:
        node_reader, node_writer = await asyncio.open_connection(host, port)
        try:
            copying = [_copy(reader, node_writer), _copy(node_reader, writer)]
            await asyncio.wait(map(asyncio.ensure_future, copying), return_when=asyncio.FIRST_COMPLETED)
        finally:
            node_writer.close()
    except OSError:  # the node is down
        pass
    finally:
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_BUFFER):
            writer.write(data)
            await writer.drain()


def _port_of(url: SplitResult) -> int:
    return url.port or (5671 if url.scheme == "amqps" else 5672)


def _with_address(url: SplitResult, address: str) -> str:
    user, at, _ = url.netloc.rpartition("@")
    return url._replace(netloc=f"{user}{at}{address}").geturl()
