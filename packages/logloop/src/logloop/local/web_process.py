"""A child process that serves HTTP: a service or the gateway. Ready means that a path answers 200.

It must not know what else the process does.
"""

import json
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from logloop.local.errors import CannotStart
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
    """One program on one port. It can be started again after it ended."""

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
        self._child = Child(name, command, env, log)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    def start(self) -> None:
        """Start it without waiting until it is ready. Raises CannotStart."""
        self._child.start()

    def is_running(self) -> bool:
        """Whether its process runs."""
        return self._child.is_running()

    def is_ready(self) -> bool:
        """Whether it says that it can work."""
        try:
            return httpx.get(self.url + self._ready_path, timeout=5.0, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until it is ready. Raises CannotStart with the end of its output."""
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            code = self._child.exit_code()
            if code is not None:
                raise CannotStart(f"{self.name} ended with code {code} while starting; {self._where()}")
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.name} was not ready within {timeout_s:.0f} s; {self._where()}")
            time.sleep(0.1)

    def ask_to_stop(self) -> None:
        """Send SIGTERM and return at once, so that several can stop side by side."""
        if self._child.is_running():
            self._child.signal(signal.SIGTERM)

    def stop(self) -> None:
        """Stop it in order."""
        self._child.stop(self._stop_timeout_s)

    def last_lines(self) -> str:
        """The end of its output, for people: of lines in JSON the message, and of a long message its end."""
        return "\n".join(_readable(line) for line in self._child.last_lines().splitlines())

    def ending(self) -> str:
        """How it ended, for people."""
        code = self._child.exit_code()
        if code is None:
            return "runs"
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def rotate_log(self) -> None:
        """Keep one older file once the log is large; the process goes on writing at the new end."""
        if self.log.exists() and self.log.stat().st_size > _MAX_LOG:
            self.log.with_suffix(self.log.suffix + ".1").write_bytes(self.log.read_bytes())
            with self.log.open("r+b") as file:
                file.truncate(0)

    def _where(self) -> str:
        return f"the end of {self.log}:\n{self.last_lines()}"
