"""Evaluates the condition of a rule on stored logs once, and shows which of its clauses hold."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from logloop_contracts.conditions.condition import Clause, attribute_keys, context_of
from logloop_contracts.log_batch import entries_to_batch, new_batch_id, parse_log_id
from logloop_contracts.log_entry import LogEntry
from pydantic import AwareDatetime, BaseModel, Field

from logloop_ci_bridge.rules.back_testing import MAX_LOGS, MAX_SECONDS, ROWS, stored_entry
from logloop_ci_bridge.rules.evaluation import prefilter
from logloop_ci_bridge.rules.evaluation.evaluation import CompiledRule, compile_rule, evaluate_batch
from logloop_ci_bridge.rules.evaluation.log_values import log_values
from logloop_ci_bridge.rules.evaluation.named_patterns import as_named
from logloop_ci_bridge.rules.rule import RuleDraft


class Part(BaseModel):
    """A clause of a condition."""

    text: str
    holds: bool = Field(description="For a clause about one log: whether some log fulfils it.")
    logs: int | None = Field(None, description="Logs that fulfil it; null for a clause about the window.")
    error: str | None = None


class StoredEvaluation(BaseModel):
    """Whether a condition holds on stored logs."""

    holds: bool
    at: AwareDatetime | None = Field(None, description="Time of the first log at which all of it holds.")
    log_id: str | None = None
    message: str | None = None
    logs_read: int
    matched: int = Field(description="Logs that fulfil every clause about one log.")
    parts: list[Part]
    stats: dict[str, float] = Field(
        default_factory=dict, description="Statistics of the window at that log, else at the log that came nearest."
    )
    cut_off: bool = Field(False, description="There were more logs than are read; use a shorter time range.")


class _Evaluation:
    def __init__(self, compiled: CompiledRule) -> None:
        self._compiled = compiled
        self._end = time.monotonic() + MAX_SECONDS
        self._logs: Counter[str] = Counter()
        self._parts: dict[str, Part] = {}
        self.result = StoredEvaluation(holds=False, logs_read=0, matched=0, parts=[])
        self.values: dict[str, Any] = {}

    def add(self, logs: Sequence[tuple[str, LogEntry]]) -> None:
        """Evaluate logs in the order of time."""
        batch = entries_to_batch([entry for _, entry in logs], new_batch_id())
        table = as_named(pa.Table.from_batches([batch]), self._compiled.patterns)
        for clause in self._compiled.condition.row_clauses:
            self._logs[clause.text] += self._count(clause, table)
        self.result.logs_read += len(logs)
        if self.result.holds:
            return
        found = evaluate_batch(self._compiled, table, now=logs[-1][1].timestamp)
        self.result.matched += found.matched
        self.result.cut_off = self.result.cut_off or found.skipped_rows > 0 or time.monotonic() > self._end
        if found.candidate is not None:
            log_id, entry = logs[parse_log_id(found.candidate.log["log.id"]).row]
            self.result.holds, self.result.at, self.result.log_id = True, entry.timestamp, log_id
            self.result.message = entry.message[:300]
            self.values = {**found.candidate.log, **found.candidate.statistics.values(), "log.id": log_id}
            clauses, statistics = found.candidate.clauses, found.candidate.statistics
        elif found.nearest is not None:
            _, clauses, statistics = found.nearest
        else:
            return
        self.result.stats = dict(statistics.values())
        self._parts |= {item.text: Part(text=item.text, holds=item.holds, error=item.error) for item in clauses}

    def _count(self, clause: Clause, table: pa.Table) -> int:
        """Return how many logs fulfil one clause, whatever the others say."""
        kept = prefilter.derive([], [clause])
        rows = kept.apply(prefilter.Rows(table))
        if not len(rows) or not kept.residual:
            return len(rows)
        keys = attribute_keys([clause.node])
        values = log_values(self._compiled.project_id, rows, clause.names, keys)
        return sum(clause.evaluate(context_of(clause.names, item)).holds for item in values)

    def finished(self) -> StoredEvaluation:
        """Return the result with every clause, in the order of the condition."""
        for clause in self._compiled.condition.clauses:
            part = self._parts.get(clause.text, Part(text=clause.text, holds=False))
            if not clause.reads_window:
                logs = self._logs[clause.text]
                part = part.model_copy(update={"logs": logs, "holds": logs > 0})
            self.result.parts.append(part)
        return self.result


async def evaluate_stored(
    rule: RuleDraft, *, project_id: str, logs: AsyncIterator[Mapping[str, Any]]
) -> tuple[StoredEvaluation, Mapping[str, Any]]:
    """Evaluate a log rule on stored logs, oldest first, without cooldown and budget.

    Also return the values at the first log at which it holds. Raises BadCondition.
    """
    evaluation = _Evaluation(compile_rule(rule, rule_id="", project_id=project_id))
    waiting: list[tuple[str, LogEntry]] = []
    async for row in logs:
        if evaluation.result.logs_read + len(waiting) >= MAX_LOGS or evaluation.result.cut_off:
            evaluation.result.cut_off = True
            break
        waiting.append(stored_entry(row))
        if len(waiting) >= ROWS:
            chunk, waiting = waiting, []
            await asyncio.to_thread(evaluation.add, chunk)
    if waiting:
        await asyncio.to_thread(evaluation.add, waiting)
    return evaluation.finished(), evaluation.values
