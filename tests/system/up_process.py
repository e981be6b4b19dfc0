"""Runs `logloop up` as a child process of a test, on its own data folder."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
from logloop.plain_http import WITHOUT_TLS

T = TypeVar("T")


def eventually(check: Callable[[], T], *, timeout_s: float = 60.0) -> T:
    """Return the first true result of `check`; a refused connection counts as not yet."""
    deadline = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(httpx.TransportError):
            found = check()
            if found:
                return found
        assert time.monotonic() < deadline, f"condition not met after {timeout_s} s"
        time.sleep(0.05)


class Up:
    """A `logloop up` process on its own data folder."""

    def __init__(self, home: Path, *arguments: str, **env: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOGLOOP_")}
        self.home = home
        self.process = subprocess.Popen(
            # It ends with the test process, also when a time limit ends that.
            ["setpriv", "--pdeathsig", "TERM", Path(sys.executable).with_name("logloop"), "up", "--json", *arguments],
            env={**kept, **env, "LOGLOOP_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.ready: dict[str, Any] = {}
        self.credentials: dict[str, str] = {}
        self.answers: set[int] = set()
        self._sent: dict[str, str] = {}

    def wait_ready(self) -> "Up":
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"`logloop up` ended before it was ready: {self.finish()}"
        self.ready = json.loads(line)
        self.credentials = json.loads(Path(self.ready["credentials"]).read_text())
        return self

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    def client(self, *, key: bool = True) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.credentials['api_key']}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20, trust_env=False, verify=WITHOUT_TLS)

    def accepts(self, message: str) -> bool:
        """Send a log and return whether it was accepted. A retry does not store it twice."""
        return self.send(message).status_code == 202

    def send(self, message: str) -> httpx.Response:
        """Send a log with its message as idempotency key, and the same entry for the same message."""
        now = self._sent.setdefault(message, datetime.now(UTC).isoformat())
        entry = {"project_id": "demo", "service_id": "up", "severity": "info", "message": message, "timestamp": now}
        with self.client() as client:
            response = client.post("/api/v1/logs", json=entry, headers={"Idempotency-Key": message})
        self.answers.add(response.status_code)
        return response

    def find(self, message: str) -> list[dict[str, Any]]:
        with self.client() as client:
            response = client.get("/api/v1/logs", params={"project_id": "demo", "q": f'"{message}"'})
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    def is_ready(self) -> bool:
        with self.client(key=False) as client:
            status = client.get("/readyz").status_code
        self.answers.add(status)
        return status == 200

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, program: str) -> psutil.Process:
        """Return the child process whose command line contains the name of a program."""
        return next(child for child in self.children() if any(program in word for word in _command_of(child)))

    def port_of(self, program: str) -> int:
        """Return the port at which a child process listens."""
        listening = [c for c in self.child(program).net_connections("inet") if c.status == psutil.CONN_LISTEN]
        return int(listening[0].laddr.port)

    def finish(self, timeout_s: float = 60.0) -> str:
        """Wait for the process to end and return its stderr."""
        _, stderr = self.process.communicate(timeout=timeout_s)
        return stderr

    def stop(self) -> str:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.finish()


def _command_of(process: psutil.Process) -> list[str]:
    """Return the command line; empty when the process has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def _has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE or not process.is_running()
    except psutil.NoSuchProcess:
        return True


def all_gone(processes: list[psutil.Process]) -> bool:
    """Return whether all processes have ended; a zombie counts as ended."""
    return all(map(_has_ended, processes))
