"""Reads a growing file across rotation and truncation."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from logloop.lines.text import UTF_8, decode, detect, split_lines
from logloop.shipping.checkpoint import Position

HEAD_BYTES = 64
CHUNK_BYTES = 1024 * 1024
LONGEST_LINE = 4 * 1024 * 1024
SAMPLE_BYTES = 32 * 1024
MAX_ROTATIONS = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its line ending, and the file offset after it."""

    text: str
    end: int


class FollowedFile:
    """A path whose file grows and may be replaced.

    `read` yields complete lines. `is_finished` is set once the file was replaced and the old one is read to its end;
    then call `next_file`. `grace` is how long (seconds) a program may keep writing to a replaced file.
    """

    def __init__(self, path: Path, position: Position, *, from_end: bool = False, grace: float = 1.0) -> None:
        self._grace = grace
        self._replaced_at: float | None = None
        self.path = path
        self.is_finished = False
        self.inode, self.head, self.offset = 0, "", 0
        self._file: BinaryIO | None = None
        self._partial = b""
        self._encoding = UTF_8
        self._from_end = from_end and position == Position()
        self._resume = position if position.inode else None
        self._successor: Path | None = None

    def read(self) -> Iterator[Line]:
        """Yield the lines completed since the last call, at most about 1 MiB."""
        if self._file is None and not self._open():
            return
        assert self._file
        if self._was_truncated():
            self._restart()
        if self.offset == 0 and not self._partial:
            self._encoding = detect(os.pread(self._file.fileno(), SAMPLE_BYTES, 0))
        chunk = self._file.read(CHUNK_BYTES)
        if chunk:
            self._replaced_at = None
        else:
            self.is_finished = self._is_abandoned()
            if self.is_finished and self._partial:
                yield self._line(self._partial, 0)
                self._partial = b""
            return
        if not self.head or len(self.head) < HEAD_BYTES * 2:
            self.head = _head(self._file)
        yield from self._lines(chunk)

    def next_file(self) -> None:
        """Continue with the file that followed: one of the rotated files, or the one that is at the path now."""
        self._successor = self._rotated_successor()
        self.close()
        self.is_finished, self._replaced_at = False, None
        self.inode, self.head, self.offset, self._partial = 0, "", 0, b""

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _lines(self, chunk: bytes) -> Iterator[Line]:
        complete, self._partial = split_lines(self._partial + chunk, self._encoding)
        for raw in complete:
            yield self._line(raw, self._encoding.width)
        if len(self._partial) > LONGEST_LINE:
            yield self._line(self._partial, 0)
            self._partial = b""

    def _line(self, raw: bytes, end: int) -> Line:
        self.offset += len(raw) + end
        return Line(decode(raw, self._encoding), self.offset)

    def first_lines(self) -> list[str]:
        """Return the first complete lines of the file, whatever has been read."""
        if self._file is None:
            return []
        complete, _ = split_lines(os.pread(self._file.fileno(), SAMPLE_BYTES, 0), self._encoding)
        return [decode(raw, self._encoding) for raw in complete]

    def _open(self) -> bool:
        resume, self._resume = self._resume, None
        if resume is not None and (found := _find(self.path, resume)):
            self._start(found, resume.offset)
            return True
        successor, self._successor = self._successor, None
        try:
            file = (successor or self.path).open("rb", buffering=0)
        except OSError:
            return False
        self._start(file, os.fstat(file.fileno()).st_size if self._from_end else 0)
        self._from_end = False
        return True

    def _start(self, file: BinaryIO | Any, offset: int) -> None:
        self._file = file
        self.inode = os.fstat(file.fileno()).st_ino
        self.head = _head(file)
        self.offset = offset
        self._encoding = detect(os.pread(file.fileno(), SAMPLE_BYTES, 0))
        file.seek(offset)

    def _was_truncated(self) -> bool:
        assert self._file
        read = self.offset + len(self._partial)
        if os.fstat(self._file.fileno()).st_size < read:
            return True
        return not _head(self._file).startswith(self.head)

    def _restart(self) -> None:
        assert self._file
        self._partial, self.offset = b"", 0
        self._file.seek(0)
        self.head = _head(self._file)

    def _is_abandoned(self) -> bool:
        """Whether the file was replaced and the grace period is over; programs reopen their log file with a delay."""
        if not self._was_replaced():
            self._replaced_at = None
            return False
        if self._replaced_at is None:
            self._replaced_at = time.monotonic()
        return time.monotonic() - self._replaced_at >= self._grace

    def _rotated_successor(self) -> Path | None:
        """Return NAME.1 when the file that was read is NAME.2 by now, and so on: it was rotated more than once."""
        for number in range(2, MAX_ROTATIONS + 1):
            candidate = self.path.with_name(f"{self.path.name}.{number}")
            try:
                if candidate.stat().st_ino == self.inode:
                    return candidate.with_name(f"{self.path.name}.{number - 1}")
            except OSError:
                return None
        return None

    def _was_replaced(self) -> bool:
        try:
            return self.path.stat().st_ino != self.inode
        except OSError:
            return False  # moved, and not recreated yet: the program may still write to the old file


def _head(file: BinaryIO) -> str:
    return os.pread(file.fileno(), HEAD_BYTES, 0).hex()


def _find(path: Path, position: Position) -> BinaryIO | None:
    """Open the file of a position: at its path, or beside it under the name that a rotation gave it."""
    for candidate in [path, *sorted(path.parent.glob(f"{path.name}*")), *sorted(path.parent.glob(f"{path.stem}*"))]:
        with contextlib.suppress(OSError):
            if candidate.stat().st_ino != position.inode:
                continue
            file: BinaryIO = candidate.open("rb", buffering=0)
            large_enough = os.fstat(file.fileno()).st_size >= position.offset
            if large_enough and _head(file).startswith(position.head):
                return file
            file.close()
    return None
