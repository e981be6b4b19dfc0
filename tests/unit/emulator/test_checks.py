"""What act ignores is found in the workflow before it runs, and in the result afterwards."""

from typing import Any

import pytest
from logloop_contracts.emulation import EmulatedJob, EmulationEvent
from logloop_emulator.checks import check_workflow
from logloop_emulator.event import check_event, event_for
from logloop_emulator.judgement import judge
from logloop_emulator.sandbox.launcher import Ended
from logloop_emulator.workflow import BadWorkflow, Workflow, parse_workflow

STEPS = "steps: [{run: echo x}]"
LISTENING = "on: {repository_dispatch: {types: [go]}}\n"


def found(text: str, *, network: bool = False, **sent: Any) -> set[tuple[str, str]]:
    """Levels and codes of everything that is found before the run."""
    workflow = parse_workflow(text)
    event = event_for(workflow, EmulationEvent.model_validate({"event_type": "go", **sent}), "a/b", "main")
    findings = [*check_event(workflow, event), *check_workflow(workflow, network=network)]
    return {(finding.level, finding.code) for finding in findings}


def job(more: str, top: str = "") -> str:
    return f"{LISTENING}{top}jobs: {{j: {{{more}, {STEPS}}}}}"


INPUTS = """
on:
  workflow_dispatch:
    inputs:
      place: {required: true}
      count: {type: number, default: 1}
      sure: {type: boolean}
      kind: {type: choice, options: [a, b]}
jobs: {j: {runs-on: ubuntu-latest, steps: [{run: echo x}]}}
"""


@pytest.mark.parametrize(
    ("text", "sent", "expected"),
    [
        (job("runs-on: ubuntu-latest"), {}, set()),
        (job("runs-on: windows-latest"), {}, {("error", "unmapped-runner")}),
        (job("runs-on: [self-hosted, gpu]"), {}, {("error", "unmapped-runner")}),
        (job("runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [ubuntu-latest]}}"), {}, set()),
        (
            job("runs-on: '${{ matrix.os }}', strategy: {matrix: {os: [ubuntu-latest, windows-latest]}}"),
            {},
            {("error", "unmapped-runner")},
        ),
        (job("runs-on: '${{ vars.RUNNER }}'"), {}, {("error", "unmapped-runner")}),
        (job("if: true"), {}, {("error", "unmapped-runner")}),
        (job("runs-on: ubuntu-latest"), {"event_type": "other"}, {("error", "types-filter")}),
        (
            f"on: {{repository_dispatch: {{type: [go]}}}}\njobs: {{j: {{runs-on: ubuntu-latest, {STEPS}}}}}",
            {},
            {("error", "unknown-filter")},
        ),
        (f"on: push\njobs: {{j: {{runs-on: ubuntu-latest, {STEPS}}}}}", {}, {("error", "event-not-declared")}),
        (job("runs-on: ubuntu-latest, services: {db: {image: postgres}}"), {}, {("error", "services")}),
        (job("runs-on: ubuntu-latest, container: node"), {}, {("error", "container")}),
        (job("runs-on: ubuntu-latest, concurrency: x"), {}, {("warning", "concurrency")}),
        (job("runs-on: ubuntu-latest", "concurrency: x\n"), {}, {("warning", "concurrency")}),
        (job("runs-on: ubuntu-latest, environment: production"), {}, {("warning", "environment")}),
        (job("runs-on: ubuntu-latest, timeout-minutes: '${{ 5 }}'"), {}, {("warning", "job-timeout")}),
        (job("runs-on: ubuntu-latest, env: {T: '${{ secrets.TOKEN }}'}"), {}, {("warning", "missing-secret")}),
        (job("uses: acme/shop/.github/workflows/w.yml@v1"), {}, {("error", "remote-action")}),
        (INPUTS, {"inputs": {"place": "here", "count": "2", "sure": "true", "kind": "a"}}, set()),
        (INPUTS, {}, {("error", "missing-input")}),
        (INPUTS, {"inputs": {"place": "x", "other": "y"}}, {("error", "unexpected-input")}),
        (INPUTS, {"inputs": {"place": "x", "count": "many"}}, {("error", "invalid-input")}),
        (INPUTS, {"inputs": {"place": "x", "sure": "yes"}}, {("error", "invalid-input")}),
        (INPUTS, {"inputs": {"place": "x", "kind": "c"}}, {("error", "invalid-input")}),
    ],
)
def test_a_gap_is_found_before_the_run(text: str, sent: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert found(text, **sent) == expected


def test_actions_of_others_need_the_network_and_docker_actions_cannot_run() -> None:
    text = LISTENING + "jobs: {j: {runs-on: ubuntu-latest, steps: [{uses: %s}]}}"
    assert found(text % "actions/setup-python@v5") == {("error", "remote-action")}
    assert found(text % "actions/setup-python@v5", network=True) == set()
    assert found(text % "docker://alpine:3.20") == {("error", "docker-action")}
    assert found(text % "actions/checkout@v4") == {("warning", "checkout")}
    assert found(text % "./local") == set()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "on: push",
        "jobs: {j: {steps: []}}",
        "on: push\njobs: {j: [1]}",
        "a: [",
        "on: push\nx: &a [1]\njobs: *a",
    ],
)
def test_a_file_that_is_not_a_workflow_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadWorkflow, match=r"\w+ \w+"):
        parse_workflow(text)


def workflow(more: str = "") -> Workflow:
    return parse_workflow(
        f"{LISTENING}jobs: {{a: {{runs-on: ubuntu-latest, {STEPS}}}, b: {{runs-on: x{more}, {STEPS}}}}}"
    )


def codes(jobs: list[EmulatedJob], ended: Ended, more: str = "", overdue: str | None = None) -> dict[str, str]:
    judged, findings = judge(workflow(more), jobs, ended, overdue, [])
    return {finding.code: finding.level for finding in findings} | {job.id: str(job.conclusion) for job in judged}


GREEN = EmulatedJob(id="a", name="a", conclusion="success")
EXITED = Ended("exited", 0, "")


def test_a_run_in_which_nothing_ran_is_not_green() -> None:
    assert codes([], EXITED) == {"job-did-not-run": "error", "nothing-ran": "error"}


def test_a_job_with_a_condition_counts_as_skipped_and_one_without_as_an_error() -> None:
    assert codes([GREEN], EXITED, ", if: false") == {"a": "success", "b": "skipped", "skipped-job": "warning"}
    assert codes([GREEN], EXITED) == {"a": "success", "job-did-not-run": "error"}


def test_a_failure_of_act_itself_is_an_error() -> None:
    second = EmulatedJob(id="b", name="b", conclusion="success")
    _, findings = judge(
        workflow(), [GREEN, second], Ended("exited", 1, '{"level":"warning"}\nError: no such event\n'), None, []
    )
    assert [(finding.code, finding.message) for finding in findings] == [
        ("act-failed", "act failed: Error: no such event")
    ]


@pytest.mark.parametrize(
    ("ending", "overdue", "code", "conclusion"),
    [
        ("time", None, "time-limit", "cancelled"),
        ("output", None, "output-limit", "cancelled"),
        ("stopped", "a", "job-timeout", "timed_out"),
        ("stopped", None, "stopped", "cancelled"),
    ],
)
def test_a_run_that_was_ended_says_why(ending: str, overdue: str | None, code: str, conclusion: str) -> None:
    unfinished = EmulatedJob(id="a", name="a", conclusion="cancelled")
    ended = Ended(ending, None, "")  # type: ignore[arg-type]
    assert codes([unfinished], ended, overdue=overdue) == {"a": conclusion, "b": "cancelled", code: "error"}
