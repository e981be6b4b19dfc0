"""act's output: jobs of a matrix, steps that did not run, exit codes, annotations, outputs and masked secrets."""

import json
from typing import Any

from logloop_contracts.emulation import EmulatedJob
from logloop_emulator.act_output import ActOutput, Printed
from logloop_emulator.masking import Masker
from logloop_emulator.workflow import parse_workflow

WORKFLOW = parse_workflow(
    """
on: repository_dispatch
jobs:
  test:
    runs-on: ubuntu-latest
    strategy: {matrix: {python: ["3.11", "3.12"]}}
    steps:
      - uses: actions/checkout@v4
      - {id: unit, name: Unit tests, run: make test}
      - {name: Report, if: failure(), run: make report}
"""
)


def entry(step: Any = None, **fields: Any) -> bytes:
    common = {"jobID": "test", "job": "w/test-1 ", "matrix": {"python": "3.11"}, "time": "2026-11-27T10:00:00Z"}
    place = {"stage": "Main", "step": step, "stepID": [step]} if step else {}
    return json.dumps({"level": "info", "msg": "", **common, **place, **fields}).encode()


def read(*entries: bytes, secrets: tuple[str, ...] = ()) -> tuple[list[EmulatedJob], list[Printed]]:
    shown: list[Printed] = []
    output = ActOutput(WORKFLOW, Masker(secrets), shown.append)
    for line in entries:
        output.feed(line)
    return output.jobs(), shown


def test_the_jobs_of_a_matrix_are_kept_apart_although_they_print_at_the_same_time() -> None:
    other = {"matrix": {"python": "3.12"}, "job": "w/test-2 "}
    jobs, _ = read(
        entry("unit", msg="one\n", raw_output=True),
        entry("unit", msg="two\n", raw_output=True, **other),
        entry("unit", msg="three\n", raw_output=True),
        entry(jobResult="success"),
        entry(jobResult="failure", **other),
    )
    assert [(job.name, job.conclusion) for job in jobs] == [("test (3.11)", "success"), ("test (3.12)", "failure")]
    assert "two" not in jobs[0].log
    assert jobs[0].log.index("one") < jobs[0].log.index("three")


def test_steps_have_github_s_numbers_and_names_and_those_without_output_are_skipped() -> None:
    [job], _ = read(
        entry("0", msg="⭐ Run Main actions/checkout@v4"),
        entry("0", stepResult="success"),
        entry("unit", msg="⭐ Run Main Unit tests"),
        entry("unit", stepResult="failure"),
        entry("unit", level="error", msg="exit status 3"),
        entry(jobResult="failure"),
    )
    assert [(step.number, step.name, step.conclusion, step.exit_code) for step in job.steps] == [
        (1, "Set up job", "success", None),
        (2, "Run actions/checkout@v4", "success", 0),
        (3, "Unit tests", "failure", 3),
        (4, "Report", "skipped", None),
    ]
    assert job.log.endswith("##[error]Process completed with exit code 3.")


def test_while_a_job_runs_its_steps_have_passed_run_or_wait() -> None:
    output = ActOutput(WORKFLOW, Masker(()))
    for line in (
        entry("0", stepResult="success"),
        entry("unit", msg="one\n", raw_output=True),
    ):
        output.feed(line)
    [job] = output.jobs(ended=False)
    assert job.conclusion is None
    assert [(step.name, step.conclusion, step.started_at is not None) for step in job.steps] == [
        ("Set up job", "success", True),
        ("Run actions/checkout@v4", "success", True),
        ("Unit tests", None, True),
        ("Report", None, False),
    ]
    output.feed(entry(jobResult="success"))
    [job] = output.jobs(ended=False)
    assert (job.conclusion, job.steps[3].conclusion) == ("success", "skipped")


def test_the_end_of_a_step_inside_an_action_does_not_end_the_step() -> None:
    [job], _ = read(
        entry("unit", stepID=["unit", "0"], stepResult="failure"),
        entry("unit", msg="more\n", raw_output=True),
    )
    assert job.steps[2].conclusion == "cancelled"
    assert job.conclusion == "cancelled"


def test_annotations_and_outputs_are_read() -> None:
    place = {"file": "a.py", "line": "7", "title": "T"}
    [job], _ = read(
        entry("unit", command="error", arg="broken", kvPairs=place, raw="::error"),
        entry("unit", command="set-output", name="version", arg="1.2"),
    )
    [annotation] = job.annotations
    assert annotation.model_dump() == {
        "level": "failure",
        "message": "broken",
        "path": "a.py",
        "line": 7,
        "title": "T",
    }
    assert job.outputs == {"version": "1.2"}


def test_secrets_are_masked_in_every_field_and_in_what_is_shown() -> None:
    jobs, shown = read(
        entry("unit", command="add-mask", arg="later-secret", raw="::add-mask::later-secret\n"),
        entry("unit", msg="a first-secret\n", raw_output=True),
        entry(
            "unit",
            command="error",
            arg="arg later-secret",
            kvPairs={"file": "first-secret.py", "title": "later-secret"},
        ),
        entry("unit", command="set-output", name="x", arg="first-secret"),
        entry("echo first-secret", stepID=["unknown"], msg="later-secret\n", raw_output=True),
        secrets=("first-secret",),
    )
    text = json.dumps([job.model_dump(mode="json") for job in jobs]) + str(shown)
    assert "first-secret" not in text
    assert "later-secret" not in text
    assert text.count("***") >= 8


def test_lines_that_are_not_json_and_broken_unicode_do_not_stop_the_parser() -> None:
    [job], _ = read(b"Error: not JSON", b"[]", b"", entry("unit", msg="x\n", raw_output=True).replace(b"x", b"\xff"))
    assert "\ufffd" in job.log
