"""Sends one batch of entries and retries until it is confirmed, rejected or abandoned.

Log records that the sending thread itself causes are not sent, or each request would cause the next.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from logloop.connection import Connection
from logloop.errors import LogloopError, Refused

if TYPE_CHECKING:
    import httpx

    from logloop.api.transport import SyncTransport

Entry = dict[str, Any]
Pause = Callable[[float], bool]
"""Waits for the given seconds; returns False to abandon the batch."""

_HTTP_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")
_thread = threading.local()


def is_sending() -> bool:
    """Return whether the calling thread is sending entries; its own log records are not sent."""
    return getattr(_thread, "is_sending", False)


@contextlib.contextmanager
def marked_as_sending() -> Iterator[None]:
    """Mark the calling thread as one that is sending entries."""
    _thread.is_sending = True
    try:
        yield
    finally:
        _thread.is_sending = False


def clear_mark() -> None:
    """Clear the mark that a forked child has inherited."""
    _thread.is_sending = False


def _is_from_other_thread(_record: logging.LogRecord) -> bool:
    return not is_sending()


@dataclass(slots=True)
class BatchOutcome:
    """Counts of the entries of one batch by outcome."""

    sent: int = 0
    dropped: int = 0
    refused: int = 0


class BatchSender:
    """Sends batches over one connection. Not thread-safe."""

    def __init__(
        self,
        connection: Connection,
        *,
        timeout: float,
        pause: Pause,
        on_problem: Callable[[str], None],
        on_recovery: Callable[[], None],
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = connection
        self._timeout = timeout
        self._pause = pause
        self._on_problem = on_problem
        self._on_recovery = on_recovery
        self._http = http
        self._transport: SyncTransport | None = None

    def open(self) -> SyncTransport:
        """Import and set up the transport, if `send` has not done so yet."""
        if self._transport is None:
            from logloop.api.transport import SyncTransport

            for name in _HTTP_LOGGERS:
                logging.getLogger(name).addFilter(_is_from_other_thread)
            self._transport = SyncTransport(self._connection, timeout=self._timeout, retry_for=0, http=self._http)
        return self._transport

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            with marked_as_sending():
                self._transport.close()

    def send(self, batch: list[Entry], outcome: BatchOutcome) -> None:
        """Send a batch, split in halves when it is too large. Updates `outcome` as results arrive."""
        from logloop.api import endpoints

        lines = [endpoints.entry_line(_with_time(entry), self._connection) for entry in batch]
        groups = list(endpoints.split_lines(lines))
        while groups:
            group = groups.pop(0)
            if self._send_group(group, outcome):
                continue
            if len(group) > 1:
                half = len(group) // 2
                groups[:0] = [group[:half], group[half:]]
            else:
                outcome.refused += 1

    def _send_group(self, lines: list[bytes], outcome: BatchOutcome) -> bool:
        """Send lines as one request; return False when they are too large for one."""
        from logloop.api import endpoints
        from logloop.api.retry import Backoff

        request = endpoints.send_lines(lines, uuid.uuid4().hex)
        backoff = Backoff(None, first=0.5, longest=30.0)
        while True:
            try:
                result = self.open().attempt(request)
                break
            except Refused as error:
                if error.status == 413:
                    return False
                outcome.refused += len(lines)
                self._on_problem(f"{len(lines)} log entries were rejected: {error}")
                return True
            except LogloopError as error:
                self._on_problem(f"log entries are waiting: {error}")
                if not self._pause(backoff.next_delay(error.retry_after) or 0.0):
                    outcome.dropped += len(lines)
                    return True
        outcome.sent += result.accepted
        outcome.refused += len(result.rejected)
        if result.rejected:
            self._on_problem(f"{len(result.rejected)} log entries were rejected: {result.rejected[0].errors}")
        else:
            self._on_recovery()
        return True


def _with_time(entry: Entry) -> Entry:
    created = entry.get("timestamp")
    if isinstance(created, float):
        entry["timestamp"] = datetime.fromtimestamp(created, UTC).isoformat()
    return entry
