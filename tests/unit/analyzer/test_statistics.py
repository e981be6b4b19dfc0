"""Statistics against published values and slow reference implementations."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_analyzer.evidence.statistics import (
    MAX_SURPRISE,
    change_point,
    dispersion,
    g_test,
    p_value,
    significant,
    surprise,
    typical_ratio,
)

counts = st.integers(0, 10_000)
scales = st.floats(0.02, 50)


@pytest.mark.parametrize(("g", "p"), [(0.0, 1.0), (2.706, 0.10), (3.841, 0.05), (6.635, 0.01), (10.828, 0.001)])
def test_p_values_are_those_of_the_tables(g: float, p: float) -> None:
    assert p_value(g) == pytest.approx(p, rel=0.001)


def test_g_of_a_textbook_pair() -> None:
    # 30 against 10 with equal exposure: 2 * (30 ln(30/20) + 10 ln(10/20))
    assert g_test(30, 10, 1.0) == pytest.approx(2 * (30 * math.log(1.5) + 10 * math.log(0.5)))


@given(counts, scales)
def test_expected_counts_are_not_surprising(baseline: int, scale: float) -> None:
    assert g_test(round(baseline * scale), baseline, scale) <= 1.0 + 2 / max(1, baseline)


@given(counts, counts, scales)
def test_g_is_never_negative_and_bounded_surprise(now: int, before: int, scale: float) -> None:
    g = g_test(now, before, scale)
    assert g >= 0
    assert 0 <= surprise(g) <= MAX_SURPRISE


@given(st.integers(1, 5000), st.integers(0, 5000), scales)
def test_a_larger_rise_is_more_surprising(extra: int, before: int, scale: float) -> None:
    base = math.ceil(before * scale) + 1
    assert g_test(base + extra, before, scale) >= g_test(base, before, scale)


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0.001, 0.2))
def test_false_discovery_control_matches_its_definition(p_values: list[float], rate: float) -> None:
    ranked = sorted(p_values)
    cut = max((p for k, p in enumerate(ranked, 1) if p <= rate * k / len(ranked)), default=-1.0)
    assert significant(p_values, rate) == [p <= cut for p in p_values]


def test_even_counts_are_not_dispersed_and_bursts_are() -> None:
    assert dispersion([5, 5, 5, 5]) == 1.0
    assert dispersion([0, 0, 0, 40]) > 10
    assert dispersion([]) == dispersion([0, 0]) == 1.0


@given(st.integers(0, 10_000))
def test_the_change_point_is_where_the_rate_rose(seed: int) -> None:
    rng = random.Random(seed)
    # A gap before the burst: otherwise random early events may be so close that they belong to the rise.
    before = sorted(rng.randrange(0, 500_000) for _ in range(5))
    burst = sorted(rng.randrange(600_000, 700_000) for _ in range(100))
    times = before + burst
    found = change_point(times, 0, 1_000_000)
    assert abs(found - len(before)) <= 1


def test_without_events_the_change_point_is_the_start() -> None:
    assert change_point([], 0, 100) == 0
    assert change_point([5, 6], 5, 5) == 0


def test_a_few_changed_patterns_do_not_move_the_traffic_ratio() -> None:
    steady = [(100, 100), (50, 52), (30, 29), (80, 80)]
    assert typical_ratio([*steady, (5000, 10)], fallback=9.0) == pytest.approx(1.0, abs=0.1)
    assert typical_ratio([(100, 100)], fallback=9.0) == 9.0
