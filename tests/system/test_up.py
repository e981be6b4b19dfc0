"""`logloop up` as a user meets it: one command, a working platform, nothing left behind."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

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


def test_a_first_log_is_found_with_the_key_that_was_made(up: Up) -> None:
    assert up.accepts("first light of this platform")
    assert eventually(lambda: up.find("first light of this platform"))[0]["service_id"] == "up"


def test_the_administrator_signs_in_with_the_password_that_was_made(up: Up) -> None:
    account = {"email": up.credentials["email"], "password": up.credentials["password"]}
    with up.client(key=False) as client:
        assert client.post("/api/v1/session", json={**account, "password": "wrong"}).status_code == 401
        signed_in = client.post("/api/v1/session", json=account)
    assert signed_in.status_code == 201
    assert signed_in.json()["is_admin"]
    assert not signed_in.json()["must_change_password"]


def test_nobody_gets_in_without_a_key(up: Up) -> None:
    with up.client(key=False) as client:
        assert client.get("/api/v1/logs", params={"project_id": "demo"}).status_code == 401


def test_every_service_is_documented_behind_the_one_address(up: Up) -> None:
    with up.client(key=False) as client:
        for service in ("ingest", "query", "analyzer", "ci-bridge"):
            assert client.get(f"/api/v1/openapi/{service}.json").json()["openapi"].startswith("3.")
            assert client.get(f"/asyncapi/{service}.json").json()["asyncapi"]
        assert client.get("/docs").status_code == 200
        assert client.get("/metrics").status_code == 404


def test_secrets_are_readable_by_this_user_alone(up: Up) -> None:
    names = ("credentials.json", "secrets.json", "mongodb/access.json", "mongodb/keyfile")
    for name in (*names, "rabbitmq/rabbitmq.conf", "rabbitmq/.erlang.cookie"):
        assert stat.S_IMODE((up.home / name).stat().st_mode) & 0o077 == 0, name
    assert stat.S_IMODE(up.home.stat().st_mode) == 0o700


def test_every_port_is_on_loopback(up: Up) -> None:
    listening = [
        connection.laddr
        for process in up.children()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 8
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


def test_a_second_instance_on_the_same_data_is_refused_in_one_sentence(up: Up) -> None:
    second = Up(up.home)
    told = second.finish()
    assert second.process.returncode == 1
    assert f"already runs with the data folder {up.home} (process {up.process.pid})" in told
    assert "LOGLOOP_HOME" in told
    assert "Traceback" not in told


@pytest.mark.fault
@pytest.mark.parametrize("part", ["logloop_query", "logloop_ingest", "caddy", "beam.smp", "mongod"])
def test_a_part_that_is_killed_comes_back_and_nothing_is_lost(up: Up, part: str) -> None:
    assert up.accepts(f"before the end of {part}")
    eventually(lambda: up.find(f"before the end of {part}"))
    killed = up.child(part)
    killed.kill()
    eventually(lambda: not killed.is_running() and up.is_ready(), timeout_s=90)
    assert len(up.find(f"before the end of {part}")) == 1
    eventually(lambda: up.accepts(f"after the end of {part}"))
    assert len(eventually(lambda: up.find(f"after the end of {part}"))) == 1


def test_a_stop_leaves_no_process_and_the_next_start_has_the_data(up: Up) -> None:
    assert up.accepts("kept over a restart")
    eventually(lambda: up.find("kept over a restart"))
    left, before = up.children(), up.credentials
    told = up.stop()
    assert up.process.returncode == 0
    assert "Stopped" in told
    assert all_gone(left), left
    again = Up(up.home).wait_ready()
    try:
        assert again.credentials["api_key"] == before["api_key"]
        assert again.credentials["password"] == before["password"]
        assert len(eventually(lambda: again.find("kept over a restart"))) == 1
    finally:
        again.stop()


@pytest.mark.fault
def test_the_parts_end_when_the_command_itself_is_killed() -> None:
    with memory_folder() as folder:
        up = Up(folder / "home").wait_ready()
        left = up.children()
        up.process.kill()
        up.finish()
        eventually(lambda: all_gone(left))


def test_given_broker_and_database_are_used_and_left_running(infra: Infra, fresh_amqp_url: str) -> None:
    database = fresh_database()
    given = {"LOGLOOP_AMQP_URL": fresh_amqp_url, "LOGLOOP_MONGO_URL": infra.mongo_url}
    with memory_folder() as folder:
        up = Up(folder / "home", LOGLOOP_MONGO_DATABASE=database, **given).wait_ready()
        programs = [child.name() for child in up.children()]
        assert up.accepts("through given parts")
        found = eventually(lambda: up.find("through given parts"))
        up.stop()
    assert len(found) == 1
    assert not {"mongod", "beam.smp", "epmd"} & set(programs)
    assert infra.queue_depth(fresh_amqp_url, "query.logs") == 0


def test_a_chosen_port_that_is_taken_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = Up(tmp_path / "home", "--port", str(port))
        told = up.finish()
    assert up.process.returncode == 1
    assert f"port {port} is taken; choose another with --port" in told


def test_a_platform_without_sign_in_stays_on_this_machine(tmp_path: Path, infra: Infra, fresh_amqp_url: str) -> None:
    refused = Up(tmp_path / "home", "--no-auth", "--host", "0.0.0.0")
    assert "--no-auth works only on this machine" in refused.finish()
    given = {"LOGLOOP_AMQP_URL": fresh_amqp_url, "LOGLOOP_MONGO_URL": infra.mongo_url}
    up = Up(tmp_path / "home", "--no-auth", LOGLOOP_MONGO_DATABASE=fresh_database(), **given).wait_ready()
    try:
        with up.client(key=False) as client:
            assert client.get("/api/v1/session").json()["kind"] == "anonymous"
            assert client.get("/api/v1/projects").status_code == 200
    finally:
        told = up.stop()
    # Another terminal does not know the data folder that this one was given.
    assert f"| LOGLOOP_HOME={up.home} " in told


def test_two_platforms_started_at_once_do_not_take_each_others_ports(infra: Infra) -> None:
    with memory_folder() as folder:
        vhosts = [infra.fresh_vhost(), infra.fresh_vhost()]
        started = [
            Up(
                folder / f"home{number}",
                LOGLOOP_AMQP_URL=vhost,
                LOGLOOP_MONGO_URL=infra.mongo_url,
                LOGLOOP_MONGO_DATABASE=fresh_database(),
            )
            for number, vhost in enumerate(vhosts)
        ]
        assert len({up.wait_ready().url for up in started}) == 2
        assert all(up.accepts("side by side") for up in started)
        for up in started:
            up.stop()
        for vhost in vhosts:
            infra.delete_vhost(vhost)
