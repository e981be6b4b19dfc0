"""Makes log entries of what a command prints, and sends them while it runs."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from logloop.api.client import Client
from logloop.api.endpoints import entry_line
from logloop.api.retry import Backoff
from logloop.errors import LogloopError, Refused, describe_violation
from logloop.lines.records import Record, RecordReader
from logloop.lines.text import UTF_8, decode, split_lines
from logloop.running.spool import Spool
from logloop.sending.batch_sender import Entry
from logloop.shipping.inputs import LONGEST_LINE, SILENCE_SECONDS
from logloop.shipping.shipper import ShipSettings, is_full

MAX_WAITING_CHUNKS = 1_024
"""Chunks of up to 64 KiB that wait to be read. A command that prints faster for long is slowed down by this."""
BATCH_ENTRIES = 1_000
LINGER_SECONDS = 0.5
SHORTEST_PAUSE_SECONDS = 0.2


@dataclass(slots=True)
class OutputCounts:
    """Entries so far."""

    sent: int = 0
    refused: int = 0


class _Stream:
    """The lines and records of one stream. A record without a time gets the time when its last line arrived."""

    def __init__(self, settings: ShipSettings) -> None:
        self._rest = b""
        self._fed = 0
        self._arrived = datetime.now(UTC)
        self._reader: RecordReader = settings.reader(self._arrived)
        self._reader.is_live = True

    def feed(self, chunk: bytes, arrived: datetime) -> list[Record]:
        """Return the records that a chunk completes."""
        complete, self._rest = split_lines(self._rest + chunk, UTF_8)
        while len(self._rest) > LONGEST_LINE:
            complete.append(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        records: list[Record] = []
        for raw in complete:
            records += self._line(decode(raw), arrived)
        return records

    def _line(self, line: str, arrived: datetime) -> list[Record]:
        self._fed += 1
        self._reader.now = arrived
        records = self._reader.feed(line, self._fed)
        for record in records:
            if record.end < self._fed and record.parsed.timestamp == arrived:
                record.parsed.timestamp = self._arrived  # this line only shows that the record before it is complete
        self._arrived = arrived
        return records

    def flush(self, *, at_end: bool = False) -> list[Record]:
        """Return the records that are held back; at the end also a line without a line feed."""
        records: list[Record] = []
        if at_end and self._rest:
            records += self._line(decode(self._rest), datetime.now(UTC))
            self._rest = b""
        self._reader.now = self._arrived
        return [*records, *self._reader.flush()]


class OutputLog:
    """Gets chunks of output, and sends entries from two threads: one reads lines, one sends batches.

    Call `start` once, then `output` and `event`, then `finish`. `on_problem` gets one line of text.
    """

    def __init__(
        self, client: Client, settings: ShipSettings, spool: Spool, on_problem: Callable[[str], None]
    ) -> None:
        self.counts = OutputCounts()
        self._client = client
        self._settings = settings
        self._spool = spool
        self._on_problem = on_problem
        self._chunks: queue.Queue[tuple[str, bytes | Entry, datetime] | None] = queue.Queue(MAX_WAITING_CHUNKS)
        self._streams: dict[str, _Stream] = {}
        self._entries: list[Entry] = []
        self._first_at = 0.0
        self._is_ending = threading.Event()
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=run, name=f"logloop-{name}", daemon=True)
            for name, run in (("lines", self._read), ("send", self._send))
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def output(self, stream: str, chunk: bytes) -> None:
        """Take what was printed on a stream."""
        self._chunks.put((stream, chunk, datetime.now(UTC)))

    def event(self, message: str, severity: str, attributes: dict[str, Any]) -> None:
        """Add an entry about the command itself."""
        now = datetime.now(UTC)
        ids = {"source": "process", "test_id": self._settings.test_id}
        entry = {"message": message, "severity": severity, "timestamp": now, **ids}
        merged = {**self._settings.attributes, **attributes}
        self._chunks.put(("", {**entry, "attributes": merged}, now))

    def finish(self, timeout: float) -> bool:
        """Send the rest; return whether everything was sent within `timeout` seconds. May be interrupted.

        Afterwards nothing more is sent.
        """
        self._chunks.put(None)
        self._threads[0].join()
        self._spool.close()
        self._is_ending.set()
        try:
            return self._spool.wait_until_empty(timeout)
        finally:
            self._is_over.set()

    # -- the thread that reads lines

    def _read(self) -> None:
        try:
            self._read_chunks()
        except Exception as error:  # noqa: BLE001 - a defect must not stop the command, which waits for this thread
            self._on_problem(f"the output is no longer logged. {type(error).__name__}: {error}")
            while self._chunks.get() is not None:
                pass

    def _read_chunks(self) -> None:
        while True:
            try:
                item = self._chunks.get(timeout=self._patience())
            except queue.Empty:
                self._flush()
                continue
            if item is None:
                self._flush(at_end=True)
                return
            self._take(*item)
            if is_full(self._entries) or len(self._entries) >= BATCH_ENTRIES:
                self._put()

    def _take(self, stream: str, content: bytes | Entry, arrived: datetime) -> None:
        if not isinstance(content, bytes):
            self._flush_streams()
            self._add([content])
            return
        if stream not in self._streams:
            self._streams[stream] = _Stream(self._settings)
        self._add_records(stream, self._streams[stream].feed(content, arrived))

    def _patience(self) -> float:
        """Return how long to wait for more output before what is there is complete, in seconds."""
        if not self._entries:
            return SILENCE_SECONDS
        return max(0.0, min(SILENCE_SECONDS, self._first_at + LINGER_SECONDS - time.monotonic()))

    def _flush(self, *, at_end: bool = False) -> None:
        self._flush_streams(at_end=at_end)
        self._put()

    def _flush_streams(self, *, at_end: bool = False) -> None:
        for name, stream in self._streams.items():
            self._add_records(name, stream.flush(at_end=at_end))

    def _add_records(self, stream: str, records: list[Record]) -> None:
        for record in records:
            self._add(self._settings.entries(record.parsed, stream))

    def _add(self, entries: list[Entry]) -> None:
        if not self._entries:
            self._first_at = time.monotonic()
        self._entries += entries

    def _put(self) -> None:
        if self._entries:
            self._spool.put([entry_line(entry, self._client.connection) for entry in self._entries])
            self._entries = []

    # -- the thread that sends

    def _send(self) -> None:
        backoff, is_waiting = Backoff(None), False
        while (batch := self._spool.first()) and not self._is_over.is_set():
            try:
                result = self._client.send_lines(self._spool.read(batch), idempotency_key=batch.key)
            except Refused as error:
                self.counts.refused += batch.count
                self._on_problem(f"{batch.count} logs were rejected. {error}")
            except (LogloopError, OSError, RuntimeError) as error:  # the last one when the client was closed
                if self._is_over.is_set():
                    return
                if not is_waiting:
                    is_waiting = True
                    self._on_problem(f"the logs wait until they can be sent. {error}")
                self._pause(backoff, error)
                continue
            else:
                self.counts.sent += result.accepted
                self.counts.refused += len(result.rejected)
                for entry in result.rejected[:1]:
                    self._on_problem("a log was rejected: " + "; ".join(map(describe_violation, entry.errors)))
            backoff, is_waiting = Backoff(None), False
            self._spool.remove(batch)

    def _pause(self, backoff: Backoff, error: Exception) -> None:
        """Wait before the next attempt. The end of the command ends the wait; then the user waits, so it is short."""
        wished = backoff.next_delay(error.retry_after if isinstance(error, LogloopError) else None) or 0.0
        delay = max(wished, SHORTEST_PAUSE_SECONDS)
        if self._is_ending.is_set():
            time.sleep(min(delay, 1.0))
        else:
            self._is_ending.wait(delay)
