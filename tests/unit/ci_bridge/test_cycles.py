"""Rules that start each other without end: which are refused when one is saved, and which are not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from logloop_ci_bridge.dispatches.pipelines import Pipeline
from logloop_ci_bridge.rules.cycles import Surroundings
from logloop_ci_bridge.rules.rule import Rule, RuleDraft
from logloop_ci_bridge.rules.rule_check import RuleCheck, check_rule

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWN = {"id": "", "project_id": "shop", "created_at": NOW, "updated_at": NOW}
ON_RUN: dict[str, Any] = {"on": "run", "condition": 'run.conclusion == "failure"'}


def draft(pipeline: str = "P", **more: Any) -> RuleDraft:
    return RuleDraft.model_validate({"name": "r", "action": {"pipeline_id": pipeline}, **more})


def stored(name: str, pipeline: str, **more: Any) -> Rule:
    return Rule.model_validate({**draft(pipeline, **more).model_dump(), **OWN, "id": name, "name": name})


def listening(*pipelines: str, **more: Any) -> dict[str, Any]:
    return {**ON_RUN, "filter": {"pipelines": list(pipelines)}, **more}


def pipeline(name: str, **more: Any) -> Pipeline:
    fields = {"service_id": "checkout", "repository": "acme/shop", "workflow": f"{name}.yml", **more}
    return Pipeline.model_validate({**OWN, "id": name, "name": name, **fields})


AROUND = Surroundings({name: pipeline(name) for name in "PQR"})


def checked(rule: RuleDraft, *others: Rule, around: Surroundings = AROUND) -> RuleCheck:
    return check_rule(rule, others, around=around)


@pytest.mark.parametrize(
    ("more", "others"),
    [
        (listening("P"), []),
        (ON_RUN, []),  # the runs of every pipeline, its own too
        (listening("Q"), [stored("back", "Q", **listening("P"))]),
        (listening("R"), [stored("a", "Q", **listening("P")), stored("b", "R", **listening("Q"))]),
    ],
)
def test_a_rule_that_closes_a_cycle_is_refused_with_the_names_of_the_rules(
    more: dict[str, Any], others: list[Rule]
) -> None:
    check = checked(draft(**more), *others)

    assert not check.valid
    cycle = " → ".join(["r", *(rule.name for rule in others), "r"])
    assert cycle in check.errors[0]
    assert "max_hops" in check.errors[0]


@pytest.mark.parametrize(
    ("more", "others"),
    [
        (listening("Q"), []),
        (listening("Q"), [stored("elsewhere", "R", **listening("P"))]),
        (listening("P", max_hops=0), []),  # only runs that Logloop did not start
        (ON_RUN | {"condition": "run.hop == -1"}, []),
        (ON_RUN | {"condition": 'run.pipeline != "P" && run.conclusion == "failure"'}, []),
        (ON_RUN | {"condition": 'run.workflow == "other.yml"'}, []),
        (listening("Q"), [stored("back", "Q", **listening("P", max_hops=0))]),
        ({"condition": 'log.severity == "error"'}, []),  # never fires on its own runs
        ({"condition": 'log.source == "github-actions"', "filter": {"services": ["cart"]}}, []),
    ],
)
def test_what_does_not_come_back_is_accepted(more: dict[str, Any], others: list[Rule]) -> None:
    check = checked(draft(**more), *others)

    assert (check.errors, check.warnings) == ([], [])


def test_max_hops_permits_a_cycle_and_the_check_still_names_it() -> None:
    again = checked(draft(**listening("P", allow_own_runs=True, max_hops=2)))
    assert again.valid
    assert "r → r; max_hops ends it" in again.warnings[0]

    back = stored("back", "Q", **listening("P", allow_own_runs=True))
    assert "r → back → r" in checked(draft(**listening("Q")), back).warnings[0]
    useless = checked(draft(**listening("P", allow_own_runs=True, max_hops=0)))
    assert "no effect" in useless.errors[0]


@pytest.mark.parametrize(
    "more",
    [
        {"condition": 'log.source == "github-actions" && log.severity == "error"'},
        {"filter": {"sources": ["github-actions"], "services": ["checkout"]}},
    ],
)
def test_a_rule_on_the_output_of_runs_is_warned_of_its_own(more: dict[str, Any]) -> None:
    check = checked(draft(**more))
    assert (check.errors, "r → r" in check.warnings[0]) == ([], True)


def test_max_hops_cannot_end_a_cycle_through_a_workflow_that_starts_another_one() -> None:
    pipelines = {"P": pipeline("P"), "Q": pipeline("Q", collect_logs="all")}
    around = Surroundings(pipelines, {"P": frozenset({"Q"})})
    rule = draft(**listening("Q", allow_own_runs=True, max_hops=3))

    check = checked(rule, around=around)

    assert not check.valid
    assert "starts another one itself" in check.errors[0]
    assert checked(rule, around=Surroundings(pipelines)).valid
    untracked = Surroundings({**pipelines, "Q": pipeline("Q")}, {"P": frozenset({"Q"})})
    assert checked(rule, around=untracked).valid


def test_a_stored_version_of_the_rule_is_not_another_rule() -> None:
    before = stored("same", "Q", **listening("P"))
    assert check_rule(draft(**listening("Q")), [before], "same", AROUND).valid
