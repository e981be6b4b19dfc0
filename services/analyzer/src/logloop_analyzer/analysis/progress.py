"""Tells the steps of one analysis as events, in order, and gathers pieces of text into fewer of them.

It must not fail an analysis: a step that cannot be published is counted and left out.
"""

import time
from collections.abc import Callable
from typing import Any, Literal, Protocol

from logloop_chassis.broker import NotPublished
from logloop_contracts.analyses import AnalysisProgress, AnalysisRequested, Finding
from logloop_contracts.channels import ANALYSIS_PROGRESS, Channel

from logloop_analyzer.telemetry import PROGRESS_LOST

Stage = Literal["started", "reading", "evidence", "asking", "answering", "verifying"]
_GATHER_S = 0.2
_GATHER_CHARS = 400
_SILENT_S = 5.0


class Events(Protocol):
    """Publishes events; `logloop_chassis.broker.Publisher` does."""

    async def publish_event(
        self,
        channel: Channel,
        data: Any,
        *,
        project_id: str,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        event_id: str | None = None,
    ) -> Any:
        """Tell a fact. Raises NotPublished."""


class Narrator:
    """Progress of one turn. `seq` counts from 1 without a gap, also over steps that could not be published."""

    def __init__(
        self,
        events: Events,
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
        self._pieces = ""
        self._gathering_since = 0.0
        self._silent_until = 0.0

    async def stage(self, stage: Stage, text: str) -> None:
        """A sentence about what happens now."""
        await self.flush()
        await self._tell(stage, text=text)

    async def finding(self, finding: Finding) -> None:
        """A finding, as soon as it is measured."""
        await self._tell("evidence", finding=finding)

    async def piece(self, text: str) -> None:
        """A piece of the answer; told with its neighbours."""
        now = self._clock()
        if not self._pieces:
            self._gathering_since = now
        self._pieces += text
        if len(self._pieces) >= _GATHER_CHARS or now - self._gathering_since >= _GATHER_S:
            await self.flush()

    async def flush(self) -> None:
        """Tell the pieces gathered so far."""
        pieces, self._pieces = self._pieces, ""
        if pieces:
            await self._tell("answering", text=pieces)

    async def _tell(self, stage: Stage, *, text: str | None = None, finding: Finding | None = None) -> None:
        self._seq += 1
        if self._clock() < self._silent_until:
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
            self._silent_until = self._clock() + _SILENT_S
