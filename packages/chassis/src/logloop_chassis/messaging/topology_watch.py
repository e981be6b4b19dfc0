"""Notices that a queue has disappeared from the broker while a service runs, and declares it again.

Consuming resumes by itself: aio-pika asks for the consumer again until the queue exists.
"""

import asyncio
from collections.abc import Sequence

import aio_pika
import structlog
from aio_pika.abc import AbstractRobustConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from logloop_contracts.channels import Queue

from logloop_chassis.background import periodically
from logloop_chassis.messaging.connections import CONNECT_TIMEOUT_S, amqp_url, finish_connecting, publishing_broker
from logloop_chassis.messaging.topology import account_of, declare_topology

_CHECK_EVERY_S = 1.0
_log = structlog.get_logger()


class TopologyWatch:
    """Checks the queues that a service consumes once a second, on a connection of its own."""

    def __init__(self, url: str, service: str, queues: Sequence[Queue]) -> None:
        self._url = url
        self._service = service
        self._queues = queues
        self._connection: AbstractRobustConnection | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Check until `stopping` is set."""
        try:
            await periodically(self._check, "topology watch", stopping, every_s=_CHECK_EVERY_S)
        finally:
            if self._connection is not None:
                await self._connection.close()

    async def _check(self) -> None:
        if not self._queues:
            return
        if self._connection is None:
            await finish_connecting(self._connect())
        assert self._connection is not None
        if missing := [queue.name for queue in self._queues if not await _exists(self._connection, queue.name)]:
            _log.error("a queue is missing; what it held is lost", queues=missing)
            await self._declare()
            _log.warning("the missing queues are declared again", queues=missing)

    async def _connect(self) -> None:
        url = amqp_url(self._url, name=f"{self._service}-watch")
        self._connection = await aio_pika.connect_robust(url, timeout=CONNECT_TIMEOUT_S)

    async def _declare(self) -> None:
        # A broker object remembers what it declared, so a new one is needed.
        broker = publishing_broker(self._url, self._service)
        async with broker:
            await broker.start()
            await declare_topology(broker, account_of(self._url, self._service))


async def _exists(connection: AbstractRobustConnection, queue: str) -> bool:
    """Return whether a queue exists. The broker closes a channel that asks for a missing one, so each has its own."""
    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        channel = await connection.channel()
        try:
            await channel.declare_queue(queue, passive=True)
        except ChannelNotFoundEntity:
            return False
        finally:
            if not channel.is_closed:
                await channel.close()
        return True
