"""Publishes persistent messages with confirms."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import aiormq.exceptions
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from aiormq import spec
from faststream.rabbit import RabbitBroker
from logloop_contracts.channels import HEADER_PROJECT, QUEUES, RETRY_EXCHANGE, Channel
from logloop_contracts.envelope import Event
from pydantic import BaseModel

from logloop_chassis.messaging.connection_loss import ConnectionLost, connection_loss_raised
from logloop_chassis.messaging.delivery import Delivery
from logloop_chassis.telemetry import PUBLISH_FAILURES, PUBLISH_SECONDS

CONFIRM_TIMEOUT_S = 5.0
_NO_QUEUE = "readiness"

Payload = TypeVar("Payload", bound=BaseModel)


class NotPublished(Exception):
    """The broker did not confirm. `reason`: full, unroutable, timeout (the outcome is unknown) or unreachable."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class BytesPublisher(Protocol):
    """What publishing encoded batches needs of a publisher."""

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
        """Publish and wait for the confirm. Raises NotPublished."""


class EventPublisher(Protocol):
    """What publishing events needs of a publisher."""

    async def publish_event(
        self,
        channel: Channel,
        data: Any,
        *,
        project_id: str,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        event_id: str | None = None,
    ) -> Any:
        """Publish an event and wait for the confirm. Raises NotPublished."""


class Publisher:
    """Publishes persistent messages and returns only after the broker's confirm."""

    def __init__(self, broker: RabbitBroker, service: str, *, timeout_s: float = CONFIRM_TIMEOUT_S) -> None:
        self.broker = broker
        self._source = f"/logloop/{service}"
        self._no_queue = f"{service}.{_NO_QUEUE}"
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
        """Publish bytes to an exchange. Raises NotPublished; after reason `timeout` they may still arrive."""
        await self._publish(
            body,
            exchange=exchange,
            routing_key=routing_key,
            headers=dict(headers),
            message_id=message_id,
            content_type=content_type,
        )

    async def requeue(self, queue: str, delivery: Delivery, headers: Mapping[str, Any], delay_s: float) -> None:
        """Publish a delivery to a work or retry queue by name with a time to live of `delay_s` seconds (0: none)."""
        await self._publish(
            delivery.body,
            exchange=RETRY_EXCHANGE.name,
            routing_key=queue,
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
        """Publish an event on its channel. Repeats of one event have the same `event_id`. Raises NotPublished."""
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
            # An event without a queue is for live listeners, and there may be none.
            mandatory=any(channel in queue.channels for queue in QUEUES),
            headers={HEADER_PROJECT: project_id},
            message_id=event.id,
            content_type="application/cloudevents+json",
        )
        return event

    async def require_intake(self, timeout_s: float) -> None:
        """Check that the broker accepts messages. Raises NotPublished.

        A broker with a memory or disk alarm keeps its connections and confirms nothing. The message of this check
        has no queue, so that the broker confirms and forgets it.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._publish(b"", mandatory=False, exchange=RETRY_EXCHANGE.name, routing_key=self._no_queue)
        except (TimeoutError, NotPublished) as error:
            if isinstance(error, NotPublished) and error.reason != "timeout":
                raise
            raise NotPublished(
                "timeout",
                "the broker accepts no messages; it may have a memory or disk alarm (rabbitmq-diagnostics alarms)",
            ) from error

    async def _publish(self, body: bytes, *, mandatory: bool = True, **options: Any) -> None:
        label = options["exchange"]
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                with connection_loss_raised():
                    answer = await self._confirmed(body, persist=True, mandatory=mandatory, **options)
        except (TimeoutError, ConnectionLost) as error:
            raise _not_published(label, "timeout", "the broker did not confirm in time") from error
        except aiormq.exceptions.PublishError as error:
            raise _not_published(label, "unroutable", "no queue is bound for this message") from error
        except aiormq.exceptions.DeliveryError as error:
            raise _not_published(label, "full", "the queue is full") from error
        except (AMQPError, ChannelInvalidStateError, ConnectionError, OSError, RuntimeError) as error:
            raise _not_published(label, "unreachable", f"RabbitMQ is unavailable ({type(error).__name__})") from error
        except Exception as error:
            if type(error).__module__.startswith("faststream"):
                raise _not_published(label, "unreachable", "RabbitMQ is not connected yet") from error
            raise
        if not isinstance(answer, spec.Basic.Ack):
            raise _not_published(label, "unreachable", "the broker did not confirm")
        PUBLISH_SECONDS.labels(label).observe(time.perf_counter() - started)

    async def _confirmed(self, body: bytes, **options: Any) -> Any:
        try:
            return await self.broker.publish(body, **options)
        except ChannelInvalidStateError:
            # The next call replaces a channel that an earlier error closed.
            return await self.broker.publish(body, **options)


def _not_published(label: str, reason: str, detail: str) -> NotPublished:
    PUBLISH_FAILURES.labels(label, reason).inc()
    return NotPublished(reason, detail)
