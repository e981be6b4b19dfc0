"""Sends one batch of entries and retries until it is confirmed, rejected or abandoned.

Log records that the sending thread itself causes are not sent, or each request would cause the next.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from logloop.api.batches import split_lines
from logloop.api.retry import Backoff
from logloop.connection import Connection
from logloop.errors import LogloopError, Refused, describe_violation
from logloop.sending.http_connection import HttpConnection
from logloop.sending.repair import after_refusal, sendable_line

Entry = dict[str, Any]
Pause = Callable[[float], bool]
"""Waits for the given seconds; returns False to abandon the batch."""

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


@dataclass(slots=True)
class BatchOutcome:
    """Counts of the entries of one batch by outcome."""

    sent: int = 0
    dropped: int = 0
    refused: int = 0


class BatchSender:
    """Sends batches over one connection. Not thread-safe.

    Never logs and never imports: the thread that closes the handler may hold the lock of the `logging` module.
    `service` is used for entries without a valid one.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        service: str,
        timeout: float,
        pause: Pause,
        on_problem: Callable[[str], None],
        on_rejection: Callable[[str], None],
        on_recovery: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._service = service
        self._pause = pause
        self._on_problem = on_problem
        self._on_rejection = on_rejection
        self._on_recovery = on_recovery
        self._http = HttpConnection(connection, timeout=timeout)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def send(self, batch: list[Entry], outcome: BatchOutcome) -> None:
        """Send a batch, split in halves when it is too large. Updates `outcome` as results arrive."""
        lines = [sendable_line(entry, self._connection.project, self._service) for entry in batch]
        self._send_lines(lines, outcome, may_repair=True)

    def _send_lines(self, lines: list[bytes], outcome: BatchOutcome, *, may_repair: bool) -> None:
        """Send lines. Entries that ingest refuses are repaired and sent once more."""
        groups = list(split_lines(lines))
        repaired: list[bytes] = []
        while groups:
            group = groups.pop(0)
            response = self._send_group(group)
            if response is None:
                outcome.dropped += len(group)
            elif response.is_too_large and len(group) > 1:
                half = len(group) // 2
                groups[:0] = [group[:half], group[half:]]
            else:
                outcome.sent += len(group) - len(response.rejected)
                repaired += self._repaired(group, response, outcome, may_repair=may_repair)
        if repaired:
            self._send_lines(repaired, outcome, may_repair=False)

    def _repaired(
        self, group: list[bytes], response: _Response, outcome: BatchOutcome, *, may_repair: bool
    ) -> list[bytes]:
        """Return the refused entries that can be sent again after a repair; count and report the others."""
        repaired, lost = [], []
        for index, errors in response.rejected.items():
            fields = [str(error.get("field")) for error in errors if isinstance(error, Mapping)]
            line = after_refusal(group[index], fields, self._service, response.now) if may_repair else None
            if line is None:
                lost.append("; ".join(map(describe_violation, errors)) or response.reason)
            else:
                repaired.append(line)
        outcome.refused += len(lost)
        if lost:
            self._on_rejection(f"{len(lost)} log entries were rejected: {lost[0]}")
        return repaired

    def _send_group(self, lines: list[bytes]) -> _Response | None:
        """Send lines as one request until there is a response; None when the program ends first."""
        key = uuid.uuid4().hex
        backoff = Backoff(None, first=0.5, longest=30.0)
        while True:
            try:
                content = self._http.post(lines, key)
            except Refused as error:
                return _refusal(error, len(lines), self._http.now)
            except LogloopError as error:
                self._on_problem(f"log entries are waiting: {error}")
                if not self._pause(backoff.next_delay(error.retry_after) or 0.0):
                    return None
            else:
                self._on_recovery()
                return _Response(_rejected(content, len(lines)), self._http.now)


@dataclass(frozen=True, slots=True)
class _Response:
    """What ingest says of a request: the errors of the rejected entries by their index, and the server's time."""

    rejected: dict[int, list[Any]]
    now: datetime | None = None
    reason: str = ""
    is_too_large: bool = False


def _refusal(error: Refused, count: int, now: datetime | None) -> _Response:
    """Return the response to a request of which nothing was accepted."""
    rejected = _rejected(error.problem, count) or {index: [] for index in range(count)}
    return _Response(rejected, now, str(error), error.status == 413)


def _rejected(content: Any, count: int) -> dict[int, list[Any]]:
    items = content.get("rejected") if isinstance(content, Mapping) else None
    found: dict[int, list[Any]] = {}
    for item in items if isinstance(items, list) else []:
        index, errors = (item.get("index"), item.get("errors")) if isinstance(item, Mapping) else (None, None)
        if isinstance(index, int) and 0 <= index < count:
            found[index] = errors if isinstance(errors, list) else []
    return found
