"""A connection of the Fluent forward protocol. A message is acknowledged only after the broker's confirm."""

import asyncio
import secrets
import socket
from functools import partial
from typing import Any

import msgpack
from logloop_chassis.http.problems import Problem

from logloop_ingest.listeners.intake import Intake
from logloop_ingest.protocols.forward import (
    ForwardMessage,
    Handshake,
    acknowledgement,
    entries_of_message,
    read_message,
    unpacker,
)

_CHUNK_BYTES = 64 * 1024
_HANDSHAKE_S = 10.0


class ForwardSession:
    """One connection."""

    def __init__(
        self,
        intake: Intake,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        shared_key: str | None,
    ) -> None:
        self._intake = intake
        self._reader = reader
        self._writer = writer
        self._shared_key = shared_key
        self._unpacker = unpacker(intake.receiver.limits)

    async def run(self) -> None:
        """Receive messages until the sender closes the connection, breaks the protocol or is silent for too long."""
        try:
            if self._shared_key is not None and not await self._is_known(self._shared_key):
                return
            while (value := await self._next(self._intake.address.idle_s)) is not None:
                if not await self._take(value):
                    return
        except (ValueError, msgpack.exceptions.UnpackException, Problem) as error:
            self._intake.lost("malformed", 1, str(error))

    async def _is_known(self, shared_key: str) -> bool:
        handshake = Handshake(shared_key, socket.gethostname(), secrets.token_bytes(16))
        self._writer.write(handshake.hello())
        ping = await self._next(_HANDSHAKE_S)
        if ping is None:
            return False
        is_known, answer = handshake.answer(ping)
        self._writer.write(answer)
        await self._writer.drain()
        if not is_known:
            self._intake.lost("not_authenticated", 1, "the shared key of a sender does not match")
        return is_known

    async def _next(self, idle_s: float) -> Any:
        """Return the next value of the stream, None at its end."""
        while True:
            for value in self._unpacker:
                if value is not None:  # a heartbeat
                    return value
            async with asyncio.timeout(idle_s):
                data = await self._reader.read(_CHUNK_BYTES)
            if not data:
                return None
            self._unpacker.feed(data)

    async def _take(self, value: Any) -> bool:
        message = read_message(value, self._intake.receiver.limits)
        if not await self._submit(message):
            return False
        if message.chunk is not None:
            self._writer.write(acknowledgement(message.chunk))
            await self._writer.drain()
        return True

    async def _submit(self, message: ForwardMessage) -> bool:
        """Submit the records of a message, in groups that a request may have."""
        most = self._intake.receiver.limits.entries
        for number, start in enumerate(range(0, len(message.records), most)):
            group = message._replace(records=message.records[start : start + most])
            key = None if message.chunk is None else f"forward {message.chunk} {number}"[:255]
            make = partial(_entries, group, self._intake.address.service)
            if not await self._intake.submit_entries(make, message.content, len(group.records), key):
                return False
        return True


def _entries(message: ForwardMessage, service: str | None, limits: Any, now_us: int) -> list[Any]:
    return entries_of_message(message, service=service, limits=limits, now_us=now_us)
