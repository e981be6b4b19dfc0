"""Connections to RabbitMQ.

A service holds two: under a memory alarm RabbitMQ blocks a connection that publishes, and a shared one could not
acknowledge the messages that would end the alarm.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import stamina
import structlog
from aio_pika.exceptions import AMQPError
from faststream.rabbit import Channel as AmqpChannel
from faststream.rabbit import RabbitBroker

from logloop_chassis.messaging.connection_loss import connection_loss_raised

HEARTBEAT_S = 10
CONNECT_TIMEOUT_S = 10.0
"""Limits the wait for a broker that accepts the connection and never greets."""
_FINISH_S = 2.0
_log = structlog.get_logger()


def amqp_url(url: str, *, name: str) -> str:
    """Return the URL with a heartbeat, unless it sets one, and with a connection name for RabbitMQ's own tools."""
    parts = urlsplit(url)
    query = {"heartbeat": str(HEARTBEAT_S), "name": name, **dict(parse_qsl(parts.query))}
    return urlunsplit(parts._replace(query=urlencode(query)))


def publishing_broker(url: str, service: str) -> RabbitBroker:
    """Return a broker to publish with: confirms on, unroutable messages refused. Give it no subscribers."""
    return RabbitBroker(
        amqp_url(url, name=f"{service}-publish"),
        default_channel=AmqpChannel(publisher_confirms=True, on_return_raises=True),
        app_id=f"logloop-{service}",
        reconnect_interval=1.0,
        timeout=CONNECT_TIMEOUT_S,
        logger=None,
    )


def consuming_broker(url: str, service: str, *, graceful_timeout: float) -> RabbitBroker:
    """Return a broker to consume with.

    It injects no arguments into consumers, which would take a thread for each message.
    """
    return RabbitBroker(
        amqp_url(url, name=f"{service}-consume"),
        app_id=f"logloop-{service}",
        reconnect_interval=1.0,
        timeout=CONNECT_TIMEOUT_S,
        graceful_timeout=graceful_timeout,
        apply_types=False,
        logger=None,
    )


async def keep_starting(name: str, start: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Call `start` until RabbitMQ is reachable. Errors that are not connection errors are raised."""
    retries = stamina.retry_context(
        on=_is_unreachable,
        attempts=None,
        timeout=None,
        wait_initial=0.25,
        wait_max=2.0,
        wait_jitter=0.1,
    ).with_name(f"{name}: waiting for RabbitMQ", (), {})
    async for attempt in retries:
        with attempt, connection_loss_raised():
            await finish_connecting(start())


async def finish_connecting(work: Coroutine[Any, Any, None]) -> None:
    """Await an attempt to connect. When this is cancelled, the attempt may still end, for up to 2 s.

    aio-pika keeps on connecting in the background when its attempt is cancelled, and nothing would close that.
    """
    attempt = asyncio.create_task(work)
    attempt.add_done_callback(lambda done: done.cancelled() or done.exception())  # also when nobody waits any more
    try:
        await asyncio.shield(attempt)
    except asyncio.CancelledError:
        await asyncio.wait([attempt], timeout=_FINISH_S)
        attempt.cancel()
        raise


def _is_unreachable(error: Exception) -> bool:
    return isinstance(error, AMQPError | OSError | TimeoutError)


async def stop_quietly(broker: RabbitBroker) -> None:
    """Stop a broker. A connection that is already gone is not an error."""
    try:
        with connection_loss_raised():
            await broker.stop()
    except* (AMQPError, OSError, RuntimeError) as errors:  # FastStream groups the errors of several subscribers
        _log.info("connection was lost before it was closed", error=str(errors.exceptions)[:200])
