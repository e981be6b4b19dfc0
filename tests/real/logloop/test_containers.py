"""`logloop send --docker` and `--kubernetes` on folders as Docker and kubelet write them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ingest_api import IngestApi, wait_until

Send = Callable[..., "subprocess.Popen[str]"]
COMMAND = [sys.executable, "-W", "error", "-m", "logloop.cli", "send"]
SPLIT = 16 * 1024
"""Docker splits longer lines: all parts but the last have no line feed."""


class Docker:
    """A folder of containers, written as the json-file driver of Docker does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._second = 0

    def create(self, name: str, labels: dict[str, str] | None = None, image: str = "nginx:1.27") -> str:
        """Create a container and return its id."""
        container = name.encode().hex().ljust(64, "0")[:64]
        path = self.folder / container
        path.mkdir(parents=True)
        self.log(container).touch(mode=0o640)
        config: dict[str, Any] = {
            "StreamConfig": {}, "State": {"Running": True, "Pid": 4711}, "ID": container, "Driver": "overlay2",
            "Config": {"Hostname": container[:12], "Image": image, "Tty": False, "Labels": labels or {}},
            "Image": "sha256:" + "0" * 64, "LogPath": str(self.log(container)), "Name": f"/{name}",
        }  # fmt: skip
        (path / "config.v2.json").write_text(json.dumps(config))
        return container

    def log(self, container: str) -> Path:
        """The path of its log."""
        return self.folder / container / f"{container}-json.log"

    def print(self, container: str, *lines: str, stream: str = "stdout") -> None:
        """Append lines to the log of a container."""
        with self.log(container).open("a") as file:
            for line in lines:
                text = line + "\n"
                for part in (text[n : n + SPLIT] for n in range(0, len(text), SPLIT)):
                    self._second += 1
                    time = f"2026-11-22T10:{self._second // 60:02}:{self._second % 60:02}.123456789Z"
                    file.write(json.dumps({"log": part, "stream": stream, "time": time}) + "\n")

    def rotate(self, container: str) -> None:
        """Rotate the log as Docker does with max-size and max-file=5."""
        path = self.log(container)
        for number in range(4, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            if older.exists():
                older.rename(path.with_name(f"{path.name}.{number + 1}"))
        path.rename(path.with_name(f"{path.name}.1"))
        path.touch()

    def remove(self, container: str) -> None:
        """Remove a container."""
        shutil.rmtree(self.folder / container)


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    (tmp_path / "containers").mkdir()
    return Docker(tmp_path / "containers")


@pytest.fixture
def send(environ: dict[str, str], tmp_path: Path) -> Iterator[Send]:
    started: list[subprocess.Popen[str]] = []
    environ.pop("LOGLOOP_SERVICE")

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [*COMMAND, "--checkpoint-dir", str(tmp_path / "positions"), *arguments]
        process = subprocess.Popen(command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def by_service(api: IngestApi) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in api.entries:
        found.setdefault(entry["service_id"], []).append(entry["message"])
    return found


def test_containers_are_followed_with_names_labels_images_streams_and_times(
    api: IngestApi, send: Send, docker: Docker
) -> None:
    labels = {"com.docker.compose.service": "shop", "team": "red", "long": "x" * 2000}
    shop = docker.create("acme-shop-1", labels)
    plain = docker.create("redis")
    docker.print(shop, "started", "long " + "y" * 40_000)
    docker.print(
        shop, "Traceback (most recent call last):", '  File "a.py", line 1', "ValueError: no", stream="stderr"
    )
    docker.print(plain, "1:M 22 Nov 2026 10:00:00.000 * Ready to accept connections")
    send("--docker", str(docker.folder))
    wait_until(lambda: len(api.entries) == 4)

    later = docker.create("worker", {"logloop.service": "jobs", "com.docker.compose.service": "worker"})
    docker.print(later, "late")
    wait_until(lambda: len(api.entries) == 5)
    services = by_service(api)
    assert services["shop"][0] == "started"
    assert "long " + "y" * 40_000 in services["shop"]
    assert services["jobs"] == ["late"]
    assert len(services["redis"]) == 1
    [trace] = [entry for entry in api.entries if entry["source"] == "stderr"]
    assert (trace["severity"], trace["message"].count("\n")) == ("error", 2)
    begun = next(entry for entry in api.entries if entry["message"] == "started")
    assert (begun["source"], begun["timestamp"]) == ("stdout", "2026-11-22T10:00:01.123456Z")
    assert begun["attributes"] == {
        "container.id": shop,
        "container.name": "acme-shop-1",
        "container.image.name": "nginx:1.27",
        "container.labels": {"com.docker.compose.service": "shop", "team": "red"},
    }


def test_rotations_and_restarts_lose_and_repeat_nothing(api: IngestApi, send: Send, docker: Docker) -> None:
    shop = docker.create("shop")
    docker.print(shop, "a1")
    process = send("--docker", str(docker.folder))
    wait_until(lambda: api.messages == ["a1"])
    docker.rotate(shop)
    docker.print(shop, "b1")
    wait_until(lambda: api.messages == ["a1", "b1"])
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    docker.print(shop, "b2")
    docker.rotate(shop)
    docker.print(shop, "c1")
    docker.rotate(shop)
    docker.print(shop, "d1")
    send("--docker", str(docker.folder))
    wait_until(lambda: "d1" in api.messages)
    assert api.messages == ["a1", "b1", "b2", "c1", "d1"]


def test_a_removed_container_is_read_to_its_end_and_forgotten(
    api: IngestApi, send: Send, docker: Docker, tmp_path: Path
) -> None:
    shop, other = docker.create("shop"), docker.create("other")
    docker.print(shop, "one")
    docker.print(other, "other")
    send("--docker", str(docker.folder))
    wait_until(lambda: len(api.entries) == 2)
    wait_until(lambda: len(list((tmp_path / "positions").glob("*.json"))) == 2)
    docker.print(shop, "last words")
    docker.remove(shop)
    wait_until(lambda: "last words" in api.messages)
    wait_until(lambda: len(list((tmp_path / "positions").glob("*.json"))) == 1)
    docker.print(other, "still here")
    wait_until(lambda: "still here" in api.messages)


def test_containers_are_chosen_by_name_and_label(api: IngestApi, send: Send, docker: Docker) -> None:
    for name, labels in (("shop-web", {}), ("shop-db", {"quiet": ""}), ("blog", {"project": "acme"}), ("rest", {})):
        docker.print(docker.create(name, labels), f"from {name}")
    send("--docker", str(docker.folder), "--include", "shop-*", "--include", "project=ac*", "--exclude", "quiet")
    wait_until(lambda: len(api.entries) == 2)
    late = docker.create("shop-late")
    docker.print(late, "from shop-late")
    wait_until(lambda: len(api.entries) == 3)
    assert sorted(api.messages) == ["from blog", "from shop-late", "from shop-web"]


def test_containers_of_kubernetes_are_named_by_their_files(api: IngestApi, send: Send, tmp_path: Path) -> None:
    folder, pod = tmp_path / "links", tmp_path / "pods" / "acme_shop-7d9c_0f" / "web"
    folder.mkdir()
    pod.mkdir(parents=True)
    log, time = pod / "0.log", "2026-11-22T10:00:00.123456789Z"
    log.write_text(f"{time} stdout F ready\n{time} stderr P ERROR half\n{time} stderr F  and half\n")
    (folder / f"shop-7d9c_acme_web-{'c' * 64}.log").symlink_to(log)
    process = send("--kubernetes", str(folder))
    wait_until(lambda: len(api.entries) == 2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    log.write_text(log.read_text() + f"{time} stdout F before the rotation\n")
    log.rename(pod / "0.log.20261122-100000")
    log.write_text(f"{time} stdout F after it\n")
    send("--kubernetes", str(folder))
    wait_until(lambda: len(api.entries) == 4)
    assert sorted(api.messages) == sorted(["ready", "ERROR half and half", "before the rotation", "after it"])
    assert {entry["service_id"] for entry in api.entries} == {"web"}
    assert api.entries[0]["attributes"].items() >= {
        "k8s.namespace.name": "acme", "k8s.pod.name": "shop-7d9c", "k8s.container.name": "web",
        "container.id": "c" * 64,
    }.items()  # fmt: skip


def test_a_folder_that_cannot_be_read_is_named(api: IngestApi, send: Send, tmp_path: Path) -> None:
    for arguments, said in (
        (["--docker", str(tmp_path / "none")], "none cannot be read: No such file"),
        (["--docker", "--kubernetes"], "use only one of --docker and --kubernetes"),
        (["--include", "a", "file"], "--include and --exclude need --docker or --kubernetes"),
    ):
        process = send(*arguments)
        _, complaint = process.communicate(timeout=60)
        assert (process.returncode, said in complaint) == (2, True), complaint
    assert api.entries == []
