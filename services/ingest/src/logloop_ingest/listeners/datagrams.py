"""Listens on UDP. Senders cannot be slowed: datagrams wait in a buffer, and what it cannot hold is counted."""

import asyncio
import socket
from collections import deque
from typing import Any

from logloop_ingest.listeners.gelf_chunks import ChunkCollector
from logloop_ingest.listeners.intake import Intake, Message

BUFFER_BYTES = 16 * 2**20
BUFFER_MESSAGES = 50_000
KERNEL_BYTES = 4 * 2**20
"""What the kernel is asked to hold while this process is busy. It may grant less (net.core.rmem_max)."""
BATCH = 2_000
FINISH_S = 5.0


class DatagramListener(asyncio.DatagramProtocol):
    """One listening UDP port. Open it, then close it."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._waiting: deque[Message] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._chunks = ChunkCollector() if intake.address.protocol == "gelf" else None
        self._incomplete = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    async def open(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        address = self._intake.address
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=(address.host, address.port)
        )
        found: socket.socket = self._transport.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
        self._task = asyncio.create_task(self._submit(), name=f"{address.protocol} over UDP")

    async def close(self) -> None:
        """Stop to listen; submit what waits, for a few seconds."""
        if self._transport is not None:
            self._transport.close()
        self._is_closed = True
        self._arrived.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=FINISH_S)
            self._task.cancel()
        if self._waiting:
            self._intake.lost("stopped", len(self._waiting))
        self._intake.report()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Take a datagram."""
        if not data.strip(b"\r\n\0 "):
            return
        peer = str(addr[0])
        if self._chunks is not None:
            whole = self._chunks.feed(data, f"{peer}:{addr[1]}")
            if self._chunks.dropped > self._incomplete:
                self._intake.lost("incomplete", self._chunks.dropped - self._incomplete)
                self._incomplete = self._chunks.dropped
            if whole is None:
                return
            data = whole
        if len(self._waiting) >= BUFFER_MESSAGES or self._bytes + len(data) > BUFFER_BYTES:
            self._intake.lost("buffer_full", 1)
            return
        self._waiting.append(Message(data, peer))
        self._bytes += len(data)
        self._arrived.set()

    async def _submit(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                await self._intake.submit(batch)
                self._bytes -= sum(len(message.data) for message in batch)
            if self._is_closed:
                return
