"""RabbitMQ: the topology from the channel map, publishing with confirms, and subscribing with bounded prefetch.

It must not know a payload. A service holds two brokers, one to publish and one to consume: under a memory
alarm a shared connection would block its own acknowledgements.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import aiormq.exceptions
import structlog
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from aiormq import spec
from faststream import AckPolicy
from faststream.rabbit import Channel as AmqpChannel
from faststream.rabbit import ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit.annotations import RabbitMessage
from faststream.rabbit.schemas.queue import QuorumQueueArgs
from logloop_contracts.channels import DEAD_EXCHANGE, EXCHANGES, HEADER_PROJECT, QUEUES, Channel, Queue
from logloop_contracts.envelope import Event
from pydantic import BaseModel, ValidationError

from logloop_chassis.connection_loss import ConnectionLost, connection_loss_raised
from logloop_chassis.failures import Dead, Delivery, Handler, guarded
from logloop_chassis.telemetry import PUBLISH_FAILURES, PUBLISH_SECONDS

HEARTBEAT_S = 10
CONFIRM_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 10.0
"""A broker that takes the connection and never greets would otherwise be waited for without end."""
DELIVERY_LIMIT = 20
_DEAD_MAX_BYTES = 2**30
_log = structlog.get_logger()

Payload = TypeVar("Payload", bound=BaseModel)


class NotPublished(Exception):
    """The broker did not confirm. `reason`: full, unroutable, timeout (the outcome is unknown) or unreachable."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def amqp_url(url: str, *, name: str) -> str:
    """The URL with our heartbeat, unless it sets one, and a connection name for RabbitMQ's own tools."""
    parts = urlsplit(url)
    query = {"heartbeat": str(HEARTBEAT_S), "name": name, **dict(parse_qsl(parts.query))}
    return urlunsplit(parts._replace(query=urlencode(query)))


def publishing_broker(url: str, service: str) -> RabbitBroker:
    """A broker to publish with: confirms on, unroutable messages refused. Give it no subscribers."""
    return RabbitBroker(
        amqp_url(url, name=f"{service}-publish"),
        default_channel=AmqpChannel(publisher_confirms=True, on_return_raises=True),
        app_id=f"logloop-{service}",
        reconnect_interval=1.0,
        timeout=CONNECT_TIMEOUT_S,
        logger=None,
    )


def consuming_broker(url: str, service: str, *, graceful_timeout: float) -> RabbitBroker:
    """A broker to consume with."""
    return RabbitBroker(
        amqp_url(url, name=f"{service}-consume"),
        app_id=f"logloop-{service}",
        reconnect_interval=1.0,
        timeout=CONNECT_TIMEOUT_S,
        graceful_timeout=graceful_timeout,
        logger=None,
    )


def main_queue(queue: Queue) -> RabbitQueue:
    """Declaration of a work queue."""
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
    """Declaration of the queue where messages wait; expired ones go back to the work queue."""
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
    """Declaration of the dead queue: a classic one, so that looking at it many times never drops a message."""
    return RabbitQueue(
        queue.dead,
        durable=True,
        arguments={"x-max-length-bytes": _DEAD_MAX_BYTES, "x-overflow": "reject-publish"},
    )


def exchange(name: str) -> RabbitExchange:
    """Declaration of one of our exchanges."""
    return RabbitExchange(name, type=ExchangeType.TOPIC, durable=True)


async def declare_topology(broker: RabbitBroker) -> None:
    """Declare every exchange and queue of the channel map; the same from every service.

    Raises RuntimeError that names the queue when it exists with other arguments: nothing is ever deleted here.
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


class Publisher:
    """Publishes persistent messages and returns only after the broker's confirm."""

    def __init__(self, broker: RabbitBroker, service: str, *, timeout_s: float = CONFIRM_TIMEOUT_S) -> None:
        self.broker = broker
        self._source = f"/logloop/{service}"
        self._timeout_s = timeout_s

    async def publish_bytes(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        headers: Mapping[str, Any],
        message_id: str,
        content_type: str,
    ) -> None:
        """Publish bytes to an exchange. Raises NotPublished; after reason `timeout` it may still arrive."""
        await self._publish(
            body,
            exchange=exchange,
            routing_key=routing_key,
            headers=dict(headers),
            message_id=message_id,
            content_type=content_type,
        )

    async def requeue(self, queue: str, delivery: Delivery, headers: Mapping[str, Any], delay_s: float) -> None:
        """Put a delivery on a queue by name, to expire there after `delay_s` seconds (0: not at all)."""
        await self._publish(
            delivery.body,
            queue=queue,
            headers=dict(headers),
            message_id=delivery.message_id,
            content_type=delivery.content_type or "application/octet-stream",
            expiration=delay_s or None,
        )

    async def publish_event(
        self,
        channel: Channel,
        data: Payload,
        *,
        project_id: str,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        event_id: str | None = None,
    ) -> Event[Payload]:
        """Tell a fact on its channel. The same `event_id` marks a repeat of the same fact. Raises NotPublished."""
        named = {"id": event_id} if event_id else {}
        event: Event[Payload] = Event[type(data)](  # type: ignore[misc,operator]  # the payload's own class at run time
            **named,
            source=self._source,
            type=channel.event_type,
            projectid=project_id,
            correlationid=correlation_id,
            causationid=causation_id,
            data=data,
        )
        await self._publish(
            event.model_dump_json(exclude_none=True).encode(),
            exchange=channel.exchange.name,
            routing_key=channel.key,
            # A fact that only live listeners want may have none.
            mandatory=any(channel in queue.channels for queue in QUEUES),
            headers={HEADER_PROJECT: project_id},
            message_id=event.id,
            content_type="application/cloudevents+json",
        )
        return event

    async def _publish(self, body: bytes, *, mandatory: bool = True, **options: Any) -> None:
        label = options.get("exchange") or "queue"
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                with connection_loss_raised():
                    answer = await self._confirmed(body, persist=True, mandatory=mandatory, **options)
        except (TimeoutError, ConnectionLost) as error:
            raise _not_published(label, "timeout", "the broker did not confirm in time") from error
        except aiormq.exceptions.PublishError as error:
            raise _not_published(label, "unroutable", "no queue takes this message") from error
        except aiormq.exceptions.DeliveryError as error:
            raise _not_published(label, "full", "the queue is full") from error
        except (AMQPError, ChannelInvalidStateError, ConnectionError, OSError, RuntimeError) as error:
            raise _not_published(label, "unreachable", f"RabbitMQ is away ({type(error).__name__})") from error
        except Exception as error:
            if type(error).__module__.startswith("faststream"):
                raise _not_published(label, "unreachable", "RabbitMQ is not connected yet") from error
            raise
        if not isinstance(answer, spec.Basic.Ack):
            raise _not_published(label, "unreachable", "the broker gave no confirm")
        PUBLISH_SECONDS.labels(label).observe(time.perf_counter() - started)

    async def _confirmed(self, body: bytes, **options: Any) -> Any:
        try:
            return await self.broker.publish(body, **options)
        except ChannelInvalidStateError:
            # A channel that an earlier error closed is replaced at the next call.
            return await self.broker.publish(body, **options)


def _not_published(label: str, reason: str, detail: str) -> NotPublished:
    PUBLISH_FAILURES.labels(label, reason).inc()
    return NotPublished(reason, detail)


async def _raw_body(message: Any) -> bytes:
    body: bytes = message.body
    return body


def subscribe(broker: RabbitBroker, queue: Queue, handler: Handler, publisher: Publisher, *, prefetch: int) -> None:
    """Consume a queue of the channel map; at most `prefetch` messages are handled at once.

    The handler returns after its effect is durable, or raises RetryLater, Dead or Skip.
    """
    run = guarded(queue, handler, publisher)

    async def consume(message: RabbitMessage) -> None:
        await run(delivery_of(message))

    broker.subscriber(
        RabbitQueue(queue.name, declare=False),
        channel=AmqpChannel(prefetch_count=prefetch),
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        decoder=_raw_body,
        no_reply=True,
    )(consume)


def delivery_of(message: RabbitMessage) -> Delivery:
    """The handler's view of a FastStream message."""
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
    """A handler that parses CloudEvents by their type; other types are dead with reason `unknown_type`."""
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


async def keep_starting(name: str, start: Callable[[], Awaitable[None]]) -> None:
    """Call `start` until it succeeds; RabbitMQ may come up after us. Errors of our own making go on rising."""
    delay = 0.25
    while True:
        try:
            with connection_loss_raised():
                await start()
        except (AMQPError, ConnectionError, OSError, TimeoutError) as error:
            _log.warning(
                "broker is not reachable yet", connection=name, error=f"{type(error).__name__}: {error}"[:200]
            )
            await asyncio.sleep(delay)
            delay = min(5.0, delay * 2)
        else:
            return


async def stop_quietly(broker: RabbitBroker) -> None:
    """Stop a broker; a connection that is already gone is no error."""
    try:
        with connection_loss_raised():
            await broker.stop()
    except* (
        AMQPError,
        OSError,
        RuntimeError,
    ) as errors:  # FastStream gathers those of several subscribers in a group
        _log.info("a connection was gone before it was closed", error=str(errors.exceptions)[:200])
