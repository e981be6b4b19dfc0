"""Evaluates log rules on batches: prefilter, then CEL on the remaining rows, then the window.

The same code runs live and in back-tests, without I/O. The caller checks cooldown and budget, whose state is durable.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.conditions.condition import Clause, Condition, Outcome, attribute_keys, context_of
from logloop_contracts.durations import seconds
from pydantic import BaseModel, Field

from logloop_ci_bridge.rules.evaluation import prefilter
from logloop_ci_bridge.rules.evaluation.log_values import LOG_NAMES, id_of_row, log_values, microseconds, one_log
from logloop_ci_bridge.rules.evaluation.named_patterns import NamedPatterns, as_named, named_patterns
from logloop_ci_bridge.rules.evaluation.windows import RuleWindow, Statistics
from logloop_ci_bridge.rules.firing.matched_lines import MatchedLine, RecentLines
from logloop_ci_bridge.rules.rule import Gate, Origin, Rule, RuleDraft, origin_gate

ATTRIBUTE_HOP = "ci.hop"
ATTRIBUTE_RULES = "ci.rules"
ATTRIBUTE_CORRELATION = "ci.correlation_id"
MAX_CEL_ROWS = 20_000
MAX_CEL_SECONDS = 2.0
"""What the expressions of one rule may take over one batch; rows that are left then count as skipped."""


class ClauseValue(BaseModel):
    """The value of one clause of a condition."""

    text: str
    holds: bool
    error: str | None = None


class Evaluation(BaseModel):
    """One evaluation of a rule and its outcome, which explains why the rule did or did not fire."""

    at: datetime
    outcome: str = Field(description="fired, dry_run, blocked or no_match.", examples=["blocked"])
    gate: Gate | None = Field(None, description="The gate that kept a matching rule from firing.")
    subject_id: str | None = Field(None, description="Log, analysis or run id.")
    matched: int = Field(0, description="Logs of the batch that passed the filter and the per-log clauses.")
    parts: list[ClauseValue] = Field(default_factory=list)
    stats: dict[str, float] | None = None
    detail: str | None = None
    dispatch_id: str | None = None
    notifications: list[str] = Field(default_factory=list, description="Ids of the notifications that tell of it.")
    requests: list[str] = Field(default_factory=list, description="Ids of the requests that it made.")
    correlation_id: str | None = Field(
        None, description="Set when the log or run came from a dispatch: its correlation id."
    )


@dataclass(frozen=True)
class Candidate:
    """The first log of a batch for which every clause of the condition is true."""

    log: dict[str, Any]
    """Values by dotted name, such as log.message."""
    statistics: Statistics
    origin: Origin
    clauses: tuple[ClauseValue, ...]
    lines: tuple[MatchedLine, ...] = ()
    """Matching logs around it, for a rule that notifies."""


@dataclass
class BatchEvaluation:
    """The result of one rule on one batch."""

    matched: int = 0
    candidate: Candidate | None = None
    nearest: tuple[str, tuple[ClauseValue, ...], Statistics] | None = None
    """The last log that passed all but the window: its id, the window clauses' values and the statistics."""
    gate: Gate | None = None
    """Set when matching logs came from the rule's own runs or from a chain that is too long."""
    gated_log: str | None = None
    gated_origin: Origin = field(default_factory=Origin)
    failed: tuple[str, tuple[ClauseValue, ...]] | None = None
    """The first log for which a per-log clause could not be evaluated: its id, and the values of those clauses."""
    failure: str | None = None
    """Why the whole batch could not be evaluated."""
    skipped_rows: int = 0
    matched_later: int = 0
    """Logs of the same batch that matched after the candidate."""


@dataclass
class CompiledRule:
    """A rule that is ready to evaluate batches, with its window."""

    rule_id: str
    project_id: str
    rule: RuleDraft
    condition: Condition
    filter: prefilter.Prefilter
    window: RuleWindow
    patterns: NamedPatterns | None = None
    """Patterns that the condition names."""
    lines: RecentLines | None = None
    """Kept for a rule that notifies."""


def compile_rule(rule: RuleDraft, *, rule_id: str, project_id: str) -> CompiledRule:
    """Compile a rule. Raises BadCondition."""
    condition = rule.compile()
    return CompiledRule(
        rule_id,
        project_id,
        rule,
        condition,
        derive_prefilter(rule, condition),
        RuleWindow(seconds(rule.window)),
        named_patterns(condition),
        RecentLines(project_id) if rule.action.notify else None,
    )


def compile_stored(rule: Rule) -> CompiledRule:
    """Compile a stored rule. Raises BadCondition."""
    return compile_rule(rule, rule_id=rule.id, project_id=rule.project_id)


def derive_prefilter(rule: RuleDraft, condition: Condition) -> prefilter.Prefilter:
    """Return what of a log rule is tested on whole batches."""
    wanted: list[tuple[str, prefilter.Mask]] = []
    kept = rule.filter
    for column, values in (
        ("severity", [item.value for item in kept.severities]),
        ("service_id", kept.services),
        ("source", kept.sources),
    ):
        if values:
            wanted.append((f"{column} in {', '.join(values)}", prefilter.one_of(column, values)))
    fixed = list(wanted)
    if kept.contains:
        text = f"message contains {kept.contains!r}, ignoring case"
        fixed.append((text, prefilter.contains("message", kept.contains, ignore_case=True)))
    return prefilter.derive(fixed, condition.row_clauses)


class _TimeLimit:
    """Says when the time for the expressions of one batch is over."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + MAX_CEL_SECONDS

    @property
    def is_over(self) -> bool:
        return self._clock() >= self._end


def evaluate_batch(
    compiled: CompiledRule,
    table: pa.Table,
    *,
    now: datetime,
    quiet: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> BatchEvaluation:
    """Evaluate a rule on a batch. `quiet`: it cannot fire now, so only its window is updated."""
    result, limit = BatchEvaluation(), _TimeLimit(clock)
    table = as_named(table, compiled.patterns)
    rows = compiled.filter.apply(prefilter.Rows(table))
    if not len(rows):
        result.failed = _missing_attribute(compiled, table)
        return result
    rows, result.skipped_rows = _bounded(rows, compiled)
    rows = _where_residual_holds(compiled, rows, result, limit)
    if not len(rows):
        return result
    now_us = int(now.timestamp() * 1_000_000)
    rows = _without_own_runs(compiled, rows, result)
    if not len(rows):
        return result
    result.matched += len(rows)
    timings = list(zip(microseconds(rows), rows.values("service_id"), strict=True))
    if quiet:
        compiled.window.add_all(timings, now_us=now_us)
    elif not _all_at_once(compiled, rows, timings, result, now_us):
        _one_by_one(compiled, rows, timings, result, now_us, limit)
    if compiled.lines is not None:
        compiled.lines.add(rows)
    return result


Timings = list[tuple[int, str]]
"""(timestamp in µs, service) of each row."""


def _all_at_once(
    compiled: CompiledRule, rows: prefilter.Rows, timings: Timings, result: BatchEvaluation, now_us: int
) -> bool:
    """Add a whole batch to the window and evaluate it once. Return False, with nothing added, if that is not enough.

    If adding logs can only make the clauses true, and they are false after the batch, they were false after every
    log. That is the common case, and 30 times faster than an evaluation after every log.
    """
    if not compiled.condition.window_clauses or not compiled.condition.window_only_grows:
        return False
    before = compiled.window.copy()
    compiled.window.add_all(timings, now_us=now_us)
    statistics = compiled.window.statistics()
    values = _window_values(compiled, rows, len(rows) - 1, statistics)
    if compiled.window.dropped == before.dropped and not all(value.holds for value in values):
        result.nearest = (id_of_row(rows, len(rows) - 1), values, statistics)
        return True
    compiled.window = before
    return False


def _one_by_one(
    compiled: CompiledRule,
    rows: prefilter.Rows,
    timings: Timings,
    result: BatchEvaluation,
    now_us: int,
    limit: _TimeLimit,
) -> None:
    """Add the logs one by one and find the first for which everything holds."""
    window_clauses = compiled.condition.window_clauses
    nearest: tuple[int, tuple[ClauseValue, ...], Statistics] | None = None
    for index, (timestamp_us, service_id) in enumerate(timings):
        compiled.window.add(timestamp_us, service_id, now_us=now_us)
        statistics = compiled.window.statistics()
        values: tuple[ClauseValue, ...] = ()
        if window_clauses and limit.is_over:
            result.skipped_rows += len(rows) - index
            compiled.window.add_all(timings[index + 1 :], now_us=now_us)
            break
        if window_clauses:
            values = _window_values(compiled, rows, index, statistics)
            nearest = (index, values, statistics)
        if all(value.holds for value in values):
            result.candidate = _candidate(compiled, rows, index, statistics, values)
            result.matched_later = len(rows) - index - 1
            compiled.window.add_all(timings[index + 1 :], now_us=now_us)
            break
    if nearest is not None:
        result.nearest = (id_of_row(rows, nearest[0]), nearest[1], nearest[2])


def _bounded(rows: prefilter.Rows, compiled: CompiledRule) -> tuple[prefilter.Rows, int]:
    """Limit the rows for CEL, so that one batch cannot delay the others."""
    excess = len(rows) - MAX_CEL_ROWS
    if excess <= 0 or not compiled.filter.residual:
        return rows, 0
    indices = pa.array(range(len(rows)), pa.int64()) if rows.indices is None else rows.indices
    return prefilter.Rows(rows.table, indices.slice(0, MAX_CEL_ROWS)), excess


def _where_residual_holds(
    compiled: CompiledRule, rows: prefilter.Rows, result: BatchEvaluation, limit: _TimeLimit
) -> prefilter.Rows:
    """Return the rows for which every clause holds that kernels cannot evaluate, as far as the time allows."""
    residual = compiled.filter.residual
    if not residual:
        return rows
    names = frozenset[str]().union(*(clause.names for clause in residual))
    keys = attribute_keys([clause.node for clause in residual])
    holds: list[bool] = []
    for values in log_values(compiled.project_id, rows, names, keys):
        if limit.is_over:
            break
        context = context_of(names, values)
        found = _first_that_fails(residual, context)
        holds.append(found is None)
        if found is not None and found.error is not None and result.failed is None:
            clauses = tuple(_value(clause, context) for clause in residual)
            result.failed = (id_of_row(rows, len(holds) - 1), clauses)
    skipped = len(rows) - len(holds)
    result.skipped_rows += skipped
    return rows.where(pa.array(holds + [False] * skipped, pa.bool_()))


def _missing_attribute(compiled: CompiledRule, table: pa.Table) -> tuple[str, tuple[ClauseValue, ...]] | None:
    """Return the first log that only lacks an attribute that the condition reads, with the values of the clauses."""
    if not compiled.filter.mentions:
        return None
    rows = compiled.filter.apply(prefilter.Rows(table), without=compiled.filter.mentions)
    if not len(rows):
        return None
    residual = compiled.filter.residual
    names = frozenset[str]().union(*(clause.names for clause in residual))
    context = context_of(names, one_log(compiled.project_id, rows, 0, names))
    clauses = tuple(_value(clause, context) for clause in residual)
    return (id_of_row(rows, 0), clauses) if any(clause.error for clause in clauses) else None


def _first_that_fails(clauses: Sequence[Clause], context: Any) -> Outcome | None:
    """Return the outcome of the first clause that is not true, None when all are true."""
    for clause in clauses:
        outcome = clause.evaluate(context)
        if not outcome.holds:
            return outcome
    return None


def _without_own_runs(compiled: CompiledRule, rows: prefilter.Rows, result: BatchEvaluation) -> prefilter.Rows:
    """Drop rows that come from the rule's own runs or from a chain of dispatches that is too long."""
    from_runs = rows.test("attributes", lambda texts: pc.match_substring(texts, pattern=f'"{ATTRIBUTE_HOP}"'))
    if not pc.any(from_runs).as_py():
        return rows
    keep = []
    for index, (is_run, text) in enumerate(zip(from_runs.to_pylist(), rows.values("attributes"), strict=True)):
        origin = origin_of(text) if is_run else Origin()
        gate = origin_gate(compiled.rule_id, compiled.rule, origin) if is_run else None
        keep.append(gate is None)
        if gate:
            result.gate, result.gated_log, result.gated_origin = gate, id_of_row(rows, index), origin
    return rows.where(pa.array(keep, pa.bool_()))


def origin_of(attributes: str | None) -> Origin:
    """Return the chain of dispatches that a log's attributes name. Any program may have written them."""
    found = orjson.loads(attributes) if attributes else {}
    hop, rules = found.get(ATTRIBUTE_HOP), found.get(ATTRIBUTE_RULES)
    if not isinstance(hop, int) or isinstance(hop, bool):
        return Origin()
    named = rules if isinstance(rules, list) else []
    sent = found.get(ATTRIBUTE_CORRELATION)
    return Origin(
        max(0, hop),
        frozenset(item for item in named if isinstance(item, str)),
        sent if isinstance(sent, str) else None,
    )


def _window_values(
    compiled: CompiledRule, rows: prefilter.Rows, index: int, statistics: Statistics
) -> tuple[ClauseValue, ...]:
    clauses, names = compiled.condition.window_clauses, compiled.condition.window_names
    values: dict[str, Any] = dict(statistics.values())
    if any(name.startswith("log.") for name in names):
        values |= one_log(compiled.project_id, rows, index, names)
    context = context_of(names, values)
    return tuple(_value(clause, context) for clause in clauses)


def _value(clause: Clause, context: Any) -> ClauseValue:
    outcome = clause.evaluate(context)
    return ClauseValue(text=clause.text, holds=outcome.holds, error=outcome.error)


def clause_values(condition: Condition, values: dict[str, Any]) -> list[ClauseValue]:
    """Return the value of every clause for an analysis or a run, which have no window."""
    context = context_of(condition.names, values, condition.item_patterns)
    return [_value(clause, context) for clause in condition.clauses]


def _candidate(
    compiled: CompiledRule,
    rows: prefilter.Rows,
    index: int,
    statistics: Statistics,
    window_values: tuple[ClauseValue, ...],
) -> Candidate:
    log = one_log(compiled.project_id, rows, index, frozenset(LOG_NAMES))
    held = tuple(ClauseValue(text=clause.text, holds=True) for clause in compiled.condition.row_clauses)
    origin = origin_of(rows.values("attributes")[index])
    lines = compiled.lines.around(rows, index, timedelta(seconds=compiled.window.window_s)) if compiled.lines else ()
    return Candidate(log, statistics, origin, held + window_values, lines)


def near_miss(result: BatchEvaluation, now: datetime) -> Evaluation | None:
    """Return the evaluation to keep of a batch without a candidate, None when nothing came near."""
    if result.nearest is not None:
        subject, values, statistics = result.nearest
        return Evaluation(
            at=now.astimezone(UTC),
            outcome="no_match",
            subject_id=subject,
            matched=result.matched,
            parts=list(values),
            stats=statistics.values(),
        )
    if result.gate is not None:
        return Evaluation(
            at=now.astimezone(UTC),
            outcome="blocked",
            gate=result.gate,
            subject_id=result.gated_log,
            matched=result.matched,
            correlation_id=result.gated_origin.correlation_id,
        )
    if result.failed is not None:
        subject, clauses = result.failed
        return Evaluation(at=now.astimezone(UTC), outcome="no_match", subject_id=subject, parts=list(clauses))
    if result.failure is not None:
        return Evaluation(at=now.astimezone(UTC), outcome="no_match", detail=result.failure)
    return None
