"""Rules: validation, loops, and the gates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_ci_bridge.rules.firing.firing import quiet_until
from logloop_ci_bridge.rules.rule import (
    Gate,
    Origin,
    Rule,
    RuleDraft,
    RuleState,
    closed_gate,
    origin_gate,
)
from logloop_ci_bridge.rules.rule_check import check_rule
from logloop_contracts.durations import seconds
from pydantic import ValidationError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def draft(**more: Any) -> RuleDraft:
    return RuleDraft.model_validate({"name": "r", "action": {"pipeline_id": "P"}, **more})


def stored(rule_id: str, **more: Any) -> Rule:
    values = {**draft(**more).model_dump(), "id": rule_id, "name": rule_id, "project_id": "shop"}
    return Rule.model_validate({**values, "created_at": NOW, "updated_at": NOW})


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cooldown": "5s"},
        {"window": "2d"},
        {"window": "5 minutes"},
        {"budget": {"per_hour": 0}},
        {"max_hops": 9},
        {"filter": {"severities": ["loud"]}},
        {"filter": {"pipelines": ["P"]}},
        {"condition": ""},
        {"unknown": 1},
    ],
)
def test_values_out_of_bounds_are_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        draft(**wrong)


def test_a_check_shows_how_the_rule_is_evaluated() -> None:
    check = check_rule(draft(condition='log.severity == "error" && stats.count > 5'), [])
    assert (check.valid, check.per_log, check.per_window) == (True, ['log.severity == "error"'], ["stats.count > 5"])


def test_a_window_over_every_log_is_flagged() -> None:
    assert "every log of the project" in check_rule(draft(condition="stats.count > 5"), []).warnings[0]


@pytest.mark.parametrize(
    ("fired", "gate"),
    [
        ([], None),
        ([ago(minutes=5)], "cooldown"),
        ([ago(minutes=15)], None),
        ([ago(minutes=55), ago(minutes=40), ago(minutes=20)], "budget_hour"),
        ([ago(minutes=61), ago(minutes=40), ago(minutes=20)], None),
        ([ago(hours=hours) for hours in (23, 20, 10, 5, 2)], "budget_day"),
        ([ago(hours=hours) for hours in (25, 20, 10, 5, 2)], None),
    ],
)
def test_cooldown_and_budget_gates(fired: list[datetime], gate: Gate | None) -> None:
    rule = draft(cooldown="15m", budget={"per_hour": 3, "per_day": 5})
    assert closed_gate(rule, RuleState(tuple(fired)), NOW) == gate


@given(st.lists(st.integers(0, 100_000), max_size=12))
def test_a_rule_stays_quiet_exactly_until_no_gate_is_closed(offsets: list[int]) -> None:
    rule = draft(cooldown="15m", budget={"per_hour": 3, "per_day": 5})
    state = RuleState(tuple(sorted(NOW - timedelta(seconds=offset) for offset in offsets)))
    until = quiet_until(rule, state, NOW)
    if until is None:
        assert closed_gate(rule, state, NOW) is None
    else:
        assert until > NOW
        assert closed_gate(rule, state, until - timedelta(seconds=1)) is not None


def test_firings_are_kept_for_a_day() -> None:
    state = RuleState((ago(hours=25), ago(hours=1))).after(NOW)
    assert state.fired_at == (ago(hours=1), NOW)


@pytest.mark.parametrize(
    ("origin", "more", "gate"),
    [
        (Origin(), {"max_hops": 0}, None),
        (Origin(0, frozenset({"other"})), {"max_hops": 1}, None),
        (Origin(0, frozenset({"other"})), {"max_hops": 0}, "max_hops"),
        (Origin(1, frozenset({"other"})), {"max_hops": 1}, "max_hops"),
        (Origin(0, frozenset({"me"})), {"max_hops": 5}, "own_run"),
        (Origin(0, frozenset({"me"})), {"max_hops": 1, "allow_own_runs": True}, None),
        (Origin(1, frozenset({"me"})), {"max_hops": 1, "allow_own_runs": True}, "max_hops"),
    ],
)
def test_loop_gates(origin: Origin, more: dict[str, Any], gate: Gate | None) -> None:
    assert origin_gate("me", draft(**more), origin) == gate


@pytest.mark.parametrize(("text", "value"), [("30s", 30), ("5m", 300), ("2h", 7200), ("7d", 604_800)])
def test_durations(text: str, value: int) -> None:
    assert seconds(text) == value
