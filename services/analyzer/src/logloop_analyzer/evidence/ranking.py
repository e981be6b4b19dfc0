"""Ranks findings by surprise, severity and precedence.

Only numbers count, never the text of a line, so that a log entry cannot influence its own rank.
"""

import math
from collections.abc import Sequence

from logloop_analyzer.evidence.findings import Candidate
from logloop_analyzer.evidence.log_window import GroupKey
from logloop_analyzer.evidence.signals import ALARMING
from logloop_analyzer.evidence.traces import FirstInTrace

_SEVERITY = {"error": 1.0, "warn": 0.8, "info": 0.35, "debug": 0.25}
_KIND = {
    "new_pattern": 1.0,
    "burst": 1.0,
    "vanished_pattern": 1.0,
    "first_error": 0.95,
    "error_rate": 0.6,
    "test_split": 0.6,
    "service_split": 0.3,
    "suspicious_text": 0.0,
}
STEPS = frozenset({"broken_step", "slow_step"})
_REGULAR_VANISHED = 0.9
"""Regular lines that stop are a heartbeat; other information that stops is usually a consequence."""
_SILENT_SERVICE = 1.0
_WEAK = 0.5
_STEP = 5.0
"""Weight of a service's score: a strong one ranks above every count, whose scores end at 11.2."""
_PRECEDENCE = (2.0, 1.4, 1.2, 1.1)
_FIRST_IN_TRACE = 1.5
_MIN_TRACES = 3
_ENOUGH_TRACES = 5


def rank(candidates: Sequence[Candidate], first: FirstInTrace) -> list[tuple[float, Candidate]]:
    """Return candidates with their scores, highest first. Weak ones count half and never take precedence."""
    positions = _positions(candidates)
    scored = [(round(_score(item, positions, first), 3), item) for item in candidates]
    return sorted(scored, key=_order)


def _order(scored: tuple[float, Candidate]) -> tuple[float, str, str, str, str]:
    score, item = scored
    return (-score, item.kind, item.service_id or "", item.test_id or "", item.pattern or "")


def severity_weight(item: Candidate) -> float:
    """Return the weight of a candidate's severity, 0 to 1."""
    if item.kind == "vanished_pattern":
        base = _REGULAR_VANISHED if item.regular else _SEVERITY["info"]
        return _SILENT_SERVICE if item.whole_service else base
    return _SEVERITY.get(item.severity, _SEVERITY["info"])


def _score(item: Candidate, positions: dict[GroupKey, int], first: FirstInTrace) -> float:
    if item.kind in STEPS:
        return _STEP * item.surprise * (1.0 if item.strong else _WEAK)
    position = positions.get(item.key) if item.key is not None else None
    earliness = _PRECEDENCE[position] - 1 if position is not None and position < len(_PRECEDENCE) else 0.0
    if first.traces >= _MIN_TRACES:
        # Order within a trace says more about the cause than order in the window.
        share = first.share(item.key) if item.key is not None else 0.0
        precedence = 1 + earliness / 2 + _FIRST_IN_TRACE * share * min(1.0, first.traces / _ENOUGH_TRACES)
    else:
        precedence = 1 + earliness
    strength = 1.0 if item.strong else _WEAK
    return math.log1p(item.surprise) * severity_weight(item) * precedence * strength * _KIND[item.kind]


def _positions(candidates: Sequence[Candidate]) -> dict[GroupKey, int]:
    """Return the position in time of each strong change that can be a cause, 0 for the earliest."""
    changes = {
        item.key: item.onset_us for item in candidates if item.key is not None and item.strong and _can_be_cause(item)
    }
    return {key: position for position, key in enumerate(sorted(changes, key=lambda key: (changes[key], key)))}


def _can_be_cause(item: Candidate) -> bool:
    if item.kind == "vanished_pattern":
        return item.regular or item.whole_service
    return item.kind in {"new_pattern", "burst"} and item.severity in ALARMING
