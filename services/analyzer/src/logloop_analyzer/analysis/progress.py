"""Publishes the steps of one analysis as events, in order, and groups small pieces of text."""

import time
from collections.abc import Callable
from typing import Literal

from logloop_chassis.messaging.publisher import EventPublisher, NotPublished
from logloop_contracts.analyses import AnalysisProgress, AnalysisRequested, Finding
from logloop_contracts.channels import ANALYSIS_PROGRESS

from logloop_analyzer.telemetry import PROGRESS_LOST

Stage = Literal["started", "reading", "evidence", "asking", "answering", "verifying"]
_GROUP_S = 0.2
_GROUP_CHARS = 400
_PAUSE_S = 5.0
"""How long no progress is published after a failure, so that an analysis does not wait for the broker each time."""


class ProgressReporter:
    """Reports the progress of one turn. Steps that cannot be published are counted and do not fail the analysis.

    `seq` counts every step from 1, including those that were not published.
    """

    def __init__(
        self,
        events: EventPublisher,
        request: AnalysisRequested,
        *,
        correlation_id: str | None,
        causation_id: str | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._events = events
        self._request = request
        self._correlation_id = correlation_id
        self._causation_id = causation_id
        self._clock = clock
        self._seq = 0
        self._text = ""
        self._text_since = 0.0
        self._paused_until = 0.0

    async def stage(self, stage: Stage, text: str) -> None:
        """Report the start of a stage with a sentence for people."""
        await self.flush()
        await self._publish(stage, text=text)

    async def finding(self, finding: Finding) -> None:
        """Report a finding as soon as it is measured."""
        await self._publish("evidence", finding=finding)

    async def answer_text(self, text: str) -> None:
        """Report a piece of the answer; it is published together with adjacent pieces."""
        now = self._clock()
        if not self._text:
            self._text_since = now
        self._text += text
        if len(self._text) >= _GROUP_CHARS or now - self._text_since >= _GROUP_S:
            await self.flush()

    async def flush(self) -> None:
        """Publish the answer text that is still held back."""
        text, self._text = self._text, ""
        if text:
            await self._publish("answering", text=text)

    async def _publish(self, stage: Stage, *, text: str | None = None, finding: Finding | None = None) -> None:
        self._seq += 1
        if self._clock() < self._paused_until:
            PROGRESS_LOST.inc()
            return
        progress = AnalysisProgress(
            analysis_id=self._request.analysis_id,
            turn=self._request.turn,
            seq=self._seq,
            stage=stage,
            text=text,
            finding=finding,
        )
        try:
            await self._events.publish_event(
                ANALYSIS_PROGRESS,
                progress,
                project_id=self._request.project_id,
                correlation_id=self._correlation_id,
                causation_id=self._causation_id,
            )
        except NotPublished:
            PROGRESS_LOST.inc()
            self._paused_until = self._clock() + _PAUSE_S
