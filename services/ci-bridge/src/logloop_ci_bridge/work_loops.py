"""Endless work in the background: steps that survive an outage, several at once, one a project.

It must not know what the work is.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from logloop_chassis.database.outages import is_outage
from logloop_chassis.messaging.connection_loss import connection_loss_raised
from logloop_chassis.messaging.publisher import NotPublished

AT_ONCE = 4
IDLE_S = 2.0
_log = structlog.get_logger()

Work = TypeVar("Work")
Step = Callable[[], Awaitable[bool]]
"""Do one piece of work; False when there was none."""


def utc_now() -> datetime:
    """Now, in UTC and the milliseconds that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Turns:
    """Gives each project one turn at a time, so that a slow GitHub holds up its own project only."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._choosing = asyncio.Lock()

    @asynccontextmanager
    async def next(
        self, pick: Callable[[list[str]], Awaitable[Work | None]], project_of: Callable[[Work], str]
    ) -> AsyncIterator[Work | None]:
        """The next work of a project that has no turn, None when there is none. `pick` gets the busy projects."""
        async with self._choosing:
            work = await pick(sorted(self._busy))
            projects = set() if work is None else {project_of(work)}
            self._busy |= projects
        try:
            yield work
        finally:
            self._busy -= projects


async def keep_working(step: Step, what: str, wake: asyncio.Event, stopping: asyncio.Event, *, idle_s: float) -> None:
    """Do steps, a few at once, until the process stops; an outage of MongoDB or RabbitMQ is waited out."""

    async def work() -> None:
        while not stopping.is_set():
            if not await surviving(step, what):
                await nap(wake, stopping, idle_s)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def surviving(step: Step, what: str) -> bool:
    """Do one step of an endless task; False when there was nothing to do or it failed."""
    try:
        with connection_loss_raised():
            return await step()
    except NotPublished as error:
        _log.warning("RabbitMQ is away", task=what, reason=error.reason)
    except Exception as error:  # noqa: BLE001  # the edge of a task: one bad row must not end it
        if is_outage(error):
            _log.warning("MongoDB is away", task=what)
        else:
            _log.exception("step failed", task=what)
    return False


async def nap(wake: asyncio.Event, stopping: asyncio.Event, seconds: float) -> None:
    """Wait until woken, stopped or `seconds` are over."""
    waiting = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(stopping.wait())]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    wake.clear()
