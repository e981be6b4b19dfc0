"""A child process of the platform, which can be restarted after it has ended."""

import json
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from logloop.local.processes import Child

_MAX_LOG = 32 << 20


class WorkerProcess:
    """One program with a log file. It has no port: it works as soon as it runs."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str], *, log: Path, stop_timeout_s: float
    ) -> None:
        self.name = name
        self.log = log
        self.env = dict(env)
        self._stop_timeout_s = stop_timeout_s
        self._child = Child(name, command, self.env, log)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def start(self) -> None:
        """Start it without waiting. Raises CannotStart."""
        self._child.start()

    def is_running(self) -> bool:
        """Return whether its process runs."""
        return self._child.is_running()

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


def _readable(line: str) -> str:
    try:
        entry = json.loads(line)
        message = str(entry.get("message") or entry["msg"])
    except (ValueError, KeyError, AttributeError):
        return line
    lines = [part for part in message.splitlines() if part.strip()]
    return f"{entry.get('level', '')}: " + "\n  ".join(lines if len(lines) < 6 else ["…", *lines[-4:]])
