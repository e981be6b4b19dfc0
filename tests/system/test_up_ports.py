"""A port of a running platform that another one's broker or database takes while its own is dead."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from logloop.local.mongodb import MongoNode, MongoSettings
from logloop.local.ports import is_free
from logloop.local.rabbitmq import RabbitNode, RabbitSettings

from tests.infra import memory_folder
from tests.system.up_process import Up, eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(170)]


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with memory_folder() as folder:
        up = Up(folder / "home").wait_ready()
        yield up
        if up.process.poll() is None:
            up.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as made:
        yield made


def _replace(up: Up, part: str, node: MongoNode | RabbitNode, port: int) -> None:
    """Kill a part and start another platform's on its port before the command looks."""
    os.kill(up.process.pid, signal.SIGSTOP)
    try:
        up.child(part).kill()
        eventually(lambda: is_free(port))
        node.port = port
        node.start()
    finally:
        os.kill(up.process.pid, signal.SIGCONT)


def _told_until(up: Up, words: str, *, never: str = "Traceback") -> str:
    """What the command tells people up to a line with these words."""
    assert up.process.stderr is not None
    told = ""
    while words not in told:
        line = up.process.stderr.readline()
        assert line, f"it ended without a word of {words!r}: {told}"
        told += line
        assert never not in told
    return told


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def test_nothing_is_stored_in_the_database_of_another_platform(up: Up, folder: Path) -> None:
    assert up.accepts("before the stranger")
    eventually(lambda: up.find("before the stranger"))
    port = _port(up.credentials["mongo_url"])
    stranger = MongoNode(folder, MongoSettings(diagnostics=False, on_parent_death="KILL"))
    try:
        _replace(up, "mongod", stranger, port)
        told = _told_until(up, "MongoDB could not start", never="MongoDB restarted")
        assert f"port {port}, which process {stranger.process.pid} (mongod) uses" in told
        eventually(lambda: up.accepts("during the stranger"))
        _told_until(up, "MongoDB could not start", never="MongoDB restarted")
        with stranger.administrator() as client:
            assert set(client.list_database_names()) == {"admin", "config", "local"}
    finally:
        stranger.kill()
    _told_until(up, "MongoDB restarted")
    assert len(eventually(lambda: up.find("during the stranger"))) == 1
    assert len(up.find("before the stranger")) == 1
    eventually(up.is_ready)


def test_nothing_is_sent_through_the_broker_of_another_platform(up: Up, folder: Path) -> None:
    port = _port(up.credentials["amqp_url"])
    settings = RabbitSettings(user="logloop", password="the stranger's", management=True, on_parent_death="KILL")
    stranger = RabbitNode(folder, settings)
    try:
        _replace(up, "beam.smp", stranger, port)
        told = _told_until(up, "RabbitMQ could not start", never="RabbitMQ restarted")
        assert f"port {port}, which process {stranger.broker.pid} (" in told
        assert not up.accepts("to the stranger's broker")
        _told_until(up, "RabbitMQ could not start", never="RabbitMQ restarted")
        assert stranger.management("GET", "/api/queues") == []
    finally:
        stranger.kill()
    _told_until(up, "RabbitMQ restarted")
    eventually(lambda: up.accepts("to the stranger's broker"))
    assert len(eventually(lambda: up.find("to the stranger's broker"))) == 1
