"""`logloop send --follow`, `--docker` and `--kubernetes`: send what is appended to files until interrupted."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from logloop.cli import exit_codes
from logloop.cli.command import CommandExit
from logloop.cli.commands.shipping.options import state_folder

if TYPE_CHECKING:
    from logloop.api.client import Client
    from logloop.shipping.containers.container import Container, Selection
    from logloop.shipping.containers.watch import ContainerWatch
    from logloop.shipping.file_follower import FileFollower
    from logloop.shipping.shipper import Shipper

Runtime: TypeAlias = "Callable[[Path], Iterable[Container]]"


@dataclass(frozen=True, slots=True)
class Containers:
    """Which containers are followed, from where, and the folder of their checkpoints."""

    selection: Selection
    from_end: bool
    checkpoints: Path | None


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


def follow_containers(
    watch_of: Runtime, folder: Path, shipper: Shipper, client: Client, containers: Containers
) -> NoReturn:
    """Send what the containers in a folder print until interrupted. Then send what was read, and raise
    KeyboardInterrupt. Exits with USAGE when the folder cannot be read."""
    from logloop.shipping.checkpoint import checkpoint_path
    from logloop.shipping.containers.watch import ContainerWatch

    positions = containers.checkpoints or state_folder() / "positions"
    connection = client.connection
    watch = ContainerWatch(
        lambda: watch_of(folder),
        containers.selection,
        shipper,
        lambda path: checkpoint_path(positions, path, connection.url, connection.project),
        from_end=containers.from_end,
    )
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _run([watch])
    except OSError as error:
        reason = f"{folder} cannot be read: {error.strerror or error}"
        raise CommandExit(
            exit_codes.USAGE, f"{reason}. Name the folder, or run this as a user who may read it"
        ) from error
    except KeyboardInterrupt:
        watch.finish()
        raise


def _run(followers: Sequence[FileFollower | ContainerWatch]) -> NoReturn:
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
