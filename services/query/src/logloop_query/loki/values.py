"""Values that `| unwrap` takes from labels, and the functions of the values in a range, as Loki computes them."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

Samples: TypeAlias = Sequence[tuple[float, int]]
"""Values of a range and how often each occurs, in any order; never empty."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?", re.IGNORECASE | re.ASCII)
_PIECE = r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)"  # both letters for micro
_DURATION = re.compile(rf"([+-]?)((?:{_PIECE})+|0)", re.ASCII)
_PIECES = re.compile(_PIECE, re.ASCII)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = re.compile(r"([\d,]*\.?\d+)\s*([kmgtpe]?)(i?)b?", re.IGNORECASE | re.ASCII)
_MAX_TEXT = 100


def value_of(text: str, conversion: str) -> float | None:
    """Return the value of a label, None if it has none.

    `conversion` is empty for a number, `duration` or `duration_seconds` for seconds of a text such as 1m30s, and
    `bytes` for bytes of a text such as 5KB or 1.5 MiB.
    """
    if len(text) > _MAX_TEXT:
        return None
    if not conversion:
        found = float(text) if _NUMBER.fullmatch(text) else math.inf
    elif conversion == "bytes":
        found = _bytes(text.strip())
    else:
        found = _seconds(text)
    return found if math.isfinite(found) else None


def _seconds(text: str) -> float:
    whole = _DURATION.fullmatch(text)
    if whole is None:
        return math.inf
    found = math.fsum(float(number) * _SECONDS[unit] for number, unit in _PIECES.findall(whole[2]))
    return -found if whole[1] == "-" else found


def _bytes(text: str) -> float:
    found = _BYTES.fullmatch(text)
    if found is None or (found[3] and not found[2]):
        return math.inf
    power = " kmgtpe".index(found[2].lower() or " ")
    return float(int(float(found[1].replace(",", "")) * (1024 if found[3] else 1000) ** power))


def aggregated(function: str, samples: Samples, seconds: float, parameter: float | None) -> float:
    """Return a function of the values of a range. `seconds` is its length, `parameter` the quantile."""
    if function == "quantile_over_time":
        return quantile(parameter or 0.0, samples)
    if function == "rate":
        return _total(samples) / seconds
    return _FUNCTIONS[function](samples)


def quantile(wanted: float, samples: Samples) -> float:
    """Return a quantile, between the two nearest values in proportion. Below 0 it is -Inf, above 1 +Inf."""
    if not 0 <= wanted <= 1:
        return math.copysign(math.inf, wanted)
    ordered = sorted(samples)
    rank = wanted * (sum(count for _, count in ordered) - 1)
    lower, weight = math.floor(rank), rank - math.floor(rank)
    low = _at(ordered, lower)
    return low if not weight else low * (1 - weight) + _at(ordered, lower + 1) * weight


def _at(ordered: Samples, place: int) -> float:
    for value, count in ordered:
        if place < count:
            return value
        place -= count
    return ordered[-1][0]


def _total(samples: Samples) -> float:
    return math.fsum(value * count for value, count in samples)


def _mean(samples: Samples) -> float:
    return _total(samples) / sum(count for _, count in samples)


def variance(samples: Samples) -> float:
    """Return the variance of the values, as of a whole population."""
    mean = _mean(samples)
    return math.fsum(count * (value - mean) ** 2 for value, count in samples) / sum(count for _, count in samples)


_FUNCTIONS: Mapping[str, Callable[[Samples], float]] = {
    "sum_over_time": _total,
    "avg_over_time": _mean,
    "min_over_time": lambda samples: min(value for value, _ in samples),
    "max_over_time": lambda samples: max(value for value, _ in samples),
    "stdvar_over_time": variance,
    "stddev_over_time": lambda samples: math.sqrt(variance(samples)),
}
