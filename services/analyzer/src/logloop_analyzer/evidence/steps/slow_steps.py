"""Finds slow steps: the time between two consecutive lines of a trace rose from before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from logloop_analyzer.evidence.callers import Downstream
from logloop_analyzer.evidence.steps.broken_steps import MIN_SEEN, Step
from logloop_analyzer.evidence.steps.work_units import EventLines, traces_of

_MIN_SURPRISE = 3.0
_MAX_SURPRISE = 8.0
_RATIO = 2.0
_EXTRA_US = 5_000
_SHORTEST_US = 300.0
"""Shorter gaps count as this long, because clocks and queues of a machine differ by as much."""
_SHORTEST_MEDIAN_US = 1_000.0
_MIN_SPREAD = 0.25
_MAD_TO_DEVIATION = 1.4826
_SHARE_OF_CALLEE = 0.6

Gap = tuple[int, int, int]
"""Microseconds, the earlier line and the later line."""


@dataclass(frozen=True, slots=True)
class SlowStep:
    """A step that takes longer than before, with the lines of a median gap in both windows."""

    step: Step
    weight: float
    """Standard deviations of the change, times the logarithm of the ratio."""
    gap: Gap
    baseline_gap: Gap
    first_line: int
    """The line that ends the first gap which is longer than usual."""
    count: int
    baseline_count: int


def find_slow_steps(now: EventLines, before: EventLines) -> list[SlowStep]:
    """Return the steps that became slower."""
    past = _gaps(before)
    found = []
    for step, gaps in _gaps(now).items():
        base = past.get(step, [])
        if min(len(gaps), len(base)) < MIN_SEEN:
            continue
        middle, base_middle = median(gap[0] for gap in gaps), median(gap[0] for gap in base)
        if middle < _RATIO * base_middle or middle - base_middle < _EXTRA_US:
            continue
        surprise = _surprise([gap[0] for gap in gaps], [gap[0] for gap in base])
        if surprise >= _MIN_SURPRISE:
            weight = surprise * math.log(middle / max(base_middle, _SHORTEST_MEDIAN_US))
            first = min(gap[2] for gap in gaps if gap[0] >= _RATIO * base_middle)
            found.append(SlowStep(step, weight, _typical(gaps), _typical(base), first, len(gaps), len(base)))
    return found


def _gaps(lines: EventLines) -> dict[Step, list[Gap]]:
    found: dict[Step, list[Gap]] = {}
    events, times = lines.events, lines.times
    for members in traces_of(lines).values():
        for a, b in pairwise(members):
            found.setdefault((events[a], events[b]), []).append((times[b] - times[a], a, b))
    return found


def _typical(gaps: Sequence[Gap]) -> Gap:
    return sorted(gaps)[len(gaps) // 2]


def _surprise(now: Sequence[int], before: Sequence[int]) -> float:
    """Return the difference of the medians of logarithms in standard deviations, robust against outliers."""
    a, b = ([math.log(max(gap, _SHORTEST_US)) for gap in gaps] for gaps in (now, before))
    middle, base = median(a), median(b)
    deviations = [abs(value - middle) for value in a] + [abs(value - base) for value in b]
    spread = _MAD_TO_DEVIATION * median(deviations) + _MIN_SPREAD
    return min(_MAX_SURPRISE, (middle - base) / (spread * math.sqrt(1 / len(a) + 1 / len(b))))


def weight_by_service(step: SlowStep, service_of: Sequence[int], downstream: Downstream) -> dict[int, float]:
    """Return the weight for each service of a step. Of the time between two, the callee gets the larger share."""
    first, second = (service_of[event] for event in step.step)
    if first == second:
        return {first: step.weight}
    share = 0.5
    if first in downstream.get(second, ()):
        share = _SHARE_OF_CALLEE
    elif second in downstream.get(first, ()):
        share = 1 - _SHARE_OF_CALLEE
    return {first: share * step.weight, second: (1 - share) * step.weight}
