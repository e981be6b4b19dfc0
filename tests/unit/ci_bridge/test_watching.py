"""Showing batches live: repeats, and an outage in the middle."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from logloop_ci_bridge.dispatches.templates import safe_text
from logloop_ci_bridge.rules.active_rules import ActiveRule
from logloop_ci_bridge.rules.evaluation import CompiledRule, Evaluation, Look, compile_stored, look_at
from logloop_ci_bridge.rules.evaluator import SeenBatches, Watching
from logloop_ci_bridge.rules.firing import Evaluations, Match
from logloop_ci_bridge.rules.rule import Rule
from logloop_contracts.log_batch import encode, entries_to_batch, new_batch_id
from logloop_contracts.log_entry import LogEntry, Severity
from pymongo.errors import AutoReconnect

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Book:
    """Always the same rules."""

    def __init__(self, *rules: ActiveRule) -> None:
        self.rules = rules

    async def active(self, _: str, on: str) -> Sequence[ActiveRule]:
        return [rule for rule in self.rules if rule.stored.on == on]


class FlakyFiring:
    """MongoDB is away for the first calls."""

    def __init__(self, outages: int = 0) -> None:
        self.outages = outages
        self.matches: list[Match] = []

    async def fire(self, match: Match) -> datetime | None:
        if self.outages:
            self.outages -= 1
            raise AutoReconnect("away")
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


def watching(active: ActiveRule, firing: FlakyFiring, *others: ActiveRule) -> Watching:
    evaluations = Evaluations(store=None)  # type: ignore[arg-type]  # nothing is flushed here
    return Watching(Book(active, *others), firing, evaluations, public_url="http://x/")  # type: ignore[arg-type]


def table(batch_id: str, count: int = 1) -> pa.Table:
    entries = [
        LogEntry(project_id="shop", service_id="a", message="m", severity=Severity.ERROR, timestamp=datetime.now(UTC))
        for _ in range(count)
    ]
    return pa.Table.from_batches([entries_to_batch(entries, batch_id)])


async def test_an_outage_while_firing_neither_loses_the_match_nor_counts_twice() -> None:
    active, firing = rule("stats.count >= 2"), FlakyFiring(outages=1)
    await watching(active, firing).on_logs("shop", encode(table(new_batch_id(), 3)), asyncio.Event())
    assert [match.rule.id for match in firing.matches] == ["R"]
    assert active.compiled.window.statistics().count == 3


async def test_a_batch_that_comes_again_counts_once_and_its_neighbours_still_count() -> None:
    active, firing = rule("stats.count >= 100"), FlakyFiring()
    watcher, first, second = watching(active, firing), new_batch_id(), new_batch_id()
    await watcher.on_logs("shop", encode(table(first, 3)), asyncio.Event())
    both = pa.concat_tables([table(first, 3), table(second, 2)], promote_options="none").unify_dictionaries()
    await watcher.on_logs("shop", encode(both), asyncio.Event())
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
    firing = FlakyFiring()
    await watching(rule("true"), firing).on_logs("shop", encode(table(new_batch_id())), asyncio.Event())
    [match] = firing.matches
    assert match.link == f"http://x/projects/shop/logs/{match.first}"
    assert safe_text(match.link) == match.link
    assert match.values["log.severity"] == "error"
    assert match.values["stats.count"] == 1


async def test_an_error_in_one_rule_does_not_blind_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole, firing = rule("true", "broken"), rule("true", "whole"), FlakyFiring()

    def fails_for_one(compiled: CompiledRule, *given: Any, **more: Any) -> Look:
        if compiled.rule_id == "broken":
            raise TypeError("what nobody thought of")
        return look_at(compiled, *given, **more)

    monkeypatch.setattr("logloop_ci_bridge.rules.evaluator.look_at", fails_for_one)
    await watching(broken, firing, whole).on_logs("shop", encode(table(new_batch_id())), asyncio.Event())
    assert [match.rule.id for match in firing.matches] == ["whole"]


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
async def test_made_up_marks_of_a_run_silence_no_rule(attributes: dict[str, Any]) -> None:
    firing = FlakyFiring()
    entry = LogEntry(
        project_id="shop",
        service_id="a",
        message="m",
        severity=Severity.ERROR,
        timestamp=datetime.now(UTC),
        attributes=attributes,
    )
    batch = entries_to_batch([entry], new_batch_id())
    await watching(rule("true"), firing).on_logs("shop", encode(batch), asyncio.Event())
    assert len(firing.matches) == 1


class AwayStore:
    """MongoDB is away for the first write."""

    def __init__(self) -> None:
        self.away = True
        self.kept: list[tuple[str, list[str]]] = []

    async def remember(self, rule_id: str, _: str, evaluations: Sequence[Evaluation]) -> None:
        if self.away:
            self.away = False
            raise AutoReconnect("away")
        self.kept.append((rule_id, [item.outcome for item in evaluations]))


async def test_what_became_of_looks_is_kept_over_an_outage() -> None:
    store = AwayStore()
    evaluations = Evaluations(store)  # type: ignore[arg-type]  # a stand-in
    for rule_id in ("a", "b"):
        evaluations.note(rule_id, "shop", Evaluation(at=NOW, outcome="fired"))
    with pytest.raises(AutoReconnect):
        await evaluations.flush()
    evaluations.note("a", "shop", Evaluation(at=NOW, outcome="no_match"))
    await evaluations.flush()
    assert sorted(store.kept) == [("a", ["fired", "no_match"]), ("b", ["fired"])]
