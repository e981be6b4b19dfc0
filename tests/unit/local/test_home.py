"""The data folder is private, created once and used by one instance at a time."""

import json
import re
import stat
from pathlib import Path

import pytest
from logloop.connection import credentials_path
from logloop.local.errors import CannotStart
from logloop.local.home import Home, home_folder, write_private
from logloop.local.platform import Options, assemble


def test_services_know_when_the_gateway_is_reachable_from_outside(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    home.open()
    external = {"LOGLOOP_AMQP_URL": "amqp://unused", "LOGLOOP_MONGO_URL": "mongodb://unused"}
    for host in ("127.0.0.1", "0.0.0.0"):
        platform = assemble(home, Options(host=host), external, lambda port, _: port)
        assert {service.env["LOGLOOP_GATEWAY_BIND"] for service in platform.services} == {host}
    home.close()


def test_only_ingest_gets_the_listeners_and_each_has_a_project(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    home.open()
    external = {"LOGLOOP_AMQP_URL": "amqp://unused", "LOGLOOP_MONGO_URL": "mongodb://unused"}
    listen = ("syslog+udp://127.0.0.1:5514", "gelf+udp://?service=a", "forward+tcp://?project=own", "otlp+grpc://")
    platform = assemble(home, Options(listen=listen), external, lambda port, _: port)
    found = {service.name: service.env.get("LOGLOOP_LISTEN") for service in platform.services}
    assert found.pop("ingest") == (
        "syslog+udp://127.0.0.1:5514?project=demo gelf+udp://?service=a&project=demo forward+tcp://?project=own "
        "otlp+grpc://"
    )
    assert set(found.values()) == {None}
    home.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_error_of_a_second_instance_names_the_first_and_says_what_to_do(tmp_path: Path) -> None:
    first, second = Home(tmp_path / "data"), Home(tmp_path / "data")
    first.open()
    write_private(first.credentials, {"url": "http://127.0.0.1:8080"})
    with pytest.raises(
        CannotStart, match=r"already runs .* \(process \d+\) at http://127.0.0.1:8080; .*LOGLOOP_HOME"
    ):
        second.open()
    first.close()
    second.open()
    second.close()


@pytest.mark.parametrize("wide", [0o755, 0o777, 0o750, 0o711])
def test_an_existing_folder_and_its_files_become_private(tmp_path: Path, wide: int) -> None:
    home = Home(tmp_path / "data")
    home.folder.mkdir()
    home.folder.chmod(wide)
    home.open()
    home.secrets()
    home.close()
    files = [home.logs / "query.log", home.folder / "rabbitmq" / "queue.bin"]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_text("x")
        file.chmod(0o644)
    (home.folder / "link").symlink_to(tmp_path / "elsewhere")
    home.folder.chmod(wide)
    home.open()
    home.close()
    assert mode(home.folder) == 0o700
    for path in home.folder.rglob("*"):
        assert path.is_symlink() or mode(path) & 0o077 == 0, path


def test_a_wide_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.tex").write_text("x")
    folder.chmod(0o755)
    with pytest.raises(CannotStart, match=r"open to other users .* chmod 700 "):
        Home(folder).open()
    assert mode(folder) == 0o755
    folder.chmod(0o700)
    home = Home(folder)
    home.open()
    home.close()


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 4242)
    with pytest.raises(CannotStart, match="another user"):
        Home(tmp_path / "data").open()


def test_a_folder_that_cannot_be_created_causes_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotStart, match="set LOGLOOP_HOME"):
        Home(tmp_path / "file" / "data").open()


def test_secrets_are_created_once_and_kept_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    home.open()
    created = home.secrets()
    assert home.secrets() == created
    assert len(created["secret_key"]) >= 32
    assert re.fullmatch(r"llk_[a-z0-9]{10}_[a-z0-9]{32}", created["api_key"])
    assert mode(home.folder) == 0o700
    assert mode(home.folder / "secrets.json") == 0o600
    home.close()


def test_secrets_added_by_a_newer_version_do_not_change_existing_ones(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_private(tmp_path / "secrets.json", {"secret_key": "kept from before"})
    assert home.secrets()["secret_key"] == "kept from before"
    assert json.loads((tmp_path / "secrets.json").read_text()).keys() >= {"api_key", "admin_password"}


@pytest.mark.parametrize("environ", [{"LOGLOOP_HOME": "/data/here"}, {"XDG_DATA_HOME": "/xdg"}, {}])
def test_the_command_line_reads_credentials_where_up_writes_them(environ: dict[str, str]) -> None:
    assert credentials_path(environ) == Home(home_folder(environ)).credentials
