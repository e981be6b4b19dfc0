"""A follower goes on after a crash, also when the platform has the interrupted batch with other content."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from logloop.errors import LogloopError, Refused
from logloop.shipping.checkpoint import Checkpoint, Position
from logloop.shipping.file_follower import FileFollower
from logloop.shipping.shipper import Shipper, ShipSettings


class Platform:
    """Answers the interrupted batch with a status, and keeps the messages of all others."""

    def __init__(self, status: int) -> None:
        self.settings = ShipSettings(service="x")
        self.messages: list[str] = []
        self._status = status

    def send(self, entries: list[dict[str, Any]], key: str | None = None) -> None:
        if key == "interrupted":
            raise Refused("other content", status=self._status)
        self.messages += [entry["message"] for entry in entries]


def follower(tmp_path: Path, platform: Platform) -> FileFollower:
    path = tmp_path / "a.log"
    path.write_text("one\ntwo\n")
    checkpoint = Checkpoint(tmp_path / "position")
    checkpoint.save(Position(inode=path.stat().st_ino, head=b"one\n".hex(), pending_end=4, pending_key="interrupted"))
    return FileFollower(path, checkpoint, cast("Shipper", platform))


def test_a_batch_that_is_stored_with_other_content_is_not_sent_again(tmp_path: Path) -> None:
    platform = Platform(409)
    found = follower(tmp_path, platform)
    found.step()
    found.finish()
    assert platform.messages == ["two"]


def test_another_refusal_of_the_interrupted_batch_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LogloopError):
        follower(tmp_path, Platform(413)).step()
