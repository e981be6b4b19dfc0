"""Buffers evaluations in memory and writes them to the database every second."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from logloop_chassis.background import repeat

from logloop_ci_bridge.rules.evaluation import Evaluation

_INTERVAL_S = 1.0
_MAX_BUFFERED = 50


class EvaluationStore(Protocol):
    """Where evaluations are kept."""

    async def add_evaluations(self, rule_id: str, project_id: str, evaluations: Sequence[Evaluation]) -> None:
        """Keep the latest evaluations of a rule."""


class EvaluationBuffer:
    """Holds the recent evaluations of each rule; of equal outcomes in a row only the last."""

    def __init__(self, store: EvaluationStore) -> None:
        self._store = store
        self._buffered: dict[str, tuple[str, list[Evaluation]]] = {}
        self._flushing = asyncio.Lock()

    def add(self, rule_id: str, project_id: str, evaluation: Evaluation) -> None:
        """Buffer an evaluation."""
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

    async def run(self, stopping: asyncio.Event) -> None:
        """Flush every second until the service stops."""

        async def step() -> bool:
            await self.flush()
            return False

        await repeat(step, "evaluations", stopping, idle_s=_INTERVAL_S)
