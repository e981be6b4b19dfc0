"""Stores how far a followed file has been sent, and the batch on its way."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading of a file continues.

    `inode` and `head` (the first bytes as hex) identify the file; `offset` is in bytes; `last_time` is the time of
    the last record before it, in ISO 8601.
    """

    inode: int = 0
    head: str = ""
    offset: int = 0
    last_time: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The lines of NDJSON of a request, and its idempotency key."""

    key: str
    lines: list[bytes]


class Checkpoint:
    """A file with a position, and below it the batch before the position, unless that batch is confirmed.

    A crash during `save` leaves the previous content.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> tuple[Position, Batch | None]:
        """Return what is stored, or the start of the file."""
        try:
            first, *lines = self._path.read_bytes().split(b"\n")
            stored: dict[str, Any] = json.loads(first)
            position = Position(**{field.name: stored[field.name] for field in fields(Position)})
            key = stored.get("key")
        except (OSError, ValueError, TypeError, KeyError):
            return Position(), None
        return position, Batch(key, lines) if key else None

    def save(self, position: Position, unconfirmed: Batch | None = None) -> None:
        """Replace what is stored."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self._path.with_name(self._path.name + ".new")
        header = json.dumps({**asdict(position), "key": unconfirmed.key if unconfirmed else None}).encode()
        with open(temporary, "wb", opener=_private) as file:
            file.write(b"\n".join([header, *(unconfirmed.lines if unconfirmed else ())]))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


def _private(path: str, flags: int) -> int:
    """Open a file that only this user can read: it may contain logs."""
    return os.open(path, flags, 0o600)


def checkpoint_path(folder: Path, path: Path, url: str, project: str | None) -> Path:
    """Return the checkpoint's path in `folder`: one per followed file, platform and project."""
    name = "\0".join([str(path.absolute()), url, project or ""])
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.json"
