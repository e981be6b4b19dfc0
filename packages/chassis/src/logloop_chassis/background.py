"""Supervises background tasks: loops that survive outages, and small writes that nobody waits for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from logloop_chassis.database.outages import is_outage
from logloop_chassis.messaging.connection_loss import ConnectionLost, connection_loss_raised
from logloop_chassis.messaging.publisher import NotPublished

FINISH_TIMEOUT_S = 10.0
"""How long a stopping service waits for the current step of a loop."""
_log = structlog.get_logger()

Step = Callable[[], Awaitable[bool]]
"""Do one piece of work. Return False when there was nothing to do."""


@asynccontextmanager
async def running(
    name: str, work: Coroutine[Any, Any, None], *, stopping: asyncio.Event | None = None
) -> AsyncIterator[None]:
    """Run `work` as a task while the context is open; log an error if it ends with an exception.

    On exit the task is cancelled. With `stopping`, the event is set first and the task has 10 s to finish its step.
    """
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report_failure)
    try:
        yield
    finally:
        if stopping is not None:
            stopping.set()
            await asyncio.wait([task], timeout=FINISH_TIMEOUT_S)
        task.cancel()
        await asyncio.wait([task])


def _report_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("background task failed", task=task.get_name(), exc_info=task.exception())


async def repeat(
    step: Step,
    name: str,
    stopping: asyncio.Event,
    *,
    idle_s: float,
    wake: asyncio.Event | None = None,
    workers: int = 1,
) -> None:
    """Call `step` until `stopping` is set, with up to `workers` calls at a time.

    A worker pauses after a step that returns False or fails. Every `idle_s` seconds one of the idle workers looks for
    work. All look when `wake` is set or another worker has finished a piece of work.
    """
    now = asyncio.get_running_loop().time
    finished = asyncio.Event()
    signals = [finished] if wake is None else [finished, wake]
    looked_at = now()

    async def work() -> None:
        nonlocal looked_at
        while not stopping.is_set():
            looked_at = now()
            if await attempt(step, name):
                finished.set()
            else:
                looked_at = now()
                await pause()

    async def pause() -> None:
        while (left_s := looked_at + idle_s - now()) > 0:
            if await wait_for_any(stopping, *signals, timeout_s=left_s):
                for signal in signals:
                    signal.clear()
                return

    await asyncio.gather(*(work() for _ in range(workers)))


async def periodically(
    work: Callable[[], Awaitable[object]], name: str, stopping: asyncio.Event, *, every_s: float
) -> None:
    """Call `work`, pause for `every_s` seconds and repeat until `stopping` is set. Failures are logged."""

    async def step() -> bool:
        await work()
        return False

    await repeat(step, name, stopping, idle_s=every_s)


async def attempt(step: Step, name: str) -> bool:
    """Call `step` once and log any failure. Return False when it failed or had nothing to do."""
    try:
        with connection_loss_raised():
            return await step()
    except (NotPublished, ConnectionLost) as error:
        _log.warning("RabbitMQ is unavailable", task=name, error=str(error))
    except Exception as error:  # noqa: BLE001  # the edge of a task: one bad record must not end the loop
        if is_outage(error):
            _log.warning("MongoDB is unavailable", task=name, error=str(error)[:200])
        else:
            _log.exception("background step failed", task=name)
    return False


async def wait_for_any(*events: asyncio.Event, timeout_s: float) -> bool:
    """Wait until one of the events is set, for at most `timeout_s` seconds. Return whether one is set."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)
    finally:
        for task in waiting:
            task.cancel()


class BackgroundWrites:
    """Owns small database writes that no request waits for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, write: Coroutine[Any, Any, None]) -> None:
        """Run a write. A database error is logged and loses this write only."""
        task = asyncio.create_task(_logged(write))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait up to 5 s for the writes that are running."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)


async def _logged(write: Coroutine[Any, Any, None]) -> None:
    try:
        await write
    except PyMongoError as error:
        _log.warning("background write failed", error=str(error)[:200])
