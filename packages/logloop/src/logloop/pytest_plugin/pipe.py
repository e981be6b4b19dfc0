"""Hands entries to a child process that sends them, because tests mock sockets, HTTP clients and clocks."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from typing import Any

from logloop.api.encoding import json_line
from logloop.connection import Connection
from logloop.sending.batch_sender import Entry
from logloop.sending.sender_process import END

MAX_WAITING = 50_000
EXIT_SECONDS = 40.0
"""How long the child may take to send the rest. It gives up by itself after 5 s when the platform is unreachable."""


class SenderPipe:
    """A queue to the sending child process. Never blocks: entries that the child cannot take are counted."""

    def __init__(self, connection: Connection) -> None:
        self._owner = os.getpid()
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.dropped = 0
        environ = {**os.environ, "LOGLOOP_URL": connection.url, "LOGLOOP_PROJECT": connection.project or ""}
        environ["LOGLOOP_SERVICE"] = connection.service or ""
        if connection.api_key:
            environ["LOGLOOP_API_KEY"] = connection.api_key
        self._child = subprocess.Popen(
            [sys.executable, "-m", "logloop.sending.sender_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
        )
        self._thread = threading.Thread(target=self._write, name="logloop-pipe", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Queue an entry."""
        if os.getpid() != self._owner:  # a process that a test forked: its copy of the pipe is not used
            return
        if self._queue.qsize() >= MAX_WAITING:
            self.dropped += 1
            return
        self._queue.put(json_line(entry) + b"\n")

    def finish(self) -> dict[str, Any]:
        """Let the child send the rest. Return its counts; `dropped` includes the entries that never reached it."""
        self._queue.put(None)
        self._thread.join(EXIT_SECONDS)
        try:
            output = self._child.communicate(timeout=EXIT_SECONDS)[0]
            counts: dict[str, Any] = json.loads(output)
        except (subprocess.TimeoutExpired, ValueError, OSError):
            self._child.kill()
            self._child.communicate()
            counts = {"sent": 0, "dropped": 0, "refused": 0, "problem": "the sender process did not respond"}
        counts["dropped"] += self.dropped
        return counts

    def _write(self) -> None:
        assert self._child.stdin
        try:
            while line := self._queue.get():
                self._child.stdin.write(line)
                if self._queue.empty():
                    self._child.stdin.flush()
            self._child.stdin.write(END)
            self._child.stdin.flush()
        except (OSError, ValueError):
            while self._queue.get():
                self.dropped += 1
