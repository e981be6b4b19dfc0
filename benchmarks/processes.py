"""Reads the CPU and memory of running processes from /proc; their children may end during the measurement."""

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil

# A child may end between two samples; a zombie counts as ended.
_UNREADABLE = (psutil.NoSuchProcess, psutil.AccessDenied)


def rss_bytes(pid: int) -> int:
    """Return the resident memory of a process and its children. Shared pages count for each of them."""
    return _ProcessTree(pid).rss()


class _ProcessTree:
    """A process with its current children. One that ends keeps its last known CPU time and has no memory."""

    def __init__(self, pid: int) -> None:
        try:
            process = psutil.Process(pid)
            self._members = [process, *process.children(recursive=True)]
        except _UNREADABLE as error:
            raise RuntimeError(f"process {pid} cannot be measured: {error}") from error
        self._cpu_s = dict.fromkeys(self._members, 0.0)

    def cpu(self) -> float:
        """Return the CPU seconds that all of them have used since they started."""
        for process in self._members:
            with contextlib.suppress(*_UNREADABLE):
                self._cpu_s[process] = sum(process.cpu_times()[:2])
        return sum(self._cpu_s.values())

    def rss(self) -> int:
        """Return the resident bytes of those that still run."""
        total = 0
        for process in self._members:
            with contextlib.suppress(*_UNREADABLE):
                total += process.memory_info().rss
        return total


@dataclass
class ProcessUsage:
    """Measures CPU and peak memory of named processes, with their children at its start, while a block runs."""

    pids: Mapping[str, int]
    interval_s: float = 0.2
    cpu_s: dict[str, float] = field(default_factory=dict)
    rss_before: dict[str, int] = field(default_factory=dict)
    rss_peak: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        # Finding children reads all of /proc, which would distort the figures on a small machine.
        self._trees = {name: _ProcessTree(pid) for name, pid in self.pids.items()}
        self._begin = {name: tree.cpu() for name, tree in self._trees.items()}
        self.rss_before = {name: tree.rss() for name, tree in self._trees.items()}
        self.rss_peak = dict(self.rss_before)
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()
        self.cpu_s = {name: tree.cpu() - self._begin[name] for name, tree in self._trees.items()}

    def _sample(self) -> None:
        while not self._stop.wait(self.interval_s):
            for name, tree in self._trees.items():
                tree.cpu()  # records what a child used before it ends
                self.rss_peak[name] = max(self.rss_peak[name], tree.rss())

    def growth(self, name: str) -> int:
        """Return the largest growth of a process in bytes while the block ran."""
        return self.rss_peak[name] - self.rss_before[name]
