"""Runs RabbitMQ and MongoDB in containers of the images in docker-compose.yml, if a test run uses containers."""

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
_RESPONSE_TIMEOUT_S = 3
_PULL_SILENCE_S = 60
_START_TIMEOUT_S = 60
_LOOPBACK = "127.0.0.1"

# The RabbitMQ of compose runs without the management API and its metrics; the tests need both.
_RABBITMQ_FILES = {
    "/etc/rabbitmq/enabled_plugins": b"[rabbitmq_management].\n",
    "/etc/rabbitmq/conf.d/90-tests.conf": b"management_agent.disable_metrics_collector = false\n",
}
# RabbitMQ and mongod start slowly if an engine allows a billion file descriptors.
_LIMITS = [{"Name": "nofile", "Soft": 16384, "Hard": 16384}]


class Unavailable(Exception):
    """Containers are requested but not available. The message says what to do."""


class Images(NamedTuple):
    """Images of the broker and the database."""

    rabbitmq: str
    mongo: str


class Addresses(NamedTuple):
    """URLs of the running containers."""

    amqp_url: str
    mongo_url: str
    management_url: str


@dataclass(frozen=True)
class Choice:
    """Whether a run uses containers, and a description of the source of its RabbitMQ and MongoDB."""

    containers: bool
    description: str


class Engine(Protocol):
    """The operations of a Docker engine that `prepare` needs."""

    def images(self) -> set[str]:
        """Return the tags of the images that the engine has."""

    def pull(self, image: str) -> None:
        """Pull an image."""


def compose_images(compose: Path = COMPOSE_FILE) -> Images:
    """Return the images of the broker and the database in docker-compose.yml."""
    services = yaml.safe_load(compose.read_text())["services"]
    return Images(services["rabbitmq"]["image"], services["mongo"]["image"])


def containers_requested(environ: Mapping[str, str] = os.environ) -> bool | None:
    """Return True if the environment requests containers, False for private nodes, None if it requests neither."""
    value = environ.get(CONTAINERS_ENV, "")
    if value not in ("", "0", "1"):
        raise Unavailable(f"{CONTAINERS_ENV} is {value!r}; set it to 1 for containers or to 0 for private nodes")
    return value == "1" if value else None


def choose(requested: bool | None, images: Images, found: Collection[str] | None) -> Choice:
    """Choose containers if requested or if both images are present. `found`: tags on the engine; None: no engine."""
    names = " and ".join(images)
    if requested is not None:
        return Choice(
            requested,
            f"{f'containers of {names}' if requested else 'private nodes'} ({CONTAINERS_ENV}={requested:d})",
        )
    if found is None:
        return Choice(False, "private nodes (no Docker engine is reachable)")
    missing = [image for image in images if image not in found]
    if missing:
        reason = f"the Docker engine does not have {' and '.join(missing)}; {CONTAINERS_ENV}=1 pulls and uses them"
        return Choice(False, f"private nodes ({reason})")
    return Choice(True, f"containers of {names} (the Docker engine has both; {CONTAINERS_ENV}=0 uses private nodes)")


def prepare(images: Images, open_engine: Callable[[], Engine], report: Callable[[str], None]) -> None:
    """Make sure that an engine has both images and pull missing ones. Raises Unavailable."""
    try:
        engine = open_engine()
        missing = [image for image in images if image not in engine.images()]
    except Exception as error:
        raise Unavailable(
            f"{CONTAINERS_ENV}=1 requests containers, but no Docker engine is reachable: {error}. "
            f"Start one or set DOCKER_HOST; without {CONTAINERS_ENV} the tests use private nodes"
        ) from error
    for image in missing:
        report(f"pulling {image} for {CONTAINERS_ENV}=1")
        try:
            engine.pull(image)
        except Exception as error:
            raise Unavailable(
                f"{CONTAINERS_ENV}=1 requests containers, but {image} cannot be pulled: {error}. "
                f"Make `docker pull {image}` work; without {CONTAINERS_ENV} the tests use private nodes"
            ) from error


def local_images() -> set[str] | None:
    """Return the tags of the images on this machine's engine; None if no engine is reachable."""
    if not os.environ.get("DOCKER_HOST") and not _SOCKET.exists():
        return None
    try:
        return DockerEngine().images()
    except Exception:  # noqa: BLE001  # no engine, no permission or a broken engine: use private nodes
        return None


class DockerEngine:
    """The engine that testcontainers finds: DOCKER_HOST, the current context or the default socket."""

    def __init__(self) -> None:
        from testcontainers.core.docker_client import DockerClient

        self._api = DockerClient(timeout=_RESPONSE_TIMEOUT_S).client.api

    def images(self) -> set[str]:
        """Return the tags of the images that the engine has."""
        return {tag for image in self._api.images() for tag in image["RepoTags"] or []}

    def pull(self, image: str) -> None:
        """Pull an image; a minute without progress is an error."""
        name, _, tag = image.rpartition(":")
        self._api.timeout = _PULL_SILENCE_S
        for step in self._api.pull(name, tag=tag, stream=True, decode=True):
            if "error" in step:
                raise RuntimeError(step["error"])


@contextlib.contextmanager
def containers(images: Images) -> Iterator[Addresses]:
    """Run both containers with their data in memory; remove them afterwards."""
    from testcontainers.core.config import testcontainers_config

    # Ryuk, the cleaner of testcontainers, is a third image to pull. The keeper process cleans up instead.
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
        # Publish on loopback only: the password of the broker is guest.
        container.ports = {str(port): (_LOOPBACK,) for port in ports}  # type: ignore[misc]  # passed to the Docker SDK
    container.with_kwargs(labels={_KEEPER_LABEL: f"{socket.gethostname()}:{os.getpid()}"}, ulimits=_LIMITS)
    return container.waiting_for(LogMessageWaitStrategy(ready).with_startup_timeout(_START_TIMEOUT_S))


def _address(container: Any, port: int) -> str:
    host = container.get_container_host_ip()
    return f"{_LOOPBACK if host == 'localhost' else host}:{container.get_exposed_port(port)}"


def _remove_orphans(client: Any) -> None:
    """Remove the containers of earlier runs on this machine whose keeper was killed."""
    for container in client.containers.list(all=True, ignore_removed=True, filters={"label": _KEEPER_LABEL}):
        host, _, keeper = container.labels[_KEEPER_LABEL].rpartition(":")
        if host == socket.gethostname() and not Path(f"/proc/{keeper}").exists():
            with contextlib.suppress(Exception):  # another run is removing it, or the next run will
                container.remove(force=True, v=True)


def _initiate(mongo_url: str) -> None:
    from pymongo import MongoClient

    with MongoClient[dict[str, Any]](mongo_url, serverSelectionTimeoutMS=10_000) as client:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": "localhost:27017"}]})
        while not client.admin.command("hello")["isWritablePrimary"]:
            time.sleep(0.05)
