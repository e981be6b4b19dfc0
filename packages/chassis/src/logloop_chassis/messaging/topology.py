"""Declares the exchanges and queues of the channel map."""

import aiormq.exceptions
from faststream.rabbit import ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit.schemas.queue import QuorumQueueArgs
from logloop_contracts.channels import DEAD_EXCHANGE, EXCHANGES, QUEUES, Queue

DELIVERY_LIMIT = 20
_DEAD_MAX_BYTES = 2**30


def main_queue(queue: Queue) -> RabbitQueue:
    """Return the declaration of a work queue."""
    arguments: QuorumQueueArgs = {
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_EXCHANGE.name,
        "x-dead-letter-routing-key": queue.name,
        "x-max-length-bytes": queue.max_bytes,
    }
    if queue.when_full == "refuse":
        arguments["x-dead-letter-strategy"] = "at-least-once"
        arguments["x-overflow"] = "reject-publish"
    return RabbitQueue(queue.name, queue_type=QueueType.QUORUM, durable=True, arguments=arguments)


def retry_queue(queue: Queue) -> RabbitQueue:
    """Return the declaration of the retry queue; expired messages return to the work queue."""
    return RabbitQueue(
        queue.retry,
        queue_type=QueueType.QUORUM,
        durable=True,
        arguments={
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": queue.name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length-bytes": _DEAD_MAX_BYTES,
        },
    )


def dead_queue(queue: Queue) -> RabbitQueue:
    """Return the declaration of the dead-letter queue. It is a classic queue: reading it never drops a message."""
    return RabbitQueue(
        queue.dead,
        durable=True,
        arguments={"x-max-length-bytes": _DEAD_MAX_BYTES, "x-overflow": "reject-publish"},
    )


def exchange(name: str) -> RabbitExchange:
    """Return the declaration of a topic exchange."""
    return RabbitExchange(name, type=ExchangeType.TOPIC, durable=True)


async def declare_topology(broker: RabbitBroker) -> None:
    """Declare every exchange and queue of the channel map. Every service declares all of them.

    Raises RuntimeError that names the queue if it exists with other arguments. Nothing is ever deleted here.
    """
    exchanges = {item.name: await broker.declare_exchange(exchange(item.name)) for item in EXCHANGES}
    for queue in QUEUES:
        try:
            main = await broker.declare_queue(main_queue(queue))
            await broker.declare_queue(retry_queue(queue))
            dead = await broker.declare_queue(dead_queue(queue))
        except aiormq.exceptions.ChannelPreconditionFailed as error:
            raise RuntimeError(
                f"RabbitMQ has queue {queue.name!r} (or its companions) with other settings: {error}. "
                "Drain and delete it, or use another vhost in LOGLOOP_AMQP_URL"
            ) from error
        await dead.bind(exchanges[DEAD_EXCHANGE.name], routing_key=queue.name)
        for channel in queue.channels:
            await main.bind(exchanges[channel.exchange.name], routing_key=channel.key)
