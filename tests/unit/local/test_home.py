"""The data folder is private, created once and used by one instance at a time."""

import json
import re
import stat
from pathlib import Path

import pytest
from logloop.connection import credentials_path
from logloop.local.errors import CannotStart
from logloop.local.home import Home, home_folder, write_private


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
