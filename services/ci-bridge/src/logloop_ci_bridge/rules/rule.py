"""Rules: their fields, the checks when one is saved, and the gates that may keep one from firing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self

from logloop_contracts.log_entry import Severity
from pydantic import BaseModel, ConfigDict, Field, model_validator

from logloop_ci_bridge.durations import Duration, seconds
from logloop_ci_bridge.record import Record
from logloop_ci_bridge.rules.conditions import MAX_SOURCE_BYTES, BadCondition, Condition, Subject, compile_condition

MAX_WINDOW_S = 86_400
MIN_COOLDOWN_S = 10
MAX_HOPS = 5
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Gate = Literal[
    "cooldown", "budget_hour", "budget_day", "max_hops", "own_run", "duplicate", "payload", "no_pipeline", "no_rule"
]


class LogFilter(BaseModel):
    """What a log must match before the condition is evaluated. Empty lists match everything."""

    model_config = ConfigDict(extra="forbid")

    services: list[str] = Field(default_factory=list, max_length=100, examples=[["checkout"]])
    severities: list[Severity] = Field(default_factory=list, max_length=4, examples=[["error"]])
    sources: list[str] = Field(default_factory=list, max_length=20)
    contains: str | None = Field(
        None, min_length=1, max_length=200, description="Text in the message, ignoring case."
    )
    pipelines: list[str] = Field(
        default_factory=list,
        max_length=50,
        description="For rules on runs: ids of the pipelines whose runs are evaluated.",
    )


class Budget(BaseModel):
    """How often a rule may fire, over sliding hours and days."""

    model_config = ConfigDict(extra="forbid")

    per_hour: int = Field(4, ge=1, le=100)
    per_day: int = Field(20, ge=1, le=500)


class Action(BaseModel):
    """What a rule starts when it fires."""

    model_config = ConfigDict(extra="forbid")

    pipeline_id: str = Field(max_length=64, description="Pipeline to start.")
    template_id: str | None = Field(None, max_length=64, description="Event template of the payload.")


class RuleDraft(BaseModel):
    """The fields of a rule that users write."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Timeout burst in checkout",
                    "on": "logs",
                    "filter": {"services": ["checkout"]},
                    "condition": 'log.severity == "error" && log.message.contains("timeout") && stats.count > 5',
                    "window": "5m",
                    "cooldown": "15m",
                    "budget": {"per_hour": 4, "per_day": 20},
                    "max_hops": 1,
                    "action": {"pipeline_id": "01JD0000000000000000000000"},
                }
            ]
        },
    )

    name: str = Field(min_length=1, max_length=100)
    description: str = Field("", max_length=2000)
    enabled: bool = True
    on: Subject = Field(
        "logs", description="What is evaluated: each log, each completed analysis or each completed run."
    )
    filter: LogFilter = Field(default_factory=LogFilter)
    condition: str = Field(
        "true",
        min_length=1,
        max_length=MAX_SOURCE_BYTES,
        description="A CEL expression. `stats` covers the logs in the window that pass the filter and every clause "
        "of the condition, separated by &&, that does not mention `stats`; stats.rate is in logs per minute.",
    )
    window: Duration = "5m"
    cooldown: Duration = Field("15m", description="How long the rule stays quiet after it fires; at least 10s.")
    budget: Budget = Field(default_factory=Budget)
    max_hops: int = Field(
        1, ge=0, le=MAX_HOPS, description="How many earlier dispatches a chain may have before this rule's; 0: none."
    )
    allow_own_runs: bool = Field(
        False, description="Allow it to fire on the logs or results of runs that it started itself, up to max_hops."
    )
    dry_run: bool = Field(False, description="Record dispatches without sending them.")
    action: Action

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        if not 1 <= seconds(self.window) <= MAX_WINDOW_S:
            raise ValueError("window must be between 1s and 1d")
        if seconds(self.cooldown) < MIN_COOLDOWN_S:
            raise ValueError(f"cooldown must be at least {MIN_COOLDOWN_S}s")
        if self.filter.pipelines and self.on != "run":
            raise ValueError("filter.pipelines is for rules on runs; a log rule filters by services or sources")
        return self

    def compile(self) -> Condition:
        """Return the compiled condition. Raises BadCondition."""
        return compile_condition(self.condition, self.on)


class Rule(RuleDraft, Record):
    """A stored rule."""


class RuleCheck(BaseModel):
    """The result of checking a rule, and how it is evaluated."""

    valid: bool
    errors: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    per_log: list[str] = Field(default_factory=list, description="Clauses that depend on one log, analysis or run.")
    per_window: list[str] = Field(
        default_factory=list, description="Clauses that depend on the statistics of the window."
    )
    prefilter: list[str] = Field(
        default_factory=list, description="What is tested on whole batches, before any expression is evaluated."
    )


def check_rule(draft: RuleDraft, others: Sequence[Rule], own_id: str | None = None) -> RuleCheck:
    """Check the condition, and whether the rule would trigger itself, directly or through `others`."""
    try:
        condition = draft.compile()
    except BadCondition as error:
        return RuleCheck(valid=False, errors=error.problems)
    errors = _self_triggering(draft)
    warnings = _chain_warnings(draft, [rule for rule in others if rule.id != own_id])
    if draft.on == "logs" and condition.window_clauses and not condition.row_clauses and not _filters(draft):
        warnings.append("the window counts every log of the project; add a filter or a clause about `log`")
    if draft.on != "logs" and (draft.filter.services or draft.filter.severities or draft.filter.contains):
        warnings.append("filter.services, severities and contains have no effect: they are for rules on logs")
    return RuleCheck(
        valid=not errors,
        errors=errors,
        warnings=warnings,
        per_log=[clause.text for clause in condition.row_clauses],
        per_window=[clause.text for clause in condition.window_clauses],
    )


def _filters(draft: RuleDraft) -> bool:
    kept = draft.filter
    return bool(kept.services or kept.severities or kept.sources or kept.contains)


def _self_triggering(draft: RuleDraft) -> list[str]:
    """Errors of a rule that its own action triggers again without end."""
    listens = draft.on == "run" and draft.action.pipeline_id in draft.filter.pipelines
    if listens and not draft.allow_own_runs:
        return [
            (
                "this rule starts the same pipeline whose runs it evaluates; choose another pipeline, or set "
                "allow_own_runs and max_hops for a limited number of retries"
            )
        ]
    if draft.allow_own_runs and draft.max_hops == 0:
        return ["with max_hops 0, allow_own_runs has no effect; set max_hops to 1 or more"]
    return []


def _chain_warnings(draft: RuleDraft, others: Sequence[Rule]) -> list[str]:
    """Warnings about chains of rules that return to this rule. max_hops ends them, but they may be unintended."""
    warnings = []
    if draft.allow_own_runs:
        warnings.append(f"this rule may trigger itself; at most {draft.max_hops} further dispatches follow the first")
    path = _cycle(draft, others)
    if path:
        warnings.append(f"rules trigger each other in a cycle: {' → '.join(path)}; max_hops ends it")
    return warnings


def _evaluates_runs_of(listener: RuleDraft, pipeline_id: str) -> bool:
    return listener.on == "run" and (not listener.filter.pipelines or pipeline_id in listener.filter.pipelines)


def _cycle(draft: RuleDraft, others: Sequence[Rule]) -> list[str]:
    stack = [(rule, [draft.name, rule.name]) for rule in others if _evaluates_runs_of(rule, draft.action.pipeline_id)]
    visited: set[str] = set()
    while stack:
        rule, path = stack.pop()
        if _evaluates_runs_of(draft, rule.action.pipeline_id):
            return [*path, draft.name]
        if rule.id in visited:
            continue
        visited.add(rule.id)
        stack += [(nxt, [*path, nxt.name]) for nxt in others if _evaluates_runs_of(nxt, rule.action.pipeline_id)]
    return []


@dataclass(frozen=True)
class RuleState:
    """When the rule fired within the last day, oldest first. It survives a restart."""

    fired_at: tuple[datetime, ...] = field(default=())

    def after(self, now: datetime) -> "RuleState":
        """Return the state after the rule fires."""
        return RuleState((*(at for at in self.fired_at if at > now - DAY), now))


def closed_gate(rule: RuleDraft, state: RuleState, now: datetime) -> Gate | None:
    """Return the gate that keeps a rule from firing now, None when it may fire."""
    fired = state.fired_at
    if fired and fired[-1] + timedelta(seconds=seconds(rule.cooldown)) > now:
        return "cooldown"
    if sum(at > now - HOUR for at in fired) >= rule.budget.per_hour:
        return "budget_hour"
    if sum(at > now - DAY for at in fired) >= rule.budget.per_day:
        return "budget_day"
    return None


@dataclass(frozen=True, slots=True)
class Origin:
    """The chain of dispatches that caused a log or run; empty when Logloop did not cause it."""

    hop: int | None = None
    rules: frozenset[str] = frozenset()
    correlation_id: str | None = None
    """That of the dispatch whose run caused it."""

    @property
    def next_hop(self) -> int:
        """The hop of the next dispatch in the chain."""
        return 0 if self.hop is None else self.hop + 1


def origin_gate(rule_id: str, rule: RuleDraft, origin: Origin) -> Gate | None:
    """Return the gate against loops, `own_run` or `max_hops`, None when both are open."""
    if rule_id in origin.rules and not rule.allow_own_runs:
        return "own_run"
    if origin.next_hop > rule.max_hops:
        return "max_hops"
    return None
