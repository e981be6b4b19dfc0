"""The disk of the database is full: intake continues, health says it, and nothing is lost once there is space."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from logloop.local.errors import CannotStart
from logloop.local.mongodb import MongoNode, MongoSettings
from pymongo.errors import PyMongoError

from tests.system.faults.conftest import Nodes, assert_each_line_once, stream_to
from tests.system.platform import Platform, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("faults"), pytest.mark.timeout(170)]

_DISK = "700m"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "logloop-test", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"needs the right to mount a file system: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def database(disk: Path) -> Iterator[MongoNode]:
    node = MongoNode(disk, MongoSettings(diagnostics=False, on_parent_death="KILL"))
    node.start()
    yield node
    node.kill()


@contextlib.contextmanager
def _full(disk: Path) -> Iterator[None]:
    """Leave no byte free while the body runs."""
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * (1 << 20)):
                pass
        yield
    finally:
        filler.unlink()


def test_a_full_disk_of_the_database_stops_no_intake_and_loses_nothing(
    disk: Path, database: MongoNode, nodes: Nodes, tmp_path: Path
) -> None:
    with Platform(nodes.amqp_url, database.url, nodes.database, tmp_path / "platform") as platform:
        with stream_to(platform, pause_s=0.1) as stream:
            stream.wait_acknowledged(300)
            with _full(disk):
                _flush(database)
                wait_for(lambda: not database.is_running(), what="mongod ending on a full disk")
                wait_for(lambda: platform["query"].status("/readyz") == 503, what="query being not ready")
                report = httpx.get(f"{platform['query'].url}/readyz", trust_env=False).json()
                assert report["checks"]["mongodb"] != "ok"
                stream.wait_acknowledged(300)
                assert not stream.ledger.rejections, "the intake needs no database"
                with pytest.raises(CannotStart, match=r"the disk of .* is full"):
                    database.start()  # as `logloop up` and its supervisor do
            database.start()
            for service in platform.services.values():
                service.wait_ready()
            stream.wait_acknowledged(100)
        assert_each_line_once(platform, nodes, stream)


def _flush(database: MongoNode) -> None:
    """Make the database write everything, as it does once a minute."""
    with database.administrator() as client, contextlib.suppress(PyMongoError):
        client.admin.command("fsync")
