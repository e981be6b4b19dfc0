"""The emulator process: fetches workflows from ci-bridge, runs each once and reports the result.

It keeps nothing between runs. If it is killed, the kernel ends its sandbox, and ci-bridge reports the run as lost.
"""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from logloop_contracts.emulation import EmulatedJob, EmulatedRun, EmulationProgress, EmulationTask, Finding

from logloop_emulator.emulation import Emulator, Snapshot
from logloop_emulator.sandbox.launcher import SandboxUnavailable, check_available

PART_BYTES = 1024 * 1024
IDLE_S = 1.0
REPORT_S = 0.5
_TRIES = 120
_JSON = {"Content-Type": "application/json"}
Stopped = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach ci-bridge."""

    url: str
    token: str
    alive: Path | None = None
    """A file to touch whenever ci-bridge was reached."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises ValueError naming what is missing."""
        token = environ.get("LOGLOOP_EMULATOR_TOKEN", "")
        if len(token) < 32:
            raise ValueError("LOGLOOP_EMULATOR_TOKEN needs at least 32 characters, the same as for ci-bridge")
        alive = environ.get("LOGLOOP_EMULATOR_ALIVE")
        return cls(
            environ.get("LOGLOOP_CI_BRIDGE_URL", "http://127.0.0.1:8104"), token, Path(alive) if alive else None
        )


class Worker:
    """Runs one workflow at a time. Start more processes for more."""

    def __init__(self, settings: Settings, emulator: Emulator, stopped: Stopped) -> None:
        def reached(_response: httpx.Response) -> None:
            if settings.alive is not None:
                settings.alive.touch()

        self._http = httpx.Client(
            event_hooks={"response": [reached]},
            base_url=f"{settings.url}/internal/emulator",
            headers={"Authorization": f"Bearer {settings.token}"},
            timeout=10.0,
            trust_env=False,
        )
        self._emulator = emulator
        self._stopped = stopped
        self._connected = True
        self._claim_key = uuid4().hex
        """Stays the same until a workflow arrives. If a response is lost, the next claim gets the same workflow."""

    def run(self, wait: Callable[[float], object]) -> None:
        """Work until stopped. `wait` pauses for some seconds, or until stopped."""
        with self._http:
            while not self._stopped():
                if not self.step():
                    wait(IDLE_S)

    def step(self) -> bool:
        """Run one workflow. Return False when there is none, or ci-bridge is unavailable."""
        try:
            response = self._http.post("/claim", headers={"Idempotency-Key": self._claim_key})
            response.raise_for_status()
        except httpx.HTTPError as error:
            if self._connected:
                log("warning", f"ci-bridge cannot be asked for work: {error!r}")
            self._connected = False
            return False
        self._connected = True
        if response.status_code == httpx.codes.NO_CONTENT:
            return False
        self._claim_key = uuid4().hex
        task = EmulationTask.model_validate_json(response.content)
        log("info", "workflow started", emulation=task.id, file=task.file)
        report = _Report(self._http, task, self._stopped)
        result = self._result(task, report)
        if report.held:
            self._finish(task, report, result)
            log("info", "workflow ended", emulation=task.id, conclusion=result.conclusion)
        else:
            log("warning", "workflow stopped and not reported: its lease is lost", emulation=task.id)
        return True

    def _result(self, task: EmulationTask, report: "_Report") -> EmulatedRun:
        started_at = datetime.now(UTC)
        try:
            return self._emulator.run(task, tick=report.tick)
        except SandboxUnavailable as error:
            code, detail = "sandbox", str(error)
        except Exception as error:  # noqa: BLE001  # the run is reported, whatever happened
            code, detail = "emulator", f"the emulator failed: {error!r}"
        finding = Finding(level="error", code=code, message=detail[:2000])
        return EmulatedRun(
            conclusion="startup_failure", started_at=started_at, completed_at=datetime.now(UTC), findings=[finding]
        )

    def _finish(self, task: EmulationTask, report: "_Report", result: EmulatedRun) -> None:
        """Send the rest of the output, then the result. A result is not sent without its whole output."""
        if all(self._send("PUT", path, content=part) for path, part in report.unsent(result.jobs)):
            self._send("POST", f"/{task.id}/result", content=_without_output(result), headers=_JSON)

    def _send(self, method: str, path: str, **request: Any) -> bool:
        """Repeat a request while ci-bridge is unavailable. Return False if all attempts failed."""
        for attempt in range(_TRIES):
            with contextlib.suppress(httpx.HTTPError):
                response = self._http.request(method, path, **request)
                if response.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    return True
            time.sleep(min(1.0, 0.1 * 2**attempt))
        log("error", "the result could not be reported; ci-bridge will report the run as lost", path=path)
        return False


class _Report:
    """Reports a run while it goes on: its output, its steps, and that its emulator lives.

    `held` is False once ci-bridge counts the run as ended.
    """

    def __init__(self, http: httpx.Client, task: EmulationTask, stopped: Stopped) -> None:
        self._http = http
        self._path = f"/{task.id}"
        self._lease_s = task.lease_s / 4
        self._next = time.monotonic() + REPORT_S
        self._lease_at = time.monotonic() + self._lease_s
        self._stopped = stopped
        self._reported = ""
        self._sent: dict[int, tuple[int, int, int]] = {}
        """The next part of each job: its start, end and number. Start and end are equal until its size is decided."""
        self.held = True

    def tick(self, snapshot: Snapshot) -> bool:
        """Report what is new. Return whether the run may continue."""
        if time.monotonic() >= self._next:
            try:
                self._report(snapshot())
                self._next = time.monotonic() + REPORT_S
            except httpx.HTTPError:  # ci-bridge may be restarting; the lease tells
                self._next = time.monotonic() + self._lease_s
        return self.held and not self._stopped()

    def unsent(self, jobs: Sequence[EmulatedJob]) -> Iterator[tuple[str, bytes]]:
        """Yield the new parts of the output with their paths. A part counts as sent when the next is due.

        Until then it stays the same: ci-bridge may still carry out a request that failed, even after a later one.
        """
        for number, job in enumerate(jobs):
            output = job.log.encode()
            start, end, part = self._sent.get(number, (0, 0, 0))
            while start < len(output):
                if start == end:
                    end = _end_of_part(output, start)
                    self._sent[number] = start, end, part
                yield f"{self._path}/output/{number}/{part}", output[start:end]
                start, part = end, part + 1
                self._sent[number] = start, end, part

    def _report(self, progress: EmulationProgress) -> None:
        for path, part in self.unsent(progress.jobs):
            self._check(self._http.put(path, content=part, timeout=self._lease_s))
        state = _without_output(progress)
        if state != self._reported or time.monotonic() >= self._lease_at:
            self._check(
                self._http.post(f"{self._path}/progress", content=state, headers=_JSON, timeout=self._lease_s)
            )
            self._reported, self._lease_at = state, time.monotonic() + self._lease_s

    def _check(self, response: httpx.Response) -> None:
        if response.status_code == httpx.codes.CONFLICT:
            self.held = False
        else:
            response.raise_for_status()


def _end_of_part(output: bytes, start: int) -> int:
    """Return where a part ends: after a line, because a reader never sees half of one."""
    end = start + PART_BYTES
    return len(output) if end > len(output) else output.rfind(b"\n", start, end) + 1 or end


def _without_output(progress: EmulationProgress) -> str:
    jobs = [job.model_copy(update={"log": ""}) for job in progress.jobs]
    return progress.model_copy(update={"jobs": jobs}).model_dump_json()


def log(level: str, message: str, **fields: str) -> None:
    """Write one JSON line."""
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    sys.stdout.write(json.dumps({"timestamp": moment, "level": level, "message": message, **fields}) + "\n")
    sys.stdout.flush()


def report_sandbox() -> None:
    """Say at the start whether this machine permits the sandbox."""
    try:
        check_available()
    except SandboxUnavailable as error:
        log("error", str(error))
