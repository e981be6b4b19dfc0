"""Background loops survive failing steps and end with the service; database calls wait out outages."""

import asyncio
from collections.abc import Callable

import pytest
from logloop_chassis.background import BackgroundWrites, attempt, periodically, repeat, running, wait_for_any
from logloop_chassis.database.outages import wait_out_outages
from logloop_chassis.messaging.failures import RetryLater
from logloop_chassis.messaging.publisher import NotPublished
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure


@pytest.mark.parametrize("error", [NotPublished("timeout", "x"), asyncio.CancelledError(), ValueError("x")])
async def test_a_loop_continues_after_failed_steps(error: BaseException) -> None:
    stopping, wake, steps = asyncio.Event(), asyncio.Event(), []

    async def step() -> bool:
        steps.append(1)
        wake.set()
        if len(steps) > 8:
            stopping.set()
        raise error

    async with asyncio.timeout(5):
        await repeat(step, "testing", stopping, idle_s=0.01, wake=wake, workers=4)
    assert len(steps) > 8


async def test_an_idle_worker_continues_when_woken() -> None:
    stopping, wake = asyncio.Event(), asyncio.Event()
    idle = asyncio.Event()
    steps = 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        idle.set()
        if steps == 2:
            stopping.set()
        return False

    loop = asyncio.create_task(repeat(step, "testing", stopping, idle_s=3600, wake=wake))
    await idle.wait()
    wake.set()
    async with asyncio.timeout(5):
        await loop
    assert steps == 2


async def test_one_idle_worker_looks_for_work_and_all_do_while_there_is_some() -> None:
    stopping, both, waiting = asyncio.Event(), asyncio.Event(), ["first", "second", "third"]
    at_work = looks = 0

    async def step() -> bool:
        nonlocal at_work, looks
        looks += 1
        if looks <= 4 or not waiting:  # nothing is due when the four workers start, nor at the end
            if looks > 30:
                stopping.set()
            return False
        waiting.pop()
        at_work += 1
        if at_work == 2:
            both.set()
        if len(waiting) < 2:  # another worker works at the same time
            await asyncio.wait_for(both.wait(), 5)
        return True

    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.timeout(20):
        await repeat(step, "testing", stopping, idle_s=0.02, workers=4)
    assert both.is_set()
    assert loop.time() - start > 15 * 0.02, "one look follows a pause"


async def test_a_step_of_a_cancelled_task_is_cancelled() -> None:
    started = asyncio.Event()

    async def step() -> bool:
        started.set()
        await asyncio.Event().wait()
        return True

    task = asyncio.create_task(attempt(step, "testing"))
    await started.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_the_service_waits_for_the_current_step() -> None:
    stopping, started, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        await stopping.wait()
        finished.set()

    async with running("testing", work(), stopping=stopping):
        await started.wait()
    assert finished.is_set()


async def test_waiting_ends_on_a_timeout_or_the_first_event() -> None:
    first, second = asyncio.Event(), asyncio.Event()
    await wait_for_any(first, second, timeout_s=0.001)
    second.set()
    async with asyncio.timeout(5):
        await wait_for_any(first, second, timeout_s=3600)


async def test_background_writes_are_finished_and_a_failed_one_does_not_affect_others() -> None:
    written = []

    async def write(value: int) -> None:
        if value == 1:
            raise AutoReconnect("down")
        written.append(value)

    writes = BackgroundWrites()
    for value in range(3):
        writes.start(write(value))
    await writes.finish()
    assert written == [0, 2]


def failing(*errors: Exception) -> Callable[[], "asyncio.Future[str]"]:
    """Return a function that raises these errors, one per call, and then returns."""
    remaining = list(errors)

    def call() -> "asyncio.Future[str]":
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if remaining:
            future.set_exception(remaining.pop(0))
        else:
            future.set_result("done")
        return future

    return call


async def test_a_call_is_retried_until_mongodb_recovers() -> None:
    waits: list[int] = []
    call = failing(AutoReconnect("down"), AutoReconnect("down"))

    assert await wait_out_outages(call, "testing", on_wait=lambda: waits.append(1)) == "done"
    assert len(waits) == 2


@pytest.mark.parametrize("error", [DuplicateKeyError("twice"), OperationFailure("no"), ValueError("x")])
async def test_an_error_other_than_an_outage_is_raised_at_once(error: Exception) -> None:
    with pytest.raises(type(error)):
        await wait_out_outages(failing(error), "testing")


async def test_a_shutdown_during_an_outage_raises_retry_later() -> None:
    stopping = asyncio.Event()
    stopping.set()

    with pytest.raises(RetryLater):
        await wait_out_outages(failing(AutoReconnect("down")), "testing", stopping=stopping)


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
