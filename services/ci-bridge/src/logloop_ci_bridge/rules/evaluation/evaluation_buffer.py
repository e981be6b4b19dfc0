"""Buffers evaluations in memory and writes them to the database every second."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from logloop_chassis.background import repeat

from logloop_ci_bridge.rules.evaluation.evaluation import Evaluation
from logloop_ci_bridge.rules.firing.history import HourOfRule, hour_of

_INTERVAL_S = 1.0
_MAX_BUFFERED = 50


class EvaluationStore(Protocol):
    """Where the latest evaluations are kept."""

    async def add_evaluations(self, rule_id: str, project_id: str, evaluations: Sequence[Evaluation]) -> None:
        """Keep the latest evaluations of a rule."""


class HistoryStore(Protocol):
    """Where evaluations are counted."""

    async def add(self, hours: Sequence[HourOfRule]) -> None:
        """Add to the hours of rules."""


class EvaluationBuffer:
    """Holds the recent evaluations of each rule, of equal outcomes in a row only the last, and counts all of them."""

    def __init__(self, store: EvaluationStore, history: HistoryStore) -> None:
        self._store = store
        self._history = history
        self._buffered: dict[str, tuple[str, list[Evaluation]]] = {}
        self._counted: dict[tuple[str, datetime], HourOfRule] = {}
        self._flushing = asyncio.Lock()

    def add(self, rule_id: str, project_id: str, evaluation: Evaluation) -> None:
        """Buffer an evaluation."""
        hour = hour_of(evaluation.at)
        self._counted.setdefault((rule_id, hour), HourOfRule(rule_id, project_id, hour)).add(evaluation)
        buffered = self._buffered.setdefault(rule_id, (project_id, []))[1]
        if buffered and buffered[-1].outcome == evaluation.outcome and buffered[-1].gate == evaluation.gate:
            buffered.pop()
        buffered.append(evaluation)
        del buffered[:-_MAX_BUFFERED]

    async def flush(self) -> None:
        """Write everything that is buffered; what cannot be written stays buffered.

        A call waits for one that is under way: afterwards, all that was added before the call is in the database.
        """
        async with self._flushing:
            for rule_id in list(self._buffered):
                project_id, evaluations = self._buffered.pop(rule_id)
                written = False
                try:
                    await self._store.add_evaluations(rule_id, project_id, evaluations)
                    written = True
                finally:
                    if not written:
                        self._buffered.setdefault(rule_id, (project_id, []))[1][:0] = evaluations
            # Counts are taken out first: adding them twice would be worse than losing those of an outage.
            counted, self._counted = self._counted, {}
            if counted:
                await self._history.add(list(counted.values()))

    async def run(self, stopping: asyncio.Event) -> None:
        """Flush every second until the service stops."""

        async def step() -> bool:
            await self.flush()
            return False

        await repeat(step, "evaluations", stopping, idle_s=_INTERVAL_S)
