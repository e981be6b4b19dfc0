"""A follower that crashed or was interrupted sends exactly the same batch again, whatever the file holds by then."""

from __future__ import annotations

import stat
import time
from pathlib import Path
from typing import Any, cast

import pytest
from logloop.api.endpoints import entry_line
from logloop.connection import Connection
from logloop.errors import Refused
from logloop.shipping.checkpoint import Checkpoint
from logloop.shipping.file_follower import FileFollower
from logloop.shipping.shipper import Shipper, ShipSettings


class Crash(BaseException):
    """The program ends while a batch is on its way."""


class Platform:
    """Keeps the content of each key, as ingest does before it publishes. Stores nothing while `crashes` is set."""

    def __init__(self) -> None:
        self.settings = ShipSettings(service="x")
        self.stored: dict[str, list[bytes]] = {}
        self.crashes = False
        self._keys: dict[str, list[bytes]] = {}

    def lines(self, entries: list[dict[str, Any]]) -> list[bytes]:
        return [entry_line(entry, Connection(url="http://unused", project="shop")) for entry in entries]

    def send(self, lines: list[bytes], key: str) -> None:
        if self._keys.setdefault(key, lines) != lines:
            raise Refused("other content", status=409)
        if self.crashes:
            raise Crash
        self.stored.setdefault(key, lines)

    @property
    def text(self) -> str:
        return b"\n".join(line for lines in self.stored.values() for line in lines).decode()


class Clock:
    """The monotonic clock of the follower."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_text("one\n")
    return path


def follower(path: Path, platform: Platform) -> FileFollower:
    return FileFollower(path, Checkpoint(path.with_name("position")), cast("Shipper", platform))


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def crash_with_two_records_on_their_way(path: Path, platform: Platform, clock: Clock) -> None:
    """Send two records that are one when they are read together: the second line came after a silence."""
    platform.crashes = True
    crashing = follower(path, platform)
    crashing.step()
    clock.now += 0.6
    crashing.step()
    append(path, "  more\n")
    crashing.step()
    clock.now += 0.6
    with pytest.raises(Crash):
        crashing.step()
    platform.crashes = False


def test_lines_that_would_be_joined_otherwise_are_not_lost_with_the_platform(path: Path, clock: Clock) -> None:
    platform = Platform()
    crash_with_two_records_on_their_way(path, platform, clock)
    append(path, "two\n")
    resumed = follower(path, platform)
    resumed.step()
    resumed.finish()
    assert [platform.text.count(f'"message":"{message}"') for message in ("one", "  more", "two")] == [1, 1, 1]


def test_a_batch_outlives_its_file(path: Path, clock: Clock) -> None:
    platform = Platform()
    crash_with_two_records_on_their_way(path, platform, clock)
    path.write_text("new\n")
    resumed = follower(path, platform)
    resumed.step()
    resumed.finish()
    assert [platform.text.count(f'"message":"{message}"') for message in ("one", "  more", "new")] == [1, 1, 1]


def test_an_interrupt_sends_the_batch_on_its_way_before_the_rest(path: Path, clock: Clock) -> None:
    platform = Platform()
    interrupted = follower(path, platform)
    interrupted.step()
    platform.crashes = True
    append(path, "two\n")
    interrupted.step()
    clock.now += 0.6
    append(path, "three\n")
    with pytest.raises(Crash):
        interrupted.step()  # sends two lines, and holds the third back: it may be continued
    platform.crashes = False
    interrupted.finish()
    assert [platform.text.count(f'"message":"{message}"') for message in ("one", "two", "three")] == [1, 1, 1]


def test_only_this_user_can_read_the_logs_in_a_checkpoint(path: Path, clock: Clock) -> None:
    platform = Platform()
    crash_with_two_records_on_their_way(path, platform, clock)
    checkpoint = path.with_name("position")
    assert "more" in checkpoint.read_text()
    assert stat.S_IMODE(checkpoint.stat().st_mode) == 0o600
