"""RabbitMQ and MongoDB in containers of the images that docker-compose.yml names, and when a test run uses them."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import yaml

CONTAINERS_ENV = "LOGLOOP_TEST_CONTAINERS"
COMPOSE_FILE = Path(__file__).parents[1] / "docker-compose.yml"
_SOCKET = Path("/var/run/docker.sock")
_KEEPER_LABEL = "logloop-test-keeper"
_ANSWER_S = 3
_PULL_SILENCE_S = 60
_START_S = 60
_LOOPBACK = "127.0.0.1"

# compose's image runs without the management API and without its figures; the tests need both.
_RABBITMQ_FILES = {
    "/etc/rabbitmq/enabled_plugins": b"[rabbitmq_management].\n",
    "/etc/rabbitmq/conf.d/90-tests.conf": b"management_agent.disable_metrics_collector = false\n",
}
# RabbitMQ and mongod start slowly where an engine hands out a thousand million file descriptors.
_LIMITS = [{"Name": "nofile", "Soft": 16384, "Hard": 16384}]


class Unavailable(Exception):
    """Containers were asked for and cannot be had. The text says what to do."""


class Images(NamedTuple):
    """The two images."""

    rabbitmq: str
    mongo: str


class Addresses(NamedTuple):
    """URLs of the running containers."""

    amqp_url: str
    mongo_url: str
    management_url: str


@dataclass(frozen=True)
class Choice:
    """Whether a run uses containers, and where its RabbitMQ and MongoDB come from in words."""

    containers: bool
    words: str


class Engine(Protocol):
    """What the preparation needs of a Docker engine."""

    def images(self) -> set[str]:
        """Tags of the images that the engine has."""

    def pull(self, image: str) -> None:
        """Pull an image."""


def compose_images(compose: Path = COMPOSE_FILE) -> Images:
    """The images of the broker and the database in docker-compose.yml."""
    services = yaml.safe_load(compose.read_text())["services"]
    return Images(services["rabbitmq"]["image"], services["mongo"]["image"])


def asked_for(environ: Mapping[str, str] = os.environ) -> bool | None:
    """What the environment says: True for containers, False for private nodes, None for nothing."""
    value = environ.get(CONTAINERS_ENV, "")
    if value not in ("", "0", "1"):
        raise Unavailable(f"{CONTAINERS_ENV} is {value!r}; set it to 1 for containers or to 0 for private nodes")
    return value == "1" if value else None


def choose(asked: bool | None, images: Images, found: Collection[str] | None) -> Choice:
    """Containers when asked for or when both images are there. `found`: tags on the engine; None: no engine."""
    names = " and ".join(images)
    if asked is not None:
        return Choice(asked, f"{f'containers of {names}' if asked else 'private nodes'} ({CONTAINERS_ENV}={asked:d})")
    if found is None:
        return Choice(False, "private nodes (no Docker engine answers)")
    missing = [image for image in images if image not in found]
    if missing:
        reason = f"the Docker engine does not have {' and '.join(missing)}; {CONTAINERS_ENV}=1 pulls and uses them"
        return Choice(False, f"private nodes ({reason})")
    return Choice(True, f"containers of {names} (the Docker engine has both; {CONTAINERS_ENV}=0 uses private nodes)")


def prepare(images: Images, open_engine: Callable[[], Engine], say: Callable[[str], None]) -> None:
    """Make sure that an engine has both images; pull what is missing. Raises Unavailable."""
    try:
        engine = open_engine()
        missing = [image for image in images if image not in engine.images()]
    except Exception as error:
        raise Unavailable(
            f"{CONTAINERS_ENV}=1 asks for containers, but no Docker engine answers: {error}. "
            f"Start one or set DOCKER_HOST; without {CONTAINERS_ENV} the tests use private nodes"
        ) from error
    for image in missing:
        say(f"pulling {image} for {CONTAINERS_ENV}=1")
        try:
            engine.pull(image)
        except Exception as error:
            raise Unavailable(
                f"{CONTAINERS_ENV}=1 asks for containers, but {image} cannot be pulled: {error}. "
                f"Make `docker pull {image}` work; without {CONTAINERS_ENV} the tests use private nodes"
            ) from error


def found_images() -> set[str] | None:
    """Tags of the images on this machine's engine; None where no engine answers."""
    if not os.environ.get("DOCKER_HOST") and not _SOCKET.exists():
        return None
    try:
        return DockerEngine().images()
    except Exception:  # noqa: BLE001  # no engine, no permission, a broken one: all mean "use private nodes"
        return None


class DockerEngine:
    """The engine that testcontainers finds: DOCKER_HOST, the current context, or the usual socket."""

    def __init__(self) -> None:
        from testcontainers.core.docker_client import DockerClient

        self._api = DockerClient(timeout=_ANSWER_S).client.api

    def images(self) -> set[str]:
        """Tags of the images that the engine has."""
        return {tag for image in self._api.images() for tag in image["RepoTags"] or []}

    def pull(self, image: str) -> None:
        """Pull an image; an engine that says nothing for a minute has failed."""
        name, _, tag = image.rpartition(":")
        self._api.timeout = _PULL_SILENCE_S
        for step in self._api.pull(name, tag=tag, stream=True, decode=True):
            if "error" in step:
                raise RuntimeError(step["error"])


@contextlib.contextmanager
def containers(images: Images) -> Iterator[Addresses]:
    """Both containers with their data in memory; removed afterwards."""
    from testcontainers.core.config import testcontainers_config

    # Ryuk, testcontainers' own cleaner, is a third image to pull. The process that runs this does its work.
    testcontainers_config.ryuk_disabled = True
    rabbit = _container(images.rabbitmq, "Server startup complete", 5672, 15672)
    rabbit.with_tmpfs_mount("/var/lib/rabbitmq")
    for path, content in _RABBITMQ_FILES.items():
        rabbit.with_copy_into_container(content, path)
    mongo = _container(images.mongo, "Waiting for connections", 27017)
    mongo.with_tmpfs_mount("/data/db").with_command("--replSet rs0 --bind_ip_all")
    _remove_orphans(rabbit.get_docker_client().client)
    with rabbit, mongo:
        mongo_url = f"mongodb://{_address(mongo, 27017)}/?directConnection=true"
        _initiate(mongo_url)
        yield Addresses(
            f"amqp://guest:guest@{_address(rabbit, 5672)}/",
            mongo_url,
            f"http://guest:guest@{_address(rabbit, 15672)}",
        )


def _container(image: str, ready: str, *ports: int) -> Any:
    from testcontainers.core.config import ConnectionMode
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    container = DockerContainer(image).with_exposed_ports(*ports)
    client = container.get_docker_client()
    if client.get_connection_mode() is ConnectionMode.docker_host and client.host() == "localhost":
        # Nobody else needs to reach a broker whose password is guest.
        container.ports = {str(port): (_LOOPBACK,) for port in ports}  # type: ignore[misc]  # passed on to the SDK
    container.with_kwargs(labels={_KEEPER_LABEL: f"{socket.gethostname()}:{os.getpid()}"}, ulimits=_LIMITS)
    return container.waiting_for(LogMessageWaitStrategy(ready).with_startup_timeout(_START_S))


def _address(container: Any, port: int) -> str:
    host = container.get_container_host_ip()
    return f"{_LOOPBACK if host == 'localhost' else host}:{container.get_exposed_port(port)}"


def _remove_orphans(client: Any) -> None:
    """Remove containers of runs on this machine that were killed together with their keeper."""
    for container in client.containers.list(all=True, ignore_removed=True, filters={"label": _KEEPER_LABEL}):
        host, _, keeper = container.labels[_KEEPER_LABEL].rpartition(":")
        if host == socket.gethostname() and not Path(f"/proc/{keeper}").exists():
            with contextlib.suppress(Exception):  # another run removes it at this moment, or the next one does
                container.remove(force=True, v=True)


def _initiate(mongo_url: str) -> None:
    from pymongo import MongoClient

    with MongoClient[dict[str, Any]](mongo_url, serverSelectionTimeoutMS=10_000) as client:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": "localhost:27017"}]})
        while not client.admin.command("hello")["isWritablePrimary"]:
            time.sleep(0.05)
