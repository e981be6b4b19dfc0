"""Sliding windows of rules: the number of matching logs, their rate and their services.

Windows are in memory and start empty after a restart. They count by the time of the logs, in steps of a sixtieth of
the window (at least 1 s), so a count may include logs that are up to one step older than the window.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = 60
FUTURE_TOLERANCE_US = 60_000_000
_MAX_SERVICES_PER_STEP = 1000


@dataclass(frozen=True, slots=True)
class Statistics:
    """The values that conditions read as `stats`. `rate` is in logs per minute."""

    count: int
    rate: float
    services: int
    window_s: int

    def values(self) -> dict[str, int | float]:
        """Return the values by dotted name."""
        return {
            "stats.count": self.count,
            "stats.rate": self.rate,
            "stats.services": self.services,
            "stats.window_s": self.window_s,
        }


class RuleWindow:
    """The matching logs of the last `window_s` seconds."""

    def __init__(self, window_s: int) -> None:
        self.window_s = window_s
        self._step_us = max(1_000_000, window_s * 1_000_000 // STEPS)
        self._steps_kept = max(1, -(-window_s * 1_000_000 // self._step_us))
        self._steps: deque[tuple[int, Counter[str]]] = deque()
        self._services: Counter[str] = Counter()
        self._count = 0
        self.dropped = 0
        """Number of logs that have left the window so far."""

    def copy(self) -> "RuleWindow":
        """Return an independent copy."""
        made = RuleWindow(self.window_s)
        made._steps = deque((step, counter.copy()) for step, counter in self._steps)
        made._services = self._services.copy()
        made._count, made.dropped = self._count, self.dropped
        return made

    def add(self, timestamp_us: int, service_id: str, *, now_us: int, count: int = 1) -> None:
        """Count logs. A time in the future counts as now; logs older than the window are not counted."""
        step = min(timestamp_us, now_us + FUTURE_TOLERANCE_US) // self._step_us
        newest = self._steps[-1][0] if self._steps else step
        if step <= newest - self._steps_kept:
            return
        counter = self._counter(step)
        if service_id not in counter and len(counter) >= _MAX_SERVICES_PER_STEP:
            service_id = next(iter(counter))
        counter[service_id] += count
        self._services[service_id] += count
        self._count += count
        self._forget(max(step, newest))

    def add_all(self, rows: Iterable[tuple[int, str]], *, now_us: int) -> None:
        """Count many logs, given as (timestamp in µs, service)."""
        limit = now_us + FUTURE_TOLERANCE_US
        grouped = Counter((min(at, limit) // self._step_us, service) for at, service in rows)
        for (step, service_id), count in sorted(grouped.items()):
            self.add(step * self._step_us, service_id, now_us=now_us, count=count)

    def statistics(self, now_us: int | None = None) -> Statistics:
        """Return the counts up to the newest log, or up to `now_us` if that is later."""
        if now_us is not None:
            self._forget(now_us // self._step_us)
        return Statistics(self._count, self._count * 60 / self.window_s, len(self._services), self.window_s)

    def _counter(self, step: int) -> Counter[str]:
        if not self._steps or step > self._steps[-1][0]:
            self._steps.append((step, Counter()))
            return self._steps[-1][1]
        for known, counter in reversed(self._steps):
            if known == step:
                return counter
        late: Counter[str] = Counter()
        self._steps = deque(sorted([*self._steps, (step, late)], key=lambda item: item[0]))
        return late

    def _forget(self, newest: int) -> None:
        while self._steps and self._steps[0][0] <= newest - self._steps_kept:
            _, dropped = self._steps.popleft()
            self._count -= dropped.total()
            self.dropped += dropped.total()
            self._services -= dropped
