"""Reads act's JSON output into jobs whose logs have the format of GitHub's, so that one parser reads both."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from logloop_contracts.ci import RunConclusion
from logloop_contracts.emulation import EmulatedAnnotation, EmulatedJob, EmulatedStep

from logloop_emulator.masking import Masker
from logloop_emulator.workflow import Job, Step, Workflow

_EXIT = re.compile(r"(?:exit status |exitcode ')(\d+)")
_LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}
_PRINTED = ("error", "warning", "notice", "debug", "group", "endgroup", "add-matcher")
_SKIPPED_PLATFORM = "Skipping unsupported platform"
_SETUP = "Set up job"
_POST = "Post job cleanup."
_MAX_ITEMS = 900
_MAX_OUTPUT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Printed:
    """A line of output as it appears, for display."""

    job: str
    step: str
    text: str


@dataclass
class _RunningStep:
    name: str
    started_at: datetime
    conclusion: str | None = None
    exit_code: int | None = None
    completed_at: datetime | None = None


@dataclass
class _RunningJob:
    """What is known of a job so far. `steps` by their id, in the order of their start."""

    id: str
    name: str
    started_at: datetime
    steps: dict[str, _RunningStep] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    annotations: list[EmulatedAnnotation] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    conclusion: RunConclusion | None = None
    completed_at: datetime | None = None
    cleaning: bool = False


class ActOutput:
    """Takes act's output line by line. `on_output` gets what a step prints, without secrets."""

    def __init__(
        self, workflow: Workflow, masker: Masker, on_output: Callable[[Printed], None] = lambda _: None
    ) -> None:
        self._workflow = workflow
        self._masker = masker
        self._on_output = on_output
        self._jobs: dict[str, _RunningJob] = {}
        self.skipped_platforms: list[str] = []

    def feed(self, line: bytes) -> None:
        """Take one line. Lines that are not JSON objects are ignored."""
        try:
            entry = json.loads(line.decode("utf-8", "replace"))
        except ValueError:
            return
        if not isinstance(entry, dict):
            return
        if entry.get("command") == "add-mask":
            # It is the secret itself.
            self._masker.add(str(entry.get("arg") or ""))
            return
        entry = self._masker.value(entry)
        job_id = str(entry.get("jobID") or "")
        if not job_id:
            return
        if _SKIPPED_PLATFORM in str(entry.get("msg")):
            self.skipped_platforms.append(job_id)
            return
        self._read(self._job(job_id, entry), entry)

    def running(self) -> Iterator[tuple[str, str]]:
        """Yield the key and the id of each job that has not ended."""
        for key, job in self._jobs.items():
            if job.conclusion is None:
                yield key, job.id

    def masked(self, text: str) -> str:
        """Return text without the secrets of the run."""
        return self._masker.text(text)

    def jobs(self, *, ended: bool = True) -> list[EmulatedJob]:
        """Return the jobs. In a run that has ended, a job or step without a conclusion is cancelled."""
        return [self._reported(job, ended) for job in self._jobs.values()]

    def _job(self, job_id: str, entry: Mapping[str, Any]) -> _RunningJob:
        matrix = entry.get("matrix") or {}
        key = f"{job_id} {json.dumps(matrix, sort_keys=True)}"
        if key not in self._jobs:
            self._jobs[key] = _RunningJob(job_id, self._name(job_id, matrix), _moment(entry))
        return self._jobs[key]

    def _name(self, job_id: str, matrix: Mapping[str, Any]) -> str:
        declared = self._workflow.jobs.get(job_id)
        name = declared.name if declared else job_id
        if "${{" in name:
            for key, value in matrix.items():
                name = re.sub(r"\$\{\{\s*matrix\." + re.escape(key) + r"\s*\}\}", str(value).replace("\\", "/"), name)
            return name
        return f"{name} ({', '.join(str(value) for value in matrix.values())})" if matrix else name

    def _read(self, job: _RunningJob, entry: Mapping[str, Any]) -> None:
        step = self._step(job, entry)
        moment = _moment(entry)
        command = entry.get("command")
        if command:
            self._command(job, step, moment, entry)
        elif entry.get("raw_output"):
            self._print(job, step, moment, str(entry.get("msg") or ""))
        elif "stepResult" in entry and step and not _nested(entry):
            step.conclusion, step.completed_at = str(entry["stepResult"]), moment
            step.exit_code = 0 if step.conclusion == "success" else None
        elif "jobResult" in entry:
            job.conclusion = "success" if entry["jobResult"] == "success" else "failure"
            job.completed_at = moment
        elif entry.get("level") == "error" and step:
            self._print(job, step, moment, _failure(step, str(entry.get("msg") or "")))

    def _step(self, job: _RunningJob, entry: Mapping[str, Any]) -> _RunningStep | None:
        """Return the step that a line belongs to; its first line begins the step."""
        ids = entry.get("stepID") or entry.get("stepid")
        if not ids:
            return None
        step_id = str(ids[0] if isinstance(ids, list) else ids)
        if entry.get("stage") != "Main":
            if entry.get("stage") == "Post" and not job.cleaning:
                job.cleaning = True
                job.lines.append(_timed(_moment(entry), _POST))
            return job.steps.get(step_id)
        if step_id not in job.steps:
            declared = next((item for item in self._declared(job) if item.id == step_id), None)
            name = declared.name if declared else str(entry.get("step") or step_id)
            job.steps[step_id] = _RunningStep(self._masker.text(name), _moment(entry))
            title = self._masker.text(declared.command if declared else f"Run {name}")
            job.lines += [_timed(_moment(entry), f"##[group]{title}"), _timed(_moment(entry), "##[endgroup]")]
        return job.steps[step_id]

    def _command(
        self, job: _RunningJob, step: _RunningStep | None, moment: datetime, entry: Mapping[str, Any]
    ) -> None:
        command, text = str(entry["command"]), str(entry.get("arg") or "")
        if command in _PRINTED:
            self._print(job, step, moment, f"##[{command}]{text}")
        elif command == "remove-matcher":
            owner = (entry.get("kvPairs") or {}).get("owner")
            self._print(job, step, moment, f"##[{command}{f' owner={owner}' if owner else ''}]{text}")
        elif command == "set-output" and entry.get("name") and len(job.outputs) < 200:
            job.outputs[str(entry["name"])[:100]] = text[:_MAX_OUTPUT]
        if command in _LEVELS and len(job.annotations) < _MAX_ITEMS:
            job.annotations.append(_annotation(_LEVELS[command], text, entry.get("kvPairs") or {}))

    def _print(self, job: _RunningJob, step: _RunningStep | None, moment: datetime, text: str) -> None:
        # Only the newline ends a line: a carriage return redraws it.
        for line in text.removesuffix("\n").split("\n"):
            job.lines.append(_timed(moment, line))
            self._on_output(Printed(job.name, step.name if step else _SETUP, line))

    def _reported(self, job: _RunningJob, ended: bool) -> EmulatedJob:
        ran = dict(job.steps)
        steps = [EmulatedStep(number=1, name=_SETUP, conclusion="success", started_at=job.started_at)]
        unended = "cancelled" if ended else None
        unseen = "skipped" if ended or job.conclusion else None
        for number, declared in enumerate(self._declared(job), start=2):
            step = ran.pop(declared.id, None)
            name = self._masker.text(declared.name)
            steps.append(
                _step_of(number, step, unended) if step else EmulatedStep(number=number, name=name, conclusion=unseen)
            )
        more = enumerate(ran.values(), start=len(steps) + 1)
        steps += [_step_of(number, step, unended) for number, step in more]
        return EmulatedJob(
            id=job.id,
            name=self._masker.text(job.name),
            conclusion=job.conclusion or ("cancelled" if ended else None),
            started_at=job.started_at,
            completed_at=job.completed_at,
            steps=steps[:_MAX_ITEMS],
            annotations=job.annotations,
            outputs=job.outputs,
            log="\n".join(job.lines),
        )

    def _declared(self, job: _RunningJob) -> Sequence[Step]:
        declared: Job | None = self._workflow.jobs.get(job.id)
        return declared.steps if declared else ()


def _failure(step: _RunningStep, message: str) -> str:
    """Return the line that GitHub prints for a failed command; act prints `exit status 42`, after the step's end."""
    found = _EXIT.search(message)
    if found is None:
        return f"##[error]{message}"
    step.exit_code = int(found[1])
    return f"##[error]Process completed with exit code {step.exit_code}."


def _nested(entry: Mapping[str, Any]) -> bool:
    """Return whether a line is about a step of an action, not of the workflow."""
    ids = entry.get("stepID") or entry.get("stepid")
    return isinstance(ids, list) and len(ids) > 1


def _step_of(number: int, step: _RunningStep, unended: str | None) -> EmulatedStep:
    return EmulatedStep(
        number=number,
        name=step.name,
        conclusion=step.conclusion or unended,
        exit_code=step.exit_code,
        started_at=step.started_at,
        completed_at=step.completed_at,
    )


def _annotation(level: Any, message: str, place: Mapping[str, Any]) -> EmulatedAnnotation:
    line = str(place.get("line") or "")
    return EmulatedAnnotation(
        level=level,
        message=message,
        path=str(place["file"]) if place.get("file") else None,
        line=int(line) if line.isdecimal() else None,
        title=str(place["title"]) if place.get("title") else None,
    )


def _moment(entry: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(entry["time"])).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return datetime.now(UTC).replace(microsecond=0)


def _timed(moment: datetime, text: str) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.0000000Z {text}"
