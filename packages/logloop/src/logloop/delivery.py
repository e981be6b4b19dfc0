"""Delivers entries from a bounded queue in a background thread, so that the program never waits for the platform.

It must not raise into the program, log through `logging`, or hold more than its bounds: when the queue is full the
oldest entries go (the newest tell why a program is in trouble), are counted, and the count is sent once the platform
is back.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from logloop.connection import Connection
from logloop.errors import LogloopError, Refused

if TYPE_CHECKING:
    import httpx

    from logloop.retry import Backoff
    from logloop.transport import SyncTransport

Entry = dict[str, Any]
ENTRY_OVERHEAD_BYTES = 400
_HTTP_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")

_thread = threading.local()
_importing = threading.Lock()
_alive: weakref.WeakSet[Delivery] = weakref.WeakSet()


def is_delivering() -> bool:
    """Whether the calling thread is sending entries right now: what it logs must not be sent again."""
    return getattr(_thread, "delivering", False)


def _not_from_delivery(_record: logging.LogRecord) -> bool:
    return not is_delivering()


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """Bounds and pace. Times in seconds; `capacity` in entries, `capacity_bytes` roughly in bytes of memory."""

    capacity: int = 10_000
    capacity_bytes: int = 64 * 1024 * 1024
    batch_entries: int = 500
    linger: float = 0.5
    timeout: float = 10.0
    exit_timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class DeliveryStats:
    """Counts of entries: confirmed by the platform, dropped because the queue was full or the program ended,
    refused by the platform, and still waiting."""

    sent: int = 0
    dropped: int = 0
    refused: int = 0
    queued: int = 0


def say(text: str) -> None:
    """One line to stderr; never raises."""
    try:
        print(f"logloop: {text}", file=sys.stderr)  # noqa: T201 - the only place to tell a person
    except (OSError, ValueError, AttributeError):
        return  # no stderr, or closed: nobody listens


class Delivery:
    """A queue of entries and the thread that sends it. Thread-safe, fork-safe, safe inside signal handlers."""

    def __init__(
        self,
        connection: Connection,
        settings: DeliverySettings | None = None,
        *,
        report: Callable[[int], Entry] | None = None,
        on_problem: Callable[[str], None] = say,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = connection
        self._settings = settings or DeliverySettings()
        self._report = report
        self._on_problem = on_problem
        self._http = http
        self._start_fresh()
        _alive.add(self)

    def _start_fresh(self) -> None:
        self._changed = threading.Condition()  # over an RLock: a signal handler may log while put() runs
        self._queue: deque[tuple[Entry, int]] = deque()
        self._bytes = 0
        self._in_flight = 0
        self._thread: threading.Thread | None = None
        self._transport: SyncTransport | None = None
        self._idle = False
        self._hurry = False
        self._deadline: float | None = None
        self._closed = False
        self._last_try = False
        self._stats = DeliveryStats()
        self._unreported = 0
        self._in_trouble = False

    # -- the program's side

    def put(self, entry: Entry) -> None:
        """Queue one entry. Never blocks; drops the oldest when full."""
        size = len(entry.get("message", "")) + ENTRY_OVERHEAD_BYTES
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
        """Send what is queued now; return whether everything went out within `timeout` seconds.

        Once the end was announced (`close`, interpreter exit) its deadline bounds every later flush too.
        """
        if is_delivering():
            return False
        end = time.monotonic() + (self._settings.exit_timeout if timeout is None else timeout)
        with self._changed:
            end = end if self._deadline is None else min(end, self._deadline)
            if self._thread is None and self._queue:
                self._start_thread()
            if self._thread is not None:
                self._hurry = True
                self._changed.notify_all()
                return self._changed.wait_for(self._is_empty, max(0.0, end - time.monotonic()))
        return self._drain_here(end)

    def announce_end(self, timeout: float | None = None) -> None:
        """Give the thread a deadline (seconds from now); a wait for the platform ends with one last try."""
        with self._changed:
            if self._deadline is None:
                self._deadline = time.monotonic() + (self._settings.exit_timeout if timeout is None else timeout)
                self._last_try = True
                self._changed.notify_all()

    def close(self, timeout: float | None = None) -> bool:
        """Flush, then stop: later entries are dropped. Returns whether everything went out."""
        if self._closed:
            return self._is_empty()
        self.announce_end(timeout)
        complete = self.flush(timeout)
        with self._changed:
            self._closed = True
            left = len(self._queue) + self._in_flight
            self._queue.clear()
            self._count_dropped(left)
            self._changed.notify_all()
        lost = self._stats.dropped
        if lost:
            self._tell(f"{lost} log entries in all could not be delivered before the program ended")
        if complete and self._transport is not None:
            _thread.delivering = True  # closing logs too
            self._transport.close()
            _thread.delivering = False
        return complete

    @property
    def stats(self) -> DeliveryStats:
        """Counts so far in this process."""
        with self._changed:
            return replace(self._stats, queued=len(self._queue) + self._in_flight)

    def _is_empty(self) -> bool:
        return not self._queue and not self._in_flight

    def _count_dropped(self, number: int) -> None:
        self._unreported += number
        self._stats = replace(self._stats, dropped=self._stats.dropped + number)

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="logloop-delivery", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return  # the interpreter is shutting down: close() sends from its own thread
        self._thread = thread
        _flush_at_child_exit(self)

    def _drain_here(self, end: float) -> bool:
        while time.monotonic() < end and (batch := self._take(wait=False)):
            self._deliver(batch)
        return self._is_empty()

    # -- the thread's side

    def _run(self) -> None:
        # A fork in the middle of these imports (httpx makes some when it is used) would leave a child half a module.
        with _importing, contextlib.suppress(Exception):  # what fails here fails again, and is told, in _send
            self._open_transport()
        while batch := self._take(wait=True):
            self._deliver(batch)

    def _take(self, *, wait: bool) -> list[Entry]:
        with self._changed:
            while wait and not self._queue:
                if self._closed:
                    return []
                self._hurry = False
                self._idle = True
                self._changed.wait()
            if wait and not self._hurry and self._deadline is None:
                self._changed.wait_for(self._is_batch_ready, self._settings.linger)
            batch: list[Entry] = []
            while self._queue and len(batch) < self._settings.batch_entries:
                entry, size = self._queue.popleft()
                self._bytes -= size
                batch.append(entry)
            self._in_flight = len(batch)
            return batch

    def _is_batch_ready(self) -> bool:
        return len(self._queue) >= self._settings.batch_entries or self._hurry or self._closed

    def _deliver(self, batch: list[Entry]) -> None:
        _thread.delivering = True
        try:
            self._send(self._with_report(batch))
        except Exception as error:  # noqa: BLE001 - the edge of the thread: a defect here must not end delivery
            self._settle(refused=len(batch))
            self._trouble(f"a batch of log entries was lost to {type(error).__name__}: {error}")
        finally:
            _thread.delivering = False
            with self._changed:
                self._in_flight = 0
                self._changed.notify_all()

    def _with_report(self, batch: list[Entry]) -> list[Entry]:
        with self._changed:
            number, self._unreported = self._unreported, 0
        return [*batch, self._report(number)] if number and self._report else batch

    def _send(self, batch: list[Entry]) -> None:
        from logloop import calls

        lines = [calls.entry_line(_with_time(entry), self._connection) for entry in batch]
        groups = list(calls.split_lines(lines))
        while groups:
            group = groups.pop(0)
            outcome = self._send_group(group)
            if outcome == "too_large" and len(group) > 1:
                half = len(group) // 2
                groups[:0] = [group[:half], group[half:]]
            elif outcome == "too_large":
                self._settle(refused=1)

    def _send_group(self, lines: list[bytes]) -> str:
        from logloop import calls
        from logloop.retry import Backoff

        call = calls.send_lines(lines, uuid.uuid4().hex)
        backoff = Backoff(None, first=0.5, longest=30.0)
        while True:
            try:
                result = self._open_transport().attempt(call)
            except Refused as error:
                return self._refused(error, len(lines))
            except LogloopError as error:
                self._trouble(f"log entries wait (at most {self._settings.capacity}): {error}")
                if not self._pause(error, backoff):
                    self._settle(dropped=len(lines))
                    return "dropped"
                continue
            self._settle(sent=result.accepted, refused=len(result.rejected))
            if result.rejected:
                self._trouble(f"{len(result.rejected)} log entries were refused: {result.rejected[0].errors}")
            else:
                self._in_trouble = False
            return "sent"

    def _refused(self, error: LogloopError, number: int) -> str:
        if error.status == 413:
            return "too_large"
        self._settle(refused=number)
        self._trouble(f"{number} log entries were refused: {error}")
        return "refused"

    def _pause(self, error: LogloopError, backoff: Backoff) -> bool:
        """Wait as told; False when the program's end comes first. One last try is made when the end is announced."""
        delay = backoff.next_delay(getattr(error, "retry_after", None)) or 0.0
        wake = time.monotonic() + delay
        with self._changed:
            while (now := time.monotonic()) < wake:
                if self._closed or (self._deadline is not None and now >= self._deadline):
                    return False
                if self._deadline is not None and wake > self._deadline:
                    last, self._last_try = self._last_try, False
                    return last
                self._changed.wait(min(wake, self._deadline or wake) - now)
        return True

    def _open_transport(self) -> SyncTransport:
        if self._transport is None:
            from logloop.transport import SyncTransport

            for name in _HTTP_LOGGERS:
                logging.getLogger(name).addFilter(_not_from_delivery)
            self._transport = SyncTransport(
                self._connection, timeout=self._settings.timeout, retry_for=0, http=self._http
            )
        return self._transport

    def _settle(self, *, sent: int = 0, dropped: int = 0, refused: int = 0) -> None:
        with self._changed:
            stats = self._stats
            self._stats = replace(stats, sent=stats.sent + sent, refused=stats.refused + refused)
            self._in_flight = max(0, self._in_flight - sent - dropped - refused)
            if dropped:
                self._count_dropped(dropped)

    def _trouble(self, text: str) -> None:
        if not self._in_trouble:
            self._in_trouble = True
            self._tell(text)

    def _tell(self, text: str) -> None:
        with contextlib.suppress(Exception):  # a callback of the program; its defects are not ours to spread
            self._on_problem(text)


def _with_time(entry: Entry) -> Entry:
    created = entry.get("timestamp")
    if isinstance(created, float):
        entry["timestamp"] = datetime.fromtimestamp(created, UTC).isoformat()
    return entry


def _flush_at_child_exit(delivery: Delivery) -> None:
    """Children of multiprocessing end with os._exit, without atexit: its own finalizers do run."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.parent_process() is None:
        return
    from multiprocessing.util import Finalize

    reference = weakref.ref(delivery)

    def flush() -> None:
        if found := reference():
            found.flush()

    Finalize(None, flush, exitpriority=100)


def _before_fork() -> None:
    _importing.acquire(timeout=2.0)  # a bound: the forking thread may itself hold a module's import lock


def _after_fork_in_parent() -> None:
    with contextlib.suppress(RuntimeError):  # not acquired in time
        _importing.release()


def _after_fork_in_child() -> None:
    global _importing  # noqa: PLW0603 - the old one may be held by a thread that does not exist here
    _importing = threading.Lock()
    # The parent's thread and locks do not exist here, and the parent sends what it had queued.
    _thread.delivering = False
    for delivery in list(_alive):
        delivery._start_fresh()  # noqa: SLF001 - same module


def _flush_at_exit() -> None:
    # Not a close: exit functions that run later may still log, and logging.shutdown() closes the handlers.
    deliveries = list(_alive)
    for delivery in deliveries:
        delivery.announce_end()
    for delivery in deliveries:
        delivery.flush()


atexit.register(_flush_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
