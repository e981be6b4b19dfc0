"""When a test run uses containers: asked for, or both images are there; never a pull that nobody asked for."""

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
    asked_for,
    choose,
    compose_images,
    found_images,
    prepare,
)

IMAGES = Images("rabbitmq:1", "mongo:2")


class FakeEngine:
    """Has some images; pulls what it is told to, or fails with a text."""

    def __init__(self, *images: str, refuses: str = "") -> None:
        self.has = set(images)
        self.refuses = refuses
        self.pulled: list[str] = []

    def images(self) -> set[str]:
        return self.has

    def pull(self, image: str) -> None:
        if self.refuses:
            raise RuntimeError(self.refuses)
        self.pulled.append(image)


def test_the_images_are_those_of_compose() -> None:
    compose = COMPOSE_FILE.read_text()
    for image in compose_images():
        assert f"    image: {image}\n" in compose


@pytest.mark.parametrize(
    ("asked", "found", "containers"),
    [
        (True, None, True),
        (False, {*IMAGES}, False),
        (None, None, False),
        (None, set(), False),
        (None, {"rabbitmq:1"}, False),
        (None, {*IMAGES, "other:3"}, True),
    ],
)
def test_containers_only_when_asked_for_or_when_both_images_are_there(
    asked: bool | None, found: set[str] | None, containers: bool
) -> None:
    choice = choose(asked, IMAGES, found)
    assert choice.containers is containers
    assert choice.words.startswith("containers of rabbitmq:1 and mongo:2 (" if containers else "private nodes (")


def test_the_line_names_the_missing_image_and_how_to_get_it() -> None:
    words = choose(None, IMAGES, {"rabbitmq:1"}).words
    assert "does not have mongo:2" in words
    assert f"{CONTAINERS_ENV}=1" in words


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("0", False), ("", None), (None, None)])
def test_the_variable_says_yes_no_or_nothing(value: str | None, meaning: bool | None) -> None:
    assert asked_for({} if value is None else {CONTAINERS_ENV: value}) is meaning


def test_another_value_is_refused() -> None:
    with pytest.raises(Unavailable, match="set it to 1 for containers or to 0"):
        asked_for({CONTAINERS_ENV: "yes"})


def test_only_what_is_missing_is_pulled_and_said() -> None:
    engine, said = FakeEngine("rabbitmq:1"), list[str]()
    prepare(IMAGES, lambda: engine, said.append)
    assert engine.pulled == ["mongo:2"]
    assert said == [f"pulling mongo:2 for {CONTAINERS_ENV}=1"]


def test_an_image_that_cannot_be_pulled_is_one_error_that_says_what_to_do() -> None:
    engine = FakeEngine("mongo:2", refuses="no such host")
    with pytest.raises(Unavailable, match=r"rabbitmq:1 cannot be pulled: no such host.*`docker pull rabbitmq:1`"):
        prepare(IMAGES, lambda: engine, lambda _: None)


def test_containers_without_an_engine_are_an_error_that_says_what_to_do() -> None:
    def no_engine() -> FakeEngine:
        raise ConnectionError("nobody listens")

    with pytest.raises(Unavailable, match=r"no Docker engine answers: nobody listens.*Start one or set DOCKER_HOST"):
        prepare(IMAGES, no_engine, lambda _: None)


# --- the Docker API, as an engine without a registry answers it -------------------------------------------------


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.endswith("/version"):
            self._answer(200, {"ApiVersion": "1.41", "Version": "20.10"})
        elif "/images/json" in self.path:
            self._answer(200, [{"RepoTags": ["mongo:2"]}, {"RepoTags": None}])
        else:
            self._answer(404, {"message": self.path})

    def do_POST(self) -> None:
        if "fromImage=progress" in self.path:
            self._answer(200, {"error": "the line went down"})
        else:
            self._answer(500, {"message": "lookup registry: no such host"})

    def _answer(self, status: int, content: object) -> None:
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
def test_an_engine_tells_its_images() -> None:
    assert found_images() == {"mongo:2"}


@pytest.mark.usefixtures("engine_without_registry")
@pytest.mark.parametrize(("image", "reason"), [("rabbitmq:1", "no such host"), ("progress:1", "the line went down")])
def test_a_pull_fails_with_the_reason_of_the_engine(image: str, reason: str) -> None:
    with pytest.raises(Exception, match=reason):
        DockerEngine().pull(image)


def test_a_socket_nobody_listens_at_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'docker.sock'}")
    assert found_images() is None
