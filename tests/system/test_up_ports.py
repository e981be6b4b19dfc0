"""Another platform takes the port of a broker or database that is down, and gets no data."""

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
    with memory_folder() as created:
        yield created


def _replace(up: Up, program: str, node: MongoNode | RabbitNode, port: int) -> None:
    """Kill a component and start another platform's node on its port before the supervisor notices."""
    os.kill(up.process.pid, signal.SIGSTOP)
    try:
        up.child(program).kill()
        eventually(lambda: is_free(port))
        node.port = port
        node.start()
    finally:
        os.kill(up.process.pid, signal.SIGCONT)


def _read_stderr_until(up: Up, text: str, *, never: str = "Traceback") -> str:
    """Read the stderr of the command up to a line that contains a text."""
    assert up.process.stderr is not None
    output = ""
    while text not in output:
        line = up.process.stderr.readline()
        assert line, f"stderr ended before {text!r}: {output}"
        output += line
        assert never not in output
    return output


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
        output = _read_stderr_until(up, "MongoDB could not start", never="MongoDB restarted")
        assert f"port {port}, which process {stranger.process.pid} (mongod) uses" in output
        eventually(lambda: up.accepts("during the stranger"))
        _read_stderr_until(up, "MongoDB could not start", never="MongoDB restarted")
        with stranger.administrator() as client:
            assert set(client.list_database_names()) == {"admin", "config", "local"}
    finally:
        stranger.kill()
    _read_stderr_until(up, "MongoDB restarted")
    assert len(eventually(lambda: up.find("during the stranger"))) == 1
    assert len(up.find("before the stranger")) == 1
    eventually(up.is_ready)


def test_nothing_is_sent_through_the_broker_of_another_platform(up: Up, folder: Path) -> None:
    port = _port(up.credentials["amqp_url"])
    settings = RabbitSettings(user="logloop", password="the stranger's", management=True, on_parent_death="KILL")
    stranger = RabbitNode(folder, settings)
    try:
        _replace(up, "beam.smp", stranger, port)
        output = _read_stderr_until(up, "RabbitMQ could not start", never="RabbitMQ restarted")
        assert f"port {port}, which process {stranger.broker.pid} (" in output
        assert not up.accepts("to the stranger's broker")
        _read_stderr_until(up, "RabbitMQ could not start", never="RabbitMQ restarted")
        assert stranger.management("GET", "/api/queues") == []
    finally:
        stranger.kill()
    _read_stderr_until(up, "RabbitMQ restarted")
    eventually(lambda: up.accepts("to the stranger's broker"))
    assert len(eventually(lambda: up.find("to the stranger's broker"))) == 1
