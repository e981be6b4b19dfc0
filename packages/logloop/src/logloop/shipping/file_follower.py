"""Follows one growing file and ships what is appended, each line once even across crashes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from logloop.lines.records import Record
from logloop.sending.batch_sender import Entry
from logloop.shipping.checkpoint import Batch, Checkpoint, Position
from logloop.shipping.followed_file import FollowedFile
from logloop.shipping.shipper import Shipper, is_full

IDLE_FLUSH_SECONDS = 0.5
POLL_SECONDS = 0.2


class FileFollower:
    """Ships what is appended to one file. Call `step` in a loop.

    The checkpoint records each batch before it is sent. After a crash exactly this batch is sent again, with the same
    idempotency key: the platform stores it once, also when it knows the key and not the batch.
    """

    def __init__(self, path: Path, checkpoint: Checkpoint, shipper: Shipper, *, from_end: bool = False) -> None:
        self._checkpoint = checkpoint
        self._shipper = shipper
        self._position, self._unconfirmed = checkpoint.load()
        self._file = FollowedFile(path, self._position, from_end=from_end)
        self._source = path.name
        self._entries: list[Entry] = []
        self._end = 0
        self._last_line_at = self._first_entry_at = time.monotonic()
        self._start_reader()

    def _start_reader(self) -> None:
        self._reader = self._shipper.settings.reader(datetime.now(UTC))
        self._has_learned = False
        if self._position.last_time:
            self._reader.last_time = datetime.fromisoformat(self._position.last_time)

    def step(self) -> bool:
        """Read and send new lines; return False when there were none. Raises a LogloopError when sending fails."""
        self._send_unconfirmed()
        lines = list(self._file.read())
        if lines and not self._has_learned:
            self._reader.learn(self._file.first_lines())
            self._has_learned = True
        for line in lines:
            self._take(self._reader.feed(line.text, line.end))
            if is_full(self._entries):
                self._ship()
        self._flush_when_idle(is_idle=not lines)
        if self._file.is_finished:
            self._start_next_file()
            return True
        return bool(lines)

    def _flush_when_idle(self, *, is_idle: bool) -> None:
        now = time.monotonic()
        if not is_idle:
            self._last_line_at = now
        elif self._file.is_finished or now - self._last_line_at > IDLE_FLUSH_SECONDS:
            self._take(self._reader.flush())
        if self._entries and (self._file.is_finished or now - self._first_entry_at > IDLE_FLUSH_SECONDS):
            self._ship()
        if is_idle:
            self._reader.is_live = True

    def finish(self) -> None:
        """Send everything read so far, including a record that may be incomplete, and close the file."""
        self._send_unconfirmed()  # an interrupt may have come while it was being sent
        self._take(self._reader.flush())
        self._ship()
        self._file.close()

    def _take(self, records: Iterable[Record]) -> None:
        for record in records:
            if not self._entries:
                self._first_entry_at = time.monotonic()
            self._entries += self._shipper.settings.entries(record.parsed, self._source)
            self._end = record.end

    def _ship(self) -> None:
        if self._reader.is_interleaved:
            self._take(self._reader.flush())  # so that the end of the batch separates what is sent from the rest
        if not self._entries:
            return
        last = self._reader.last_time
        self._position = Position(self._file.inode, self._file.head, self._end, last.isoformat() if last else None)
        self._unconfirmed = Batch(uuid.uuid4().hex, self._shipper.lines(self._entries))
        self._entries = []
        self._checkpoint.save(self._position, self._unconfirmed)
        self._send_unconfirmed()
        self._reader.now = datetime.now(UTC)

    def _send_unconfirmed(self) -> None:
        if self._unconfirmed is None:
            return
        self._shipper.send(self._unconfirmed.lines, self._unconfirmed.key)
        self._unconfirmed = None
        self._checkpoint.save(self._position)

    def _start_next_file(self) -> None:
        self._file.next_file()
        self._has_learned = False
        self._position = Position()
        self._checkpoint.save(self._position)
