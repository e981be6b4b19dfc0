"""Holds batches of entries until they are sent: first in memory, then in files of a folder, up to a limit."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

MEMORY_BYTES = 16 * 1024 * 1024
LIMIT_BYTES = 1024 * 1024 * 1024
SUFFIX = ".ndjson"


@dataclass(slots=True)
class SpooledBatch:
    """Lines of NDJSON, and the idempotency key that they are sent with. `lines` is None while they are in a file."""

    key: str
    size: int
    count: int
    lines: list[bytes] | None


class Spool:
    """A queue of batches. Thread-safe. `put` never waits for the platform.

    A batch beyond MEMORY_BYTES is written to a file in `folder`, named after its key. Beyond `limit` bytes in all, or
    when the disk is full, batches are dropped and counted.
    """

    def __init__(self, folder: Path, name: str, *, memory: int = MEMORY_BYTES, limit: int = LIMIT_BYTES) -> None:
        self.folder = folder
        self.dropped = 0
        self._name = name
        self._memory = memory
        self._limit = limit
        self._changed = threading.Condition()
        self._batches: deque[SpooledBatch] = deque()
        self._number = 0
        self._in_memory = self._in_all = 0
        self._is_closed = False

    def put(self, lines: list[bytes]) -> None:
        """Append a batch."""
        size = sum(map(len, lines)) + len(lines)
        with self._changed:
            self._number += 1
            batch = SpooledBatch(f"{self._name}-{self._number:06}", size, len(lines), lines)
            if self._in_all + size > self._limit:
                self.dropped += len(lines)
                return
            if self._in_memory + size > self._memory and not self._write(batch):
                self.dropped += len(lines)
                return
            self._in_all += size
            self._in_memory += size if batch.lines is not None else 0
            self._batches.append(batch)
            self._changed.notify_all()

    def first(self) -> SpooledBatch | None:
        """Wait for a batch and return the oldest one, which stays until `remove`; None once all are sent."""
        with self._changed:
            self._changed.wait_for(lambda: self._batches or self._is_closed)
            return self._batches[0] if self._batches else None

    def read(self, batch: SpooledBatch) -> list[bytes]:
        """Return the lines of a batch. Raises OSError when its file cannot be read."""
        return self._path(batch).read_bytes().splitlines() if batch.lines is None else batch.lines

    def remove(self, batch: SpooledBatch) -> None:
        """Forget the oldest batch."""
        with self._changed:
            self._batches.popleft()
            self._in_all -= batch.size
            if batch.lines is None:
                self._path(batch).unlink(missing_ok=True)
            else:
                self._in_memory -= batch.size
            if not self._batches:
                with contextlib.suppress(OSError):
                    self.folder.rmdir()
            self._changed.notify_all()

    def close(self) -> None:
        """State that no batch follows."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def wait_until_empty(self, timeout: float) -> bool:
        """Return whether everything was sent within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._batches, timeout)

    def keep(self) -> int:
        """Write all batches that are left to files. Return the number of their entries."""
        with self._changed:
            kept = 0
            for batch in self._batches:
                if batch.lines is None or self._write(batch):
                    kept += batch.count
                else:
                    self.dropped += batch.count
            return kept

    def _write(self, batch: SpooledBatch) -> bool:
        assert batch.lines is not None
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._path(batch)
            path.touch(mode=0o600)
            path.write_bytes(b"\n".join(batch.lines) + b"\n")
        except OSError:
            with contextlib.suppress(OSError):
                self._path(batch).unlink()
            return False
        batch.lines = None
        return True

    def _path(self, batch: SpooledBatch) -> Path:
        return self.folder / f"{batch.key}{SUFFIX}"
