"""Statistics on counts and times: significance of a change, its onset, and false discovery control."""

import math
from collections.abc import Sequence

MAX_SURPRISE = 40.0
_PSEUDO_COUNT = 0.5


def g_test(count: int, baseline: int, scale: float, dispersion: float = 1.0) -> float:
    """Return G of two Poisson counts: chi-squared with one degree of freedom if nothing changed.

    `scale` is the exposure of the window over that of the baseline. `dispersion` (1 = Poisson) divides the result.
    """
    total = count + baseline
    if total == 0:
        return 0.0
    expected_now, expected_before = total * scale / (1 + scale), total / (1 + scale)
    g = sum(
        observed * math.log(observed / expected)
        for observed, expected in ((count, expected_now), (baseline, expected_before))
        if observed
    )
    return max(0.0, 2 * g / dispersion)


def p_value(g: float) -> float:
    """Return the upper tail of chi-squared with one degree of freedom."""
    return math.erfc(math.sqrt(g / 2))


def surprise(g: float) -> float:
    """Return G in standard deviations, capped at MAX_SURPRISE."""
    return min(MAX_SURPRISE, math.sqrt(g))


def expected_count(baseline: int, scale: float) -> float:
    """Return the entries to expect in the window, at least half an entry before scaling."""
    return max(float(baseline), _PSEUDO_COUNT) * scale


def dispersion(slices: Sequence[int]) -> float:
    """Return variance over mean of counts in equal time slices, at least 1: how bursty compared with Poisson."""
    if len(slices) < 2 or not any(slices):
        return 1.0
    mean = sum(slices) / len(slices)
    variance = sum((value - mean) ** 2 for value in slices) / (len(slices) - 1)
    return max(1.0, variance / mean)


def significant(p_values: Sequence[float], rate: float) -> list[bool]:
    """Return which tests are significant at a false discovery rate of `rate` (Benjamini and Hochberg)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    last = -1
    for position, index in enumerate(order):
        if p_values[index] <= rate * (position + 1) / len(order):
            last = position
    accepted = set(order[: last + 1])
    return [index in accepted for index in range(len(p_values))]


def change_point(times: Sequence[int], start: int, end: int) -> int:
    """Return the index of the first event after the rate rose: where events lag furthest behind an even spread.

    `times` are sorted and lie within [start, end].
    """
    if end <= start or not times:
        return 0
    expected = len(times) / (end - start)
    lags = [index - expected * (time - start) for index, time in enumerate(times)]
    return lags.index(min(lags))


def typical_ratio(pairs: Sequence[tuple[int, int]], fallback: float) -> float:
    """Return the ratio of window to baseline traffic: the median over patterns that are frequent in both.

    The few patterns that an incident changes do not move a median. `pairs` are (window, baseline) counts.
    """
    ratios = sorted(now / before for now, before in pairs if now >= 5 and before >= 5)
    if len(ratios) < 3:
        return fallback
    middle = len(ratios) // 2
    return ratios[middle] if len(ratios) % 2 else math.sqrt(ratios[middle - 1] * ratios[middle])


def share_surprise(count: int, total: int, baseline: int, baseline_total: int) -> float:
    """Return how far two shares differ, `count` of `total` and the same before, in standard deviations (√G)."""
    hits, size = count + baseline, total + baseline_total
    g = 0.0
    for observed_hits, observed in ((count, total), (baseline, baseline_total)):
        for cell, expected in (
            (observed_hits, observed * hits / size),
            (observed - observed_hits, observed * (size - hits) / size),
        ):
            g += cell * math.log(cell / expected) if cell else 0.0
    return math.sqrt(max(0.0, 2 * g))
