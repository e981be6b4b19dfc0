"""What query consumes about analyses. It must not decide anything: it waits out an outage and hands on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from logloop_chassis.broker import EventHandler, event_handler
from logloop_chassis.failures import Handler
from logloop_chassis.mongo import is_outage
from logloop_contracts.channels import ANALYSIS_COMPLETED, ANALYSIS_FAILED, ANALYSIS_PROGRESS
from logloop_contracts.envelope import Event
from pymongo.errors import PyMongoError

from logloop_query.analysis_progress import AnalysisProgressKeeper

PREFETCH = 32
_MAX_DELAY_S = 5.0
_log = structlog.get_logger()


def analysis_handler(keeper: AnalysisProgressKeeper) -> Handler:
    """A handler for the queue of the analyzer's events."""
    return event_handler(
        {
            ANALYSIS_PROGRESS: outlasting(keeper.progress),
            ANALYSIS_COMPLETED: outlasting(keeper.completed),
            ANALYSIS_FAILED: outlasting(keeper.failed),
        }
    )


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
