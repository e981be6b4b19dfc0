"""Stores how far a followed file has been sent."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Position:
    """A position in a file, and the batch after it that may or may not have been stored.

    `inode` and `head` (the first bytes as hex) identify the file; `offset` is in bytes; `last_time` is the time of
    the last record before it. The pending batch ends at `pending_end` and has the idempotency key `pending_key`;
    parsing it again with `pending_now` and `pending_live` gives the same entries. Times are ISO 8601.
    """

    inode: int = 0
    head: str = ""
    offset: int = 0
    last_time: str | None = None
    pending_end: int | None = None
    pending_key: str | None = None
    pending_now: str | None = None
    pending_live: bool = False


class Checkpoint:
    """A position stored in a file. A crash during `save` leaves the previous position."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Position:
        """Return the stored position, or the start of the file."""
        try:
            stored: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
            return Position(**{field.name: stored[field.name] for field in fields(Position) if field.name in stored})
        except (OSError, ValueError, TypeError):
            return Position()

    def save(self, position: Position) -> None:
        """Replace the stored position."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self._path.with_name(self._path.name + ".new")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(position), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


def checkpoint_path(folder: Path, path: Path, url: str, project: str | None) -> Path:
    """Return the checkpoint's path in `folder`: one per followed file, platform and project."""
    name = "\0".join([str(path.absolute()), url, project or ""])
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.json"
