"""Evaluation of a rule on batches."""

import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from logloop_ci_bridge.rules.back_testing import MAX_SECONDS, back_test
from logloop_ci_bridge.rules.evaluation.evaluation import (
    MAX_CEL_SECONDS,
    BatchEvaluation,
    CompiledRule,
    compile_rule,
    evaluate_batch,
    near_miss,
)
from logloop_ci_bridge.rules.rule import RuleDraft
from logloop_contracts.log_batch import entries_to_batch, new_batch_id, parse_log_id
from logloop_contracts.log_entry import LogEntry

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def rule(condition: str = "true", **more: Any) -> CompiledRule:
    draft = RuleDraft.model_validate({"name": "r", "condition": condition, "action": {"pipeline_id": "P"}} | more)
    return compile_rule(draft, rule_id="me", project_id="shop")


def batch(*rows: dict[str, Any]) -> pa.Table:
    defaults = {"project_id": "shop", "service_id": "cart", "message": "m", "severity": "info", "timestamp": NOW}
    entries = [LogEntry.model_validate({**defaults, **row}) for row in rows]
    return pa.Table.from_batches([entries_to_batch(entries, new_batch_id())])


def evaluate(compiled: CompiledRule, *rows: dict[str, Any], **more: Any) -> BatchEvaluation:
    return evaluate_batch(compiled, batch(*rows), now=NOW, **more)


def test_the_first_log_on_which_everything_holds_is_the_candidate() -> None:
    found = evaluate(rule('log.severity == "error" && stats.count >= 2'), *[{"severity": "error"}] * 3)
    assert found.candidate is not None
    assert parse_log_id(found.candidate.log["log.id"]).row == 1
    assert (found.matched, found.candidate.statistics.count) == (3, 2)
    assert [clause.text for clause in found.candidate.clauses] == ['log.severity == "error"', "stats.count >= 2"]


def test_the_window_counts_only_logs_that_pass_the_filter_and_the_per_log_clauses() -> None:
    compiled = rule('log.message.contains("boom") && stats.count >= 2', filter={"services": ["cart"]})
    assert (
        evaluate(compiled, {"message": "boom"}, {"message": "x"}, {"message": "boom", "service_id": "b"}).matched == 1
    )
    assert evaluate(compiled, {"message": "boom"}).candidate is not None


def test_the_lines_of_a_match_are_the_latest_that_it_counted() -> None:
    def messages(found: BatchEvaluation) -> list[str]:
        assert found.candidate is not None
        return [line.message for line in found.candidate.lines]

    def numbered(start: int, stop: int, **more: Any) -> list[dict[str, Any]]:
        return [{"message": str(number), **more} for number in range(start, stop)]

    several = {"window": "1m", "action": {"notify": ["R"]}}
    counting = rule("stats.count >= 15", **several)
    evaluate(counting, *numbered(0, 9))
    assert messages(evaluate(counting, *numbered(9, 40))) == [str(number) for number in range(5, 15)]
    # If they are few, the following ones of the same batch are shown as well.
    assert messages(evaluate(rule("true", **several), *numbered(0, 4))) == ["0", "1", "2", "3"]
    quiet = rule("true", **several)
    evaluate(quiet, *numbered(0, 2), quiet=True)
    assert messages(evaluate(quiet, *numbered(2, 4))) == ["0", "1", "2", "3"]
    old = rule("true", **several)
    evaluate(old, *numbered(0, 2, timestamp=NOW - timedelta(hours=1)))
    assert messages(evaluate(old, {"message": "new"})) == ["new"]
    assert evaluate(rule("true"), {}).candidate.lines == ()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("condition", "matched"),
    [
        ('log.pattern == "took <*> for id=<*>"', 2),
        ('log.pattern == "took <*> for <*>"', 3),  # what version 1 of the mask found
        ('log.pattern in ["idle", "took <*> for <*>"]', 4),
        ('log.pattern in ["took <*> for id=<*>", "took <*> for <*>"]', 3),
        ('log.pattern != "took <*> for <*>"', 1),
        ('log.pattern.contains("id=<*>")', 2),
        ('log.message == "took <*> for <*>"', 0),
    ],
)
def test_a_condition_may_name_patterns_of_both_versions_of_the_mask(condition: str, matched: int) -> None:
    logs = [{"message": text} for text in ("took 1 for id=2", "took 3 for id=4", "took 5 for 6", "idle")]
    assert evaluate(rule(condition), *logs).matched + evaluate(rule(condition), *logs[::-1]).matched == 2 * matched


@pytest.mark.parametrize(
    ("condition", "matched"),
    [
        ('log.pattern == "user <*> left"', 3),
        ('log.pattern != "user <*> left"', 1),
        ('log.pattern in ["user <*> left", "idle"]', 4),
        ('log.pattern in ["user <*> left", "user anna left"]', 3),
        ('log.pattern == "user <*> came"', 0),
        ('log.pattern == "user anna left"', 1),
    ],
)
def test_a_condition_may_name_a_template_that_unites_lines(condition: str, matched: int) -> None:
    logs = [{"message": text} for text in ("user anna left", "user bert left", "user 7 left", "idle")]
    assert evaluate(rule(condition), *logs).matched == matched


def test_windows_span_batches() -> None:
    compiled = rule("stats.count >= 3", window="1m")
    assert evaluate(compiled, {}).candidate is None
    assert evaluate(compiled, {"timestamp": NOW - timedelta(seconds=30)}).candidate is None
    assert evaluate(compiled, {"timestamp": NOW - timedelta(minutes=5)}).candidate is None
    assert evaluate(compiled, {}).candidate is not None


@pytest.mark.parametrize("count", [1, 5, 12, 30])
def test_evaluating_once_a_batch_finds_the_same_log_as_after_each_log(count: int) -> None:
    """`!(!(…))` means the same but is not known to only grow, so it is evaluated after every log."""
    quick = rule(f"stats.count >= {count} && 2 <= stats.services", window="1m")
    slow = rule(f"!(!(stats.count >= {count} && 2 <= stats.services))", window="1m")
    assert (quick.condition.window_only_grows, slow.condition.window_only_grows) == (True, False)
    for start in range(0, 240, 20):
        rows = [
            {"service_id": f"s{second % 3}", "timestamp": NOW - timedelta(seconds=240 - start - second)}
            for second in range(0, 20, 4)
        ]
        table = batch(*rows)
        found, wanted = (evaluate_batch(compiled, table, now=NOW) for compiled in (quick, slow))
        assert (found.candidate and found.candidate.log["log.id"]) == (
            wanted.candidate and wanted.candidate.log["log.id"]
        )
        assert quick.window.statistics() == slow.window.statistics()


def test_conditions_read_the_services_and_the_rate() -> None:
    compiled = rule("stats.services == 2 && stats.rate >= 2", window="1m")
    assert evaluate(compiled, {"service_id": "a"}, {"service_id": "a"}, {"service_id": "a"}).candidate is None
    assert evaluate(compiled, {"service_id": "b"}).candidate is not None


def test_a_quiet_rule_keeps_its_window_and_does_not_fire() -> None:
    compiled = rule("stats.count >= 3")
    assert evaluate(compiled, *[{}] * 5, quiet=True).candidate is None
    found = evaluate(compiled, {})
    assert found.candidate is not None
    assert found.candidate.statistics.count == 6


@pytest.mark.parametrize(
    ("kept", "passes"),
    [
        ({"severities": ["error"]}, False),
        ({"severities": ["info", "error"]}, True),
        ({"services": ["cart"]}, True),
        ({"services": ["other"]}, False),
        ({"sources": ["stdout"]}, False),
        ({"contains": "TIME"}, True),
        ({"contains": "nope"}, False),
    ],
)
def test_filters(kept: dict[str, Any], passes: bool) -> None:
    found = evaluate(rule(filter=kept), {"message": "a timeout"})
    assert (found.candidate is not None) is passes


def test_logs_of_a_rules_own_run_do_not_fire_and_do_not_count() -> None:
    own = {"attributes": {"ci.hop": 0, "ci.rules": ["me"], "ci.run_id": "1"}}
    compiled = rule("stats.count >= 2")
    found = evaluate(compiled, own, own, own)
    assert (found.candidate, found.gate, found.matched) == (None, "own_run", 0)
    assert evaluate(compiled, {}).candidate is None
    evaluation = near_miss(found, NOW)
    assert evaluation is not None
    assert evaluation.gate == "own_run"


def test_a_chain_that_is_too_long_ends() -> None:
    step = {"attributes": {"ci.hop": 1, "ci.rules": ["other"]}}
    assert evaluate(rule(max_hops=1), step).gate == "max_hops"
    found = evaluate(rule(max_hops=2), step)
    assert found.candidate is not None
    assert found.candidate.origin.next_hop == 2


@pytest.mark.parametrize("forged", [{"ci.hop": "x"}, {"ci.hop": True}, {"ci.hop": None}, {"x": '"ci.hop"'}])
def test_attributes_that_only_look_like_a_run_are_ordinary_logs(forged: dict[str, Any]) -> None:
    assert evaluate(rule(max_hops=0), {"attributes": forged}).candidate is not None


def test_a_forged_hop_can_only_block() -> None:
    assert evaluate(rule(max_hops=5), {"attributes": {"ci.hop": -7}}).candidate is not None
    assert evaluate(rule(max_hops=5), {"attributes": {"ci.hop": 10**12}}).gate == "max_hops"


def test_near_misses_show_which_clause_was_false() -> None:
    found = evaluate(rule('log.severity == "info" && stats.count > 5 && stats.services >= 1'), {})
    evaluation = near_miss(found, NOW)
    assert evaluation is not None
    assert [(clause.text, clause.holds) for clause in evaluation.parts] == [
        ("stats.count > 5", False),
        ("stats.services >= 1", True),
    ]
    assert evaluation.stats is not None
    assert evaluation.stats["stats.count"] == 1


def test_a_batch_without_a_near_miss_keeps_no_evaluation() -> None:
    assert near_miss(evaluate(rule('log.severity == "error"'), {}), NOW) is None


@pytest.mark.parametrize(
    ("condition", "attributes", "words"),
    [
        ("1 / log.attributes.n > 0", {"n": 0}, "division by zero"),
        ("log.attributes.n % (stats.count - 1) > 0", {"n": 5}, "modulo by zero"),
        ("log.attributes.n.missing > 0", {"n": {}, "missing": 1}, "there is no 'missing'"),
        ("log.attributes.missing > 0", {"n": 1}, "there is no 'missing'"),
        ("log.attributes.n > 1", {"n": "text"}, "overload"),
        ("log.attributes.n * 4 > 1", {"n": 2**62}, "overflow"),
    ],
)
async def test_a_log_for_which_a_clause_fails_is_kept_with_the_error(
    condition: str, attributes: dict[str, Any], words: str
) -> None:
    evaluation = near_miss(evaluate(rule(condition), {"attributes": attributes}), NOW)
    assert evaluation is not None
    assert evaluation.outcome == "no_match"
    assert evaluation.subject_id
    assert words in (evaluation.parts[0].error or "")

    async def logs() -> AsyncIterator[Mapping[str, Any]]:
        [entry] = batch({"attributes": attributes}).to_pylist()
        yield {**entry, "id": "log-1", "project_id": "shop", "attributes": attributes}

    found = await back_test(rule(condition).rule, rule_id="me", project_id="shop", logs=logs())
    assert (found.logs_read, found.would_fire) == (1, [])
    assert [words in (clause.error or "") for clause in found.errors] == [True]


def test_nested_attributes_are_read_and_missing_ones_are_false() -> None:
    compiled = rule("log.attributes.http.status >= 500")
    rows = [{}, {"attributes": {"http": {"status": 200}}}, {"attributes": {"http": {"status": 502}}}]
    found = evaluate(compiled, *rows)
    assert found.candidate is not None
    assert json.dumps(found.candidate.log["log.attributes"]) == '{"http": {"status": 502}}'
    assert compiled.filter.described == ("attributes mention 'http'", "attributes mention 'status'")


def ticks(seconds: float) -> Callable[[], float]:
    """A clock that is so much later each time it is read."""
    return (seconds * number for number in itertools.count()).__next__


def test_expressions_stop_at_their_time_limit_and_the_remaining_rows_count_as_skipped() -> None:
    compiled = rule('log.message.matches("^m$")')
    found = evaluate(compiled, *[{}] * 10, clock=ticks(MAX_CEL_SECONDS / 4))
    assert (found.matched, found.skipped_rows) == (3, 7)
    assert found.candidate is not None


def test_window_expressions_stop_at_their_time_limit_and_the_window_still_counts() -> None:
    compiled = rule('stats.count > 100 || log.message.matches("^x$")')
    found = evaluate(compiled, *[{}] * 10, clock=ticks(MAX_CEL_SECONDS / 4))
    assert (found.candidate, found.skipped_rows) == (None, 7)
    assert compiled.window.statistics().count == 10


async def test_a_back_test_ends_with_its_time_and_says_so() -> None:
    draft = RuleDraft.model_validate(
        {"name": "r", "condition": 'log.message.matches("^m$")', "action": {"pipeline_id": "P"}}
    )

    async def logs() -> AsyncIterator[Mapping[str, Any]]:
        for number in range(20_000):
            yield {
                "id": f"{number}",
                "project_id": "shop",
                "service_id": "cart",
                "message": "m",
                "severity": "info",
                "timestamp": (NOW + timedelta(seconds=number)).isoformat(),
            }

    clock = ticks(MAX_CEL_SECONDS / 10_000)
    found = await back_test(draft, rule_id="me", project_id="shop", logs=logs(), clock=clock)
    assert found.logs_read < 20_001
    assert not found.cut_off
    found = await back_test(draft, rule_id="me", project_id="shop", logs=logs(), clock=ticks(MAX_SECONDS / 100))
    assert found.cut_off
    assert found.logs_read == 5_000
