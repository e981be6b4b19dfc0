"""Child processes that never outlive their parent and leave no processes behind when stopped."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from logloop.local.errors import CannotStart

# The kernel sends the parent-death signal when the *thread* that started the child ends, so one thread that lives as
# long as this process starts all children.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="logloop-start")
_starter_lock = threading.Lock()


@dataclass
class Child:
    """A program in its own session, whose output is appended to a file."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    cwd: Path | None = None
    on_parent_death: Literal["TERM", "KILL"] = "TERM"
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        """Start the program. Raises CannotStart if it does not exist."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with _starter_lock:
            self._process = _starter.submit(self._spawn).result()

    def _spawn(self) -> subprocess.Popen[bytes]:
        if shutil.which(self.command[0]) is None:
            raise CannotStart(f"{self.name}: program not found: {self.command[0]}")
        setpriv = shutil.which("setpriv")
        bound = [setpriv, "--pdeathsig", self.on_parent_death, "--"] if setpriv else []
        with self.log.open("ab") as out:
            try:
                return subprocess.Popen(
                    [*bound, *self.command],
                    env=dict(self.env),
                    cwd=self.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise CannotStart(f"{self.name}: {self.command[0]} could not start: {error}") from error

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the process group."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return the exit code: None while it runs or before the start; negative for a signal."""
        return self._process.poll() if self._process else None

    def is_running(self) -> bool:
        """Return whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to the program, not to its children."""
        if self._process is not None:
            self._process.send_signal(number)

    def wait(self, timeout_s: float) -> bool:
        """Wait until it ends. Return False if it still runs after `timeout_s` seconds."""
        if self._process is None:
            return True
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, timeout_s: float = 10.0) -> None:
        """Terminate it, then kill it and its children. Has no effect if it has ended."""
        if self.is_running():
            self.signal(signal.SIGTERM)
            self.wait(timeout_s)
        self.kill()

    def kill(self) -> None:
        """Kill it and its children at once (SIGKILL to the process group)."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def last_lines(self, count: int = 15) -> str:
        """Return the end of its output."""
        return tail(self.log, count)


def tail(path: Path, count: int) -> str:
    """Return the last lines of a text file, from its last 64 KiB; empty if the file does not exist."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65536))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])


def wait_ready(child: Child, ready: Callable[[], bool], *, timeout_s: float, every_s: float = 0.05) -> None:
    """Wait until a child is ready. Raises CannotStart with the end of its output if it ends or is too slow."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        code = child.exit_code()
        if code is not None:
            raise CannotStart(f"{child.name} exited with code {code} while starting; {_where(child)}")
        if time.monotonic() > deadline:
            raise CannotStart(f"{child.name} was not ready within {timeout_s:.0f} s; {_where(child)}")
        time.sleep(every_s)


def _where(child: Child) -> str:
    return f"the end of {child.log}:\n{child.last_lines()}"


def clean_env(*drop_prefixes: str, **extra: str) -> dict[str, str]:
    """Return this process's environment without variables of these prefixes, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(drop_prefixes or ("\0",))}
    return {**kept, **extra}
