"""Back-tests a log rule: when it would have fired on stored logs, with windows and gates simulated in log time."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from logloop_contracts.durations import seconds
from logloop_contracts.log_batch import entries_to_batch, new_batch_id, parse_log_id
from logloop_contracts.log_entry import LogEntry
from pydantic import AwareDatetime, BaseModel, Field

from logloop_ci_bridge.rules.evaluation.evaluation import (
    BatchEvaluation,
    ClauseValue,
    CompiledRule,
    compile_rule,
    evaluate_batch,
)
from logloop_ci_bridge.rules.firing.firing import quiet_until
from logloop_ci_bridge.rules.rule import RuleDraft, RuleState, closed_gate

MAX_LOGS = 200_000
MAX_FIRINGS = 500
ROWS = 5000
MAX_SECONDS = 60.0
"""What evaluating may take in all."""


class WouldFire(BaseModel):
    """A time at which the rule would have fired."""

    at: AwareDatetime
    log_id: str
    message: str = Field(description="The log that triggered it, shortened.")
    service_id: str
    stats: dict[str, float]


class BackTest(BaseModel):
    """The result of a back-test."""

    logs_read: int
    matched: int = Field(description="Logs that passed the filter and every per-log clause of the condition.")
    would_fire: list[WouldFire]
    blocked: dict[str, int] = Field(
        description="Periods in which logs matched while a gate was closed, by gate.",
        examples=[{"cooldown": 3, "budget_hour": 1}],
    )
    first: AwareDatetime | None = None
    last: AwareDatetime | None = None
    errors: list[ClauseValue] = Field(
        default_factory=list,
        description="Clauses that could not be evaluated for some log, with their first error; they count as false.",
    )
    cut_off: bool = Field(
        False, description="There were more logs than a back-test reads in its time; use a shorter time range."
    )


@dataclass
class _Simulation:
    compiled: CompiledRule
    rule: RuleDraft
    cooldown: timedelta
    clock: Callable[[], float]
    end: float
    cut_off: bool = False
    state: RuleState = field(default_factory=RuleState)
    matched: int = 0
    fired: list[WouldFire] = field(default_factory=list)
    blocked: Counter[str] = field(default_factory=Counter)
    errors: dict[str, ClauseValue] = field(default_factory=dict)

    def add(self, logs: Sequence[tuple[str, LogEntry]]) -> None:
        """Evaluate logs in the order of time, in pieces that are short enough for at most one firing each."""
        rest = list(logs)
        while rest and not self.cut_off:
            if self.clock() >= self.end:
                self.cut_off = True
                return
            start = rest[0][1].timestamp
            quiet = quiet_until(self.rule, self.state, start)
            end = quiet if quiet is not None else start + self.cooldown
            size = next((at for at, (_, entry) in enumerate(rest) if entry.timestamp >= end), len(rest)) or 1
            self._piece(rest[:size], quiet=quiet is not None)
            rest = rest[size:]

    def _piece(self, logs: Sequence[tuple[str, LogEntry]], *, quiet: bool) -> None:
        batch = entries_to_batch([entry for _, entry in logs], new_batch_id())
        now = logs[-1][1].timestamp
        result = evaluate_batch(self.compiled, pa.Table.from_batches([batch]), now=now, quiet=quiet, clock=self.clock)
        self.cut_off = self.cut_off or result.skipped_rows > 0
        self.matched += result.matched
        self._keep_errors(result)
        if quiet and result.matched:
            self.blocked[closed_gate(self.rule, self.state, logs[0][1].timestamp) or "cooldown"] += 1
        if result.gate:
            self.blocked[result.gate] += 1
        if result.candidate is None:
            return
        log_id, entry = logs[parse_log_id(result.candidate.log["log.id"]).row]
        self.state = self.state.after(entry.timestamp)
        if result.matched_later:
            self.blocked["cooldown"] += 1
        self.fired.append(
            WouldFire(
                at=entry.timestamp,
                log_id=log_id,
                message=entry.message[:300],
                service_id=entry.service_id,
                stats=dict(result.candidate.statistics.values()),
            )
        )

    def _keep_errors(self, result: BatchEvaluation) -> None:
        clauses = (*(result.failed[1] if result.failed else ()), *(result.nearest[1] if result.nearest else ()))
        for clause in clauses:
            if clause.error is not None:
                self.errors.setdefault(clause.text, clause)


async def back_test(
    rule: RuleDraft,
    *,
    rule_id: str,
    project_id: str,
    logs: AsyncIterator[Mapping[str, Any]],
    clock: Callable[[], float] = time.monotonic,
) -> BackTest:
    """Evaluate a log rule on stored logs, oldest first. Raises BadCondition."""
    compiled = compile_rule(rule, rule_id=rule_id, project_id=project_id)
    simulation = _Simulation(compiled, rule, timedelta(seconds=seconds(rule.cooldown)), clock, clock() + MAX_SECONDS)
    read, cut_off = 0, False
    first: datetime | None = None
    last: datetime | None = None
    waiting: list[tuple[str, LogEntry]] = []
    async for row in logs:
        if read >= MAX_LOGS or len(simulation.fired) >= MAX_FIRINGS or simulation.cut_off:
            cut_off = True
            break
        log_id, entry = stored_entry(row)
        first, last = first or entry.timestamp, entry.timestamp
        waiting.append((log_id, entry))
        read += 1
        if len(waiting) >= ROWS:
            chunk, waiting = waiting, []
            await asyncio.to_thread(simulation.add, chunk)
    if waiting:
        await asyncio.to_thread(simulation.add, waiting)
    return BackTest(
        logs_read=read,
        matched=simulation.matched,
        would_fire=simulation.fired,
        blocked=dict(simulation.blocked),
        first=first,
        last=last,
        errors=list(simulation.errors.values()),
        cut_off=cut_off or simulation.cut_off,
    )


_FIELDS = tuple(LogEntry.model_fields)


def stored_entry(row: Mapping[str, Any]) -> tuple[str, LogEntry]:
    """Return a stored log with its id."""
    values = {name: row[name] for name in _FIELDS if row.get(name) is not None}
    values["timestamp"] = datetime.fromisoformat(str(values["timestamp"])).astimezone(UTC)
    # Stored values were checked when they were ingested.
    return str(row["id"]), LogEntry.model_validate(values)
