"""The differences between a run on GitHub and its emulation."""

from typing import Any

from logloop_ci_bridge.runs.comparison import Side, compare
from logloop_ci_bridge.runs.output import OutputAnnotation, OutputStep, OutputTest, RunOutput
from logloop_ci_bridge.runs.run import Run, RunJob

STEPS = {"Set up job": ("success", 0), "Run make": ("failure", 2), "Report": ("skipped", None)}


def side(
    steps: dict[str, tuple[str, int | None]] = STEPS,
    *,
    emulated: bool = False,
    conclusion: str = "failure",
    jobs: tuple[str, ...] = ("build",),
    **more: Any,
) -> Side:
    """A run with one job or several."""
    run = Run.model_validate(
        {
            "run_id": "2" if emulated else "1",
            "repository": "acme/shop",
            "status": "completed",
            "conclusion": conclusion,
            "project_id": "shop",
            "service_id": "ci",
            "emulated": emulated,
            "jobs": [RunJob(name=name, conclusion=conclusion) for name in jobs],
        }
    )
    found = [
        OutputStep(job="build", number=number, name=name, conclusion=ended, exit_code=code)
        for number, (name, (ended, code)) in enumerate(steps.items(), start=1)
    ]
    return Side(run, RunOutput(steps=found, **more))


def annotation(message: str, line: int = 3, job: str = "build") -> OutputAnnotation:
    return OutputAnnotation(job=job, level="failure", message=message, path="a.py", line=line, source="github")


def outcome(test_id: str, outcome: str) -> OutputTest:
    return OutputTest(job="build", test_id=test_id, outcome=outcome)


def facts(real: Side, emulated: Side) -> list[tuple[Any, ...]]:
    return [(item.kind, item.name, item.real, item.emulated) for item in compare(real, emulated).differences]


def test_equal_runs_have_no_differences_and_what_only_one_side_has_by_nature_is_left_out() -> None:
    real = side({**STEPS, "Post Run actions/checkout": ("success", 0), "Complete job": ("success", 0)})
    finding = annotation("unmapped-runner", job="emulation")
    emulated = side(emulated=True, jobs=("build", "emulation"), annotations=[finding], outputs={"a": "b"})
    found = compare(real, emulated)
    assert (found.same, found.differences, found.not_compared) == (True, [], ["outputs"])


def test_conclusions_jobs_steps_and_exit_codes_are_compared() -> None:
    emulated = side(
        {"Set up job": ("success", 0), "Run make": ("failure", 127), "Report": ("success", 0)},
        emulated=True,
        conclusion="success",
        jobs=("build", "extra"),
    )
    assert facts(side(), emulated) == [
        ("conclusion", "run", "failure", "success"),
        ("job", "build", "failure", "success"),
        ("job", "extra", None, "success"),
        ("step", "Report", "skipped", "success"),
        ("exit_code", "Run make", "2", "127"),
    ]


def test_annotations_tests_and_coverage_are_compared() -> None:
    real = side(
        annotations=[annotation("broken"), annotation("twice"), annotation("twice")],
        tests=[outcome("t.py::a", "passed"), outcome("t.py::b", "failed")],
        coverage=80.5,
    )
    emulated = side(
        emulated=True,
        annotations=[annotation("twice"), annotation("new", 9)],
        tests=[outcome("t.py::a", "failed")],
    )
    assert facts(real, emulated) == [
        ("annotation", "a.py:3: broken", "failure", None),
        ("annotation", "a.py:3: twice", "2 × failure", "failure"),
        ("annotation", "a.py:9: new", None, "failure"),
        ("test", "t.py::a", "passed", "failed"),
        ("test", "t.py::b", "failed", None),
        ("coverage", "coverage", "80.5 %", None),
    ]


def test_outputs_are_compared_between_emulated_runs() -> None:
    real, emulated = side(emulated=True, outputs={"a": "1"}), side(emulated=True, outputs={"a": "2", "b": "3"})
    assert facts(real, emulated) == [("output", "a", "1", "2"), ("output", "b", None, "3")]


def test_a_second_step_of_the_same_name_is_compared_with_the_second() -> None:
    real, emulated = side(), side(emulated=True)
    for found, code in ((real, 0), (emulated, 1)):
        step = OutputStep(job="build", number=9, name="Run make", conclusion="success", exit_code=code)
        found.output.steps.append(step)
    assert facts(real, emulated) == [("exit_code", "Run make (2)", "0", "1")]
