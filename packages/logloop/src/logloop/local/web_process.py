"""A child process that serves HTTP, a service or the gateway. It is ready when a path returns 200."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from logloop.local.errors import CannotStart
from logloop.local.port_owners import owns
from logloop.local.ports import LOOPBACK
from logloop.local.worker_process import WorkerProcess
from logloop.plain_http import WITHOUT_TLS


class WebProcess(WorkerProcess):
    """One program on one port."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        port: int,
        ready_path: str,
        log: Path,
        stop_timeout_s: float,
    ) -> None:
        super().__init__(name, command, env, log=log, stop_timeout_s=stop_timeout_s)
        self.port = port
        self._ready_path = ready_path

    @property
    def url(self) -> str:
        """The URL at which it listens."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_ready(self) -> bool:
        """Return whether it reports readiness."""
        try:
            return (
                httpx.get(self.url + self._ready_path, timeout=5.0, trust_env=False, verify=WITHOUT_TLS).status_code
                == 200
            )
        except httpx.TransportError:
            return False

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until it is ready, not another program at its port. Raises CannotStart with the end of its output."""
        deadline = time.monotonic() + timeout_s
        while not (self.is_ready() and owns(self._child.pid, self.port)):
            code = self._child.exit_code()
            if code is not None:
                raise CannotStart(f"{self.name} exited with code {code} while starting; {self._where()}")
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.name} was not ready within {timeout_s:.0f} s; {self._where()}")
            time.sleep(0.1)

    def _where(self) -> str:
        return f"the end of {self.log}:\n{self.last_lines()}"
