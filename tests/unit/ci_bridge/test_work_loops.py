"""Steps of endless work survive whatever ends them, but not the end of the process."""

import asyncio

import pytest
from logloop_chassis.messaging.publisher import NotPublished
from logloop_ci_bridge.work_loops import keep_working, surviving


@pytest.mark.parametrize("error", [NotPublished("timeout", "x"), asyncio.CancelledError(), ValueError("x")])
async def test_a_step_that_fails_is_followed_by_others(error: BaseException) -> None:
    stopping, wake, steps = asyncio.Event(), asyncio.Event(), []

    async def step() -> bool:
        steps.append(1)
        wake.set()
        if len(steps) > 8:
            stopping.set()
        raise error

    async with asyncio.timeout(5):
        await keep_working(step, "testing", wake, stopping, idle_s=0.01)
    assert len(steps) > 8


async def test_a_step_of_a_cancelled_task_is_cancelled() -> None:
    async def step() -> bool:
        await asyncio.Event().wait()
        return True

    task = asyncio.ensure_future(surviving(step, "testing"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
