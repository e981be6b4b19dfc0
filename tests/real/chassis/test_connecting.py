"""Connections to a real broker, while they are being opened."""

import asyncio

from logloop_chassis.messaging.connections import keep_starting, publishing_broker, stop_quietly
from logloop_chassis.testing import wait_until


async def test_a_stop_while_a_connection_is_opened_leaves_no_connection(emptied_amqp_url: str) -> None:
    for turns in range(0, 1000, 20):
        broker = publishing_broker(emptied_amqp_url, "test")
        starting = asyncio.create_task(keep_starting("test", broker.start))
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait([starting])
        await stop_quietly(broker)
        await wait_until(lambda: len(asyncio.all_tasks()) == 1, timeout_s=10)
