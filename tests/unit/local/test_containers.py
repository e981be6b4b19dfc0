"""A test run uses containers if requested or if both images are present; it pulls only if requested."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import pytest

from tests.containers import (
    COMPOSE_FILE,
    CONTAINERS_ENV,
    DockerEngine,
    Images,
    Unavailable,
    choose,
    compose_images,
    containers_requested,
    local_images,
    prepare,
)

IMAGES = Images("rabbitmq:1", "mongo:2")


class FakeEngine:
    """Has some images; a pull succeeds, or fails with a message."""

    def __init__(self, *images: str, pull_error: str = "") -> None:
        self.has = set(images)
        self.pull_error = pull_error
        self.pulled: list[str] = []

    def images(self) -> set[str]:
        return self.has

    def pull(self, image: str) -> None:
        if self.pull_error:
            raise RuntimeError(self.pull_error)
        self.pulled.append(image)


def test_the_images_come_from_docker_compose() -> None:
    compose = COMPOSE_FILE.read_text()
    for image in compose_images():
        assert f"    image: {image}\n" in compose


@pytest.mark.parametrize(
    ("requested", "found", "containers"),
    [
        (True, None, True),
        (False, {*IMAGES}, False),
        (None, None, False),
        (None, set(), False),
        (None, {"rabbitmq:1"}, False),
        (None, {*IMAGES, "other:3"}, True),
    ],
)
def test_containers_are_used_if_requested_or_if_both_images_are_present(
    requested: bool | None, found: set[str] | None, containers: bool
) -> None:
    choice = choose(requested, IMAGES, found)
    assert choice.containers is containers
    assert choice.description.startswith(
        "containers of rabbitmq:1 and mongo:2 (" if containers else "private nodes ("
    )


def test_the_description_names_the_missing_image_and_how_to_get_it() -> None:
    description = choose(None, IMAGES, {"rabbitmq:1"}).description
    assert "does not have mongo:2" in description
    assert f"{CONTAINERS_ENV}=1" in description


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("0", False), ("", None), (None, None)])
def test_the_variable_requests_containers_private_nodes_or_neither(value: str | None, meaning: bool | None) -> None:
    assert containers_requested({} if value is None else {CONTAINERS_ENV: value}) is meaning


def test_an_unknown_value_of_the_variable_is_an_error() -> None:
    with pytest.raises(Unavailable, match="set it to 1 for containers or to 0"):
        containers_requested({CONTAINERS_ENV: "yes"})


def test_only_missing_images_are_pulled_and_reported() -> None:
    engine, reported = FakeEngine("rabbitmq:1"), list[str]()
    prepare(IMAGES, lambda: engine, reported.append)
    assert engine.pulled == ["mongo:2"]
    assert reported == [f"pulling mongo:2 for {CONTAINERS_ENV}=1"]


def test_a_failed_pull_is_an_error_that_says_what_to_do() -> None:
    engine = FakeEngine("mongo:2", pull_error="no such host")
    with pytest.raises(Unavailable, match=r"rabbitmq:1 cannot be pulled: no such host.*`docker pull rabbitmq:1`"):
        prepare(IMAGES, lambda: engine, lambda _: None)


def test_containers_without_an_engine_cause_an_error_that_says_what_to_do() -> None:
    def no_engine() -> FakeEngine:
        raise ConnectionError("nothing listens")

    with pytest.raises(
        Unavailable, match=r"no Docker engine is reachable: nothing listens.*Start one or set DOCKER_HOST"
    ):
        prepare(IMAGES, no_engine, lambda _: None)


# --- the Docker API of an engine without access to a registry ---------------------------------------------------


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.endswith("/version"):
            self._respond(200, {"ApiVersion": "1.41", "Version": "20.10"})
        elif "/images/json" in self.path:
            self._respond(200, [{"RepoTags": ["mongo:2"]}, {"RepoTags": None}])
        else:
            self._respond(404, {"message": self.path})

    def do_POST(self) -> None:
        if "fromImage=progress" in self.path:
            self._respond(200, {"error": "connection lost"})
        else:
            self._respond(500, {"message": "lookup registry: no such host"})

    def _respond(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def engine_without_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    address = str(tmp_path / "docker.sock")
    with _Server(address, _Api) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{address}")
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.usefixtures("engine_without_registry")
def test_the_images_of_an_engine_are_listed() -> None:
    assert local_images() == {"mongo:2"}


@pytest.mark.usefixtures("engine_without_registry")
@pytest.mark.parametrize(("image", "reason"), [("rabbitmq:1", "no such host"), ("progress:1", "connection lost")])
def test_a_failed_pull_has_the_reason_from_the_engine(image: str, reason: str) -> None:
    with pytest.raises(Exception, match=reason):
        DockerEngine().pull(image)


def test_a_socket_without_a_listener_is_not_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'docker.sock'}")
    assert local_images() is None
