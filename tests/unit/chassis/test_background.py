"""Periodic work continues after a failure and ends when the service stops."""

import asyncio

from logloop_chassis.background import periodically


async def test_periodic_work_continues_after_a_failure_and_ends_when_stopping() -> None:
    stopping = asyncio.Event()
    calls: list[int] = []

    async def work() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise ValueError("the first call fails")
        if len(calls) == 3:
            stopping.set()

    async with asyncio.timeout(10):
        await periodically(work, "test", stopping, every_s=0.001)

    assert calls == [0, 1, 2]
