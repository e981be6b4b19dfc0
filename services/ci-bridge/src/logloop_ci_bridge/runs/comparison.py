"""Compares a run with its emulation: what the emulation did differently. Pure."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

from logloop_ci_bridge.emulations.gateway import FINDINGS_JOB
from logloop_ci_bridge.runs.output import OutputStep, RunOutput
from logloop_ci_bridge.runs.run import Run

Kind = Literal["conclusion", "job", "step", "exit_code", "annotation", "test", "output", "coverage"]
MAX_DIFFERENCES = 500
_OF_GITHUB = ("Complete job", "Post ")
"""Steps that GitHub adds at the end of a job."""


class Difference(BaseModel):
    """Something that is not the same in both runs. None: it is only in the other."""

    kind: Kind
    job: str | None = None
    name: str = Field(description="The job, step, annotation, test or output.", examples=["Run make test"])
    real: str | None = None
    emulated: str | None = None


class Comparison(BaseModel):
    """The differences between a run and its emulation."""

    real: str = Field(description="Id of the run.")
    emulated: str = Field(description="Id of the emulation.")
    same: bool
    differences: list[Difference]
    not_compared: list[str] = Field(default_factory=list, description="What GitHub does not report.")
    cut_off: bool = Field(False, description="There are more differences than are listed.")


@dataclass(frozen=True, slots=True)
class Side:
    """A run with its output."""

    run: Run
    output: RunOutput


def compare(real: Side, emulated: Side) -> Comparison:
    """Return the differences between a run and its emulation."""
    found = [
        *_differing("conclusion", {("", "run"): real.run.conclusion}, {("", "run"): emulated.run.conclusion}),
        *_differing("job", _jobs(real.run), _jobs(emulated.run)),
        *_steps(real.output, emulated.output),
        *_annotations(real.output, emulated.output),
        *_differing("test", _tests(real.output), _tests(emulated.output)),
        *_differing("coverage", _coverage(real.output), _coverage(emulated.output)),
    ]
    if real.run.emulated:
        found += _differing("output", _outputs(real.output), _outputs(emulated.output))
    return Comparison(
        real=real.run.run_id,
        emulated=emulated.run.run_id,
        same=not found,
        differences=found[:MAX_DIFFERENCES],
        not_compared=[] if real.run.emulated else ["outputs"],
        cut_off=len(found) > MAX_DIFFERENCES,
    )


Values = Mapping[tuple[str, str], str | None]
"""Values by job and name."""


def _differing(kind: Kind, real: Values, emulated: Values) -> Iterator[Difference]:
    for job, name in dict.fromkeys((*real, *emulated)):
        values = real.get((job, name)), emulated.get((job, name))
        if values[0] != values[1]:
            yield Difference(kind=kind, job=job or None, name=name, real=values[0], emulated=values[1])


def _jobs(run: Run) -> Values:
    return {(job.name, job.name): job.conclusion for job in run.jobs if job.name != FINDINGS_JOB}


def _steps(real: RunOutput, emulated: RunOutput) -> Iterator[Difference]:
    """Yield steps with other conclusions, and exit codes of those that both runs have."""
    mine, others = _numbered(real.steps), _numbered(emulated.steps)
    yield from _differing("step", _conclusions(mine), _conclusions(others))
    shared = [
        key for key, step in mine.items() if key in others and None not in (step.exit_code, others[key].exit_code)
    ]
    yield from _differing(
        "exit_code",
        {key: str(mine[key].exit_code) for key in shared},
        {key: str(others[key].exit_code) for key in shared},
    )


def _numbered(steps: Iterable[OutputStep]) -> dict[tuple[str, str], OutputStep]:
    """Return steps by job and name; the second of the same name is `name (2)`."""
    seen: Counter[Hashable] = Counter()
    found = {}
    for step in steps:
        if step.name.startswith(_OF_GITHUB) or step.job == FINDINGS_JOB:
            continue
        seen[step.job, step.name] += 1
        number = seen[step.job, step.name]
        found[step.job, step.name if number == 1 else f"{step.name} ({number})"] = step
    return found


def _conclusions(steps: Mapping[tuple[str, str], OutputStep]) -> Values:
    return {key: step.conclusion for key, step in steps.items()}


def _annotations(real: RunOutput, emulated: RunOutput) -> Iterator[Difference]:
    mine, others = _counted(real), _counted(emulated)
    for key in dict.fromkeys((*mine, *others)):
        if mine[key] != others[key]:
            job, level, place, message = key
            yield Difference(
                kind="annotation",
                job=job,
                name=f"{place}{message}",
                real=_times(level, mine[key]),
                emulated=_times(level, others[key]),
            )


def _counted(output: RunOutput) -> Counter[tuple[str, str, str, str]]:
    return Counter(
        (item.job, item.level, f"{item.path}:{item.line or 0}: " if item.path else "", item.message)
        for item in output.annotations
        if item.job != FINDINGS_JOB
    )


def _times(level: str, count: int) -> str | None:
    return None if count == 0 else level if count == 1 else f"{count} × {level}"


def _tests(output: RunOutput) -> Values:
    return {(test.job, test.test_id): test.outcome for test in output.tests}


def _outputs(output: RunOutput) -> Values:
    return {("", name): value for name, value in output.outputs.items()}


def _coverage(output: RunOutput) -> dict[tuple[str, str], Any]:
    return {} if output.coverage is None else {("", "coverage"): f"{output.coverage:g} %"}
