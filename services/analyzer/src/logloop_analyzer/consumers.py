"""Consumes analysis requests: runs each once and publishes its outcome before the request is acknowledged."""

import asyncio

import stamina
import structlog
from cachetools import LRUCache
from logloop_chassis.messaging.consuming import event_handler
from logloop_chassis.messaging.delivery import Handler
from logloop_chassis.messaging.failures import RetryLater, Skip
from logloop_chassis.messaging.publisher import EventPublisher, NotPublished
from logloop_contracts.analyses import AnalysisCompleted, AnalysisRequested
from logloop_contracts.channels import ANALYSIS_COMPLETED, ANALYSIS_FAILED, ANALYSIS_REQUESTED
from logloop_contracts.envelope import Event

from logloop_analyzer.analysis.progress import ProgressReporter
from logloop_analyzer.analysis.runner import AnalysisRunner, Outcome
from logloop_analyzer.errors import AnalysisObsolete

_REMEMBERED = 500
_PUBLISH_ATTEMPTS = 6
_FIRST_DELAY_S = 0.25
_MAX_DELAY_S = 8.0


class AnalysisRequestConsumer:
    """Handles analysis requests. A repeated request joins the running analysis."""

    def __init__(self, runner: AnalysisRunner, events: EventPublisher, stopping: asyncio.Event) -> None:
        self._runner = runner
        self._events = events
        self._stopping = stopping
        self._running: dict[str, asyncio.Task[Outcome | None]] = {}
        self._unpublished: LRUCache[str, Outcome] = LRUCache(_REMEMBERED)
        self._answered: LRUCache[str, bool] = LRUCache(_REMEMBERED)

    def handler(self) -> Handler:
        """Return the handler of the request queue."""
        return event_handler({ANALYSIS_REQUESTED: self.handle})

    async def handle(self, event: Event[AnalysisRequested]) -> None:
        """Run the analysis and publish its outcome.

        Raises Skip if the request is already answered or obsolete, RetryLater if the broker does not confirm.
        """
        if event.id in self._answered:
            raise Skip("this request is already answered")
        outcome = self._unpublished.get(event.id) or await self._outcome(event)
        if outcome is None:
            raise Skip("this analysis is obsolete")
        await self._publish(event, outcome)
        self._unpublished.pop(event.id, None)
        self._answered[event.id] = True

    async def _outcome(self, event: Event[AnalysisRequested]) -> Outcome | None:
        task = self._running.get(event.id)
        if task is None:
            task = asyncio.create_task(self._run(event), name=f"analysis-{event.id}")
            self._running[event.id] = task
            task.add_done_callback(lambda _: self._running.pop(event.id, None))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if not task.done():
            # The message stays unacknowledged, so the broker delivers it to the next process.
            task.cancel()
            raise asyncio.CancelledError
        return task.result()

    async def _run(self, event: Event[AnalysisRequested]) -> Outcome | None:
        structlog.contextvars.bind_contextvars(analysis_id=event.data.analysis_id, project_id=event.data.project_id)
        progress = ProgressReporter(
            self._events,
            event.data,
            correlation_id=event.correlationid or event.data.analysis_id,
            causation_id=event.id,
        )
        try:
            outcome = await self._runner.run(event.data, progress)
        except AnalysisObsolete:
            return None
        # If publishing fails, or a lost connection cancels the handler, the redelivered message publishes this
        # outcome instead of paying for another.
        self._unpublished[event.id] = outcome
        return outcome

    async def _publish(self, event: Event[AnalysisRequested], outcome: Outcome) -> None:
        channel = ANALYSIS_COMPLETED if isinstance(outcome, AnalysisCompleted) else ANALYSIS_FAILED
        retries = stamina.retry_context(
            on=NotPublished,
            attempts=_PUBLISH_ATTEMPTS,
            timeout=None,
            wait_initial=_FIRST_DELAY_S,
            wait_max=_MAX_DELAY_S,
            wait_jitter=_FIRST_DELAY_S,
        )
        try:
            async for attempt in retries:
                with attempt:
                    await self._events.publish_event(
                        channel,
                        outcome,
                        project_id=event.data.project_id,
                        correlation_id=event.correlationid or event.data.analysis_id,
                        causation_id=event.id,
                        event_id=f"{event.id}.{channel.key}",
                    )
        except NotPublished as error:
            raise RetryLater(f"the outcome could not be published: {error}", delay_s=5) from error
