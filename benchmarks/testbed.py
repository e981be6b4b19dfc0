"""Starts what a benchmark run measures: the services, and a private RabbitMQ and mongod with data on disk."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logloop.local.mongodb import MongoNode, MongoSettings
from logloop.local.rabbitmq import RabbitNode, RabbitSettings
from pymongo import MongoClient

from tests.system.platform import Platform

DATABASE = "logloop"
PROJECT = "bench"
CACHE_GB = 1.0
_TMPFS = {"tmpfs", "ramfs"}


@dataclass
class Testbed:
    """Everything that runs. `disk` names the file system that holds the data."""

    folder: Path
    disk: str
    rabbit: RabbitNode
    mongo: MongoNode
    platform: Platform

    @property
    def pids(self) -> dict[str, int]:
        """The processes involved in the intake and search of logs."""
        return {
            "ingest": self.platform["ingest"].child.pid,
            "query": self.platform["query"].child.pid,
            "broker": self.rabbit.broker.pid,
            "mongod": self.mongo.process.pid,
        }

    @contextlib.contextmanager
    def mongo_client(self) -> Iterator[MongoClient[dict[str, Any]]]:
        """Return a client of the mongod, for figures that only the database has."""
        with self.mongo.administrator() as client:
            yield client


@contextlib.contextmanager
def open_testbed() -> Iterator[Testbed]:
    """Start everything, and remove it afterwards."""
    parent = Path("/var/tmp") if Path("/var/tmp").is_dir() else Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="logloop-bench-", dir=parent))
    rabbit = RabbitNode(folder / "rabbitmq", RabbitSettings(on_parent_death="KILL"))
    mongo = MongoNode(folder / "mongodb", MongoSettings(cache_gb=CACHE_GB, on_parent_death="KILL"))
    try:
        rabbit.start()
        mongo.start()
        platform = Platform(rabbit.url, mongo.url, DATABASE, folder / "services", project=PROJECT, forked=False)
        with platform:
            yield Testbed(folder, file_system(folder), rabbit, mongo, platform)
    finally:
        rabbit.kill()
        mongo.kill()
        shutil.rmtree(folder, ignore_errors=True)


def file_system(path: Path) -> str:
    """Return type and device of the file system that holds a path, such as `ext4 on /dev/sda1`."""
    best, found = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        device, mount, kind, *_ = line.split()
        if str(path.resolve()).startswith(mount.rstrip("/") + "/") and len(mount) > len(best):
            best, found = mount, f"{kind} on {device}"
    return found


def is_in_memory(file_system_text: str) -> bool:
    """Return whether a result of `file_system` names one that keeps its data in memory."""
    return file_system_text.split(" ", 1)[0] in _TMPFS


def drop_from_page_cache(folder: Path) -> None:
    """Flush dirty pages and drop the contents of every file in a folder from the page cache."""
    os.sync()
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # the broker still runs and removes files
                _drop(Path(parent, name))


def _drop(path: Path) -> None:
    if not path.is_file():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
