"""Describes why a rule fires, to be kept with its dispatch."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from logloop_contracts.conditions.condition import BadCondition, Clause, attribute_keys
from pydantic import JsonValue

from logloop_ci_bridge.dispatches.outbox import Dispatch
from logloop_ci_bridge.dispatches.reasons import GateValues, Reason, SeenClause
from logloop_ci_bridge.rules.firing.rule_match import RuleMatch
from logloop_ci_bridge.rules.rule import DAY, HOUR, Rule, RuleState

_MAX_TEXT = 500
_MAX_ITEMS = 20
_ATTRIBUTES = "log.attributes"


def with_reason(dispatch: Dispatch, match: RuleMatch, state: RuleState, now: datetime) -> Dispatch:
    """Return a dispatch with what its rule saw, and with the gates in the state before it fires."""
    reason = Reason(
        at=match.evaluation.at,
        matched=match.evaluation.matched,
        clauses=_clauses(match),
        stats=match.evaluation.stats,
        gates=_gates(match.rule, dispatch.hop, state, now),
    )
    return dispatch.model_copy(update={"reason": reason})


def _gates(rule: Rule, hop: int, state: RuleState, now: datetime) -> GateValues:
    fired = state.fired_at
    return GateValues(
        cooldown=rule.cooldown,
        last_fired_at=fired[-1] if fired else None,
        hop=hop,
        max_hops=rule.max_hops,
        fired_last_hour=sum(at > now - HOUR for at in fired),
        per_hour=rule.budget.per_hour,
        fired_last_day=sum(at > now - DAY for at in fired),
        per_day=rule.budget.per_day,
    )


def _clauses(match: RuleMatch) -> list[SeenClause]:
    try:
        condition = match.rule.compile()
    except BadCondition:
        return [SeenClause(text=part.text) for part in match.evaluation.parts]
    return [SeenClause(text=clause.text, values=seen_values(clause, match.values)) for clause in condition.clauses]


def seen_values(clause: Clause, values: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return the values that a clause reads. Of the attributes, only those that it names."""
    found = {name: _short(values[name]) for name in sorted(clause.names - {_ATTRIBUTES}) if name in values}
    if _ATTRIBUTES in clause.names:
        attributes = values.get(_ATTRIBUTES) or {}
        keys = attribute_keys([clause.node]) or frozenset()
        found |= {f"{_ATTRIBUTES}.{key}": _short(attributes[key]) for key in sorted(keys) if key in attributes}
    return found


def _short(value: Any) -> JsonValue:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{len(value)} items"
    if isinstance(value, list | tuple | set | frozenset):
        return [_short(item) for item in list(value)[:_MAX_ITEMS]]
    return str(value)[:_MAX_TEXT]
