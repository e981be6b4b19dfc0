"""Evaluating log rules on batches: prefilter, then CEL on the rows that are left, then the window.

It must not do I/O, so that the same code runs live and in a back-test. Whether a rule that matches may
really fire (cooldown, budget) is asked from the caller, because that state is durable.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.log_batch import log_id
from pydantic import BaseModel, Field

from logloop_ci_bridge.durations import seconds
from logloop_ci_bridge.rules import prefilter
from logloop_ci_bridge.rules.conditions import Condition, Part, attribute_keys, context_of
from logloop_ci_bridge.rules.rule import Gate, Origin, Rule, RuleDraft, origin_gate
from logloop_ci_bridge.rules.windows import Statistics, Window

ATTRIBUTE_HOP = "ci.hop"
ATTRIBUTE_RULES = "ci.rules"
MAX_CEL_ROWS = 20_000
MAX_CEL_SECONDS = 2.0
"""What the expressions of one rule may take over one batch; rows that are left then count as skipped."""
_REFERENCES = ("test_id", "func_id", "source")


class PartValue(BaseModel):
    """Value of one &&-part."""

    text: str
    holds: bool
    error: str | None = None


class Evaluation(BaseModel):
    """One look of a rule at something, and what came of it: 'why did it not fire'."""

    at: datetime
    outcome: str = Field(description="fired, dry_run, blocked or no_match.", examples=["blocked"])
    gate: Gate | None = Field(None, description="What kept a matching rule from firing.")
    subject_id: str | None = Field(None, description="Log, analysis or run id.")
    matched: int = Field(0, description="Logs of the batch that passed the filter and the per-log parts.")
    parts: list[PartValue] = Field(default_factory=list)
    stats: dict[str, float] | None = None
    detail: str | None = None
    dispatch_id: str | None = None


@dataclass(frozen=True)
class Candidate:
    """The first log of a batch on which every part of the condition is true."""

    log: dict[str, Any]
    """Values by dotted name, such as log.message."""
    statistics: Statistics
    origin: Origin
    parts: tuple[PartValue, ...]


@dataclass
class Look:
    """Result of one batch for one rule."""

    matched: int = 0
    candidate: Candidate | None = None
    nearest: tuple[str, tuple[PartValue, ...], Statistics] | None = None
    """Last log that matched but for the window: its id, the window parts' values and the statistics."""
    gate: Gate | None = None
    """Set when logs matched but all of them came from the rule's own runs or too long a chain."""
    gated_log: str | None = None
    skipped_rows: int = 0
    after: int = 0
    """Logs that matched after the candidate in the same batch."""


@dataclass
class CompiledRule:
    """A rule ready to look at batches, with its window."""

    rule_id: str
    project_id: str
    rule: RuleDraft
    condition: Condition
    filter: prefilter.Prefilter
    window: Window
    revision: int = 0
    columns: frozenset[str] = field(default_factory=frozenset)


def compile_rule(rule: RuleDraft, *, rule_id: str, project_id: str, revision: int = 0) -> CompiledRule:
    """Make a rule ready. Raises BadCondition."""
    condition = rule.compile()
    return CompiledRule(
        rule_id,
        project_id,
        rule,
        condition,
        derive_prefilter(rule, condition),
        Window(seconds(rule.window)),
        revision,
    )


def compile_stored(rule: Rule) -> CompiledRule:
    """Make a stored rule ready. Raises BadCondition."""
    return compile_rule(rule, rule_id=rule.id, project_id=rule.project_id, revision=rule.revision)


def derive_prefilter(rule: RuleDraft, condition: Condition) -> prefilter.Prefilter:
    """What of a log rule is tested on whole batches."""
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
        text = f"message contains {kept.contains!r} in any case"
        fixed.append((text, prefilter.contains("message", kept.contains, ignore_case=True)))
    return prefilter.derive(fixed, condition.row_parts)


class _Timer:
    """Says when the time of one look is over."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + MAX_CEL_SECONDS

    @property
    def is_over(self) -> bool:
        return self._clock() >= self._end


def look_at(
    compiled: CompiledRule,
    table: pa.Table,
    *,
    now: datetime,
    quiet: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Look:
    """Show a batch to a rule. `quiet`: it cannot fire now, so only its window is kept up to date."""
    look, timer = Look(), _Timer(clock)
    rows = compiled.filter.apply(prefilter.Rows(table))
    if not len(rows):
        return look
    rows, look.skipped_rows = _bounded(rows, compiled)
    rows = _per_row(compiled, rows, look, timer)
    if not len(rows):
        return look
    now_us = int(now.timestamp() * 1_000_000)
    rows = _without_loops(compiled, rows, look)
    if not len(rows):
        return look
    look.matched += len(rows)
    marks = list(zip(_microseconds(rows), rows.values("service_id"), strict=True))
    if quiet:
        compiled.window.add_all(marks, now_us=now_us)
    elif not _all_at_once(compiled, rows, marks, look, now_us):
        _one_by_one(compiled, rows, marks, look, now_us, timer)
    return look


Marks = list[tuple[int, str]]
"""(timestamp in µs, service) of each row."""


def _all_at_once(compiled: CompiledRule, rows: prefilter.Rows, marks: Marks, look: Look, now_us: int) -> bool:
    """Add a whole batch to the window and look once; False, with nothing added, when a closer look is needed.

    If the parts can only become true, and are not at the end of the batch, they were not in between:
    that is the common case, and 30 times faster than asking after every log.
    """
    if not compiled.condition.window_parts or not compiled.condition.window_only_grows:
        return False
    before = compiled.window.copy()
    compiled.window.add_all(marks, now_us=now_us)
    statistics = compiled.window.statistics()
    values = _window_values(compiled, rows, len(rows) - 1, statistics)
    if compiled.window.dropped == before.dropped and not all(value.holds for value in values):
        look.nearest = (_log_id(rows, len(rows) - 1), values, statistics)
        return True
    compiled.window = before
    return False


def _one_by_one(
    compiled: CompiledRule, rows: prefilter.Rows, marks: Marks, look: Look, now_us: int, timer: _Timer
) -> None:
    """Add log after log and find the first on which everything holds."""
    window_parts = compiled.condition.window_parts
    nearest: tuple[int, tuple[PartValue, ...], Statistics] | None = None
    for index, (timestamp_us, service_id) in enumerate(marks):
        compiled.window.add(timestamp_us, service_id, now_us=now_us)
        statistics = compiled.window.statistics()
        values: tuple[PartValue, ...] = ()
        if window_parts and timer.is_over:
            look.skipped_rows += len(rows) - index
            compiled.window.add_all(marks[index + 1 :], now_us=now_us)
            break
        if window_parts:
            values = _window_values(compiled, rows, index, statistics)
            nearest = (index, values, statistics)
        if all(value.holds for value in values):
            look.candidate = _candidate(compiled, rows, index, statistics, values)
            look.after = len(rows) - index - 1
            compiled.window.add_all(marks[index + 1 :], now_us=now_us)
            break
    if nearest is not None:
        look.nearest = (_log_id(rows, nearest[0]), nearest[1], nearest[2])


def _bounded(rows: prefilter.Rows, compiled: CompiledRule) -> tuple[prefilter.Rows, int]:
    """At most so many rows for CEL that one batch cannot hold up the others."""
    excess = len(rows) - MAX_CEL_ROWS
    if excess <= 0 or not compiled.filter.residual:
        return rows, 0
    everything = pa.array(range(len(rows)), pa.int64()) if rows.indices is None else rows.indices
    return prefilter.Rows(rows.table, everything.slice(0, MAX_CEL_ROWS)), excess


def _per_row(compiled: CompiledRule, rows: prefilter.Rows, look: Look, timer: _Timer) -> prefilter.Rows:
    """The rows on which every part that kernels could not decide holds, of those that there is time for."""
    residual = compiled.filter.residual
    if not residual:
        return rows
    names = frozenset[str]().union(*(part.names for part in residual))
    keys = attribute_keys([part.node for part in residual])
    verdicts: list[bool] = []
    for values in _log_values(compiled.project_id, rows, names, keys):
        if timer.is_over:
            break
        context = context_of(names, values)
        verdicts.append(all(part.evaluate(context).holds for part in residual))
    left = len(rows) - len(verdicts)
    look.skipped_rows += left
    return rows.where(pa.array(verdicts + [False] * left, pa.bool_()))


def _without_loops(compiled: CompiledRule, rows: prefilter.Rows, look: Look) -> prefilter.Rows:
    """Drop rows that came from the rule's own runs or too long a chain of dispatches."""
    from_runs = rows.test("attributes", lambda texts: pc.match_substring(texts, pattern=f'"{ATTRIBUTE_HOP}"'))
    if not pc.any(from_runs).as_py():
        return rows
    keep = []
    for index, (is_run, text) in enumerate(zip(from_runs.to_pylist(), rows.values("attributes"), strict=True)):
        gate = origin_gate(compiled.rule_id, compiled.rule, origin_of(text)) if is_run else None
        keep.append(gate is None)
        if gate:
            look.gate, look.gated_log = gate, _log_id(rows, index)
    return rows.where(pa.array(keep, pa.bool_()))


def origin_of(attributes: str | None) -> Origin:
    """Which chain of dispatches a log came from, by its attributes. Any program may have written them."""
    found = orjson.loads(attributes) if attributes else {}
    hop, rules = found.get(ATTRIBUTE_HOP), found.get(ATTRIBUTE_RULES)
    if not isinstance(hop, int) or isinstance(hop, bool):
        return Origin()
    named = rules if isinstance(rules, list) else []
    return Origin(max(0, hop), frozenset(item for item in named if isinstance(item, str)))


def _window_values(
    compiled: CompiledRule, rows: prefilter.Rows, index: int, statistics: Statistics
) -> tuple[PartValue, ...]:
    parts, names = compiled.condition.window_parts, compiled.condition.window_names
    values: dict[str, Any] = dict(statistics.values())
    if any(name.startswith("log.") for name in names):
        values |= _one(compiled.project_id, rows, index, names)
    context = context_of(names, values)
    return tuple(_value(part, context) for part in parts)


def _value(part: Part, context: Any) -> PartValue:
    outcome = part.evaluate(context)
    return PartValue(text=part.text, holds=outcome.holds, error=outcome.error)


def part_values(condition: Condition, values: dict[str, Any]) -> list[PartValue]:
    """Every part's value for something that has no window: an analysis or a run."""
    context = context_of(condition.names, values)
    return [_value(part, context) for part in condition.parts]


def _candidate(
    compiled: CompiledRule,
    rows: prefilter.Rows,
    index: int,
    statistics: Statistics,
    window_values: tuple[PartValue, ...],
) -> Candidate:
    log = _one(compiled.project_id, rows, index, frozenset(_LOG_NAMES))
    held = tuple(PartValue(text=part.text, holds=True) for part in compiled.condition.row_parts)
    origin = origin_of(rows.values("attributes")[index])
    return Candidate(log, statistics, origin, held + window_values)


_LOG_NAMES = (
    "log.id",
    "log.project_id",
    "log.service_id",
    "log.test_id",
    "log.func_id",
    "log.message",
    "log.pattern",
    "log.severity",
    "log.source",
    "log.timestamp",
    "log.attributes",
)


def _one(project_id: str, rows: prefilter.Rows, index: int, names: frozenset[str]) -> dict[str, Any]:
    indices = pa.array([index], pa.int64())
    single = prefilter.Rows(rows.table, indices if rows.indices is None else rows.indices.take(indices))
    return next(_log_values(project_id, single, names))


def _log_values(
    project_id: str, rows: prefilter.Rows, names: frozenset[str], keys: frozenset[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Values by dotted name, row after row; absent references are the empty string. `keys`: attributes to keep."""
    columns: dict[str, list[Any]] = {}
    for name in names:
        if name.startswith("log."):
            columns[name] = _column(project_id, rows, name.removeprefix("log."))
    if keys is not None and "log.attributes" in columns:
        # Handing an object to the engine costs 2 µs a value; a log may have 200.
        columns["log.attributes"] = [
            {key: found[key] for key in keys if key in found} for found in columns["log.attributes"]
        ]
    for index in range(len(rows)):
        yield {name: values[index] for name, values in columns.items()}


def _column(project_id: str, rows: prefilter.Rows, field_name: str) -> list[Any]:
    if field_name == "project_id":
        return [project_id] * len(rows)
    if field_name == "id":
        return [_log_id(rows, index) for index in range(len(rows))]
    values = rows.values(field_name)
    if field_name == "attributes":
        return [orjson.loads(text) if text else {} for text in values]
    if field_name in _REFERENCES:
        return [value or "" for value in values]
    return values


def _microseconds(rows: prefilter.Rows) -> list[int]:
    found: list[int] = rows.column("timestamp").cast(pa.int64()).to_pylist()
    return found


def _log_id(rows: prefilter.Rows, index: int) -> str:
    return log_id(
        rows.column("batch")[index].as_py(),
        rows.column("timestamp")[index].value,
        rows.column("row")[index].as_py(),
    )


def evaluation_of(look: Look, now: datetime) -> Evaluation | None:
    """What to remember of a look that did not lead to a candidate; None when nothing came near."""
    if look.nearest is not None:
        subject, values, statistics = look.nearest
        return Evaluation(
            at=now.astimezone(UTC),
            outcome="no_match",
            subject_id=subject,
            matched=look.matched,
            parts=list(values),
            stats=statistics.values(),
        )
    if look.gate is not None:
        return Evaluation(
            at=now.astimezone(UTC), outcome="blocked", gate=look.gate, subject_id=look.gated_log, matched=look.matched
        )
    return None
