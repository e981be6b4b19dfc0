"""Measures how each group of lines changed from the baseline to the window: new, bursting or vanished."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Literal

import pyarrow as pa

from logloop_analyzer.evidence import statistics
from logloop_analyzer.evidence.log_window import GroupKey, LogWindow

FALSE_DISCOVERY_RATE = 0.01
MIN_NEW_ERRORS = 3
MIN_BASELINE = 20
ALARMING = frozenset({"warn", "error"})
_BURST_RATIO = 3.0
_BURST_EXTRA = 5
_SLICES = 12
_VANISH_EXPECTED = 10.0
_REGULAR_GAP_SPREAD = 0.5

_NO_ROWS = pa.array([], pa.int64())
WHOLE_SERVICE = ""
"""Template of the signal that a whole service stopped logging."""

Change = Literal["new", "burst", "vanished"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A change of one group. `strong`: significant, or several new errors. Times are microseconds since 1970.

    `surprise` counts occasions instead of entries, so that a loop or a stack trace is not taken for many events.
    """

    key: GroupKey
    change: Change
    count: int
    baseline_count: int
    surprise: float
    strong: bool
    onset_us: int
    onset_row: int
    """Row of the line at the onset, in the window or (`in_window` False) in the baseline."""
    in_window: bool = True
    regular: bool = False
    """Whether vanished lines came at regular intervals before."""


@dataclass(frozen=True)
class Comparison:
    """Two windows and the ratio of their traffic."""

    window: LogWindow
    baseline: LogWindow
    scale: float
    comparable: bool
    """False if the baseline holds too few logs to compare with."""
    start_us: int
    end_us: int
    """Times of the first and the last row of the window."""
    slices: int = field(default=_SLICES)


def compare(window: LogWindow, baseline: LogWindow) -> Comparison:
    """Return the comparison of two windows. `window` must not be empty."""
    start, end = window.first_us, window.last_us
    comparable = len(baseline) >= MIN_BASELINE
    scale = 1.0
    if comparable:
        length, before = max(1, end - start), max(1, baseline.last_us - baseline.first_us)
        pairs = [(len(rows), baseline.count(key)) for key, rows in window.groups.items()]
        scale = min(50.0, max(0.02, statistics.typical_ratio(pairs, length / before)))
    return Comparison(window, baseline, scale, comparable, start, end)


def find_signals(comparison: Comparison) -> list[Signal]:
    """Return a signal for every group that changed, in the order of keys."""
    keys = sorted({*comparison.window.groups, *comparison.baseline.groups})
    if not comparison.comparable:
        alarming = [key for key in keys if key.severity in ALARMING and comparison.window.count(key)]
        return [_without_baseline(comparison, key) for key in alarming]
    tests = [_g(comparison, key) for key in keys]
    significant = statistics.significant([statistics.p_value(g) for g in tests], FALSE_DISCOVERY_RATE)
    found = [
        signal
        for key, is_significant in zip(keys, significant, strict=True)
        if (signal := _signal(comparison, key, is_significant)) is not None
    ]
    return _silent_services(comparison, found)


def _g(comparison: Comparison, key: GroupKey) -> float:
    count, before = comparison.window.count(key), comparison.baseline.count(key)
    return statistics.g_test(count, before, comparison.scale, _spread(comparison, key))


def _spread(comparison: Comparison, key: GroupKey) -> float:
    before = comparison.baseline.times_of(key)
    return statistics.dispersion(_per_slice(before, comparison.baseline, comparison.slices)) if before else 1.0


def _per_slice(times: list[int], window: LogWindow, slices: int) -> list[int]:
    """Count how many of the ascending times fall into each of `slices` equal slices of a window."""
    first, length = window.first_us, max(1, window.last_us - window.first_us)
    ends = [bisect_left(times, first + -(-length * number // slices)) for number in range(1, slices)]
    return [end - start for start, end in pairwise([0, *ends, len(times)])]


def _signal(comparison: Comparison, key: GroupKey, is_significant: bool) -> Signal | None:
    count, before = comparison.window.count(key), comparison.baseline.count(key)
    if before == 0:
        strong = is_significant or (key.severity == "error" and count >= MIN_NEW_ERRORS)
        return _rising(comparison, key, "new", strong=strong, onset=0)
    expected = statistics.expected_count(before, comparison.scale)
    if is_significant and count >= _BURST_RATIO * expected and count - expected >= _BURST_EXTRA:
        times = comparison.window.times_of(key)
        onset = statistics.change_point(times, comparison.start_us, comparison.end_us)
        return _rising(comparison, key, "burst", strong=True, onset=onset)
    return _vanished(comparison, key)


def _rising(comparison: Comparison, key: GroupKey, change: Change, *, strong: bool, onset: int) -> Signal:
    rows, before = comparison.window.groups[key], comparison.baseline.groups.get(key, _NO_ROWS)
    occasions = comparison.window.occasions(rows), comparison.baseline.occasions(before)
    g = statistics.g_test(*occasions, comparison.scale, _spread(comparison, key))
    row = int(rows[onset].as_py())
    return Signal(
        key,
        change,
        len(rows),
        len(before),
        statistics.surprise(g),
        strong,
        int(comparison.window.times[row].as_py()),
        row,
    )


def _without_baseline(comparison: Comparison, key: GroupKey) -> Signal:
    """Return a signal for warnings or errors without a baseline, based on their number alone."""
    return _rising(comparison, key, "new", strong=key.severity == "error", onset=0)


def _vanished(comparison: Comparison, key: GroupKey) -> Signal | None:
    """Return a signal if a group stopped: silent until the end for far longer than its earlier rate explains."""
    before, seen = comparison.baseline.groups.get(key, _NO_ROWS), comparison.window.groups.get(key, _NO_ROWS)
    return _stopped(comparison, key, before, seen)


def _silent_services(comparison: Comparison, signals: list[Signal]) -> list[Signal]:
    """Replace the vanished groups of a service with one signal if the whole service stopped logging."""
    stopped = Counter(signal.key.service_id for signal in signals if signal.change == "vanished")
    silent: dict[str, Signal] = {}
    for service in (name for name, groups in stopped.items() if groups > 1):
        before, seen = (_rows_of(window, service) for window in (comparison.baseline, comparison.window))
        signal = _stopped(comparison, GroupKey(service, "info", WHOLE_SERVICE), before, seen)
        if signal is not None:
            silent[service] = signal
    kept = [item for item in signals if item.change != "vanished" or item.key.service_id not in silent]
    return sorted([*kept, *silent.values()], key=lambda signal: signal.key)


def _rows_of(window: LogWindow, service: str) -> pa.Array:
    parts = [rows for key, rows in window.groups.items() if key.service_id == service]
    return pa.concat_arrays(parts).sort() if parts else _NO_ROWS


def _stopped(comparison: Comparison, key: GroupKey, before_rows: pa.Array, seen_rows: pa.Array) -> Signal | None:
    before: list[int] = comparison.baseline.times.take(before_rows).to_pylist()
    seen: list[int] = comparison.window.times.take(seen_rows).to_pylist()
    gaps = [late - early for early, late in pairwise(before)]
    if not gaps:
        return None
    length = max(1, comparison.baseline.last_us - comparison.baseline.first_us)
    silence = comparison.end_us - (seen[-1] if seen else comparison.start_us)
    # `scale` compares whole windows; this compares traffic in equal time, and counts only a decrease.
    traffic = comparison.scale * length / max(1, comparison.end_us - comparison.start_us)
    spread = statistics.dispersion(_per_slice(before, comparison.baseline, comparison.slices))
    missing = len(before) / length * silence * min(1.0, traffic) / spread
    if missing < _VANISH_EXPECTED or silence < 3 * max(gaps):
        return None
    return Signal(
        key,
        "vanished",
        len(seen),
        len(before),
        statistics.surprise(2 * missing),
        strong=True,
        onset_us=(seen or before)[-1],
        onset_row=int((seen_rows if seen else before_rows)[-1].as_py()),
        in_window=bool(seen),
        regular=_regular(gaps),
    )


def _regular(gaps: Iterable[int]) -> bool:
    values = list(gaps)
    middle = median(values)
    return bool(middle) and median(abs(value - middle) for value in values) <= _REGULAR_GAP_SPREAD * middle
