"""A node starts on its own port or names the process that uses it; it never mistakes another process for its own."""

import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from logloop.local import port_owners
from logloop.local.errors import CannotStart
from logloop.local.mongodb import MongoNode, MongoSettings, find_mongod
from logloop.local.ports import LOOPBACK, Claims, free_port
from logloop.local.processes import Child, clean_env, wait_ready
from logloop.local.rabbitmq import RabbitNode, RabbitSettings
from logloop_chassis.database.client import connect
from logloop_chassis.database.outages import is_outage
from pymongo import MongoClient
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from tests.infra import memory_folder, mongo_node

QUICK = MongoSettings(diagnostics=False, on_parent_death="KILL")


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as created:
        yield created


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server((LOOPBACK, 0)) as created:
        yield created


def test_the_listening_process_owns_the_port_and_its_parent_does_not(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert port_owners.owns(os.getpid(), port)
    assert not port_owners.owns(os.getppid(), port)
    listener.close()
    assert not port_owners.owns(os.getpid(), port)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_a_listener_of_ipv6_that_takes_ipv4_owns_the_port() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        assert port_owners.owns(os.getpid(), listener.getsockname()[1])


def test_the_error_for_a_taken_port_names_the_process_that_uses_it(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(
        CannotStart, match=rf"MongoDB needs port {port}, which process {os.getpid()} \(.+\) uses; stop"
    ):
        port_owners.require_free("MongoDB", port)
    listener.close()
    port_owners.require_free("MongoDB", port)


def test_a_claimed_port_is_not_chosen_by_another_platform_until_it_is_released(tmp_path: Path) -> None:
    port = free_port()
    choose = (
        "import sys, pathlib; from logloop.local.ports import Claims\n"
        "print(Claims(pathlib.Path(sys.argv[1])).choose(int(sys.argv[2])))"
    )

    def chosen_elsewhere() -> int:
        command = [sys.executable, "-c", choose, str(tmp_path / "claims"), str(port)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    with Claims(tmp_path / "claims") as claims:
        assert claims.choose(port) == port
        assert chosen_elsewhere() != port
    assert chosen_elsewhere() == port


@pytest.mark.fault
def test_a_mongod_does_not_start_while_another_one_uses_its_port(folder: Path) -> None:
    with mongo_node() as ours:
        with MongoClient[dict[str, Any]](ours.url, w="majority") as client:
            client.kept.things.insert_one({"_id": "ours"})
        ours.kill()
        stranger = MongoNode(folder, QUICK, port=ours.port)
        stranger.start()
        try:
            assert stranger.port == ours.port
            with pytest.raises(
                CannotStart, match=rf"port {ours.port}, which process {stranger.process.pid} \(mongod\) uses"
            ):
                ours.start()
            assert not ours.is_running()
            with (
                MongoClient[dict[str, Any]](ours.url, serverSelectionTimeoutMS=500) as client,
                pytest.raises(ServerSelectionTimeoutError, match="belongs to a set named"),
            ):
                client.kept.things.insert_one({"_id": "lost"})
            with stranger.administrator() as client:
                assert set(client.list_database_names()) == {"admin", "config", "local"}
        finally:
            stranger.kill()
        ours.start()
        with MongoClient[dict[str, Any]](ours.url) as client:
            assert client.kept.things.find_one() == {"_id": "ours"}


@pytest.mark.fault
def test_a_mongod_that_loses_the_race_for_its_port_is_not_confused_with_the_winner(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mongo_node() as winner:
        loser = MongoNode(folder, QUICK)
        loser.port = winner.port
        port_checks = iter([True])  # free at the first check, taken when its mongod binds
        monkeypatch.setattr(port_owners, "is_free", lambda _port: next(port_checks, False))
        with pytest.raises(CannotStart, match=rf"process {winner.process.pid} \(mongod\) uses"):
            loser.start()
        assert not loser.is_running()
        with winner.administrator() as client:
            assert client.admin.command("usersInfo")["users"][0]["user"] == "logloop"


def test_a_mongod_requires_its_password() -> None:
    with mongo_node() as node, MongoClient[dict[str, Any]](LOOPBACK, node.port, directConnection=True) as stranger:
        with pytest.raises(OperationFailure, match="requires authentication"):
            stranger.logloop.sessions.insert_one({"user": "admin"})
        with pytest.raises(OperationFailure, match="requires authentication"):
            stranger.admin.command("createUser", "me", pwd="me", roles=["root"])


async def test_a_member_of_the_same_set_that_rejects_our_login_counts_as_an_outage() -> None:
    with mongo_node() as node:
        user, rest = node.url.split("@")
        client = connect(f"{user}x@{rest}", app_name="test")
        with pytest.raises(OperationFailure, match="Authentication failed") as refused:
            await client.kept.things.insert_one({"_id": "lost"})
        await client.close()
    assert is_outage(refused.value)


def test_data_from_before_access_control_is_kept_and_protected(folder: Path) -> None:
    _write_without_access_control(folder)
    node = MongoNode(folder, QUICK)  # also on another port
    try:
        node.start()
        with MongoClient[dict[str, Any]](node.url, w="majority") as client:
            assert client.kept.things.find_one() == {"_id": "old"}
            client.kept.things.insert_one({"_id": "new"})
        with (
            MongoClient[dict[str, Any]](LOOPBACK, node.port, directConnection=True) as stranger,
            pytest.raises(OperationFailure, match="requires authentication"),
        ):
            stranger.kept.things.find_one()
    finally:
        node.kill()


def _write_without_access_control(folder: Path) -> None:
    mongod, port = find_mongod(), free_port()
    assert mongod is not None
    (folder / "data").mkdir()
    options = (
        f"--nounixsocket --replSet rs0 --dbpath {folder}/data --port {port} --bind_ip {LOOPBACK} --oplogSize 512"
    )
    child = Child("mongod", [str(mongod), *options.split()], clean_env(), folder / "old.log", on_parent_death="KILL")
    child.start()
    try:
        wait_ready(child, lambda: port_owners.owns(child.pid, port), timeout_s=30)
        config = {"_id": "rs0", "members": [{"_id": 0, "host": f"{LOOPBACK}:{port}"}]}
        with MongoClient[dict[str, Any]](LOOPBACK, port, directConnection=True) as client:
            client.admin.command("replSetInitiate", config)
        with MongoClient[dict[str, Any]](LOOPBACK, port, replicaSet="rs0", w="majority") as client:
            client.kept.things.insert_one({"_id": "old"})
    finally:
        child.stop()


@pytest.mark.fault
def test_a_broker_does_not_start_while_another_process_uses_its_port(folder: Path) -> None:
    settings = RabbitSettings(user="logloop", password="ours", on_parent_death="KILL")
    ours = RabbitNode(folder / "ours", settings)
    with socket.create_server((LOOPBACK, ours.port)):
        with pytest.raises(CannotStart, match=rf"RabbitMQ needs port {ours.port}, which process {os.getpid()} "):
            ours.start()
        assert not ours.is_running()
    try:
        ours.start()
        assert ours.is_running()
    finally:
        ours.kill()


@pytest.mark.fault
def test_a_broker_that_loses_the_race_for_its_port_is_not_confused_with_the_winner(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loser = RabbitNode(folder, RabbitSettings(on_parent_death="KILL"))
    port_checks = iter([True])
    monkeypatch.setattr(port_owners, "is_free", lambda _port: next(port_checks, False))
    with socketserver.ThreadingTCPServer((LOOPBACK, loser.port), _AmqpServer) as winner:
        threading.Thread(target=winner.serve_forever).start()
        try:
            with pytest.raises(CannotStart, match=rf"process {os.getpid()} \(.+\) uses"):
                loser.start()
        finally:
            winner.shutdown()
    assert not loser.is_running()


class _AmqpServer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert self.request.recv(8).startswith(b"AMQP")
        self.request.sendall(b"AMQP\x00\x00\x09\x01")
