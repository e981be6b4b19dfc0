"""`logloop up` as a user sees it: one command, a working platform, nothing left behind."""

import contextlib
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from logloop.local.mongodb import MongoNode, MongoSettings
from logloop.local.ports import is_free
from logloop.local.rabbitmq import RabbitNode, RabbitSettings

from tests.infra import Infra, fresh_database, memory_folder
from tests.system.up_process import Up, all_gone, eventually


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder / "home"


@pytest.fixture(scope="module")
def up(home: Path) -> Iterator[Up]:
    up = Up(home).wait_ready()
    yield up
    up.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as created:
        yield created


def test_the_generated_key_sends_and_finds_a_log(up: Up) -> None:
    assert up.accepts("first light of this platform")
    assert eventually(lambda: up.find("first light of this platform"))[0]["service_id"] == "up"


def test_the_administrator_signs_in_with_the_generated_password(up: Up) -> None:
    account = {"email": up.credentials["email"], "password": up.credentials["password"]}
    with up.client(key=False) as client:
        assert client.post("/api/v1/session", json={**account, "password": "wrong"}).status_code == 401
        signed_in = client.post("/api/v1/session", json=account)
    assert signed_in.status_code == 201
    assert signed_in.json()["is_admin"]
    assert not signed_in.json()["must_change_password"]


def test_a_request_without_a_key_is_rejected(up: Up) -> None:
    with up.client(key=False) as client:
        assert client.get("/api/v1/logs", params={"project_id": "demo"}).status_code == 401


def test_the_gateway_serves_the_documentation_of_every_service(up: Up) -> None:
    with up.client(key=False) as client:
        for service in ("ingest", "query", "analyzer", "ci-bridge"):
            assert client.get(f"/api/v1/openapi/{service}.json").json()["openapi"].startswith("3.")
            assert client.get(f"/asyncapi/{service}.json").json()["asyncapi"]
        assert client.get("/docs").status_code == 200
        assert client.get("/metrics").status_code == 404


def test_only_this_user_can_read_the_secrets(up: Up) -> None:
    names = ("credentials.json", "secrets.json", "mongodb/access.json", "mongodb/keyfile")
    for name in (*names, "rabbitmq/rabbitmq.conf", "rabbitmq/.erlang.cookie"):
        assert stat.S_IMODE((up.home / name).stat().st_mode) & 0o077 == 0, name
    assert stat.S_IMODE(up.home.stat().st_mode) == 0o700
    for path in up.home.rglob("*"):
        if not path.is_symlink() and path.exists():
            assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path


def test_every_port_listens_on_loopback(up: Up) -> None:
    listening = []
    for process in up.children():
        with contextlib.suppress(psutil.NoSuchProcess):  # helpers of the broker come and go
            connections = process.net_connections("inet")
            listening += [connection.laddr for connection in connections if connection.status == psutil.CONN_LISTEN]
    assert len(listening) >= 8
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


def test_a_second_instance_on_the_same_data_folder_fails_with_one_sentence(up: Up) -> None:
    second = Up(up.home)
    stderr = second.finish()
    assert second.process.returncode == 1
    assert f"already runs with the data folder {up.home} (process {up.process.pid})" in stderr
    assert "LOGLOOP_HOME" in stderr
    assert "Traceback" not in stderr


def test_slow_bodies_without_credentials_keep_nobody_out(up: Up) -> None:
    slow = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"
    with contextlib.ExitStack() as stack:
        for program, path in (("caddy", b"/api/v1/session"), ("query", b"/api/v1/session"), ("ci_bridge", b"/x")):
            port = up.port_of(program)
            for _ in range(300):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                client.sendall(slow % path)
            if program != "caddy":  # the gateway passes on only what is complete
                client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                client.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                assert client.recv(12) == b"HTTP/1.1 200"
        assert up.accepts("sent beside slow bodies")
        assert eventually(lambda: up.find("sent beside slow bodies"))
        with up.client(key=False) as visitor:
            account = {"email": up.credentials["email"], "password": up.credentials["password"]}
            assert visitor.post("/api/v1/session", json=account).status_code == 201


@pytest.mark.fault
@pytest.mark.parametrize("program", ["logloop_query", "logloop_ingest", "beam.smp"])
def test_a_frozen_component_is_reported_within_seconds(up: Up, program: str) -> None:
    frozen = up.child(program)
    frozen.suspend()
    try:
        started = time.monotonic()
        with up.client() as client:
            if program == "logloop_query":
                response = client.get("/api/v1/logs", params={"project_id": "demo"})
            else:
                response = up.send(f"sent to a frozen {program}")
        assert response.status_code == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert int(response.headers["retry-after"]) >= 1
        assert time.monotonic() - started < 15
    finally:
        frozen.resume()
    eventually(lambda: up.accepts(f"sent to a frozen {program}"))


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
    """Read the stderr of the command up to a line that contains a text.

    Tests that read it come before those that restart components, whose lines would otherwise be read first.
    """
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


@pytest.mark.fault
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


@pytest.mark.fault
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


@pytest.mark.fault
@pytest.mark.parametrize("program", ["logloop_query", "logloop_ingest", "caddy", "beam.smp", "mongod"])
def test_a_killed_component_restarts_and_nothing_is_lost(up: Up, program: str) -> None:
    assert up.accepts(f"before the kill of {program}")
    eventually(lambda: up.find(f"before the kill of {program}"))
    killed = up.child(program)
    killed.kill()
    # 10 s on an idle machine; this machine may be busy
    eventually(lambda: not killed.is_running() and up.is_ready() and up.answers <= {200, 202, 503}, timeout_s=30)
    assert len(up.find(f"before the kill of {program}")) == 1
    eventually(lambda: up.accepts(f"after the kill of {program}"))
    assert len(eventually(lambda: up.find(f"after the kill of {program}"))) == 1


@pytest.mark.fault
def test_a_stop_or_a_kill_leaves_no_process_and_the_next_start_keeps_the_data(up: Up) -> None:
    assert up.accepts("kept over a restart")
    eventually(lambda: up.find("kept over a restart"))
    left, before = up.children(), up.credentials
    stderr = up.stop()
    assert up.process.returncode == 0
    assert "Stopped" in stderr
    assert all_gone(left), left
    again = Up(up.home).wait_ready()
    try:
        assert again.credentials["api_key"] == before["api_key"]
        assert again.credentials["password"] == before["password"]
        assert len(eventually(lambda: again.find("kept over a restart"))) == 1
        left = again.children()
        again.process.kill()
        again.finish()
        eventually(lambda: all_gone(left))
    finally:
        again.stop()


def test_a_taken_port_fails_with_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = Up(tmp_path / "home", "--port", str(port))
        stderr = up.finish()
    assert up.process.returncode == 1
    assert f"port {port} is taken; choose another with --port" in stderr


@pytest.fixture(scope="module")
def pair(infra: Infra) -> Iterator[tuple[Up, Up]]:
    """Two platforms that start at once, on external nodes; the second one has no authentication."""
    with memory_folder() as folder:
        vhosts = [infra.fresh_vhost(), infra.fresh_vhost()]
        started = [
            Up(
                folder / f"home{number}",
                *arguments,
                LOGLOOP_AMQP_URL=vhost,
                LOGLOOP_MONGO_URL=infra.mongo_url,
                LOGLOOP_MONGO_DATABASE=fresh_database(),
            )
            for number, (vhost, arguments) in enumerate(zip(vhosts, ([], ["--no-auth"]), strict=True))
        ]
        yield started[0].wait_ready(), started[1].wait_ready()
        for up in started:
            up.stop()
        for vhost in vhosts:
            infra.delete_vhost(vhost)


def test_platforms_that_start_at_once_use_different_ports(pair: tuple[Up, Up]) -> None:
    assert len({up.url for up in pair}) == 2
    assert all(up.accepts("side by side") for up in pair)


def test_a_platform_without_authentication_is_limited_to_loopback(pair: tuple[Up, Up], tmp_path: Path) -> None:
    rejected = Up(tmp_path / "home", "--no-auth", "--host", "0.0.0.0")
    assert "--no-auth is allowed only on loopback" in rejected.finish()
    _, up = pair
    with up.client(key=False) as client:
        assert client.get("/api/v1/session").json()["kind"] == "anonymous"
        assert client.get("/api/v1/projects").status_code == 200
    # The printed commands name the data folder, because another terminal has no LOGLOOP_HOME.
    assert f"| LOGLOOP_HOME={up.home} " in up.stop()


def test_an_external_broker_and_database_are_used_and_left_running(infra: Infra, pair: tuple[Up, Up]) -> None:
    up, _ = pair
    programs = []
    for child in up.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            programs.append(child.name())
    assert up.accepts("through external nodes")
    assert len(eventually(lambda: up.find("through external nodes"))) == 1
    up.stop()
    assert not {"mongod", "beam.smp", "epmd"} & set(programs)
    # RabbitMQ reports the length of a queue with a delay.
    eventually(lambda: infra.queue_depth(up.credentials["amqp_url"], "query.logs") == 0)
