"""Reads what a workflow file declares: its events, inputs, jobs and steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml


class BadWorkflow(Exception):
    """The file is not a workflow; the text says where."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it is declared."""

    id: str
    name: str
    command: str
    uses: str | None = None
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is declared. `definition` holds everything of the file."""

    id: str
    name: str
    steps: tuple[Step, ...]
    definition: Mapping[str, Any] = field(repr=False)

    @property
    def timeout_s(self) -> float | None:
        """The time limit of the job in seconds, if it is a number."""
        minutes = self.definition.get("timeout-minutes")
        return float(minutes) * 60 if isinstance(minutes, int | float) and not isinstance(minutes, bool) else None

    @property
    def may_be_skipped(self) -> bool:
        """Whether a condition or another job may keep it from running."""
        return "if" in self.definition or "needs" in self.definition


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow file."""

    events: Mapping[str, Mapping[str, Any]]
    jobs: Mapping[str, Job]
    definition: Mapping[str, Any] = field(repr=False)


class _Loader(yaml.SafeLoader):
    """SafeLoader without aliases, which could make a small file huge."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not supported", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)


def parse_workflow(text: str) -> Workflow:
    """Parse a workflow file. Raises BadWorkflow."""
    try:
        content = yaml.load(text, _Loader)  # noqa: S506  # _Loader is a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadWorkflow(f"the workflow is not valid YAML: {' '.join(str(error).split())[:500]}") from error
    if not isinstance(content, dict):
        raise BadWorkflow("the workflow is not a mapping")
    definition = {("on" if name is True else str(name)): value for name, value in content.items()}
    jobs = definition.get("jobs")
    if not isinstance(jobs, dict) or not jobs:
        raise BadWorkflow("the workflow has no jobs")
    for name, job in jobs.items():
        if not isinstance(job, dict) or not isinstance(job.get("steps", []), list):
            raise BadWorkflow(f"job {name!s}: a job is a mapping with a list of steps")
    return Workflow(
        events=_events(definition.get("on")),
        jobs={str(name): _job(str(name), job) for name, job in jobs.items()},
        definition=definition,
    )


def _events(on: Any) -> dict[str, Mapping[str, Any]]:
    if isinstance(on, str):
        return {on: {}}
    if isinstance(on, list):
        return {str(name): {} for name in on}
    if isinstance(on, dict):
        return {str(name): value if isinstance(value, dict) else {} for name, value in on.items()}
    raise BadWorkflow("the workflow has no `on:`, so no event starts it")


def _job(job_id: str, definition: Mapping[str, Any]) -> Job:
    steps = tuple(_step(number, step) for number, step in enumerate(definition.get("steps") or [], start=1))
    return Job(job_id, str(definition.get("name") or job_id), steps, definition)


def _step(number: int, step: Any) -> Step:
    if not isinstance(step, dict):
        raise BadWorkflow(f"step {number} is not a mapping")
    uses = str(step["uses"]) if step.get("uses") else None
    lines = str(step.get("run") or "").strip().splitlines()
    command = f"Run {uses or (lines[0] if lines else number)}"
    # act counts steps from 0, GitHub from 1.
    step_id = str(step.get("id") or number - 1)
    return Step(step_id, str(step.get("name") or command), command, uses, "if" in step)
