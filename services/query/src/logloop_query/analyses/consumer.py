"""Consumes the events of the analyzer."""

import asyncio
from collections import Counter
from typing import Any

from logloop_chassis.database.outages import wait_out_outages
from logloop_chassis.messaging.consuming import EventHandler, event_handler
from logloop_chassis.messaging.delivery import Handler
from logloop_contracts.channels import ANALYSIS_COMPLETED, ANALYSIS_FAILED, ANALYSIS_PROGRESS
from logloop_contracts.envelope import Event

from logloop_query.analyses.progress import ProgressRecorder

PREFETCH = 32


def analysis_handler(recorder: ProgressRecorder) -> Handler:
    """Return a handler for the queue of the analyzer's events."""
    locks = PerAnalysisLocks()
    return event_handler(
        {
            ANALYSIS_PROGRESS: locks.serialise(_through_outages(recorder.progress)),
            ANALYSIS_COMPLETED: locks.serialise(_through_outages(recorder.completed)),
            ANALYSIS_FAILED: locks.serialise(_through_outages(recorder.failed)),
        }
    )


class PerAnalysisLocks:
    """Handles the events of one analysis in the order of delivery, and those of different analyses concurrently."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: Counter[str] = Counter()

    def serialise(self, handle: EventHandler) -> EventHandler:
        """Return a handler that holds the lock of its analysis."""

        async def run(event: Event[Any]) -> None:
            key = event.data.analysis_id
            lock = self._locks.setdefault(key, asyncio.Lock())
            self._users[key] += 1
            try:
                async with lock:
                    await handle(event)
            finally:
                self._users[key] -= 1
                if not self._users[key]:
                    del self._users[key], self._locks[key]

        return run


def _through_outages(handle: EventHandler) -> EventHandler:
    async def run(event: Event[Any]) -> None:
        await wait_out_outages(lambda: handle(event), "analysis event")

    return run
