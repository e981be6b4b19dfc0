"""Contracts between Logloop processes: the log entry, log batches, events and the channel map."""

from logloop_contracts.log_entry import LogEntry, Severity, parse_severity

__all__ = ["LogEntry", "Severity", "parse_severity"]
