"""`logloop send --follow`: sends what is appended to files until it is interrupted."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from logloop.cli.commands.shipping.options import state_folder

if TYPE_CHECKING:
    from logloop.api.client import Client
    from logloop.shipping.file_follower import FileFollower
    from logloop.shipping.shipper import Shipper


def follow_files(
    paths: list[Path], shipper: Shipper, client: Client, folder: Path | None, *, from_end: bool
) -> NoReturn:
    """Send what is appended to files until interrupted. Then send what was read, and raise KeyboardInterrupt."""
    from logloop.shipping.checkpoint import Checkpoint, checkpoint_path
    from logloop.shipping.file_follower import FileFollower

    folder = folder or state_folder() / "positions"
    connection = client.connection
    followers = [
        FileFollower(
            path,
            Checkpoint(checkpoint_path(folder, path, connection.url, connection.project)),
            shipper,
            from_end=from_end,
        )
        for path in paths
    ]
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _run(followers)
    except KeyboardInterrupt:
        for follower in followers:
            follower.finish()
        raise


def _run(followers: list[FileFollower]) -> NoReturn:
    from logloop.shipping.file_follower import POLL_SECONDS

    while True:
        busy = False
        for follower in followers:
            busy |= follower.step()
        if not busy:
            time.sleep(POLL_SECONDS)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one exits at once
    raise KeyboardInterrupt
