"""Delivers entries from a bounded queue in a background thread, so that the program never waits for the platform.

It must not raise into the program, log through `logging`, or hold more than its bounds: when the queue is full the
oldest entries go (the newest tell why a program is in trouble), are counted, and the count is sent once the platform
is back.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logloop.connection import Connection
from logloop.sending.batch_sender import BatchSender, Entry, Outcome, delivering, forget_thread, is_delivering

if TYPE_CHECKING:
    import httpx

ENTRY_OVERHEAD_BYTES = 400
_importing = threading.Lock()
_alive: weakref.WeakSet[Delivery] = weakref.WeakSet()


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
        self._sender = BatchSender(
            self._connection,
            timeout=self._settings.timeout,
            pause=self._pause,
            on_trouble=self._trouble,
            on_recovery=self._recovered,
            http=self._http,
        )
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
        if complete:
            self._sender.close()
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
            self._sender.open()
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
        outcome = Outcome()
        with delivering():
            try:
                self._sender.send(self._with_report(batch), outcome)
            except Exception as error:  # noqa: BLE001 - the edge of the thread: a defect here must not end delivery
                outcome.refused += len(batch) - outcome.sent - outcome.refused - outcome.dropped
                self._trouble(f"log entries were lost to {type(error).__name__}: {error}")
        with self._changed:
            stats = self._stats
            self._stats = replace(stats, sent=stats.sent + outcome.sent, refused=stats.refused + outcome.refused)
            self._count_dropped(outcome.dropped)
            self._in_flight = 0
            self._changed.notify_all()

    def _with_report(self, batch: list[Entry]) -> list[Entry]:
        with self._changed:
            number, self._unreported = self._unreported, 0
        return [*batch, self._report(number)] if number and self._report else batch

    def _pause(self, delay: float) -> bool:
        """Wait; False when the program's end comes first. One last try is made when the end is announced."""
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

    def _trouble(self, text: str) -> None:
        if not self._in_trouble:
            self._in_trouble = True
            self._tell(text)

    def _recovered(self) -> None:
        self._in_trouble = False

    def _tell(self, text: str) -> None:
        with contextlib.suppress(Exception):  # a callback of the program; its defects are not ours to spread
            self._on_problem(text)


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
    forget_thread()
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
