"""The shapes that cross a process boundary in Logloop."""

from logloop_contracts.log_entry import LogEntry, Severity, parse_severity

__all__ = ["LogEntry", "Severity", "parse_severity"]
