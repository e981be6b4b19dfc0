"""Finds broken steps: given a line, what follows it within its unit of work differs from before.

A step is counted relative to the line before it, so more traffic or a different mix of requests changes nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from logloop_analyzer.evidence import statistics
from logloop_analyzer.evidence.steps.work_units import EventLines, Unit

MIN_SEEN = 3
_MIN_SURPRISE = 2.0
_MAX_SURPRISE = 8.0
"""So that, however many units there are, only a large change of a share is strong."""
END = -1
"""Stands for the end of a unit. Its start is a number below, one for each service."""

Step = tuple[int, int]


@dataclass(frozen=True, slots=True)
class BrokenStep:
    """A step that follows its first event more often than before. Counts are traces or bursts."""

    step: Step
    weight: float
    """Standard deviations of the change, times the rise in share."""
    count: int
    total: int
    baseline_count: int
    baseline_total: int
    expected: int
    """The event whose share among the followers fell most."""


class Steps:
    """The steps within the units of a window. Each trace or burst counts a step once."""

    def __init__(self, units: Sequence[Unit], lines: EventLines) -> None:
        self.units = units
        self.lines = lines
        self.of_units = [_steps_in(unit, lines) for unit in units]
        distinct = {
            (unit.owner, a, b): None for unit, steps in zip(units, self.of_units, strict=True) for a, b in steps
        }
        self.counts = Counter((a, b) for _, a, b in distinct)
        self.totals = Counter(a for _, a in dict.fromkeys((owner, a) for owner, a, _ in distinct))

    def share(self, step: Step) -> float:
        """Return how often a step follows its first event, 0 to 1."""
        return self.counts[step] / self.totals[step[0]] if self.totals[step[0]] else 0.0

    def first_lines(self, step: Step) -> list[int]:
        """Return the lines of the first time that a step occurs: two, or one at the start or end of a unit."""
        unit = next(unit for unit, steps in zip(self.units, self.of_units, strict=True) if step in steps)
        events = [END - 1 - unit.service, *(self.lines.events[line] for line in unit.lines), END]
        position = list(pairwise(events)).index(step)
        return list(unit.lines[max(0, position - 1) : position + 1])


def _steps_in(unit: Unit, lines: EventLines) -> list[Step]:
    """Return the start of a unit, each line to the next other one, and the end.

    A repeated event does not count as a step, because loops run as often as there are items.
    """
    events = [lines.events[line] for line in unit.lines]
    return [(a, b) for a, b in pairwise([END - 1 - unit.service, *events, END]) if a != b]


def find_broken_steps(now: Steps, before: Steps) -> Mapping[Step, BrokenStep]:
    """Return the steps whose share rose significantly."""
    followers: dict[int, list[int]] = {}
    for a, b in before.counts:
        followers.setdefault(a, []).append(b)
    found = {}
    for step, count in now.counts.items():
        total, past_total = now.totals[step[0]], before.totals[step[0]]
        if min(total, past_total) < MIN_SEEN or (rise := now.share(step) - before.share(step)) <= 0:
            continue
        past_count = before.counts[step]
        surprise = min(_MAX_SURPRISE, statistics.share_surprise(count, total, past_count, past_total))
        if surprise >= _MIN_SURPRISE:
            expected = _expected(step[0], followers[step[0]], now, before)
            found[step] = BrokenStep(step, surprise * rise, count, total, past_count, past_total, expected)
    return found


def _expected(event: int, followers: Sequence[int], now: Steps, before: Steps) -> int:
    falls = {follower: before.share((event, follower)) - now.share((event, follower)) for follower in followers}
    return max(followers, key=lambda follower: (falls[follower], follower))
