"""Reads the dead-letter queues of a service; a message leaves its queue only when it is retried or deleted."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError
from logloop_contracts.channels import (
    HEADER_ATTEMPT,
    HEADER_CODE_VERSION,
    HEADER_DETAIL,
    HEADER_EXCHANGE,
    HEADER_FAILED_AT,
    HEADER_REASON,
    HEADER_ROUTING_KEY,
    Queue,
)
from pydantic import BaseModel, Field

from logloop_chassis.http.problems import NotFound, Unavailable
from logloop_chassis.messaging.connection_loss import connection_loss_raised
from logloop_chassis.messaging.connections import amqp_url
from logloop_chassis.messaging.delivery import Delivery
from logloop_chassis.messaging.publisher import NotPublished, Publisher

MAX_MESSAGES = 1000
_BODY_PREVIEW = 4096
_TIMEOUT_S = 8.0
"""Timeout of one access to a dead-letter queue, so that a frozen broker does not block the next caller."""


class DeadLetter(BaseModel):
    """A message that could not be handled."""

    id: str = Field(description="Message id; within one queue.")
    queue: str
    reason: str = Field(examples=["bad_event"])
    detail: str
    attempts: int
    exchange: str
    routing_key: str
    failed_at: str | None = None
    code_version: str | None = None
    size: int = Field(description="Bytes of the body.")
    body: str = Field(description="The first 4 KiB, as text if it is UTF-8, else as base64.")


class DeadLetters(BaseModel):
    """Dead letters of one service, oldest first in each queue."""

    items: list[DeadLetter]
    total: int = Field(description="Number of dead letters in all queues.")


class DeadLetterQueues:
    """The dead-letter queues of one service. Each call opens a connection of its own."""

    def __init__(self, url: str, queues: Sequence[Queue], publisher: Publisher) -> None:
        self._url = amqp_url(url, name="dead-letters")
        self._queues = {queue.name: queue for queue in queues}
        self._publisher = publisher
        self._one_at_a_time = asyncio.Lock()

    async def list(self, limit: int) -> DeadLetters:
        """Return up to `limit` dead letters and leave them in their queues."""
        items: list[DeadLetter] = []
        total = 0
        for queue in self._queues.values():
            async with self._messages(queue, limit - len(items)) as (messages, count):
                total += count
                items += [_letter(queue, message) for message in messages]
        return DeadLetters(items=items, total=total)

    async def retry(self, queue_name: str, letter_id: str) -> None:
        """Move a dead letter back to its work queue as a first attempt."""
        queue = self._queue(queue_name)
        async with self._messages(queue, MAX_MESSAGES) as (messages, _):
            message = _find(messages, queue, letter_id)
            headers = {
                k: v for k, v in message.headers.items() if k not in (HEADER_ATTEMPT, HEADER_REASON, HEADER_DETAIL)
            }
            delivery = Delivery(
                message.body, message.message_id or "", "", queue.name, headers, content_type=message.content_type
            )
            try:
                await self._publisher.requeue(queue.name, delivery, headers, 0)
            except NotPublished as error:
                raise Unavailable(f"the message stays in the dead-letter queue: {error}; try again") from error
            await message.ack()

    async def delete(self, queue_name: str, letter_id: str) -> None:
        """Delete a dead letter permanently."""
        queue = self._queue(queue_name)
        async with self._messages(queue, MAX_MESSAGES) as (messages, _):
            await _find(messages, queue, letter_id).ack()

    def _queue(self, name: str) -> Queue:
        queue = self._queues.get(name)
        if queue is None:
            raise NotFound(f"this service has no queue {name[:80]!r}; it has {', '.join(self._queues)}")
        return queue

    @asynccontextmanager
    async def _messages(
        self, queue: Queue, limit: int
    ) -> AsyncIterator[tuple[Sequence[AbstractIncomingMessage], int]]:
        """Borrow messages; those that are not acknowledged return to their place when the connection closes."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    with connection_loss_raised():
                        async with await aio_pika.connect(self._url) as connection, connection.channel() as channel:
                            yield await _borrowed(channel, queue, limit)
            except (AMQPError, OSError, TimeoutError) as error:
                raise Unavailable("RabbitMQ is unavailable; try again") from error


async def _borrowed(
    channel: AbstractChannel, queue: Queue, limit: int
) -> tuple[Sequence[AbstractIncomingMessage], int]:
    """Return up to `limit` unacknowledged messages of a dead-letter queue, and the number of all its messages."""
    dead = await channel.get_queue(queue.dead)
    declared = await dead.declare()
    count = declared.message_count or 0
    messages: list[AbstractIncomingMessage] = []
    while len(messages) < min(count, limit):
        message = await dead.get(fail=False)
        if message is None:
            break
        messages.append(message)
    return messages, count


def _find(messages: Sequence[AbstractIncomingMessage], queue: Queue, letter_id: str) -> AbstractIncomingMessage:
    for message in messages:
        if (message.message_id or "") == letter_id:
            return message
    raise NotFound(f"queue {queue.name!r} has no dead letter {letter_id[:80]!r}; list them first")


def _letter(queue: Queue, message: AbstractIncomingMessage) -> DeadLetter:
    headers: dict[str, Any] = dict(message.headers)
    death = (headers.get("x-death") or [{}])[0]
    return DeadLetter(
        id=message.message_id or "",
        queue=queue.name,
        reason=str(headers.get(HEADER_REASON) or death.get("reason") or "unknown"),
        detail=str(headers.get(HEADER_DETAIL) or "delivered too often: the consumer crashed each time"),
        attempts=int(headers.get(HEADER_ATTEMPT) or death.get("count") or 1),
        exchange=str(headers.get(HEADER_EXCHANGE) or death.get("exchange") or ""),
        routing_key=str(headers.get(HEADER_ROUTING_KEY) or (death.get("routing-keys") or [""])[0]),
        failed_at=headers.get(HEADER_FAILED_AT),
        code_version=headers.get(HEADER_CODE_VERSION),
        size=len(message.body),
        body=_preview(message.body),
    )


def _preview(body: bytes) -> str:
    head = body[:_BODY_PREVIEW]
    try:
        return head.decode()
    except UnicodeDecodeError:
        return base64.b64encode(head).decode()
