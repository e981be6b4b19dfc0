"""The parts of a run's output that conditions and comparisons read."""

from datetime import UTC, datetime

from logloop_ci_bridge.github.gateway import Annotation, Job, Step
from logloop_ci_bridge.rules.evaluation.run_values import output_values
from logloop_ci_bridge.runs.job_log import parse_job
from logloop_ci_bridge.runs.output import MAX_LINES, RunOutput

AT = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)
LOG = """\
2026-11-27T10:00:00.1Z ##[group]Run make lint
2026-11-27T10:00:00.2Z ##[warning]unused variable
2026-11-27T10:00:00.3Z ##[error]Process completed with exit code 2.
2026-11-27T10:00:01.1Z ##[group]Run make test
2026-11-27T10:00:01.2Z ##[endgroup]
2026-11-27T10:00:01.3Z tests/t.py::test_a PASSED
2026-11-27T10:00:01.4Z tests/t.py::test_b PASSED
2026-11-27T10:00:01.5Z FAILED tests/t.py::test_b - assert 1 == 2
2026-11-27T10:00:01.6Z ##[error]broken
2026-11-27T10:00:01.7Z ##[error]Process completed with exit code 137.
"""


def output(log: str = LOG, **more: str) -> RunOutput:
    """The output of a run with one job, whose first step may fail."""
    steps = (
        Step(1, "Lint", "success", AT, AT),
        Step(2, "Test", "failure", AT.replace(second=1), AT),
        Step(3, "Report", "skipped", None, None),
    )
    job = Job("1", "build", "failure", steps, AT, AT, more)
    found = RunOutput()
    found.add(job, parse_job(job, log.encode(), [Annotation("failure", "broken", "src/pay.py", 7, "Pay")]))
    return found


def test_steps_have_the_exit_codes_that_only_the_log_has() -> None:
    found = output()
    assert [(step.name, step.conclusion, step.exit_code) for step in found.steps] == [
        ("Lint", "success", 2),
        ("Test", "failure", 137),
        ("Report", "skipped", None),
    ]
    values = output_values(found)
    assert (values["step.name"], values["step.job"], values["step.exit_code"]) == ("Test", "build", 137)


def test_annotations_have_places_and_do_not_repeat_exit_codes() -> None:
    assert [(item.level, item.message, item.path, item.line, item.title) for item in output().annotations] == [
        ("warning", "unused variable", None, None, None),
        ("failure", "broken", "src/pay.py", 7, "Pay"),
    ]


def test_a_test_that_failed_once_stays_failed() -> None:
    assert [(test.test_id, test.func_id, test.outcome) for test in output().tests] == [
        ("tests/t.py::test_a", "tests.t:test_a", "passed"),
        ("tests/t.py::test_b", "tests.t:test_b", "failed"),
    ]
    assert output_values(output())["out.tests.failed"] == ["tests/t.py::test_b"]


def test_lines_have_text_severity_and_place_and_outputs_are_kept() -> None:
    values = output_values(output(verdict="flaky"))
    assert values["outputs"] == {"verdict": "flaky"}
    assert values["out.lines"][0] == {
        "text": "Run make lint",
        "severity": "info",
        "job": "build",
        "step": "Lint",
        "group": "Run make lint",
        "test_id": "",
    }
    assert values["out.lines"][-1]["severity"] == "error"


def test_a_run_without_a_failed_step_has_exit_code_0_and_an_unknown_code_is_minus_1() -> None:
    assert output_values(RunOutput())["step.exit_code"] == 0
    assert output_values(output("nothing about exit codes"))["step.exit_code"] == -1


def test_of_much_output_the_last_lines_are_kept() -> None:
    lines = "\n".join(f"2026-11-27T10:00:01.{number:07}Z line {number}" for number in range(MAX_LINES + 10))
    found = output(lines)
    assert (len(found.lines), found.lines_left_out) == (MAX_LINES, 10)
    assert found.lines[-1].text == f"line {MAX_LINES + 9}"
    wide = output("\n".join(f"2026-11-27T10:00:01Z {number:04}{'x' * 2000}" for number in range(MAX_LINES)))
    assert 0 < len(wide.lines) < MAX_LINES
    assert wide.lines_left_out == MAX_LINES - len(wide.lines)
