"""Sends entries from a bounded queue in a background thread, so that the program never waits for the platform.

A full queue drops its oldest entries, because the newest explain why a program fails. The number of dropped entries
is sent once the platform is reachable again. Problems go to a callback, never to `logging`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from logloop.connection import Connection
from logloop.sending.batch_sender import BatchOutcome, BatchSender, Entry, clear_mark, is_sending, marked_as_sending
from logloop.sending.clock import monotonic

ENTRY_OVERHEAD_BYTES = 400
MAX_REJECTION_REPORTS = 10
_senders: weakref.WeakSet[BackgroundSender] = weakref.WeakSet()


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """Limits of the queue and of waiting. Times in seconds; `capacity_bytes` is approximate memory."""

    capacity: int = 10_000
    capacity_bytes: int = 64 * 1024 * 1024
    batch_entries: int = 500
    linger: float = 0.5
    timeout: float = 10.0
    exit_timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class SenderStats:
    """Counts of entries: confirmed by the platform, dropped (queue full or program ended), rejected by the platform,
    and still queued."""

    sent: int = 0
    dropped: int = 0
    refused: int = 0
    queued: int = 0


def print_problem(text: str) -> None:
    """Print one line to stderr; never raises. It may quote what a program has logged, so controls are escaped."""
    try:
        text = "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
        print(f"logloop: {text}", file=sys.stderr)  # noqa: T201 - the handler cannot log its own problems
    except (OSError, ValueError, AttributeError):
        return  # stderr is missing or closed


class BackgroundSender:
    """A queue of entries and the thread that sends them. Thread-safe, fork-safe and safe in signal handlers."""

    def __init__(
        self,
        connection: Connection,
        settings: SenderSettings | None = None,
        *,
        service: str = "python",
        drop_report: Callable[[int], Entry] | None = None,
        on_problem: Callable[[str], None] = print_problem,
    ) -> None:
        self._connection = connection
        self._settings = settings or SenderSettings()
        self._service = connection.service or service
        self._drop_report = drop_report
        self._on_problem = on_problem
        self._reset()
        _senders.add(self)

    def _reset(self) -> None:
        self._changed = threading.Condition()  # uses an RLock: a signal handler may log while put() runs
        self._queue: deque[tuple[Entry, int]] = deque()
        self._bytes = 0
        self._in_flight = 0
        self._thread: threading.Thread | None = None
        self._sender = BatchSender(
            self._connection,
            service=self._service,
            timeout=self._settings.timeout,
            pause=self._pause,
            on_problem=self._report_problem,
            on_rejection=self._report_rejection,
            on_recovery=self._clear_problem,
        )
        self._idle = False
        self._flushing = False
        self._deadline: float | None = None
        self._closed = False
        self._may_try_again = False
        self._stats = SenderStats()
        self._unreported = 0
        self._has_problem = False
        self._rejections: set[str] = set()

    # -- called by the program

    def put(self, entry: Entry) -> None:
        """Queue one entry. Never blocks; drops the oldest when full."""
        message = entry.get("message")
        size = (len(message) if isinstance(message, str) else 0) + ENTRY_OVERHEAD_BYTES
        with self._changed:
            if self._closed:
                self._count_dropped(1)
                return
            self._queue.append((entry, size))
            self._bytes += size
            while len(self._queue) > self._settings.capacity or self._bytes > self._settings.capacity_bytes:
                self._bytes -= self._queue.popleft()[1]
                self._count_dropped(1)
            if self._thread is None:
                self._start_thread()
            if self._idle or len(self._queue) == self._settings.batch_entries:
                self._idle = False
                self._changed.notify_all()

    def flush(self, timeout: float | None = None) -> bool:
        """Send what is queued and return whether everything was sent within `timeout` seconds.

        The deadline that `announce_exit` sets also limits every later flush.
        """
        if is_sending():
            return False
        end = monotonic() + (self._settings.exit_timeout if timeout is None else timeout)
        with self._changed:
            end = end if self._deadline is None else min(end, self._deadline)
            if self._thread is None and self._queue:
                self._start_thread()
            if self._thread is not None:
                self._flushing = True
                self._changed.notify_all()
                return self._changed.wait_for(self._is_empty, max(0.0, end - monotonic()))
        return self._drain_in_this_thread(end)

    def announce_exit(self, timeout: float | None = None) -> None:
        """Give the thread a deadline, in seconds from now. A thread that waits to retry makes one last attempt."""
        with self._changed:
            if self._deadline is None:
                self._deadline = monotonic() + (self._settings.exit_timeout if timeout is None else timeout)
                self._may_try_again = True
                self._changed.notify_all()

    def close(self, timeout: float | None = None) -> bool:
        """Flush and stop; later entries are dropped. Return whether everything was sent."""
        if self._closed:
            return self._is_empty()
        self.announce_exit(timeout)
        complete = self.flush(timeout)
        with self._changed:
            self._closed = True
            left = len(self._queue) + self._in_flight
            self._queue.clear()
            self._count_dropped(left)
            self._changed.notify_all()
        lost = self._stats.dropped
        if lost:
            self._notify(f"{lost} log entries were dropped before they could be sent")
        if complete:
            self._sender.close()
        return complete

    @property
    def stats(self) -> SenderStats:
        """Return the counts of this process so far."""
        with self._changed:
            return replace(self._stats, queued=len(self._queue) + self._in_flight)

    def _is_empty(self) -> bool:
        return not self._queue and not self._in_flight

    def _count_dropped(self, number: int) -> None:
        self._unreported += number
        self._stats = replace(self._stats, dropped=self._stats.dropped + number)

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="logloop-sender", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return  # the interpreter is shutting down: close() sends from the calling thread
        self._thread = thread
        _flush_at_child_exit(self)

    def _drain_in_this_thread(self, end: float) -> bool:
        while monotonic() < end and (batch := self._take(wait=False)):
            self._send_batch(batch)
        return self._is_empty()

    # -- called by the sending thread

    def _run(self) -> None:
        while batch := self._take(wait=True):
            self._send_batch(batch)

    def _take(self, *, wait: bool) -> list[Entry]:
        with self._changed:
            while wait and not self._queue:
                if self._closed:
                    return []
                self._flushing = False
                self._idle = True
                self._changed.wait()
            if wait and not self._flushing and self._deadline is None:
                self._changed.wait_for(self._is_batch_ready, self._settings.linger)
            batch: list[Entry] = []
            while self._queue and len(batch) < self._settings.batch_entries:
                entry, size = self._queue.popleft()
                self._bytes -= size
                batch.append(entry)
            self._in_flight = len(batch)
            return batch

    def _is_batch_ready(self) -> bool:
        return len(self._queue) >= self._settings.batch_entries or self._flushing or self._closed

    def _send_batch(self, batch: list[Entry]) -> None:
        outcome = BatchOutcome()
        with marked_as_sending():
            try:
                self._sender.send(self._with_drop_report(batch), outcome)
            except Exception as error:  # noqa: BLE001 - the edge of the thread: a defect must not end it
                outcome.refused += len(batch) - outcome.sent - outcome.refused - outcome.dropped
                self._report_problem(f"log entries were lost: {type(error).__name__}: {error}")
        with self._changed:
            stats = self._stats
            self._stats = replace(stats, sent=stats.sent + outcome.sent, refused=stats.refused + outcome.refused)
            self._count_dropped(outcome.dropped)
            self._in_flight = 0
            self._changed.notify_all()

    def _with_drop_report(self, batch: list[Entry]) -> list[Entry]:
        with self._changed:
            number, self._unreported = self._unreported, 0
        return [*batch, self._drop_report(number)] if number and self._drop_report else batch

    def _pause(self, delay: float) -> bool:
        """Wait `delay` seconds; return False when the program ends first, except once for a last attempt."""
        wake = monotonic() + delay
        with self._changed:
            while (now := monotonic()) < wake:
                if self._closed or (self._deadline is not None and now >= self._deadline):
                    return False
                if self._deadline is not None and wake > self._deadline:
                    may_try_again, self._may_try_again = self._may_try_again, False
                    return may_try_again
                self._changed.wait(min(wake, self._deadline or wake) - now)
        return True

    def _report_problem(self, text: str) -> None:
        if not self._has_problem:
            self._has_problem = True
            self._notify(text)

    def _report_rejection(self, text: str) -> None:
        """Report why entries were rejected: each reason once, as a program may cause the same one for hours."""
        reason = text.partition(" ")[2]
        if reason not in self._rejections and len(self._rejections) < MAX_REJECTION_REPORTS:
            self._rejections.add(reason)
            self._notify(text)

    def _clear_problem(self) -> None:
        self._has_problem = False

    def _notify(self, text: str) -> None:
        with contextlib.suppress(Exception):  # a defect in the program's callback must not end the thread
            self._on_problem(text)


def _flush_at_child_exit(sender: BackgroundSender) -> None:
    """Register with multiprocessing: its children end with os._exit, which skips atexit but not its finalizers."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.parent_process() is None:
        return
    from multiprocessing.util import Finalize

    reference = weakref.ref(sender)

    def flush() -> None:
        if found := reference():
            found.flush()

    Finalize(None, flush, exitpriority=100)


def _after_fork_in_child() -> None:
    # The parent's thread does not exist here, and the parent sends what it has queued.
    clear_mark()
    for sender in list(_senders):
        sender._reset()  # noqa: SLF001 - same module


def _flush_at_exit() -> None:
    # Does not close: later exit functions may still log, and logging.shutdown() closes the handlers.
    senders = list(_senders)
    for sender in senders:
        sender.announce_exit()
    for sender in senders:
        sender.flush()


atexit.register(_flush_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
