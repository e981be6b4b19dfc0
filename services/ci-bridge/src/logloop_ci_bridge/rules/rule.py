"""Rules: their fields, and the gates that may keep one from firing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self

from logloop_contracts.conditions.condition import MAX_SOURCE_BYTES, Condition, compile_condition
from logloop_contracts.conditions.names import Subject
from logloop_contracts.durations import MAX_WINDOW_S, MIN_COOLDOWN_S, Duration, seconds
from logloop_contracts.log_entry import Severity
from pydantic import BaseModel, ConfigDict, Field, model_validator

from logloop_ci_bridge.dispatches.pipelines import Repository
from logloop_ci_bridge.record import Record

MAX_AFTER_S = 3600
MAX_HOPS = 5
"""The longest chain that a rule may belong to."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Gate = Literal[
    "paused",
    "cooldown",
    "budget_hour",
    "budget_day",
    "max_hops",
    "own_run",
    "duplicate",
    "payload",
    "no_pipeline",
    "no_rule",
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


class Analyze(BaseModel):
    """An analysis of the time around a match, of the service of the match. Rules on analyses see its verdict."""

    model_config = ConfigDict(extra="forbid")

    before: Duration = Field("15m", description="Start of the window: this long before the match.")
    after: Duration = Field("30s", description="End of the window; the analysis starts then.")
    question: str | None = Field(None, min_length=1, max_length=4000)

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        if not 1 <= seconds(self.before) <= MAX_WINDOW_S or seconds(self.after) > MAX_AFTER_S:
            raise ValueError("before must be between 1s and 1d, after at most 1h")
        return self


class RerunFailed(BaseModel):
    """A repetition of the failed jobs of a run."""

    model_config = ConfigDict(extra="forbid")

    max_attempts: int = Field(2, ge=2, le=5, description="A run that had this many attempts is left as it is.")


class Action(BaseModel):
    """What a rule does when it fires: one or more of these."""

    model_config = ConfigDict(extra="forbid")

    pipeline_id: str | None = Field(None, max_length=64, description="Pipeline to start.")
    template_id: str | None = Field(None, max_length=64, description="Event template of the payload.")
    analyze: Analyze | None = Field(None, description="Explain the logs around the match.")
    notify: list[str] = Field(default_factory=list, max_length=10, description="Ids of receivers to notify.")
    rerun_failed: RerunFailed | None = Field(None, description="For rules on runs: run the failed jobs again.")
    cancel_run: bool = Field(
        False, description="For rules on logs: cancel the run that attributes.ci.run_id of the log names."
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.pipeline_id is None and self.template_id is not None:
            raise ValueError("a template needs a pipeline")
        if not (self.pipeline_id is not None or self.analyze or self.notify or self.rerun_failed or self.cancel_run):
            raise ValueError("name at least one action: pipeline_id, analyze, notify, rerun_failed or cancel_run")
        return self


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
        if self.action.rerun_failed and self.on != "run":
            raise ValueError("action.rerun_failed is for rules on runs")
        if self.action.cancel_run and self.on != "logs":
            raise ValueError("action.cancel_run is for rules on logs: runs have ended when rules on runs see them")
        if self.filter.pipelines and self.on != "run":
            raise ValueError("filter.pipelines is for rules on runs; a log rule filters by services or sources")
        return self

    def compile(self) -> Condition:
        """Return the compiled condition. Raises BadCondition."""
        return compile_condition(self.condition, self.on)


class FileSource(BaseModel):
    """The place in a workflow file that a rule comes from. Such a rule is edited in the file only."""

    origin: Literal["repository", "upload"] = Field(
        description="Whether Logloop read the file from GitHub, or somebody sent it."
    )
    repository: Repository
    path: str = Field(examples=[".github/workflows/diagnose.yml"])
    commit: str | None = Field(None, description="Commit that the file was read at.")
    key: str = Field(description="when, or on_result.0 for the first entry of LOGLOOP_ON_RESULT.", examples=["when"])
    line: int
    column: int


class FileRuleDraft(RuleDraft):
    """The fields of a rule that a workflow file writes."""

    source: FileSource


class Rule(RuleDraft, Record):
    """A stored rule."""

    source: FileSource | None = Field(None, description="The workflow file that owns the rule; null for other rules.")


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
