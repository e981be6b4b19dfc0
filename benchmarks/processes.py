"""CPU and memory of running processes, read from /proc; their children may end meanwhile."""

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil

# A child may end between two looks at it; a zombie counts as ended.
_UNREADABLE = (psutil.NoSuchProcess, psutil.AccessDenied)


def rss_bytes(pid: int) -> int:
    """Resident memory of a process and its children; pages they share are counted for each. 0 for an ended child."""
    return _Family(pid).rss()


class _Family:
    """A process with the children it has now. One that ends keeps the CPU it was last seen with, and no memory."""

    def __init__(self, pid: int) -> None:
        try:
            process = psutil.Process(pid)
            self._members = [process, *process.children(recursive=True)]
        except _UNREADABLE as error:
            raise RuntimeError(f"process {pid} cannot be measured: {error}") from error
        self._cpu_s = dict.fromkeys(self._members, 0.0)

    def cpu(self) -> float:
        """Seconds of CPU used by all of them since they began."""
        for process in self._members:
            with contextlib.suppress(*_UNREADABLE):
                self._cpu_s[process] = sum(process.cpu_times()[:2])
        return sum(self._cpu_s.values())

    def rss(self) -> int:
        """Resident bytes of those that run."""
        total = 0
        for process in self._members:
            with contextlib.suppress(*_UNREADABLE):
                total += process.memory_info().rss
        return total


@dataclass
class Watch:
    """CPU used and peak memory of named processes, with the children they have at its start, while a block runs."""

    pids: Mapping[str, int]
    every_s: float = 0.2
    cpu_s: dict[str, float] = field(default_factory=dict)
    rss_before: dict[str, int] = field(default_factory=dict)
    rss_peak: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        # Looking for children reads all of /proc, which on a small machine would show in the figures.
        self._families = {name: _Family(pid) for name, pid in self.pids.items()}
        self._begin = {name: family.cpu() for name, family in self._families.items()}
        self.rss_before = {name: family.rss() for name, family in self._families.items()}
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
        self.cpu_s = {name: family.cpu() - self._begin[name] for name, family in self._families.items()}

    def _sample(self) -> None:
        while not self._stop.wait(self.every_s):
            for name, family in self._families.items():
                family.cpu()  # what a child used before it ends
                self.rss_peak[name] = max(self.rss_peak[name], family.rss())

    def growth(self, name: str) -> int:
        """Bytes that a process grew at most while the block ran."""
        return self.rss_peak[name] - self.rss_before[name]
