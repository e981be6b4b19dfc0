"""Sends one batch of entries until it is confirmed, refused for good, or the wait is called off.

It must not queue or start threads, and nothing it causes to be logged may be sent again.
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
"""Waits so many seconds; False calls the batch off."""

_HTTP_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")
_here = threading.local()


def is_delivering() -> bool:
    """Whether the calling thread is sending entries right now: what it logs must not be sent again."""
    return getattr(_here, "delivering", False)


@contextlib.contextmanager
def delivering() -> Iterator[None]:
    """Mark the calling thread as one that sends entries."""
    _here.delivering = True
    try:
        yield
    finally:
        _here.delivering = False


def forget_thread() -> None:
    """In a forked child: the copy of the thread's mark means nothing."""
    _here.delivering = False


def _not_from_delivery(_record: logging.LogRecord) -> bool:
    return not is_delivering()


@dataclass(slots=True)
class Outcome:
    """What became of the entries of a batch."""

    sent: int = 0
    dropped: int = 0
    refused: int = 0


class BatchSender:
    """A connection to the platform and how to use it for batches. For one thread at a time."""

    def __init__(
        self,
        connection: Connection,
        *,
        timeout: float,
        pause: Pause,
        on_trouble: Callable[[str], None],
        on_recovery: Callable[[], None],
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = connection
        self._timeout = timeout
        self._pause = pause
        self._on_trouble = on_trouble
        self._on_recovery = on_recovery
        self._http = http
        self._transport: SyncTransport | None = None

    def open(self) -> SyncTransport:
        """Import and set up what sending needs; done by `send` if not before."""
        if self._transport is None:
            from logloop.api.transport import SyncTransport

            for name in _HTTP_LOGGERS:
                logging.getLogger(name).addFilter(_not_from_delivery)
            self._transport = SyncTransport(self._connection, timeout=self._timeout, retry_for=0, http=self._http)
        return self._transport

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            with delivering():
                self._transport.close()

    def send(self, batch: list[Entry], outcome: Outcome) -> None:
        """Send a batch, in halves when it is too large; counts go into `outcome` as they are known."""
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

    def _send_group(self, lines: list[bytes], outcome: Outcome) -> bool:
        """False when the lines are too large for one request."""
        from logloop.api import endpoints
        from logloop.api.retry import Backoff

        call = endpoints.send_lines(lines, uuid.uuid4().hex)
        backoff = Backoff(None, first=0.5, longest=30.0)
        while True:
            try:
                result = self.open().attempt(call)
                break
            except Refused as error:
                if error.status == 413:
                    return False
                outcome.refused += len(lines)
                self._on_trouble(f"{len(lines)} log entries were refused: {error}")
                return True
            except LogloopError as error:
                self._on_trouble(f"log entries wait: {error}")
                if not self._pause(backoff.next_delay(getattr(error, "retry_after", None)) or 0.0):
                    outcome.dropped += len(lines)
                    return True
        outcome.sent += result.accepted
        outcome.refused += len(result.rejected)
        if result.rejected:
            self._on_trouble(f"{len(result.rejected)} log entries were refused: {result.rejected[0].errors}")
        else:
            self._on_recovery()
        return True


def _with_time(entry: Entry) -> Entry:
    created = entry.get("timestamp")
    if isinstance(created, float):
        entry["timestamp"] = datetime.fromtimestamp(created, UTC).isoformat()
    return entry
