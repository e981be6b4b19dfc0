"""Follows one growing file and ships what is appended, each line once even across crashes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from logloop.errors import Refused
from logloop.lines.records import Record
from logloop.sending.batch_sender import Entry
from logloop.shipping.checkpoint import Checkpoint, Position
from logloop.shipping.followed_file import FollowedFile, Line
from logloop.shipping.shipper import Shipper, is_full

IDLE_FLUSH_SECONDS = 0.5
POLL_SECONDS = 0.2


class FileFollower:
    """Ships what is appended to one file. Call `step` in a loop.

    The checkpoint records each batch before it is sent. After a crash the batch is sent again with the same
    idempotency key, so the platform stores it once.
    """

    def __init__(self, path: Path, checkpoint: Checkpoint, shipper: Shipper, *, from_end: bool = False) -> None:
        self._checkpoint = checkpoint
        self._shipper = shipper
        self._confirmed = checkpoint.load()
        self._file = FollowedFile(path, self._confirmed, from_end=from_end)
        self._source = path.name
        self._entries: list[Entry] = []
        self._end = 0
        self._last_line_at = self._first_entry_at = time.monotonic()
        self._start_reader()

    def _start_reader(self) -> None:
        self._reader = self._shipper.settings.reader(datetime.now(UTC))
        self._has_learned = False
        if self._confirmed.last_time:
            self._reader.last_time = datetime.fromisoformat(self._confirmed.last_time)

    def _learn(self) -> None:
        self._reader.learn(self._file.first_lines())
        self._has_learned = True

    def step(self) -> bool:
        """Read and send new lines; return False when there were none. Raises a LogloopError when sending fails."""
        lines = list(self._file.read())
        if lines and not self._has_learned:
            self._learn()
        if lines and self._confirmed.pending_end is not None:
            lines = self._resend_pending(lines)
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
        assert self._reader.now
        pending = replace(
            self._confirmed,
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
        self._confirm(pending)

    def _confirm(self, pending: Position) -> None:
        last = self._reader.last_time
        self._confirmed = Position(
            self._file.inode, self._file.head, pending.pending_end or 0, last.isoformat() if last else None
        )
        self._checkpoint.save(self._confirmed)

    def _resend_pending(self, lines: list[Line]) -> list[Line]:
        """Resend the batch that a crash interrupted: the same lines, parsed the same way, with the same key."""
        pending, end = self._confirmed, self._confirmed.pending_end or 0
        while lines[-1].end < end and (more := list(self._file.read())):
            lines += more
        if pending.pending_now:
            self._reader.now = datetime.fromisoformat(pending.pending_now)
        self._reader.is_live = pending.pending_live
        for line in lines:
            if line.end <= end:
                self._take(self._reader.feed(line.text, line.end))
        self._take(self._reader.flush())
        try:
            self._send(pending)
        except Refused as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            self._confirm(
                pending
            )  # the batch is stored; its lines came at other moments then, and were joined otherwise
        self._start_reader()
        self._learn()
        return [line for line in lines if line.end > end]

    def _start_next_file(self) -> None:
        self._file.next_file()
        self._has_learned = False
        self._confirmed = Position()
        self._checkpoint.save(self._confirmed)
