"""CPU and memory of running processes, read from /proc.

It must not start or stop anything.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil


def rss_bytes(pid: int) -> int:
    """Resident memory of a process and its children; pages they share are counted for each."""
    return _rss(_family(pid))


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _cpu(family: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in family)


def _rss(family: list[psutil.Process]) -> int:
    return sum(process.memory_info().rss for process in family)


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
        self._families = {name: _family(pid) for name, pid in self.pids.items()}
        self._begin = {name: _cpu(family) for name, family in self._families.items()}
        self.rss_before = {name: _rss(family) for name, family in self._families.items()}
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
        self.cpu_s = {name: _cpu(family) - self._begin[name] for name, family in self._families.items()}

    def _sample(self) -> None:
        while not self._stop.wait(self.every_s):
            for name, family in self._families.items():
                self.rss_peak[name] = max(self.rss_peak[name], _rss(family))

    def growth(self, name: str) -> int:
        """Bytes that a process grew at most while the block ran."""
        return self.rss_peak[name] - self.rss_before[name]
