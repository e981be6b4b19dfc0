"""Evaluates conditions on a run that has completed, and shows what each clause read. Nothing is started."""

from collections.abc import Mapping
from typing import Any

from logloop_contracts.conditions.condition import Condition, context_of
from pydantic import BaseModel, Field, JsonValue

from logloop_ci_bridge.rules.firing.firing_reason import seen_values
from logloop_ci_bridge.rules.rule import Gate, Origin, RuleDraft, origin_gate
from logloop_ci_bridge.runs.run import Run


class EvaluatedClause(BaseModel):
    """A clause of a condition, with the values that it read."""

    text: str
    holds: bool
    error: str | None = None
    values: dict[str, JsonValue] = Field(default_factory=dict)


class EvaluatedCondition(BaseModel):
    """Whether a condition holds for a run."""

    holds: bool
    gate: Gate | None = Field(None, description="The gate against loops that would keep it from firing.")
    parts: list[EvaluatedClause]


def evaluate_on_run(
    rule: RuleDraft, values: Mapping[str, Any], run: Run, rule_id: str | None = None
) -> EvaluatedCondition:
    """Evaluate the condition of a rule on the values of a run. `rule_id`: the stored rule, if there is one.

    Raises BadCondition.
    """
    parts = _parts(rule.compile(), values)
    origin = Origin(run.hop, frozenset(run.rules), run.correlation_id)
    return EvaluatedCondition(
        holds=all(part.holds for part in parts), gate=origin_gate(rule_id or "", rule, origin), parts=parts
    )


def _parts(condition: Condition, values: Mapping[str, Any]) -> list[EvaluatedClause]:
    context = context_of(condition.names, values, condition.item_patterns)
    outcomes = [(clause, clause.evaluate(context)) for clause in condition.clauses]
    return [
        EvaluatedClause(
            text=clause.text, holds=outcome.holds, error=outcome.error, values=seen_values(clause, values)
        )
        for clause, outcome in outcomes
    ]
