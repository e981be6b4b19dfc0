"""Checks a rule when it is saved: its condition, and whether it would start itself again."""

from collections.abc import Sequence

from logloop_contracts.conditions.condition import BadCondition
from pydantic import BaseModel, Field

from logloop_ci_bridge.rules.cycles import Cycle, Surroundings, find_cycle
from logloop_ci_bridge.rules.rule import Rule, RuleDraft


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


def check_rule(
    draft: RuleDraft, others: Sequence[Rule], own_id: str | None = None, around: Surroundings | None = None
) -> RuleCheck:
    """Check the condition, and whether the rule would trigger itself, directly or through `others`."""
    try:
        condition = draft.compile()
    except BadCondition as error:
        return RuleCheck(valid=False, errors=error.problems)
    errors, warnings = list[str](), list[str]()
    if draft.allow_own_runs and draft.max_hops == 0:
        errors.append("with max_hops 0, allow_own_runs has no effect; set max_hops to 1 or more")
    cycle = find_cycle(draft, [rule for rule in others if rule.id != own_id], around or Surroundings())
    if cycle is not None and cycle.permitted and not cycle.hops_are_lost:
        warnings.append(f"{_described(cycle)}; max_hops ends it")
    elif cycle is not None:
        errors.append(f"{_described(cycle)}; {_REMEDY_LOST if cycle.hops_are_lost else _REMEDY}")
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


_REMEDY = (
    "list other pipelines in filter.pipelines, set max_hops to 0 to evaluate only what Logloop did not start, or set "
    "allow_own_runs with max_hops for a limited number of further dispatches"
)
_REMEDY_LOST = (
    "a workflow on the way starts another one itself, so max_hops cannot end the cycle; list other pipelines in "
    "filter.pipelines, or let a rule start that workflow"
)


def _described(cycle: Cycle) -> str:
    if len(cycle.names) == 2:
        return f"this rule starts a pipeline whose runs make it fire again: {' → '.join(cycle.names)}"
    return f"rules start each other in a cycle: {' → '.join(cycle.names)}"
