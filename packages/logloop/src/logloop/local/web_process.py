"""A child process that serves HTTP, a service or the gateway. It is ready when a path returns 200."""

import json
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from logloop.local.errors import CannotStart
from logloop.local.plain_http import WITHOUT_TLS
from logloop.local.ports import LOOPBACK
from logloop.local.processes import Child

_MAX_LOG = 32 << 20


def _readable(line: str) -> str:
    try:
        entry = json.loads(line)
        message = str(entry.get("message") or entry["msg"])
    except (ValueError, KeyError, AttributeError):
        return line
    lines = [part for part in message.splitlines() if part.strip()]
    return f"{entry.get('level', '')}: " + "\n  ".join(lines if len(lines) < 6 else ["…", *lines[-4:]])


class WebProcess:
    """One program on one port. It can be restarted after it has ended."""

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
        self.name = name
        self.port = port
        self.log = log
        self._ready_path = ready_path
        self._stop_timeout_s = stop_timeout_s
        self.env = dict(env)
        self._child = Child(name, command, self.env, log)

    @property
    def url(self) -> str:
        """The URL at which it listens."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def start(self) -> None:
        """Start it without waiting for readiness. Raises CannotStart."""
        self._child.start()

    def is_running(self) -> bool:
        """Return whether its process runs."""
        return self._child.is_running()

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
        """Wait until it is ready. Raises CannotStart with the end of its output."""
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            code = self._child.exit_code()
            if code is not None:
                raise CannotStart(f"{self.name} exited with code {code} while starting; {self._where()}")
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.name} was not ready within {timeout_s:.0f} s; {self._where()}")
            time.sleep(0.1)

    def ask_to_stop(self) -> None:
        """Send SIGTERM and return at once, so that several processes stop in parallel."""
        if self._child.is_running():
            self._child.signal(signal.SIGTERM)

    def stop(self) -> None:
        """Stop it cleanly."""
        self._child.stop(self._stop_timeout_s)

    def last_lines(self) -> str:
        """Return the end of its output for display: the message of JSON lines, and only the end of long messages."""
        return "\n".join(_readable(line) for line in self._child.last_lines().splitlines())

    def ending(self) -> str:
        """Return how it ended, for display."""
        code = self._child.exit_code()
        if code is None:
            return "runs"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"

    def rotate_log(self) -> None:
        """Copy a large log to one older file and truncate it; the process keeps writing to it."""
        if self.log.exists() and self.log.stat().st_size > _MAX_LOG:
            self.log.with_suffix(self.log.suffix + ".1").write_bytes(self.log.read_bytes())
            with self.log.open("r+b") as file:
                file.truncate(0)

    def _where(self) -> str:
        return f"the end of {self.log}:\n{self.last_lines()}"
