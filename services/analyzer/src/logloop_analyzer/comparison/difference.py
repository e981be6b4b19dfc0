"""Finds what a run of a test did differently from green runs of the same test.

A step is what follows what within one service, so services that run at the same time do not disturb each other. What
varies among the green runs is not a difference.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from logloop_analyzer.comparison.attempts import AttemptLine
from logloop_analyzer.evidence.steps.work_units import Event

Lines = Sequence[AttemptLine]
Kind = Literal["new", "missing", "value", "order"]
_MIN_GREENS_FOR_ORDER = 3
"""Few runs do not show which orders of lines are usual."""
_MIN_GREENS_FOR_VALUES = 2


@dataclass(frozen=True, slots=True)
class Deviation:
    """One place at which a run differs. Null lines stand for the start or end of a service's lines.

    kind: `new`: `instead` is in no green run. `missing`: `expected` is in every green run, and not in this one.
    `value`: `instead` says other values than every green run. `order`: both occur, in another order.
    """

    kind: Kind
    service_id: str
    after: AttemptLine | None
    expected: AttemptLine | None
    """A line of a green run."""
    instead: AttemptLine | None
    """A line of the run that is compared."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a run did differently. `first` is the earliest deviation that no green run shows, if there is one."""

    first: Deviation | None
    deviations: Sequence[Deviation]
    """Other steps, the earliest first."""
    new: frozenset[Event]
    missing: frozenset[Event]
    values: frozenset[Event]
    """Events whose text is the same in every green run and another one in this run."""


def find_difference(run: Lines, greens: Sequence[Lines]) -> Difference:
    """Return what the run did differently from all of the green runs, of which there is at least one."""
    own, others = _without_reports(run), [_without_reports(lines) for lines in greens]
    seen = [frozenset(line.event for line in lines) for lines in others]
    events = frozenset(line.event for line in own)
    new = events - frozenset().union(*seen)
    missing = frozenset.intersection(*seen) - events
    values = _changed_values(own, others)
    found = sorted(
        [*_broken_steps(own, others, new, missing), *_value_deviations(own, others, values)],
        key=lambda item: item[0],
    )
    deviations = [deviation for _, deviation in found]
    usable = [item for item in deviations if item.kind != "order" or len(greens) >= _MIN_GREENS_FOR_ORDER]
    first = next((item for item in usable if item.kind != "order"), usable[0] if usable else None)
    return Difference(first, usable, new, missing, values)


def _without_reports(lines: Lines) -> Lines:
    return [line for line in lines if line.report is None]


def _by_service(lines: Lines) -> dict[str, list[AttemptLine]]:
    """Return the lines of each service. An event that is repeated at once counts once: loops vary in length."""
    found: dict[str, list[AttemptLine]] = {}
    for line in lines:
        own = found.setdefault(line.log.service_id, [])
        if not own or own[-1].event != line.event:
            own.append(line)
    return found


Follower = tuple[Event | None, AttemptLine | None]


def _followers(greens: Sequence[Lines]) -> Mapping[tuple[str, Event | None], list[Follower]]:
    """Return what follows an event in a service in the green runs; None stands for the start and the end."""
    found: dict[tuple[str, Event | None], list[Follower]] = {}
    for lines in greens:
        for service, own in _by_service(lines).items():
            for a, b in pairwise([None, *own, None]):
                key = service, a.event if a else None
                found.setdefault(key, []).append((b.event if b else None, b))
    return found


def _broken_steps(
    run: Lines, greens: Sequence[Lines], new: frozenset[Event], missing: frozenset[Event]
) -> Iterator[tuple[int, Deviation]]:
    """Yield the steps that no green run has, each with its time."""
    followers = _followers(greens)
    own = _by_service(run)
    usual_times = _times_in_run(run, greens)
    for service, lines in own.items():
        for a, b in pairwise([None, *lines, None]):
            usual = followers.get((service, a.event if a else None), [])
            event = b.event if b else None
            if any(follower == event for follower, _ in usual):
                continue
            expected = _most_common(usual)
            if event is not None and event in new:
                kind: Kind = "new"
            elif expected is not None and expected.event in missing:
                kind = "missing"
            elif usual and event is not None and (a is None or a.event not in new):
                kind = "order"
            else:
                continue
            at = b.log.timestamp_us if b else usual_times[expected.log.id] if expected else 0
            yield at, Deviation(kind, service, a, expected, b)
    for service in sorted(frozenset.intersection(*(frozenset(_by_service(lines)) for lines in greens)) - set(own)):
        first = next(line for line in greens[0] if line.log.service_id == service)
        if first.event in missing:
            yield usual_times[first.log.id], Deviation("missing", service, None, first, None)


def _times_in_run(run: Lines, greens: Sequence[Lines]) -> Mapping[str, int]:
    """Return for each line of the green runs when it would come in this run, by log id."""
    start = run[0].log.timestamp_us if run else 0
    return {
        line.log.id: start + line.log.timestamp_us - lines[0].log.timestamp_us for lines in greens for line in lines
    }


def _most_common(usual: Sequence[Follower]) -> AttemptLine | None:
    """Return the line that follows most often; of equals, the one of the newest green run."""
    if not usual:
        return None
    counts = Counter(event for event, _ in usual)
    return max(usual, key=lambda item: counts[item[0]])[1]


def _texts(lines: Lines) -> dict[Event, set[str]]:
    found: dict[Event, set[str]] = {}
    for line in lines:
        found.setdefault(line.event, set()).add(line.log.message)
    return found


def _changed_values(run: Lines, greens: Sequence[Lines]) -> frozenset[Event]:
    if len(greens) < _MIN_GREENS_FOR_VALUES:
        return frozenset()
    texts = [_texts(lines) for lines in greens]
    return frozenset(
        event
        for event, own in _texts(run).items()
        if all(event in other for other in texts)
        if len(common := set.union(*(other[event] for other in texts))) == 1 and not own & common
    )


def _value_deviations(
    run: Lines, greens: Sequence[Lines], values: frozenset[Event]
) -> Iterator[tuple[int, Deviation]]:
    left = set(values)
    for line in run:
        if line.event in left:
            left.remove(line.event)
            usual = next(item for item in greens[0] if item.event == line.event)
            yield line.log.timestamp_us, Deviation("value", line.log.service_id, None, usual, line)
