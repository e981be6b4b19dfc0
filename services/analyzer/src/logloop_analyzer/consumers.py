"""Takes requests from the queue, once each, and publishes their outcome before they are acknowledged.

It must not explain anything. A request that comes again while it is at work joins that work.
"""

import asyncio
from collections import OrderedDict

import structlog
from logloop_chassis.broker import NotPublished, event_handler
from logloop_chassis.failures import Handler, RetryLater, Skip
from logloop_contracts.analyses import AnalysisCompleted, AnalysisRequested
from logloop_contracts.channels import ANALYSIS_COMPLETED, ANALYSIS_FAILED, ANALYSIS_REQUESTED
from logloop_contracts.envelope import Event

from logloop_analyzer.analysis.progress import Events, Narrator
from logloop_analyzer.analysis.runner import Analyzer, Outcome
from logloop_analyzer.errors import Ended

_REMEMBERED = 500
_PUBLISH_TRIES = 6
_log = structlog.get_logger()


class Requests:
    """The requests of this process: at work, and answered lately."""

    def __init__(self, analyzer: Analyzer, events: Events, stopping: asyncio.Event) -> None:
        self._analyzer = analyzer
        self._events = events
        self._stopping = stopping
        self._at_work: dict[str, asyncio.Task[Outcome | None]] = {}
        self._outcomes: OrderedDict[str, Outcome] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()

    def handler(self) -> Handler:
        """Handler of the queue of requests."""
        return event_handler({ANALYSIS_REQUESTED: self.take})

    async def take(self, event: Event[AnalysisRequested]) -> None:
        """Explain and publish. Raises Skip for what was answered, RetryLater when the broker does not confirm."""
        if event.id in self._told:
            raise Skip("this request was answered")
        outcome = self._outcomes.get(event.id) or await self._explained(event)
        if outcome is None:
            raise Skip("nobody waits for this analysis any more")
        await self._publish(event, outcome)
        self._outcomes.pop(event.id, None)
        self._told[event.id] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)

    async def _explained(self, event: Event[AnalysisRequested]) -> Outcome | None:
        task = self._at_work.get(event.id)
        if task is None:
            task = asyncio.create_task(self._explain(event), name=f"analysis-{event.id}")
            self._at_work[event.id] = task
            task.add_done_callback(lambda _: self._at_work.pop(event.id, None))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if not task.done():
            # The message stays unacknowledged, so the broker gives it to the next process at once.
            task.cancel()
            raise asyncio.CancelledError
        return task.result()

    async def _explain(self, event: Event[AnalysisRequested]) -> Outcome | None:
        structlog.contextvars.bind_contextvars(analysis_id=event.data.analysis_id, project_id=event.data.project_id)
        tell = Narrator(
            self._events,
            event.data,
            correlation_id=event.correlationid or event.data.analysis_id,
            causation_id=event.id,
        )
        try:
            return await self._analyzer.explain(event.data, tell)
        except Ended:
            return None

    async def _publish(self, event: Event[AnalysisRequested], outcome: Outcome) -> None:
        channel = ANALYSIS_COMPLETED if isinstance(outcome, AnalysisCompleted) else ANALYSIS_FAILED
        delay = 0.25
        for attempt in range(1, _PUBLISH_TRIES + 1):
            try:
                await self._events.publish_event(
                    channel,
                    outcome,
                    project_id=event.data.project_id,
                    correlation_id=event.correlationid or event.data.analysis_id,
                    causation_id=event.id,
                    event_id=f"{event.id}.{channel.key}",
                )
            except NotPublished as error:
                self._keep(event.id, outcome)
                if attempt == _PUBLISH_TRIES:
                    raise RetryLater(f"the outcome could not be published: {error}", delay_s=5) from error
                await asyncio.sleep(delay)
                delay *= 2
            else:
                return

    def _keep(self, event_id: str, outcome: Outcome) -> None:
        """Remember an outcome, so that it is not worked out and paid for again."""
        self._outcomes[event_id] = outcome
        if len(self._outcomes) > _REMEMBERED:
            self._outcomes.popitem(last=False)
