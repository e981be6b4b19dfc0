"""CPU and memory of running processes, read from /proc.

It must not start or stop anything.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and the children it has now."""
    return sum(sum(process.cpu_times()[:2]) for process in _family(pid))


def rss_bytes(pid: int) -> int:
    """Resident memory of a process and its children; pages they share are counted for each."""
    return sum(process.memory_info().rss for process in _family(pid))


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


@dataclass
class Watch:
    """CPU used and peak memory of named processes while a block runs."""

    pids: Mapping[str, int]
    every_s: float = 0.1
    cpu_s: dict[str, float] = field(default_factory=dict)
    rss_before: dict[str, int] = field(default_factory=dict)
    rss_peak: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._begin = {name: cpu_seconds(pid) for name, pid in self.pids.items()}
        self.rss_before = {name: rss_bytes(pid) for name, pid in self.pids.items()}
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
        self.cpu_s = {name: cpu_seconds(pid) - self._begin[name] for name, pid in self.pids.items()}

    def _sample(self) -> None:
        while not self._stop.wait(self.every_s):
            for name, pid in self.pids.items():
                self.rss_peak[name] = max(self.rss_peak[name], rss_bytes(pid))

    def growth(self, name: str) -> int:
        """Bytes that a process grew at most while the block ran."""
        return self.rss_peak[name] - self.rss_before[name]
