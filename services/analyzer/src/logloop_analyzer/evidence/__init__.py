"""Measures what changed between two windows of logs: pure functions, no I/O and no model."""

from logloop_analyzer.evidence.causes import STRONG
from logloop_analyzer.evidence.log_window import EXPORT_SCHEMA, LogLine
from logloop_analyzer.evidence.measurement import Evidence, RankedFinding, ServiceScore, measure
from logloop_analyzer.evidence.ranking import STEPS
from logloop_analyzer.evidence.signals import ALARMING

__all__ = [
    "ALARMING",
    "EXPORT_SCHEMA",
    "STEPS",
    "STRONG",
    "Evidence",
    "LogLine",
    "RankedFinding",
    "ServiceScore",
    "measure",
]
