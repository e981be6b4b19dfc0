"""Connections to RabbitMQ.

A service holds two: under a memory alarm RabbitMQ blocks a connection that publishes, and a shared one could not
acknowledge the messages that would end the alarm.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import structlog
from aio_pika.exceptions import AMQPError
from faststream.rabbit import Channel as AmqpChannel
from faststream.rabbit import RabbitBroker

HEARTBEAT_S = 10
_log = structlog.get_logger()


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
        logger=None,
    )


def consuming_broker(url: str, service: str, *, graceful_timeout: float) -> RabbitBroker:
    """A broker to consume with."""
    return RabbitBroker(
        amqp_url(url, name=f"{service}-consume"),
        app_id=f"logloop-{service}",
        reconnect_interval=1.0,
        graceful_timeout=graceful_timeout,
        logger=None,
    )


async def keep_starting(name: str, start: Callable[[], Awaitable[None]]) -> None:
    """Call `start` until it succeeds; RabbitMQ may come up after us. Errors of our own making go on rising."""
    delay = 0.25
    while True:
        try:
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
    with contextlib.suppress(AMQPError, ConnectionError, OSError, RuntimeError):
        await broker.stop()
