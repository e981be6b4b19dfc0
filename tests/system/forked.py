"""Services as processes forked from one that has already imported them: imports are most of the CPU time of a start.

The tests of `logloop up` cover starts with `python -m`.
"""

import ctypes
import multiprocessing
import os
import runpy
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import cast

from logloop.local.processes import Child

MODULES = {
    "ingest": "logloop_ingest",
    "query": "logloop_query",
    "analyzer": "logloop_analyzer",
    "ci-bridge": "logloop_ci_bridge",
}
_PR_SET_PDEATHSIG = 1

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([__name__, "tests.system.preloaded"])


@dataclass
class ForkedService(Child):
    """A service in its own session, whose output is appended to a file. `command` is the name of its module."""

    def _spawn(self) -> subprocess.Popen[bytes]:
        (module,) = self.command
        process = _server.Process(
            target=_run, args=(module, dict(self.env), self.log, self.cwd), name=self.name, daemon=True
        )
        process.start()
        return cast("subprocess.Popen[bytes]", _Forked(process))

    def kill(self) -> None:
        """Kill it and its children at once, also when it has no session of its own yet."""
        self.signal(signal.SIGKILL)
        super().kill()


class _Forked:
    """A forked process with the methods of subprocess.Popen that Child uses."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid is not None
        self.pid: int = process.pid
        self._process = process

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return code


def _run(module: str, env: Mapping[str, str], log: Path, cwd: Path | None) -> None:
    """Become the service, as `python -m module` in a new session would."""
    parent = os.getppid()
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent ended before it was watched
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for output in (1, 2):
        os.dup2(descriptor, output)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    if cwd is not None:
        os.chdir(cwd)
    runpy.run_module(module, run_name="__main__")
