"""Test support for all services: waiting for a condition, and a publisher that records."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, overload

from logloop_contracts.channels import Channel
from logloop_contracts.envelope import Event
from pydantic import BaseModel

T = TypeVar("T")
Payload = TypeVar("Payload", bound=BaseModel)


@overload
async def wait_until(condition: Callable[[], Awaitable[T]], *, timeout_s: float = ..., every_s: float = ...) -> T: ...


@overload
async def wait_until(condition: Callable[[], T], *, timeout_s: float = ..., every_s: float = ...) -> T: ...


async def wait_until(condition: Callable[[], Any], *, timeout_s: float = 30.0, every_s: float = 0.02) -> Any:
    """Poll until a condition is true and return its value. Raises AssertionError after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = condition()
        value = await found if inspect.isawaitable(found) else found
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still not true after {timeout_s} s: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(every_s)


class CapturingPublisher:
    """Replaces Publisher in tests that look only at what is published."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str, bytes, dict[str, Any]]] = []
        self.events: list[tuple[Channel, Event[Any]]] = []

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
        """Record a message as (exchange, routing key, body, headers)."""
        self.messages.append(
            (exchange, routing_key, body, {**headers, "message_id": message_id, "type": content_type})
        )

    async def publish_event(
        self, channel: Channel, data: Payload, *, project_id: str, **names: Any
    ) -> Event[Payload]:
        """Record an event."""
        event = Event[Any](
            source="/logloop/test",
            type=channel.event_type,
            projectid=project_id,
            data=data,
            correlationid=names.get("correlation_id"),
            causationid=names.get("causation_id"),
            **({"id": names["event_id"]} if names.get("event_id") else {}),
        )
        self.events.append((channel, event))
        return event
