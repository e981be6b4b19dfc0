"""Metric queries: which logs are counted by which labels in which intervals, and the series that follow from it.

A range aggregation at time t covers [t - range, t). A log exactly at a boundary belongs to the interval that it
begins, as in the histogram of the platform. Counts by interval are taken once, then added up for overlapping ranges.
"""

import bisect
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from logloop_query.logs.search.counting.sums import Buckets
from logloop_query.loki.errors import BadLogQL
from logloop_query.loki.labels import STREAM_LABELS, key_names, kind_of
from logloop_query.loki.numbers import applied
from logloop_query.loki.syntax_tree import (
    Grouping,
    Metric,
    NumberOperation,
    OrConstant,
    RangeAggregation,
    Unwrap,
    VectorAggregation,
)
from logloop_query.loki.values import aggregated, value_of, variance

_ADDITIVE = frozenset({"count_over_time", "rate", "bytes_over_time", "bytes_rate", "sum_over_time"})
"""The functions of which a sum of series is the function of all their logs."""
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
        """The keys to count by, which include those of the values."""
        labels = (*self.labels, *([self.unwrap.label] if self.unwrap else []))
        return list(dict.fromkeys(itertools.chain.from_iterable(map(key_names, labels))))

    @property
    def unwrap(self) -> Unwrap | None:
        """The label that has the values."""
        return self.aggregation.logs.unwrap

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
    outer = chain[0] if chain and isinstance(chain[0], VectorAggregation) else None
    if metric.function == "absent_over_time":
        labels = ()
    elif metric.grouping is not None:
        labels = _kept(metric.grouping, labels)
    elif outer is not None and outer.function == "sum" and metric.function in _ADDITIVE:
        labels = _kept(outer.grouping, labels)
        chain.pop(0)
    elif metric.logs.unwrap and outer is not None and outer.grouping is not None and not outer.grouping.without:
        labels = tuple(dict.fromkeys((*labels, *outer.grouping.labels)))
    return MetricPlan(metric, labels, tuple(chain))


def _kept(grouping: Grouping | None, labels: Sequence[str]) -> tuple[str, ...]:
    if grouping is None:
        return ()
    if grouping.without:
        return tuple(label for label in labels if label not in grouping.labels)
    return tuple(sorted(set(grouping.labels)))


def series_of(plan: MetricPlan, table: Any, windows: Windows, grid: Grid, project_id: str) -> Series:
    """Return the series of a query from its counts by bucket and key. Raises BadLogQL for too many."""
    compute = _unwrapped if plan.unwrap else _counted
    found = compute(plan, table, windows, grid, project_id)
    if plan.aggregation.function == "absent_over_time":
        found = _absent(plan, found, grid)
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


def _counted(plan: MetricPlan, table: Any, windows: Windows, grid: Grid, project_id: str) -> Series:
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
    return {labels: dict(_in_ranges(plan, counts, windows, grid)) for labels, counts in counted.items()}


def _unwrapped(plan: MetricPlan, table: Any, windows: Windows, grid: Grid, project_id: str) -> Series:
    """Return the function of the values in each range. The counts have a row for each value in a bucket."""
    overlap = -(-windows.size // windows.stride) if grid.count > 1 else 1
    if table.num_rows * min(overlap, grid.count) > _MAX_CELLS:
        raise BadLogQL("the ranges have too many values; make the step longer or the range shorter, or add matchers")
    labels_of = _labelling(plan, project_id)
    samples: dict[Labels, list[tuple[int, float, int]]] = {}
    for bucket, value, count, values in _values(plan, table):
        labels = labels_of(values)
        if labels not in samples and (len(samples) + 1) * grid.count > _MAX_CELLS:
            raise BadLogQL("the result has too many series for so many steps; make the step longer, or add matchers")
        samples.setdefault(labels, []).append((bucket, value, count))
    function, seconds = plan.aggregation.function, plan.aggregation.range_ns / 1e9
    found: Series = {}
    for labels, rows in samples.items():
        rows.sort()
        buckets = [bucket for bucket, _, _ in rows]
        points = found[labels] = {}
        for number in range(grid.count):
            first = bisect.bisect_left(buckets, number * windows.stride)
            after = bisect.bisect_left(buckets, number * windows.stride + windows.size, first)
            if first < after:
                part = [(value, count) for _, value, count in rows[first:after]]
                points[number] = aggregated(function, part, seconds, plan.aggregation.parameter)
    return found


def _values(plan: MetricPlan, table: Any) -> Iterator[tuple[int, float, int, Sequence[str | None]]]:
    """Yield bucket, value, count and keys of each row with a value. Raises BadLogQL for an unreadable value."""
    unwrap, skips_errors = plan.unwrap, plan.aggregation.logs.skips_errors
    if unwrap is None:
        return
    places = [plan.keys.index(key) for key in key_names(unwrap.label)]
    names = ["bucket", *plan.keys, "count"]
    for bucket, *values, count in zip(*(table.column(name).to_pylist() for name in names), strict=True):
        text = next(filter(None, (values[place] for place in places)), None)
        if text is None:
            continue
        value = value_of(text, unwrap.conversion)
        if value is not None:
            yield bucket, value, count, values
        elif not skips_errors:
            raise BadLogQL(
                f"SampleExtractionErr: {unwrap.label} has the value {text[:40]!r}, which is no "
                f'{unwrap.conversion or "number"}; write | __error__="" after the unwrap to leave such logs out'
            )


def _absent(plan: MetricPlan, found: Series, grid: Grid) -> Series:
    """Return 1 at each step without logs, with the labels that the selector fixes."""
    present = {step for points in found.values() for step in points}
    matchers = plan.aggregation.logs.matchers
    names = [matcher.label for matcher in matchers]
    labels = tuple(sorted((m.label, m.value) for m in matchers if m.op == "=" and names.count(m.label) == 1))
    return {labels: {step: 1.0 for step in range(grid.count) if step not in present}}


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
    "stddev": lambda values: math.sqrt(variance([(value, 1) for value in values])),
    "stdvar": lambda values: variance([(value, 1) for value in values]),
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
