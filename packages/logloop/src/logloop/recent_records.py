"""Keeps the latest log records of this process in short form, for reports of failures."""

from __future__ import annotations

import logging
from collections import deque
from datetime import UTC, datetime

KEPT = 50
MAX_LINE = 500
_records: deque[tuple[float, str, str, str]] = deque(maxlen=KEPT)


def remember(created: float, severity: str, logger: str, message: str) -> None:
    """Keep a record; the oldest of more than 50 is dropped. A record that two handlers receive is kept once.

    It takes no lock, because a signal handler that logs may interrupt it.
    """
    record = (created, severity, logger, message[:MAX_LINE])
    if record not in _latest():
        _records.append(record)


def _latest() -> list[tuple[float, str, str, str]]:
    """Return the newest record, if there is one."""
    try:
        return [_records[-1]]
    except IndexError:
        return []


def recent_lines() -> list[str]:
    """Return the latest records as lines, oldest first."""
    kept = _records.copy()
    return [
        f"{datetime.fromtimestamp(created, UTC):%Y-%m-%dT%H:%M:%SZ} {severity} {logger} {message}"
        for created, severity, logger, message in kept
    ]


class RecentRecords(logging.Handler):
    """Keeps the latest records for `logloop.ci.on_failure`, in programs that have no `LoggingHandler`."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        try:
            remember(record.created, record.levelname.lower(), record.name, record.getMessage())
        except Exception:  # noqa: BLE001 - the contract of logging.Handler.emit
            self.handleError(record)
