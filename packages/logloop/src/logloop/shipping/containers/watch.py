"""Follows the logs of all containers in a folder, as containers come and go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from logloop.shipping.checkpoint import Checkpoint
from logloop.shipping.containers.container import Container, Selection
from logloop.shipping.file_follower import FileFollower
from logloop.shipping.shipper import Shipper

RESCAN_SECONDS = 1.0


class ContainerWatch:
    """Followers of the containers that `find` yields. Call `step` in a loop, then `finish`.

    A container that is removed is read to its end, and its checkpoint is deleted. `from_end` skips what containers
    have printed before the first step, unless a checkpoint knows them.
    """

    def __init__(
        self,
        find: Callable[[], Iterable[Container]],
        selection: Selection,
        shipper: Shipper,
        checkpoint_path: Callable[[Path], Path],
        *,
        from_end: bool = False,
    ) -> None:
        self._find = find
        self._selection = selection
        self._shipper = shipper
        self._checkpoint_path = checkpoint_path
        self._from_end = from_end
        self._followers: dict[str, FileFollower] = {}
        self._paths: dict[str, Path] = {}
        self._seen: set[str] = set()
        self._scanned_at = float("-inf")

    def step(self) -> bool:
        """Read and send new lines; return False when there were none.

        Raises OSError when the folder cannot be read, a LogloopError when sending fails.
        """
        if time.monotonic() - self._scanned_at >= RESCAN_SECONDS:
            self._scan()
        busy = False
        for key, follower in list(self._followers.items()):
            is_busy = follower.step()
            busy |= is_busy
            if key not in self._seen and not is_busy:
                self._forget(key)
        return busy

    def finish(self) -> None:
        """Send everything read so far and close the files."""
        for follower in self._followers.values():
            follower.finish()

    def _scan(self) -> None:
        found = {container.key: container for container in self._find()}
        self._seen = set(found)
        for key, container in found.items():
            if key not in self._followers and self._selection.selects(container):
                self._follow(container)
        self._from_end = False
        self._scanned_at = time.monotonic()

    def _follow(self, container: Container) -> None:
        settings = self._shipper.settings
        settings = replace(
            settings,
            service=settings.service or container.service,
            attributes={**container.attributes, **settings.attributes},
        )
        path = self._checkpoint_path(container.path)
        follower = FileFollower(
            container.path, Checkpoint(path), self._shipper.with_settings(settings), from_end=self._from_end
        )
        self._followers[container.key], self._paths[container.key] = follower, path

    def _forget(self, key: str) -> None:
        self._followers.pop(key).finish()
        self._paths.pop(key).unlink(missing_ok=True)
