"""What query consumes about analyses. It must not decide anything: it waits out an outage and hands on."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from logloop_chassis.database.outages import is_outage
from logloop_chassis.messaging.consuming import EventHandler, event_handler
from logloop_chassis.messaging.failures import Handler
from logloop_contracts.channels import ANALYSIS_COMPLETED, ANALYSIS_FAILED, ANALYSIS_PROGRESS
from logloop_contracts.envelope import Event
from pymongo.errors import PyMongoError

from logloop_query.analyses.progress import AnalysisProgressKeeper

PREFETCH = 32
_MAX_DELAY_S = 5.0
_log = structlog.get_logger()


def analysis_handler(keeper: AnalysisProgressKeeper) -> Handler:
    """A handler for the queue of the analyzer's events."""
    order = InOrder()
    return event_handler(
        {
            ANALYSIS_PROGRESS: order.of(outlasting(keeper.progress)),
            ANALYSIS_COMPLETED: order.of(outlasting(keeper.completed)),
            ANALYSIS_FAILED: order.of(outlasting(keeper.failed)),
        }
    )


class InOrder:
    """Handles the events of one analysis one after the other, as they were delivered; others run beside them."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()

    def of(self, handle: EventHandler) -> EventHandler:
        """The handler, waiting for its turn."""

        async def run(event: Event[Any]) -> None:
            key = event.data.analysis_id
            lock = self._locks.setdefault(key, asyncio.Lock())
            self._waiting[key] += 1
            try:
                async with lock:
                    await handle(event)
            finally:
                self._waiting[key] -= 1
                if not self._waiting[key]:
                    del self._waiting[key], self._locks[key]

        return run


def outlasting(handle: Callable[[Event[Any]], Awaitable[None]]) -> EventHandler:
    """Repeat a handler while MongoDB is away: an outage uses up no attempts of the message."""

    async def run(event: Event[Any]) -> None:
        delay = 0.2
        while True:
            try:
                return await handle(event)
            except PyMongoError as error:
                if not is_outage(error):
                    raise
                _log.warning("MongoDB is away; the event waits", event_id=event.id, error=str(error)[:200])
            await asyncio.sleep(delay)
            delay = min(_MAX_DELAY_S, delay * 2)

    return run
