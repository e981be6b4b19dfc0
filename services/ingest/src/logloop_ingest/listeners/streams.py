"""Listens on TCP and TLS. A connection is read as fast as the broker confirms: senders wait, and nothing collects."""

import asyncio
import socket
import ssl

import structlog

from logloop_ingest.listeners.forward_session import ForwardSession
from logloop_ingest.listeners.framing import DelimitedFramer, Framer, SyslogFramer, TooLong
from logloop_ingest.listeners.intake import Intake, Message
from logloop_ingest.telemetry import LISTENER_CONNECTIONS

CHUNK_BYTES = 64 * 1024
"""What is read at once, and what may be lost of a connection without acknowledgements when ingest is killed."""
KERNEL_BYTES = 256 * 1024
"""What the kernel may hold of a connection. It confirms to the sender what nobody has read yet, so it is little."""
HANDSHAKE_S = 10.0
FINISH_S = 5.0
_log = structlog.get_logger()


class StreamListener:
    """One listening TCP port. Open it, then close it."""

    def __init__(self, intake: Intake, tls: ssl.SSLContext | None, shared_key: str | None) -> None:
        self._intake = intake
        self._tls = tls
        self._shared_key = shared_key
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamReader] = {}
        self._gauge = LISTENER_CONNECTIONS.labels(intake.address.door)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def open(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        address = self._intake.address
        self._server = await asyncio.start_server(
            self._connected,
            address.host,
            address.port,
            limit=CHUNK_BYTES,
            ssl=self._tls,
            ssl_handshake_timeout=None if self._tls is None else HANDSHAKE_S,
            start_serving=False,
        )
        for listening in self._server.sockets:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
        await self._server.start_serving()

    async def close(self) -> None:
        """Stop to listen; let connections finish what was read, for a few seconds."""
        if self._server is not None:
            self._server.close()
        for reader in self._open.values():
            reader.feed_eof()
        if self._open:
            await asyncio.wait(self._open, timeout=FINISH_S)
        for task in self._open:
            task.cancel()
        self._intake.report()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) >= self._intake.address.max_connections or self._intake.receiver.stopping.is_set():
            _log.warning("a listener refused a connection: too many are open", listener=self._intake.address.door)
            writer.transport.abort()
            return
        self._open[task] = reader
        self._gauge.inc()
        try:
            await self._session(reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError):
            return  # the sender is gone or silent, or `close` has waited long enough
        except TooLong as error:
            self._intake.lost("too_long", 1, str(error))
        finally:
            self._gauge.dec()
            del self._open[task]
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        intake = self._intake
        if intake.address.protocol == "forward":
            await ForwardSession(intake, reader, writer, self._shared_key).run()
            return
        limit = intake.receiver.limits.entry_bytes
        framer: Framer = SyslogFramer(limit) if intake.address.protocol == "syslog" else DelimitedFramer(b"\0", limit)
        peer = str(writer.get_extra_info("peername", ("", 0))[0])
        while True:
            async with asyncio.timeout(intake.address.idle_s):
                data = await reader.read(CHUNK_BYTES)
            frames = framer.feed(data) if data else framer.finish()
            if frames and not await intake.submit([Message(frame, peer) for frame in frames]):
                return
            if not data:
                return
