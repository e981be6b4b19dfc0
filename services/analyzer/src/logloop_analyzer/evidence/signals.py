"""What changed in each group of lines between the window before and the window: new, bursting, vanished.

It must not rank; it measures one group at a time and says whether the change is beyond chance.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Literal

import pyarrow as pa

from logloop_analyzer.evidence import statistics
from logloop_analyzer.evidence.log_window import GroupKey, Window

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
"""Template of the signal that a whole service fell silent."""

Change = Literal["new", "burst", "vanished"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A change of one group. `strong`: beyond chance, all groups considered. Times are microseconds since 1970."""

    key: GroupKey
    change: Change
    count: int
    baseline_count: int
    surprise: float
    strong: bool
    onset_us: int
    onset_row: int
    """Row of the line at the onset: in the window, or for `vanished` without any line there in the baseline."""
    in_window: bool = True
    regular: bool = False
    """Vanished lines that used to come at even intervals."""


@dataclass(frozen=True)
class Comparison:
    """Two windows and how their traffic compares."""

    window: Window
    baseline: Window
    scale: float
    comparable: bool
    """False when the window before holds too little to compare with."""
    start_us: int
    end_us: int
    """Bounds of what the window really holds."""
    slices: int = field(default=_SLICES)


def compare(window: Window, baseline: Window) -> Comparison:
    """Put two windows side by side. The window must hold at least one line."""
    start, end = window.first_us, window.last_us
    comparable = len(baseline) >= MIN_BASELINE
    scale = 1.0
    if comparable:
        length, before = max(1, end - start), max(1, baseline.last_us - baseline.first_us)
        pairs = [(len(rows), baseline.count(key)) for key, rows in window.groups.items()]
        scale = min(50.0, max(0.02, statistics.typical_ratio(pairs, length / before)))
    return Comparison(window, baseline, scale, comparable, start, end)


def find_signals(comparison: Comparison) -> list[Signal]:
    """Every group that changed, in the order of its key."""
    keys = sorted({*comparison.window.groups, *comparison.baseline.groups})
    if not comparison.comparable:
        alarming = [key for key in keys if key.severity in ALARMING and comparison.window.count(key)]
        return [_without_baseline(comparison, key) for key in alarming]
    tests = [_g(comparison, key) for key in keys]
    beyond_chance = statistics.significant([statistics.p_value(g) for g in tests], FALSE_DISCOVERY_RATE)
    found = [
        signal
        for key, g, certain in zip(keys, tests, beyond_chance, strict=True)
        if (signal := _signal(comparison, key, g, certain)) is not None
    ]
    return _silent_services(comparison, found)


def _g(comparison: Comparison, key: GroupKey) -> float:
    before = comparison.baseline.times_of(key)
    count = comparison.window.count(key)
    spread = statistics.dispersion(_per_slice(before, comparison.baseline, comparison.slices)) if before else 1.0
    return statistics.g_test(count, len(before), comparison.scale, spread)


def _per_slice(times: list[int], window: Window, slices: int) -> list[int]:
    """How many of these rising times fall into each of equal slices of a window."""
    first, length = window.first_us, max(1, window.last_us - window.first_us)
    ends = [bisect_left(times, first + -(-length * number // slices)) for number in range(1, slices)]
    return [end - start for start, end in pairwise([0, *ends, len(times)])]


def _signal(comparison: Comparison, key: GroupKey, g: float, certain: bool) -> Signal | None:
    count, before = comparison.window.count(key), comparison.baseline.count(key)
    if before == 0:
        strong = certain or (key.severity == "error" and count >= MIN_NEW_ERRORS)
        return _rising(comparison, key, "new", g, strong=strong, onset=0)
    expected = statistics.expected_count(before, comparison.scale)
    if certain and count >= _BURST_RATIO * expected and count - expected >= _BURST_EXTRA:
        times = comparison.window.times_of(key)
        onset = statistics.change_point(times, comparison.start_us, comparison.end_us)
        return _rising(comparison, key, "burst", g, strong=True, onset=onset)
    return _vanished(comparison, key)


def _rising(comparison: Comparison, key: GroupKey, change: Change, g: float, *, strong: bool, onset: int) -> Signal:
    rows = comparison.window.groups[key]
    row = int(rows[onset].as_py())
    return Signal(
        key,
        change,
        len(rows),
        comparison.baseline.count(key),
        statistics.surprise(g),
        strong,
        int(comparison.window.times[row].as_py()),
        row,
    )


def _without_baseline(comparison: Comparison, key: GroupKey) -> Signal:
    """With nothing to compare with, warnings and errors count by how many there are."""
    count = comparison.window.count(key)
    g = statistics.g_test(count, 0, 1.0)
    return _rising(comparison, key, "new", g, strong=key.severity == "error", onset=0)


def _vanished(comparison: Comparison, key: GroupKey) -> Signal | None:
    """A group that stopped: silent to the end for far longer than its rate before lets expect."""
    before, seen = comparison.baseline.groups.get(key, _NO_ROWS), comparison.window.groups.get(key, _NO_ROWS)
    return _stopped(comparison, key, before, seen)


def _silent_services(comparison: Comparison, signals: list[Signal]) -> list[Signal]:
    """Where several groups of a service stopped and nothing of it goes on, one signal for the whole service."""
    stopped = Counter(signal.key.service_id for signal in signals if signal.change == "vanished")
    silent: dict[str, Signal] = {}
    for service in (name for name, groups in stopped.items() if groups > 1):
        before, seen = (_rows_of(window, service) for window in (comparison.baseline, comparison.window))
        signal = _stopped(comparison, GroupKey(service, "info", WHOLE_SERVICE), before, seen)
        if signal is not None:
            silent[service] = signal
    kept = [item for item in signals if item.change != "vanished" or item.key.service_id not in silent]
    return sorted([*kept, *silent.values()], key=lambda signal: signal.key)


def _rows_of(window: Window, service: str) -> pa.Array:
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
    # `scale` compares whole windows; what counts here is traffic in the same time, and only if it fell.
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
