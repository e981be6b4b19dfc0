"""Metric queries: which logs are counted by which labels in which intervals, and the series that follow from it.

A range aggregation at time t covers [t - range, t). A log exactly at a boundary belongs to the interval that it
begins, as in the histogram of the platform. Counts by interval are taken once, then added up for overlapping ranges.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from logloop_query.logs.search.sums import Buckets
from logloop_query.loki.labels import STREAM_LABELS, key_names, kind_of
from logloop_query.loki.numbers import applied
from logloop_query.loki.parser import BadLogQL
from logloop_query.loki.syntax_tree import (
    Grouping,
    Metric,
    NumberOperation,
    OrConstant,
    RangeAggregation,
    VectorAggregation,
)

MAX_POINTS = 11_000
MAX_SERIES = 500
MAX_BUCKETS = 100_000
_MAX_CELLS = 4_000_000
_NO_SERIES = f"the result has more than {MAX_SERIES} series; add matchers, or aggregate with sum by (…)"

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values, sorted by name."""
Series: TypeAlias = dict[Labels, dict[int, float]]
"""Values by the number of the step, only where there are logs."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The steps of a query, in microseconds: `count` moments from `start` on."""

    start: int
    step: int
    count: int

    @classmethod
    def between(cls, start: int, end: int, step: int) -> "Grid":
        """Return the steps from start to end, inclusive. Raises BadLogQL for too many."""
        if end < start:
            raise BadLogQL("the end is before the start")
        if (end - start) // step >= MAX_POINTS:
            raise BadLogQL(
                f"the query has more than {MAX_POINTS:,} steps; make the step longer or the time range shorter"
            )
        return cls(start, step, (end - start) // step + 1)

    def at(self, number: int) -> int:
        """Return the moment of a step."""
        return self.start + number * self.step


@dataclass(frozen=True, slots=True)
class Windows:
    """Buckets of which the ranges at the steps consist: range `number` has `size` of them, from number * `stride`."""

    buckets: Buckets
    size: int
    stride: int
    total: int

    @classmethod
    def of(cls, aggregation: RangeAggregation, grid: Grid) -> "Windows":
        """Return the buckets of a range aggregation. Raises BadLogQL for too many."""
        length = max(1, aggregation.range_ns // 1000)
        width = length if grid.count == 1 else math.gcd(length, grid.step)
        size, stride = length // width, grid.step // width
        total = (grid.count - 1) * stride + size
        if total > MAX_BUCKETS:
            raise BadLogQL("range and step do not fit together; make the range a multiple of the step")
        offset = aggregation.offset_ns // 1000
        return cls(Buckets(grid.start - offset - length, width), size, stride, total)

    @property
    def end(self) -> int:
        """The first microsecond after the last bucket."""
        return self.buckets.origin + self.total * self.buckets.width


@dataclass(frozen=True, slots=True)
class MetricPlan:
    """The range aggregation of a query, the labels to count by, and the other aggregations, innermost first."""

    aggregation: RangeAggregation
    labels: tuple[str, ...]
    rest: tuple[VectorAggregation | NumberOperation | OrConstant, ...]

    @property
    def keys(self) -> list[str]:
        """The keys to count by."""
        return list(dict.fromkeys(itertools.chain.from_iterable(map(key_names, self.labels))))

    @property
    def of_bytes(self) -> bool:
        """Whether the bytes of lines are added up, and not lines."""
        return self.aggregation.function.startswith("bytes")


def plan_of(metric: Metric) -> MetricPlan:
    """Return how to compute a metric query. A sum over a range aggregation is counted by its labels at once."""
    chain: list[VectorAggregation | NumberOperation | OrConstant] = []
    while not isinstance(metric, RangeAggregation):
        chain.insert(0, metric)
        metric = metric.inner
    labels = tuple(STREAM_LABELS)
    if chain and isinstance(chain[0], VectorAggregation) and chain[0].function == "sum":
        labels = _kept(chain[0].grouping, labels)
        chain.pop(0)
    return MetricPlan(metric, labels, tuple(chain))


def _kept(grouping: Grouping | None, labels: Sequence[str]) -> tuple[str, ...]:
    if grouping is None:
        return ()
    if grouping.without:
        return tuple(label for label in labels if label not in grouping.labels)
    return tuple(sorted(set(grouping.labels)))


def series_of(plan: MetricPlan, table: Any, windows: Windows, grid: Grid, project_id: str) -> Series:
    """Return the series of a query from its counts by bucket and key. Raises BadLogQL for too many."""
    counted: dict[Labels, list[int]] = {}
    labels_of = _labelling(plan, project_id)
    names = ["bucket", *plan.keys, "count"]
    for bucket, *values, count in zip(*(table.column(name).to_pylist() for name in names), strict=True):
        labels = labels_of(values)
        if labels not in counted:
            if len(counted) >= MAX_SERIES and not plan.rest:
                raise BadLogQL(_NO_SERIES)
            if len(counted) * windows.total > _MAX_CELLS:
                raise BadLogQL(
                    "the result has too many series for so many steps; make the step longer, or add matchers"
                )
            counted[labels] = [0] * windows.total
        counted[labels][bucket] += count
    found = {labels: dict(_in_ranges(plan, counts, windows, grid)) for labels, counts in counted.items()}
    for part in plan.rest:
        if isinstance(part, VectorAggregation):
            found = _aggregated(part, found)
        elif isinstance(part, NumberOperation):
            found = {labels: applied(part, points) for labels, points in found.items()}
        else:
            found[()] = dict.fromkeys(range(grid.count), part.constant.value) | found.get((), {})
    found = {labels: points for labels, points in found.items() if points}
    if len(found) > MAX_SERIES:
        raise BadLogQL(_NO_SERIES)
    return found


def _labelling(plan: MetricPlan, project_id: str) -> Callable[[Sequence[str | None]], Labels]:
    places = {key: place for place, key in enumerate(plan.keys)}
    sources = [(label, [places[key] for key in key_names(label)]) for label in sorted(plan.labels)]

    def labels_of(values: Sequence[str | None]) -> Labels:
        found = (
            (label, project_id if kind_of(label) == "project" else next(filter(None, (values[at] for at in ats)), ""))
            for label, ats in sources
        )
        return tuple((label, value or "") for label, value in found if value)

    return labels_of


def _in_ranges(plan: MetricPlan, counts: Sequence[int], windows: Windows, grid: Grid) -> Iterator[tuple[int, float]]:
    sums = list(itertools.accumulate(counts, initial=0))
    per_second = plan.aggregation.function in {"rate", "bytes_rate"}
    seconds = plan.aggregation.range_ns / 1e9
    for number in range(grid.count):
        first = number * windows.stride
        found = sums[first + windows.size] - sums[first]
        if found:
            yield number, found / seconds if per_second else found


def _aggregated(aggregation: VectorAggregation, series: Series) -> Series:
    groups: dict[Labels, list[Labels]] = {}
    for labels in series:
        kept = _kept(aggregation.grouping, [name for name, _ in labels])
        groups.setdefault(tuple(pair for pair in labels if pair[0] in kept), []).append(labels)
    found: Series = {}
    for group, members in groups.items():
        if aggregation.number is not None:
            found |= _extreme(aggregation, members, series)
            continue
        steps = sorted({step for labels in members for step in series[labels]})
        found[group] = {
            step: _AGGREGATES[aggregation.function]([series[m][step] for m in members if step in series[m]])
            for step in steps
        }
    return found


_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "count": len,
    "avg": lambda values: sum(values) / len(values),
}


def _extreme(aggregation: VectorAggregation, members: Iterable[Labels], series: Series) -> Series:
    """Return, for each step, the points of the largest (topk) or smallest (bottomk) values."""
    sign = -1 if aggregation.function == "topk" else 1
    at_step: dict[int, list[tuple[float, Labels]]] = {}
    for labels in members:
        for step, value in series[labels].items():
            at_step.setdefault(step, []).append((sign * value, labels))
    found: Series = {}
    for step, points in at_step.items():
        for value, labels in sorted(points)[: aggregation.number]:
            found.setdefault(labels, {})[step] = sign * value
    return found
