"""Receives log batches for live tails over a transient queue, which exists while a tail is open.

Batches that are lost here are lost for live tails only; the work queue is separate.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aio_pika import RobustConnection
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection, AbstractRobustQueue
from aio_pika.connection import make_url
from aio_pika.exceptions import AMQPError
from logloop_chassis.messaging.connection_loss import connection_loss_raised
from logloop_chassis.messaging.connections import amqp_url
from logloop_contracts.channels import HEADER_COUNT, LOGS_EXCHANGE

Offer = Callable[[str, bytes, int], None]

MAX_LENGTH = 2000
_TIMEOUT_S = 5.0
"""Timeout of a call, so that a frozen broker does not block every tail."""


class LiveBatchesUnavailable(Exception):
    """RabbitMQ is unavailable."""


class TransientQueue:
    """`tail.LiveBatches` over a connection that is open while at least one project is followed."""

    def __init__(self, url: str) -> None:
        self.offer: Offer = _ignore
        self._url = amqp_url(url, name="query-tail")
        self._connection: AbstractRobustConnection | None = None
        self._queue: AbstractRobustQueue | None = None
        self._followed: set[str] = set()

    async def follow(self, project_id: str) -> None:
        """Bind the queue to a project. Raises LiveBatchesUnavailable."""
        try:
            async with _time_limit():
                if self._queue is None:
                    self._queue = await self._open()
                await self._queue.bind(LOGS_EXCHANGE.name, routing_key=project_id, timeout=_TIMEOUT_S)
            self._followed.add(project_id)
        except (AMQPError, OSError, TimeoutError, RuntimeError) as error:
            raise LiveBatchesUnavailable from error
        finally:
            if not self._followed:  # other tails keep the connection, which reconnects by itself
                await self.close()

    async def leave(self, project_id: str) -> None:
        """Unbind a project. The connection is closed after the last one."""
        self._followed.discard(project_id)
        if not self._followed:
            await self.close()
            return
        try:
            if self._queue is not None:
                async with _time_limit():
                    await self._queue.unbind(LOGS_EXCHANGE.name, routing_key=project_id, timeout=_TIMEOUT_S)
        except (AMQPError, OSError, TimeoutError, RuntimeError):
            # Batches of a project without tails are ignored.
            return

    async def close(self) -> None:
        """Close the connection; the broker then deletes the queue."""
        connection, self._connection, self._queue = self._connection, None, None
        if connection is not None:
            try:
                async with _time_limit():
                    await connection.close()
            except (AMQPError, OSError, TimeoutError, RuntimeError):
                return

    async def _open(self) -> AbstractRobustQueue:
        # Assigned first: a connection whose opening is cancelled would retry forever unless it is closed.
        self._connection = RobustConnection(make_url(self._url))
        await self._connection.connect(timeout=_TIMEOUT_S)
        channel = await self._connection.channel(publisher_confirms=False)
        queue: AbstractRobustQueue = await channel.declare_queue(
            f"query.tail.{uuid.uuid4().hex}",
            exclusive=True,
            auto_delete=True,
            durable=False,
            arguments={"x-max-length": MAX_LENGTH, "x-overflow": "drop-head"},
        )
        await queue.consume(self._take, no_ack=True)
        return queue

    async def _take(self, message: AbstractIncomingMessage) -> None:
        count = message.headers.get(HEADER_COUNT)
        self.offer(message.routing_key or "", message.body, count if isinstance(count, int) else 0)


@asynccontextmanager
async def _time_limit() -> AsyncIterator[None]:
    """Raise TimeoutError in a call that gets no response, and ConnectionLost in one whose connection is closed."""
    async with asyncio.timeout(_TIMEOUT_S):
        with connection_loss_raised():
            yield


def _ignore(project_id: str, body: bytes, count: int) -> None:
    """Default `offer`: drop the batch."""
