"""Measures what changed between two windows of logs: pure functions, no I/O and no model."""

from logloop_analyzer.evidence.log_window import EXPORT_SCHEMA, LogLine
from logloop_analyzer.evidence.measurement import Evidence, RankedFinding, measure

__all__ = ["EXPORT_SCHEMA", "Evidence", "LogLine", "RankedFinding", "measure"]
