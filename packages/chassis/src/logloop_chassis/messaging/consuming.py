"""Consumes queues with bounded prefetch."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from faststream import AckPolicy
from faststream.rabbit import Channel as AmqpChannel
from faststream.rabbit import RabbitBroker, RabbitMessage, RabbitQueue
from logloop_contracts.channels import Channel, Queue
from logloop_contracts.envelope import Event
from pydantic import BaseModel, ValidationError

from logloop_chassis.messaging.delivery import Delivery, Handler
from logloop_chassis.messaging.failures import Dead, guarded
from logloop_chassis.messaging.publisher import Publisher


async def _undecoded(message: Any) -> Any:
    """Return the message itself, so that a consumer gets it as its argument."""
    return message


def subscribe(broker: RabbitBroker, queue: Queue, handler: Handler, publisher: Publisher, *, prefetch: int) -> None:
    """Consume a queue of the channel map, handling at most `prefetch` messages at a time.

    The handler returns after its effect is durable, or raises RetryLater, Dead or Skip.
    """
    run = guarded(queue, handler, publisher)

    async def consume(message: RabbitMessage) -> None:
        await run(delivery_of(message))

    broker.subscriber(
        RabbitQueue(queue.name, declare=False),
        channel=AmqpChannel(prefetch_count=prefetch),
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        decoder=_undecoded,
        no_reply=True,
    )(consume)


def delivery_of(message: RabbitMessage) -> Delivery:
    """Return a FastStream message as a handler sees it."""
    raw = message.raw_message
    return Delivery(
        body=message.body,
        message_id=message.message_id or "",
        exchange=raw.exchange or "",
        routing_key=raw.routing_key or "",
        headers=dict(message.headers),
        content_type=message.content_type,
        redelivered=bool(raw.redelivered),
    )


EventHandler = Callable[[Event[Any]], Awaitable[None]]


def event_handler(routes: Mapping[Channel, EventHandler]) -> Handler:
    """Return a handler that parses CloudEvents by type; unknown types are dead-lettered as `unknown_type`."""
    parsers = {
        channel.event_type: (Event[channel.payload], handle)  # type: ignore[name-defined]  # class at run time
        for channel, handle in routes.items()
    }

    async def handle(delivery: Delivery) -> None:
        try:
            kind = Event[_AnyPayload].model_validate_json(delivery.body).type
            model, call = parsers[kind]
            event = model.model_validate_json(delivery.body)
        except KeyError as error:
            raise Dead("unknown_type", f"no handler for events of type {error}") from error
        except ValidationError as error:
            raise Dead("bad_event", str(error)) from error
        await call(event)

    return handle


class _AnyPayload(BaseModel):
    pass
