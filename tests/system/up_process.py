"""`logloop up` as a process of a test, on a data folder of its own.

It must not import what it tests.
"""

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

T = TypeVar("T")


def eventually(look: Callable[[], T], *, timeout_s: float = 60.0) -> T:
    """The first answer that is true; a refused connection counts as not yet."""
    deadline = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(httpx.TransportError):
            found = look()
            if found:
                return found
        assert time.monotonic() < deadline, f"still not so after {timeout_s} s"
        time.sleep(0.05)


class Up:
    """A running `logloop up` on a data folder of its own."""

    def __init__(self, home: Path, *arguments: str, **env: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOGLOOP_")}
        self.home = home
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("logloop"), "up", "--json", *arguments],
            env={**kept, **env, "LOGLOOP_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.ready: dict[str, Any] = {}
        self.credentials: dict[str, str] = {}

    def wait_ready(self) -> "Up":
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it ended before it was ready: {self.finish()}"
        self.ready = json.loads(line)
        self.credentials = json.loads(Path(self.ready["credentials"]).read_text())
        return self

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    def client(self, *, key: bool = True) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.credentials['api_key']}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20, trust_env=False)

    def accepts(self, message: str) -> bool:
        """Send a log; sending it again after a refusal or a time-out never stores it twice."""
        now = datetime.now(UTC).isoformat()
        entry = {"project_id": "demo", "service_id": "up", "severity": "info", "message": message, "timestamp": now}
        with self.client() as client:
            return client.post("/api/v1/logs", json=entry, headers={"Idempotency-Key": message}).status_code == 202

    def find(self, message: str) -> list[dict[str, Any]]:
        with self.client() as client:
            answer = client.get("/api/v1/logs", params={"project_id": "demo", "q": f'"{message}"'})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def is_ready(self) -> bool:
        with self.client(key=False) as client:
            return client.get("/readyz").status_code == 200

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, part: str) -> psutil.Process:
        """The process whose command line names a part."""
        return next(child for child in self.children() if any(part in word for word in child.cmdline()))

    def finish(self, timeout_s: float = 60.0) -> str:
        """Wait for its end; what it told people."""
        _, told = self.process.communicate(timeout=timeout_s)
        return told

    def stop(self) -> str:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.finish()


def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether all have ended; one that only waits to be counted by its parent has."""
    return all(not process.is_running() or process.status() == psutil.STATUS_ZOMBIE for process in processes)
