"""Live evaluation: repeated batches, outages and errors."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from logloop_chassis.testing import wait_until
from logloop_ci_bridge.dispatches.templates import safe_text
from logloop_ci_bridge.rules.evaluation.active_rules import ActiveRule
from logloop_ci_bridge.rules.evaluation.evaluation import (
    BatchEvaluation,
    CompiledRule,
    Evaluation,
    compile_stored,
    evaluate_batch,
)
from logloop_ci_bridge.rules.evaluation.evaluation_buffer import EvaluationBuffer
from logloop_ci_bridge.rules.evaluation.evaluator import RuleEvaluator, SeenBatches
from logloop_ci_bridge.rules.firing.history import HourOfRule
from logloop_ci_bridge.rules.firing.rule_match import RuleMatch
from logloop_ci_bridge.rules.rule import Rule
from logloop_ci_bridge.runs.run import Run
from logloop_contracts.log_batch import encode, entries_to_batch, new_batch_id
from logloop_contracts.log_entry import LogEntry, Severity
from pymongo.errors import AutoReconnect

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class FixedRules:
    """Always the same rules."""

    def __init__(self, *rules: ActiveRule) -> None:
        self.rules = rules

    async def get(self, _: str, on: str) -> Sequence[ActiveRule]:
        return [rule for rule in self.rules if rule.stored.on == on]


class FlakyFirer:
    """MongoDB is unavailable for the first calls."""

    def __init__(self, outages: int = 0) -> None:
        self.outages = outages
        self.matches: list[RuleMatch] = []

    async def fire(self, match: RuleMatch) -> datetime | None:
        if self.outages:
            self.outages -= 1
            raise AutoReconnect("unavailable")
        self.matches.append(match)
        return None


def rule(condition: str, rule_id: str = "R") -> ActiveRule:
    values: dict[str, Any] = {
        "id": rule_id,
        "project_id": "shop",
        "name": "r",
        "condition": condition,
        "action": {"pipeline_id": "P"},
        "created_at": NOW,
        "updated_at": NOW,
    }
    stored = Rule.model_validate(values)
    return ActiveRule(stored, compile_stored(stored))


async def no_request(_project_id: str, _analysis_id: str) -> None:
    """No rule requested the analysis."""


async def no_output(_run: Run) -> None:
    """No output is stored."""


def evaluator(active: ActiveRule, firer: FlakyFirer, *others: ActiveRule) -> RuleEvaluator:
    evaluations = EvaluationBuffer(store=None, history=None)  # type: ignore[arg-type]  # nothing is flushed here
    rules = FixedRules(active, *others)
    return RuleEvaluator(rules, firer, evaluations, no_request, no_output, public_url="http://x/")  # type: ignore[arg-type]


def table(batch_id: str, count: int = 1) -> pa.Table:
    entries = [
        LogEntry(project_id="shop", service_id="a", message="m", severity=Severity.ERROR, timestamp=datetime.now(UTC))
        for _ in range(count)
    ]
    return pa.Table.from_batches([entries_to_batch(entries, batch_id)])


async def test_an_outage_while_firing_neither_loses_the_match_nor_counts_twice() -> None:
    active, firer = rule("stats.count >= 2"), FlakyFirer(outages=1)
    await evaluator(active, firer).on_logs("shop", encode(table(new_batch_id(), 3)), asyncio.Event())
    assert [match.rule.id for match in firer.matches] == ["R"]
    assert active.compiled.window.statistics().count == 3


async def test_a_batch_whose_delivery_is_interrupted_still_fires_every_rule_once() -> None:
    """A lost connection to the broker cancels the handler, and the batch is delivered again."""
    firer, batch, stored = FlakyFirer(), encode(table(new_batch_id())), asyncio.Event()
    fire = firer.fire

    async def waits_once(match: RuleMatch) -> datetime | None:
        if match.rule.id == "second":
            await stored.wait()
        return await fire(match)

    firer.fire = waits_once  # type: ignore[method-assign]
    evaluating = evaluator(rule("true", "first"), firer, rule("true", "second"))
    interrupted = asyncio.create_task(evaluating.on_logs("shop", batch, asyncio.Event()))
    await wait_until(lambda: len(firer.matches) == 1)
    interrupted.cancel()
    again = asyncio.create_task(evaluating.on_logs("shop", batch, asyncio.Event()))
    await asyncio.wait([interrupted])
    assert not again.done(), "it is acknowledged only when every match is stored"
    stored.set()
    await again
    assert sorted(match.rule.id for match in firer.matches) == ["first", "second"]


async def test_a_repeated_batch_counts_once_and_its_neighbours_still_count() -> None:
    active, firer = rule("stats.count >= 100"), FlakyFirer()
    evaluating, first, second = evaluator(active, firer), new_batch_id(), new_batch_id()
    await evaluating.on_logs("shop", encode(table(first, 3)), asyncio.Event())
    both = pa.concat_tables([table(first, 3), table(second, 2)], promote_options="none").unify_dictionaries()
    await evaluating.on_logs("shop", encode(both), asyncio.Event())
    assert active.compiled.window.statistics().count == 5


def test_seen_batches_are_remembered_by_project_and_bounded() -> None:
    seen = SeenBatches(kept=2)
    batch = new_batch_id()
    assert seen.fresh("a", table(batch)).num_rows == 1
    assert seen.fresh("a", table(batch)).num_rows == 0
    assert seen.fresh("b", table(batch)).num_rows == 1
    seen.fresh("b", table(new_batch_id()))
    assert seen.fresh("a", table(batch)).num_rows == 1


async def test_a_link_to_the_log_and_its_values_reach_the_action() -> None:
    firer = FlakyFirer()
    await evaluator(rule("true"), firer).on_logs("shop", encode(table(new_batch_id())), asyncio.Event())
    [match] = firer.matches
    assert match.link == f"http://x/projects/shop/logs/{match.first}"
    assert safe_text(match.link) == match.link
    assert match.values["log.severity"] == "error"
    assert match.values["stats.count"] == 1


async def test_an_error_in_one_rule_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole, firer = rule("true", "broken"), rule("true", "whole"), FlakyFirer()

    def fails_for_one(compiled: CompiledRule, *given: Any, **more: Any) -> BatchEvaluation:
        if compiled.rule_id == "broken":
            raise TypeError("unexpected")
        return evaluate_batch(compiled, *given, **more)

    monkeypatch.setattr("logloop_ci_bridge.rules.evaluation.evaluator.evaluate_batch", fails_for_one)
    evaluating = evaluator(broken, firer, whole)
    await evaluating.on_logs("shop", encode(table(new_batch_id())), asyncio.Event())
    assert [match.rule.id for match in firer.matches] == ["whole"]
    [kept] = evaluating._evaluations._buffered["broken"][1]
    assert (kept.outcome, kept.detail) == ("no_match", "the rule could not be evaluated (TypeError)")


@pytest.mark.parametrize(
    "attributes",
    [
        {"ci.hop": 0, "ci.rules": 5},
        {"ci.hop": 0, "ci.rules": {"a": 1}},
        {"ci.hop": 0, "ci.rules": [None, 1, ["x"]]},
        {"ci.hop": "0", "ci.rules": True},
        {"ci.hop": -(2**63)},
        {"ci.hop": None, "ci.rules": "R"},
    ],
)
async def test_forged_run_attributes_silence_no_rule(attributes: dict[str, Any]) -> None:
    firer = FlakyFirer()
    entry = LogEntry(
        project_id="shop",
        service_id="a",
        message="m",
        severity=Severity.ERROR,
        timestamp=datetime.now(UTC),
        attributes=attributes,
    )
    batch = entries_to_batch([entry], new_batch_id())
    await evaluator(rule("true"), firer).on_logs("shop", encode(batch), asyncio.Event())
    assert len(firer.matches) == 1


class Hours:
    """Keeps what is counted."""

    def __init__(self) -> None:
        self.added: Counter[tuple[str, str]] = Counter()

    async def add(self, hours: Sequence[HourOfRule]) -> None:
        for hour in hours:
            self.added.update({(hour.rule_id, name): count for name, count in hour.counts.items()})


class FlakyStore:
    """MongoDB is unavailable for the first write."""

    def __init__(self) -> None:
        self.unavailable = True
        self.kept: list[tuple[str, list[str]]] = []

    async def add_evaluations(self, rule_id: str, _: str, evaluations: Sequence[Evaluation]) -> None:
        if self.unavailable:
            self.unavailable = False
            raise AutoReconnect("unavailable")
        self.kept.append((rule_id, [item.outcome for item in evaluations]))


async def test_evaluations_survive_an_outage() -> None:
    store, history = FlakyStore(), Hours()
    evaluations = EvaluationBuffer(store, history)
    for rule_id in ("a", "b"):
        evaluations.add(rule_id, "shop", Evaluation(at=NOW, outcome="fired"))
    with pytest.raises(AutoReconnect):
        await evaluations.flush()
    evaluations.add("a", "shop", Evaluation(at=NOW, outcome="no_match"))
    await evaluations.flush()
    assert sorted(store.kept) == [("a", ["fired", "no_match"]), ("b", ["fired"])]
    assert history.added == {("a", "fired"): 1, ("a", "no_match"): 1, ("b", "fired"): 1}


async def test_each_evaluation_is_counted_by_gate_although_only_the_last_of_a_row_is_kept() -> None:
    store, history = FlakyStore(), Hours()
    store.unavailable = False
    evaluations = EvaluationBuffer(store, history)
    for gate in ("cooldown", "cooldown", "cooldown", "max_hops"):
        evaluations.add("a", "shop", Evaluation(at=NOW, outcome="blocked", gate=gate))
    await evaluations.flush()
    await evaluations.flush()
    assert store.kept == [("a", ["blocked", "blocked"])]
    assert history.added == {("a", "cooldown"): 3, ("a", "max_hops"): 1}


class SlowStore:
    """Writes only when it may."""

    def __init__(self) -> None:
        self.may_write = asyncio.Event()
        self.kept: list[tuple[str, str]] = []

    async def add_evaluations(self, rule_id: str, project_id: str, _: Sequence[Evaluation]) -> None:
        await self.may_write.wait()
        self.kept.append((rule_id, project_id))


async def test_flushes_at_the_same_time_write_each_evaluation_once_under_its_project() -> None:
    store, history = SlowStore(), Hours()
    evaluations = EvaluationBuffer(store, history)
    for rule_id in ("a", "b"):
        evaluations.add(rule_id, "shop", Evaluation(at=NOW, outcome="fired"))
    flushes = [asyncio.create_task(evaluations.flush()) for _ in range(2)]
    await asyncio.sleep(0)
    store.may_write.set()
    await asyncio.gather(*flushes)
    assert sorted(store.kept) == [("a", "shop"), ("b", "shop")]
