"""Rules: what they say, whether one may be saved, and what the gates answer when one wants to fire.

It must not do I/O: windows live in `evaluation`, durable state in `store`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self

from logloop_contracts.log_entry import Severity
from pydantic import BaseModel, ConfigDict, Field, model_validator

from logloop_ci_bridge.durations import Duration, seconds
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
    """What a log must be before the condition is asked. Empty lists let everything pass."""

    model_config = ConfigDict(extra="forbid")

    services: list[str] = Field(default_factory=list, max_length=100, examples=[["checkout"]])
    severities: list[Severity] = Field(default_factory=list, max_length=4, examples=[["error"]])
    sources: list[str] = Field(default_factory=list, max_length=20)
    contains: str | None = Field(None, min_length=1, max_length=200, description="Text within the message, any case.")
    pipelines: list[str] = Field(
        default_factory=list, max_length=50, description="Of a run rule: only runs of these pipelines (ids)."
    )


class Budget(BaseModel):
    """How often a rule may fire at most, over sliding hours and days."""

    model_config = ConfigDict(extra="forbid")

    per_hour: int = Field(4, ge=1, le=100)
    per_day: int = Field(20, ge=1, le=500)


class Action(BaseModel):
    """What a firing rule starts."""

    model_config = ConfigDict(extra="forbid")

    pipeline_id: str = Field(max_length=64, description="Pipeline to start.")
    template_id: str | None = Field(None, max_length=64, description="Event template that fills the payload.")


class RuleDraft(BaseModel):
    """What a person writes."""

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
    on: Subject = Field("logs", description="What is looked at: each log, each completed analysis or each ended run.")
    filter: LogFilter = Field(default_factory=LogFilter)
    condition: str = Field(
        "true",
        min_length=1,
        max_length=MAX_SOURCE_BYTES,
        description="A CEL expression. `stats` covers the logs in the window that pass the filter and every "
        "&&-part of the condition that does not mention `stats`; stats.rate is logs a minute.",
    )
    window: Duration = "5m"
    cooldown: Duration = Field("15m", description="After firing, how long the rule stays quiet; at least 10s.")
    budget: Budget = Field(default_factory=Budget)
    max_hops: int = Field(
        1, ge=0, le=MAX_HOPS, description="How many dispatches may come before this rule's in one chain; 0: none."
    )
    allow_own_runs: bool = Field(
        False, description="Let it fire on the logs or results of runs that it started itself, up to max_hops."
    )
    dry_run: bool = Field(False, description="Record what would be dispatched, send nothing.")
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
        """The checked condition. Raises BadCondition."""
        return compile_condition(self.condition, self.on)


class Rule(RuleDraft):
    """A stored rule."""

    id: str
    project_id: str
    revision: int = 1
    created_at: datetime
    updated_at: datetime


class RuleCheck(BaseModel):
    """What is right and wrong about a rule."""

    valid: bool
    errors: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    per_log: list[str] = Field(default_factory=list, description="Parts that one log, analysis or run decides.")
    per_window: list[str] = Field(default_factory=list, description="Parts that need the window's statistics.")
    prefilter: list[str] = Field(
        default_factory=list, description="What is tested on whole batches at once, before any expression runs."
    )


def check_rule(draft: RuleDraft, others: Sequence[Rule], own_id: str | None = None) -> RuleCheck:
    """Check the condition and whether the rule would feed itself, alone or through `others`."""
    try:
        condition = draft.compile()
    except BadCondition as error:
        return RuleCheck(valid=False, errors=error.problems)
    errors = _self_feeding(draft)
    warnings = _chain_warnings(draft, [rule for rule in others if rule.id != own_id])
    if draft.on == "logs" and condition.window_parts and not condition.row_parts and not _filters(draft):
        warnings.append("the window counts every log of the project; add a filter or a part about `log`")
    if draft.on != "logs" and (draft.filter.services or draft.filter.severities or draft.filter.contains):
        warnings.append("filter.services, severities and contains are for rules on logs and have no effect here")
    return RuleCheck(
        valid=not errors,
        errors=errors,
        warnings=warnings,
        per_log=[part.text for part in condition.row_parts],
        per_window=[part.text for part in condition.window_parts],
    )


def _filters(draft: RuleDraft) -> bool:
    kept = draft.filter
    return bool(kept.services or kept.severities or kept.sources or kept.contains)


def _self_feeding(draft: RuleDraft) -> list[str]:
    """A rule that its own action sets off again, without an end, is refused."""
    listens = draft.on == "run" and draft.action.pipeline_id in draft.filter.pipelines
    if listens and not draft.allow_own_runs:
        return [
            (
                "this rule starts the very pipeline whose runs it listens to; choose another pipeline, or set "
                "allow_own_runs and a max_hops for a bounded number of retries"
            )
        ]
    if draft.allow_own_runs and draft.max_hops == 0:
        return ["allow_own_runs with max_hops 0 can never fire on an own run; set max_hops to 1 or more"]
    return []


def _chain_warnings(draft: RuleDraft, others: Sequence[Rule]) -> list[str]:
    """Chains of run rules that come back to where they began; max_hops bounds them, but they deserve a look."""
    warnings = []
    if draft.allow_own_runs:
        warnings.append(f"this rule may set itself off; at most {draft.max_hops} further dispatches follow the first")
    path = _way_back(draft, others)
    if path:
        warnings.append(f"rules set each other off in a circle: {' → '.join(path)}; max_hops ends it")
    return warnings


def _hears(listener: RuleDraft, pipeline_id: str) -> bool:
    return listener.on == "run" and (not listener.filter.pipelines or pipeline_id in listener.filter.pipelines)


def _way_back(draft: RuleDraft, others: Sequence[Rule]) -> list[str]:
    stack = [(rule, [draft.name, rule.name]) for rule in others if _hears(rule, draft.action.pipeline_id)]
    seen: set[str] = set()
    while stack:
        rule, path = stack.pop()
        if _hears(draft, rule.action.pipeline_id):
            return [*path, draft.name]
        if rule.id in seen:
            continue
        seen.add(rule.id)
        stack += [(nxt, [*path, nxt.name]) for nxt in others if _hears(nxt, rule.action.pipeline_id)]
    return []


@dataclass(frozen=True)
class RuleState:
    """What must survive a restart: when the rule fired within the last day, oldest first."""

    fired_at: tuple[datetime, ...] = field(default=())

    def after(self, now: datetime) -> "RuleState":
        """The state once the rule has fired."""
        return RuleState((*(at for at in self.fired_at if at > now - DAY), now))


def closed_gate(rule: RuleDraft, state: RuleState, now: datetime) -> Gate | None:
    """The gate that keeps a rule from firing now, None when it may fire."""
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
    """Where a log or run comes from, if a dispatch of ours caused it."""

    hop: int | None = None
    rules: frozenset[str] = frozenset()

    @property
    def next_hop(self) -> int:
        """Hop of a dispatch that this leads to."""
        return 0 if self.hop is None else self.hop + 1


def origin_gate(rule_id: str, rule: RuleDraft, origin: Origin) -> Gate | None:
    """The gate against loops: a rule's own runs, and chains that are too long."""
    if rule_id in origin.rules and not rule.allow_own_runs:
        return "own_run"
    if origin.next_hop > rule.max_hops:
        return "max_hops"
    return None
