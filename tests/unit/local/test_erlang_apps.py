"""Which applications a node of RabbitMQ needs."""

from pathlib import Path

import pytest
from logloop.local.erlang_apps import needed_apps


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """Applications as they lie beside the broker."""
    for name, uses in {
        "rabbit-3.10.8": "[kernel,stdlib, rabbit_common,\n ra]",
        "rabbit_common-3.10.8": "[kernel,stdlib]",
        "ra-2.2.0": "[kernel,aten]",
        "aten-0.5.8": "[]",
        "rabbitmq_management-3.10.8": "[rabbit,cowboy]",
        "cowboy-2.8.0": "[kernel]",
        "rabbitmq_mqtt-3.10.8": "[rabbit]",
    }.items():
        _add(tmp_path / "plugins", name, uses)
    return tmp_path / "plugins"


@pytest.fixture
def erlang(tmp_path: Path) -> Path:
    """Applications of Erlang itself; of the kernel, two versions."""
    for name in ("kernel-8.5.2", "kernel-8.5.3", "stdlib-4.2", "mnesia-4.21.3", "wx-2.2.1"):
        _add(tmp_path / "lib", name, "[]")
    return tmp_path / "lib"


def _add(parent: Path, folder: str, uses: str) -> None:
    name = folder.split("-", maxsplit=1)[0]
    (parent / folder / "ebin").mkdir(parents=True)
    (parent / folder / "ebin" / f"{name}.app").write_text(
        f'{{application, {name}, [\n\t{{vsn, "1"}},\n\t{{applications, {uses}}},\n\t{{env, [{{x, [1]}}]}}\n]}}.\n'
    )


def test_a_node_gets_the_broker_and_what_it_depends_on(plugins: Path, erlang: Path) -> None:
    needed = needed_apps(plugins, erlang, ["rabbit"])
    assert needed
    assert [app.name for app in needed.plugins] == ["aten-0.5.8", "ra-2.2.0", "rabbit-3.10.8", "rabbit_common-3.10.8"]
    assert [app.name for app in needed.erlang] == ["kernel-8.5.3", "mnesia-4.21.3", "stdlib-4.2"]


def test_an_enabled_plugin_brings_what_it_depends_on(plugins: Path, erlang: Path) -> None:
    needed = needed_apps(plugins, erlang, ["rabbit", "rabbitmq_management"])
    assert needed
    assert {"rabbitmq_management-3.10.8", "cowboy-2.8.0"} <= {app.name for app in needed.plugins}


@pytest.mark.parametrize("missing", ["aten-0.5.8", "rabbit-3.10.8"])
def test_nothing_is_chosen_if_an_application_has_no_folder(plugins: Path, erlang: Path, missing: str) -> None:
    (plugins / missing).rename(plugins / f"{missing}.ez")
    (plugins / f"{missing}.ez" / "ebin").rename(plugins / "moved")
    assert needed_apps(plugins, erlang, ["rabbit"]) is None


def test_nothing_is_chosen_if_the_folders_do_not_exist(tmp_path: Path) -> None:
    assert needed_apps(tmp_path / "plugins", tmp_path / "lib", ["rabbit"]) is None
