"""Sends lines of files and streams: lines become records, records entries, entries batches.

It must not advance a checkpoint before the platform has confirmed what lies before it.
"""

from __future__ import annotations

import gzip
import hashlib
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO, Any

from logloop.api.client import Client
from logloop.api.results import SendResult
from logloop.api.retry import Backoff
from logloop.errors import LogloopError, Unavailable, Unreachable
from logloop.handler import fit
from logloop.lines.parsed import ParsedLine
from logloop.lines.records import Record, RecordReader
from logloop.sending.batch_sender import Entry
from logloop.shipping.file_follower import Checkpoint, FollowedFile, Line, Position

BATCH_ENTRIES = 5_000
IDLE_FLUSH_SECONDS = 0.5
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class ShipSettings:
    """How lines are read and what is added to each entry. `zone` is what times without one mean."""

    format_name: str = "auto"
    zone: tzinfo = UTC
    test_id: str | None = None
    source: str | None = None
    service: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    join: bool = True

    def reader(self, now: datetime | None = None) -> RecordReader:
        """A reader of records with these settings."""
        return RecordReader(self.format_name, self.zone, now, join=self.join)

    def entry(self, parsed: ParsedLine, source: str) -> Entry:
        """The entry a record becomes; what the command line says wins over the default, not over the line."""
        attributes = {**self.attributes, **parsed.attributes}
        if parsed.severity_text:
            attributes.setdefault("severity_text", parsed.severity_text)
        entry: Entry = {
            "message": fit(parsed.message, attributes),
            "severity": parsed.severity or "info",
            "timestamp": parsed.timestamp,
            "source": (parsed.source or self.source or source)[:512],
            "attributes": attributes or None,
        }
        found = {
            "test_id": parsed.test_id or self.test_id,
            "func_id": parsed.func_id,
            "service_id": self.service or parsed.service_id,
        }
        return entry | {name: value[:512] for name, value in found.items() if value}


@dataclass(slots=True)
class Shipped:
    """What was sent so far. `errors` holds the first few refusals."""

    sent: int = 0
    refused: int = 0
    errors: list[Any] = field(default_factory=list)


class Shipper:
    """Sends entries through a client and counts; waits for a platform that is away for `retry_for` seconds."""

    def __init__(
        self,
        client: Client,
        settings: ShipSettings,
        *,
        retry_for: float | None,
        on_wait: Callable[[LogloopError], None],
        on_sent: Callable[[Shipped], None],
    ) -> None:
        self.counts = Shipped()
        self.settings = settings
        self._client = client
        self._retry_for = retry_for
        self._on_wait = on_wait
        self._on_sent = on_sent

    def send(self, entries: list[Entry], key: str | None = None) -> None:
        """Send one batch and wait until it is confirmed. Raises a LogloopError when it is not."""
        if not entries:
            return
        result = self._confirmed(entries, key or uuid.uuid4().hex)
        self.counts.sent += result.accepted
        self.counts.refused += len(result.rejected)
        self.counts.errors += [refusal.errors for refusal in result.rejected[: 5 - len(self.counts.errors)]]
        self._on_sent(self.counts)

    def _confirmed(self, entries: list[Entry], key: str) -> SendResult:
        backoff = Backoff(self._retry_for)
        while True:
            try:
                return self._client.send(entries, idempotency_key=key)
            except (Unreachable, Unavailable) as error:
                delay = backoff.next_delay(getattr(error, "retry_after", None))
                if delay is None:
                    raise
                self._on_wait(error)
            time.sleep(delay)

    def ship(self, lines: Iterable[str | None], source: str) -> None:
        """Send every line of an input; None says that nothing came for a moment."""
        reader, entries = self.settings.reader(), list[Entry]()
        for line in lines:
            records = reader.flush() if line is None else reader.feed(line)
            entries += [self.settings.entry(record.parsed, source) for record in records]
            if len(entries) >= BATCH_ENTRIES or (line is None and entries):
                self.send(entries)
                entries = []
        entries += [self.settings.entry(record.parsed, source) for record in reader.flush()]
        self.send(entries)


def file_lines(path: Path) -> Iterator[str]:
    """Lines of a file, unpacked when it is gzipped; bytes that are no UTF-8 become U+FFFD."""
    opener: Callable[..., IO[bytes]] = gzip.open if path.suffix == ".gz" else open  # type: ignore[assignment]  # both read bytes
    with opener(path, "rb") as file:
        for raw in file:
            yield decode(raw)


def decode(raw: bytes) -> str:
    """A line as text, without its end."""
    return raw.rstrip(b"\r\n").decode("utf-8", "replace")


def stream_lines(stream: IO[bytes], stopping: threading.Event | None = None) -> Iterator[str | None]:
    """Lines of a stream as they come, with None after a moment of silence; at most 10,000 wait. Closes it at its end.

    Once `stopping` is set it ends at the next silence. It must not be sys.stdin itself: a thread that still waits in
    it when the interpreter ends brings the process down.
    """
    waiting: queue.Queue[bytes] = queue.Queue(10_000)

    def read() -> None:
        with stream:
            for raw in stream:
                waiting.put(raw)
        waiting.put(b"")

    threading.Thread(target=read, name="logloop-stdin", daemon=True).start()
    while True:
        try:
            raw = waiting.get(timeout=IDLE_FLUSH_SECONDS)
        except queue.Empty:
            if stopping is not None and stopping.is_set():
                return
            yield None
            continue
        if not raw:
            return
        yield decode(raw)


def checkpoint_path(folder: Path, path: Path, url: str, project: str | None) -> Path:
    """Where the position in a file is kept: one for each file, platform and project."""
    name = "\0".join([str(path.absolute()), url, project or ""])
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.json"


class Follower:
    """Sends what is appended to one file. Call `step` again and again.

    A batch is written down before it is sent, and sent again under the same key after a crash: stored once.
    """

    def __init__(self, path: Path, checkpoint: Checkpoint, shipper: Shipper, *, from_end: bool = False) -> None:
        self._checkpoint = checkpoint
        self._shipper = shipper
        self._safe = checkpoint.load()
        self._file = FollowedFile(path, self._safe, from_end=from_end)
        self._source = path.name
        self._entries: list[Entry] = []
        self._end = 0
        self._last_line_at = self._first_entry_at = time.monotonic()
        self._start_reader()

    def _start_reader(self) -> None:
        self._reader = self._shipper.settings.reader(datetime.now(UTC))
        if self._safe.last_time:
            self._reader.last_time = datetime.fromisoformat(self._safe.last_time)

    def step(self) -> bool:
        """Read and send what is there; False when nothing was. Raises a LogloopError when it could not be sent."""
        lines = list(self._file.read())
        if lines and self._safe.pending_end is not None:
            lines = self._repeat_pending(lines)
        for line in lines:
            self._take(self._reader.feed(line.text, line.end))
            if len(self._entries) >= BATCH_ENTRIES:
                self._ship()
        now = time.monotonic()
        if lines:
            self._last_line_at = now
        elif self._file.is_finished or now - self._last_line_at > IDLE_FLUSH_SECONDS:
            self._take(self._reader.flush())
        if self._entries and (self._file.is_finished or now - self._first_entry_at > IDLE_FLUSH_SECONDS):
            self._ship()
        if not lines:
            self._reader.is_live = True
        if self._file.is_finished:
            self._go_on()
            return True
        return bool(lines)

    def finish(self) -> None:
        """Send what was read, also a record that might have had more lines."""
        self._take(self._reader.flush())
        self._ship()
        self._file.close()

    def _take(self, records: Iterable[Record]) -> None:
        for record in records:
            if not self._entries:
                self._first_entry_at = time.monotonic()
            self._entries.append(self._shipper.settings.entry(record.parsed, self._source))
            self._end = record.end

    def _ship(self) -> None:
        if not self._entries:
            return
        assert self._reader.now
        pending = replace(
            self._safe,
            inode=self._file.inode,
            head=self._file.head,
            pending_end=self._end,
            pending_key=uuid.uuid4().hex,
            pending_now=self._reader.now.isoformat(),
            pending_live=self._reader.is_live,
        )
        self._checkpoint.save(pending)
        self._send(pending)
        self._reader.now = datetime.now(UTC)

    def _send(self, pending: Position) -> None:
        entries, self._entries = self._entries, []
        self._shipper.send(entries, pending.pending_key)
        last = self._reader.last_time
        self._safe = Position(
            self._file.inode, self._file.head, pending.pending_end or 0, last.isoformat() if last else None
        )
        self._checkpoint.save(self._safe)

    def _repeat_pending(self, lines: list[Line]) -> list[Line]:
        """Send the batch a crash left open: the same lines read in the same way under the same key."""
        pending, end = self._safe, self._safe.pending_end or 0
        while lines[-1].end < end and (more := list(self._file.read())):
            lines += more
        if pending.pending_now:
            self._reader.now = datetime.fromisoformat(pending.pending_now)
        self._reader.is_live = pending.pending_live
        for line in lines:
            if line.end <= end:
                self._take(self._reader.feed(line.text, line.end))
        self._take(self._reader.flush())
        self._send(pending)
        self._start_reader()
        return [line for line in lines if line.end > end]

    def _go_on(self) -> None:
        self._file.next_file()
        self._safe = Position()
        self._checkpoint.save(self._safe)
