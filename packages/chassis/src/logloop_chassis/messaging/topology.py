"""Declares the exchanges and queues of the channel map."""

from typing import cast
from urllib.parse import urlsplit

import aiormq.exceptions
from faststream.rabbit import ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit.schemas.queue import ClassicQueueArgs, QuorumQueueArgs
from logloop_contracts.channels import EXCHANGES, QUEUES
from logloop_contracts.topology import Declaration, declarations


def rabbit_queue(declaration: Declaration) -> RabbitQueue:
    """Return a declaration as FastStream takes it."""
    if declaration.arguments["x-queue-type"] == "quorum":
        return RabbitQueue(
            declaration.name, queue_type=QueueType.QUORUM, arguments=cast("QuorumQueueArgs", declaration.arguments)
        )
    return RabbitQueue(declaration.name, arguments=cast("ClassicQueueArgs", declaration.arguments))


def exchange(name: str) -> RabbitExchange:
    """Return the declaration of a topic exchange."""
    return RabbitExchange(name, type=ExchangeType.TOPIC, durable=True)


def account_of(url: str, service: str) -> str | None:
    """Return the service whose own account an AMQP URL names, or None if it names another account."""
    return service if urlsplit(url).username == service else None


async def declare_topology(broker: RabbitBroker, account: str | None = None) -> None:
    """Declare every exchange and queue of the channel map; with a service's own account, the queues of that service.

    These accounts (`logloop_contracts.broker_accounts`) come with definitions that the broker imports at its start,
    so the exchanges exist. Nothing is ever deleted here. Raises RuntimeError that names the queue if it exists with
    other arguments.
    """
    if account is None:
        for item in EXCHANGES:
            await broker.declare_exchange(exchange(item.name))
    for queue in QUEUES:
        if account not in (None, queue.consumer):
            continue
        try:
            for declaration in declarations(queue):
                await _declare(broker, declaration)
        except aiormq.exceptions.ChannelPreconditionFailed as error:
            raise RuntimeError(
                f"RabbitMQ has queue {queue.name!r} (or its companions) with other settings: {error}. "
                "Drain and delete it, or use another vhost in LOGLOOP_AMQP_URL"
            ) from error


async def _declare(broker: RabbitBroker, declaration: Declaration) -> None:
    queue = await broker.declare_queue(rabbit_queue(declaration))
    for source, key in declaration.bindings:
        await queue.bind(source, routing_key=key)
