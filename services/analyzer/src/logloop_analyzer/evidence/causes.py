"""Scores each service by its broken and slow steps: how likely it holds the cause of an incident.

The constants were chosen on the faults that docs/analysis.md reports on.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from logloop_analyzer.evidence.callers import Downstream, find_downstream
from logloop_analyzer.evidence.log_window import LogWindow
from logloop_analyzer.evidence.steps.broken_steps import END, BrokenStep, Steps, find_broken_steps
from logloop_analyzer.evidence.steps.slow_steps import SlowStep, find_slow_steps, weight_by_service
from logloop_analyzer.evidence.steps.work_units import EventLines, Work, bursts_of, crowded, read_work, spans_of
from logloop_analyzer.evidence.traces import FirstInTrace

STRONG = 3.0
MAX_SERVICES = 5
_SLOW_WEIGHT = 0.16
_UPSTREAM_DISCOUNT = 0.7
_UPSTREAM_SHARE = 0.5
_MIN_FAILING_TRACES = 3
_EQUALLY_STRONG = 0.8
_DELAY = 0.5
"""Weight of a step that is broken because an answer is late; it is a slow step too."""

Counted = Literal["traces", "bursts"]


@dataclass(frozen=True)
class ShownStep:
    """The row numbers that show a step, in the window and in the baseline: two, or one at the end of a unit."""

    rows: tuple[int, ...]
    baseline_rows: tuple[int, ...]


@dataclass(frozen=True)
class BrokenCause:
    """A broken step, shown by its first occurrence and by the expected step before."""

    step: BrokenStep
    counted: Counted
    shown: ShownStep


@dataclass(frozen=True)
class SlowCause:
    """A slow step, shown by a median gap in each window, and the row of the first slow one."""

    step: SlowStep
    shown: ShownStep
    first_row: int


@dataclass(frozen=True)
class ServiceCause:
    """What changed in a service, and its score; chance alone does not reach STRONG."""

    service_id: str
    score: float
    broken_score: float
    slow_score: float
    """What the score consists of, before the discount for the services that it calls."""
    broken: BrokenCause | None
    slow: SlowCause | None


class _BrokenUnits:
    """The broken steps of one kind of unit, the worst of each service."""

    def __init__(
        self, counted: Counted, now: Steps, before: Steps, downstream: Downstream, late: frozenset[int] = frozenset()
    ) -> None:
        self.counted = counted
        self._now, self._before = now, before
        self.worst = self._worst_of_services(downstream, late)

    def _worst_of_services(self, downstream: Downstream, late: frozenset[int]) -> Mapping[int, BrokenStep]:
        """Within a trace only the services count that call no service with a broken step."""
        broken = {
            step: replace(found, weight=found.weight * (_DELAY if _is_delay(found, late) else 1.0))
            for step, found in find_broken_steps(self._now, self._before).items()
        }
        traces: dict[int, dict[int, BrokenStep]] = {}
        for unit, steps in zip(self._now.units, self._now.of_units, strict=True):
            for step in steps:
                if step in broken:
                    services = traces.setdefault(unit.owner, {})
                    services[unit.service] = max(services.get(unit.service, broken[step]), broken[step], key=_weight)
        found: dict[int, BrokenStep] = {}
        for services in traces.values():
            ends = [name for name in services if not downstream.get(name, frozenset()) & services.keys()]
            for service in ends or services:
                found[service] = max(found.get(service, services[service]), services[service], key=_weight)
        return found

    def cause(self, service: int) -> BrokenCause | None:
        """Return the worst step of a service with its rows."""
        worst = self.worst.get(service)
        if worst is None:
            return None
        rows = _rows(self._now.lines, self._now.first_lines(worst.step))
        usual = _rows(self._before.lines, self._before.first_lines((worst.step[0], worst.expected)))
        return BrokenCause(worst, self.counted, ShownStep(rows, usual))


def find_causes(window: LogWindow, baseline: LogWindow) -> list[ServiceCause]:
    """Return the services whose steps changed most from the baseline to the window, highest score first."""
    work = read_work(window, baseline)
    spans, spans_before = spans_of(work.now), spans_of(work.before)
    downstream = find_downstream(spans_before, work.before)
    slow: dict[int, list[tuple[float, SlowStep]]] = {}
    slow_steps = find_slow_steps(work.now, work.before)
    for step in slow_steps:
        for service, weight in weight_by_service(step, work.service_of, downstream).items():
            slow.setdefault(service, []).append((weight, step))
    kinds = [_in_bursts(work, _late_answers(work, slow_steps, downstream))]
    if spans:  # Without trace ids, bursts are all there is.
        now, before = Steps(spans, work.now), Steps(spans_before, work.before)
        kinds.insert(0, _BrokenUnits("traces", now, before, downstream))
    broken = {
        service: sum(kind.worst[service].weight for kind in kinds if service in kind.worst) / len(kinds)
        for kind in kinds
        for service in kind.worst
    }
    slowed = {service: _SLOW_WEIGHT * _combined([weight for weight, _ in steps]) for service, steps in slow.items()}
    totals = {service: broken.get(service, 0.0) + slowed.get(service, 0.0) for service in {**broken, **slowed}}
    ranked = sorted(_discounted(totals, downstream).items(), key=lambda item: (-item[1], item[0]))
    return [
        ServiceCause(
            work.service_names[service],
            score,
            broken.get(service, 0.0),
            slowed.get(service, 0.0),
            _broken(kinds, service),
            _slow(work, slow.get(service, ())),
        )
        for service, score in ranked[:MAX_SERVICES]
    ]


def first_failing(causes: Sequence[ServiceCause], first: FirstInTrace) -> list[ServiceCause]:
    """Of services that are about equally strong, raise the scores of those that fail first in traces.

    A service whose calls no log shows is as broken as those that depend on it, but they fail later. A service that is
    slow rather than broken keeps its place, because it may make others fail.
    """
    if first.traces < _MIN_FAILING_TRACES or not causes or causes[0].slow_score > causes[0].broken_score:
        return list(causes)
    least = max(STRONG, _EQUALLY_STRONG * causes[0].score)
    raised = [
        replace(cause, score=cause.score * (1 + first.share_of_service(cause.service_id)))
        if cause.score >= least
        else cause
        for cause in causes
    ]
    return sorted(raised, key=lambda cause: (-cause.score, cause.service_id))


def _in_bursts(work: Work, late: frozenset[int]) -> _BrokenUnits:
    """Return the broken steps of the bursts of services whose bursts are comparable."""
    bursts = bursts_of(work.now)
    mixed = crowded(work.now, bursts, work.before)
    comparable = [burst for burst in bursts if burst.service not in mixed]
    now, before = Steps(comparable, work.now), Steps(bursts_of(work.before), work.before)
    return _BrokenUnits("bursts", now, before, {}, late)


def _late_answers(work: Work, slow_steps: Sequence[SlowStep], downstream: Downstream) -> frozenset[int]:
    """Return the events by which services go on after they waited for a service that they call."""
    steps = (step.step for step in slow_steps)
    return frozenset(b for a, b in steps if work.service_of[a] in downstream.get(work.service_of[b], ()))


def _is_delay(found: BrokenStep, late: frozenset[int]) -> bool:
    """Return whether a burst is only cut in two because one of the `late` events is its next line."""
    first, follower = found.step
    return (follower == END and found.expected in late) or (first < END and follower in late)


def _combined(weights: Sequence[float]) -> float:
    """Return the sum of weights over the root of their number, as Stouffer combines standard scores."""
    return sum(weights) / math.sqrt(len(weights)) if weights else 0.0


def _discounted(scores: Mapping[int, float], downstream: Downstream) -> dict[int, float]:
    """Lower the score of a service that calls one with at least half of it."""

    def calls_a_cause(service: int, score: float) -> bool:
        return any(scores.get(callee, 0.0) >= _UPSTREAM_SHARE * score for callee in downstream.get(service, ()))

    return {
        service: round(score * (_UPSTREAM_DISCOUNT if calls_a_cause(service, score) else 1.0), 6)
        for service, score in scores.items()
    }


def _weight(step: BrokenStep) -> tuple[float, tuple[int, int]]:
    return step.weight, step.step


def _rows(lines: EventLines, members: Sequence[int]) -> tuple[int, ...]:
    return tuple(lines.rows[line] for line in members)


def _broken(kinds: Sequence[_BrokenUnits], service: int) -> BrokenCause | None:
    """Return the broken step with the highest weight; traces win ties."""
    found = [cause for kind in kinds if (cause := kind.cause(service)) is not None]
    return max(found, key=lambda cause: cause.step.weight, default=None)


def _slow(work: Work, weighted: Sequence[tuple[float, SlowStep]]) -> SlowCause | None:
    if not weighted:
        return None
    _, step = max(weighted, key=lambda item: (item[0], item[1].step))
    shown = ShownStep(_rows(work.now, step.gap[1:]), _rows(work.before, step.baseline_gap[1:]))
    return SlowCause(step, shown, work.now.rows[step.first_line])
