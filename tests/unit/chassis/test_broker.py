"""Calls on a connection that aiormq abandons end with an error, not with an unrequested cancellation."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from aiormq import spec
from faststream.rabbit import RabbitBroker
from logloop_chassis.http.health import HealthRegistry
from logloop_chassis.messaging.connection_loss import ConnectionLost, connection_loss_raised
from logloop_chassis.messaging.connections import keep_starting, stop_quietly
from logloop_chassis.messaging.delivery import Delivery
from logloop_chassis.messaging.publisher import NotPublished, Publisher
from logloop_chassis.testing import wait_until


async def abandoned() -> None:
    """Fail like a call whose connection aiormq considers stuck."""
    rejected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    rejected.set_exception(asyncio.CancelledError())
    await rejected


class Broker:
    """Stands in for RabbitBroker: the next calls run `calls`, later ones confirm."""

    def __init__(self, *calls: Callable[[], Awaitable[None]]) -> None:
        self.calls = list(calls)
        self.call_count = 0

    async def publish(self, _: bytes, **__: Any) -> spec.Basic.Ack:
        self.call_count += 1
        if self.calls:
            await self.calls.pop(0)()
        return spec.Basic.Ack()

    async def stop(self) -> None:
        await self.calls.pop(0)()


def publisher(broker: Broker, timeout_s: float = 5.0) -> Publisher:
    return Publisher(cast("RabbitBroker", broker), "test", timeout_s=timeout_s)


async def publish(sender: Publisher) -> None:
    await sender.publish_bytes("e", "k", b"body", headers={}, message_id="1", content_type="text/plain")


async def requeue(sender: Publisher) -> None:
    await sender.requeue("queue", Delivery(b"body", "1", "e", "k"), {}, 1.0)


@pytest.mark.parametrize("call", [publish, requeue])
async def test_a_publish_on_an_abandoned_connection_has_an_unknown_outcome(
    call: Callable[[Publisher], Awaitable[None]],
) -> None:
    sender = publisher(Broker(abandoned))
    with pytest.raises(NotPublished) as error:
        await call(sender)
    assert error.value.reason == "timeout"
    await call(sender)


async def test_a_publish_without_a_confirm_times_out() -> None:
    with pytest.raises(NotPublished) as error:
        await publish(publisher(Broker(asyncio.Event().wait), timeout_s=0.01))  # type: ignore[arg-type]
    assert error.value.reason == "timeout"


async def test_a_cancelled_caller_stays_cancelled() -> None:
    broker = Broker(asyncio.Event().wait)  # type: ignore[arg-type]
    task = asyncio.ensure_future(publish(publisher(broker)))
    await wait_until(lambda: broker.call_count)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_cancelled_caller_gets_the_connection_loss_during_cleanup() -> None:
    async def cleaning_up() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            with pytest.raises(ConnectionLost), connection_loss_raised():
                await abandoned()
            return "cleaned up"
        return ""

    task = asyncio.ensure_future(cleaning_up())
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "cleaned up"


async def test_a_start_on_an_abandoned_connection_is_retried() -> None:
    broker = Broker(abandoned)

    async def start() -> None:
        await broker.publish(b"")

    await keep_starting("publish", start)
    assert broker.call_count == 2


async def gone() -> None:
    raise ExceptionGroup("Failed to stop subscribers", [ConnectionError("gone")])


@pytest.mark.parametrize("end", [abandoned, gone])
async def test_a_stop_succeeds_without_a_connection(end: Callable[[], Awaitable[None]]) -> None:
    await stop_quietly(cast("RabbitBroker", Broker(end)))


async def test_a_health_check_reports_an_abandoned_connection() -> None:
    registry = HealthRegistry(asyncio.Event())
    registry.add("rabbitmq", abandoned)
    report = await registry.report()
    assert report.status == "unavailable"
    assert report.checks["rabbitmq"].startswith("ConnectionLost")
