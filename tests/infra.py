"""RabbitMQ and MongoDB for tests: external ones, containers (`tests/containers.py`) or private nodes.

Whatever the source, a test gets its own vhost and database. Containers and private nodes keep their data in memory.

By hand: `python -m tests.infra` starts both, prints the variables to export, and stops them on Ctrl-C.
"""

import argparse
import asyncio
import contextlib
import fcntl
import functools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aio_pika
import httpx
import pytest
from logloop.local.mongodb import MongoNode, MongoSettings
from logloop.local.rabbitmq import RabbitNode, RabbitSettings
from logloop.plain_http import WITHOUT_TLS
from logloop_contracts.channels import EXCHANGES, QUEUES
from logloop_contracts.topology import declarations
from pymongo import MongoClient

from tests.containers import (
    DockerEngine,
    choose,
    compose_images,
    containers,
    containers_requested,
    local_images,
    prepare,
)

AMQP_ENV = "LOGLOOP_TEST_AMQP_URL"
AMQP_MANAGEMENT_ENV = "LOGLOOP_TEST_AMQP_MANAGEMENT_URL"
MONGO_ENV = "LOGLOOP_TEST_MONGO_URL"
OWNER_ENV = "LOGLOOP_TEST_OWNER"
_PREFIX = "logloop-test-"
_MIN_TMPFS = 1 << 30
_READY_TIMEOUT_S = 150.0  # below the time limit of a test


@dataclass(frozen=True)
class Infra:
    """Addresses of RabbitMQ and MongoDB. Without `management_url` (http://user:password@host:port), no vhosts."""

    amqp_url: str
    mongo_url: str
    management_url: str | None = None

    def fresh_vhost(self) -> str:
        """Return the AMQP URL of a new, empty vhost; without a management API, the configured URL itself."""
        if self.management_url is None:
            return self.amqp_url
        name = f"test-{uuid.uuid4().hex[:12]}"
        user = urlsplit(self.management_url).username or "guest"
        self._manage("PUT", f"/api/vhosts/{name}")
        self._manage("PUT", f"/api/permissions/{name}/{user}", {"configure": ".*", "write": ".*", "read": ".*"})
        return urlsplit(self.amqp_url)._replace(path=f"/{name}").geturl()

    def delete_vhost(self, url: str) -> None:
        """Delete a vhost from `fresh_vhost`, with its queues and connections."""
        if url != self.amqp_url:
            self._manage("DELETE", f"/api/vhosts/{quote(urlsplit(url).path[1:], safe='')}")

    def queue_depth(self, url: str, queue: str) -> int:
        """Return the number of messages in a queue, including unacknowledged ones; 0 if it does not exist."""
        vhost = quote(urlsplit(url).path[1:] or "/", safe="")
        # Without collected statistics, only the list of queues has numbers of messages.
        queues = self._manage("GET", f"/api/queues/{vhost}?disable_stats=true&enable_queue_totals=true")
        return sum(int(found["messages"]) for found in queues if found["name"] == queue)

    def definitions(self, url: str) -> Any:
        """Return the exchanges, queues and bindings of a vhost as RabbitMQ exports them."""
        return self._manage("GET", f"/api/definitions/{quote(urlsplit(url).path[1:] or '/', safe='')}")

    def empty_vhost(self, url: str) -> bool:
        """Remove the messages of a vhost, and return whether that leaves it as a new one with the platform's queues.

        It does not if the vhost has connections or other queues, or if a message failed: such a message may be
        between two queues.
        """
        vhost = urlsplit(url).path[1:]
        connections = self._manage("GET", "/api/connections?disable_stats=true")
        if any(connection["vhost"] == vhost for connection in connections):
            return False
        found = self.definitions(url)
        bindings = {(bound["source"], bound["destination"], bound["routing_key"]) for bound in found["bindings"]}
        exchanges = {exchange["name"] for exchange in found["exchanges"]}
        queues = {queue["name"]: queue["arguments"] for queue in found["queues"]}
        return (queues, bindings, exchanges) == _platform_topology() and not asyncio.run(_purge(url)) & _FAILED

    def _manage(self, method: str, path: str, body: object = None) -> Any:
        if self.management_url is None:
            pytest.skip(f"this test needs RabbitMQ's management API; set {AMQP_MANAGEMENT_ENV}")
        response = httpx.request(
            method, self.management_url + path, json=body, timeout=30, trust_env=False, verify=WITHOUT_TLS
        )
        response.raise_for_status()
        return response.json() if response.content else None


_FAILED = {name for queue in QUEUES for name in (queue.retry, queue.dead)}


async def _purge(url: str) -> set[str]:
    """Remove all messages of the platform's queues and return the names of the queues that had some.

    The management API counts the messages of a quorum queue with a delay.
    """
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        found = set()
        for name in _platform_topology()[0]:
            queue = await channel.get_queue(name, ensure=False)
            if (await queue.purge()).message_count:
                found.add(name)
    return found


@functools.cache
def _platform_topology() -> tuple[dict[str, Any], set[tuple[str, str, str]], set[str]]:
    """Return what each service declares: the arguments of queues, all bindings, the names of exchanges."""
    declared = [declaration for queue in QUEUES for declaration in declarations(queue)]
    bindings = {(source, made.name, key) for made in declared for source, key in made.bindings}
    return {made.name: made.arguments for made in declared}, bindings, {exchange.name for exchange in EXCHANGES}


_used: list[str] = []
_emptied: list[str] = []
_emptied_vhosts: list[str] = []


def fresh_database() -> str:
    """Return the name of a database without documents.

    The database is emptied after the test that asks for it, directly or through a fixture of its own, and given to a
    later test. It keeps its collections and indexes, because creating them takes longer than most tests.
    """
    name = _emptied.pop() if _emptied else f"test_{uuid.uuid4().hex[:16]}"
    _used.append(name)
    return name


# --- fixtures (tests/conftest.py provides them to all tests) ------------------------------------------------


@pytest.fixture(scope="session")
def infra() -> Iterator[Infra]:
    """RabbitMQ and MongoDB of this test run. The first use starts them; all xdist workers share them."""
    shared = _shared()
    yield shared
    with _mongo_client(shared.mongo_url) as client:
        for name in (*_used, *_emptied):
            client.drop_database(name)
    _mongo_client.cache_clear()


@pytest.fixture(autouse=True)
def empty_databases(request: pytest.FixtureRequest) -> Iterator[None]:
    """Empty the databases of a test. Databases of fixtures that several tests share stay as they are."""
    before = len(_used)
    yield
    if len(_used) > before and "infra" in request.fixturenames:
        client = _mongo_client(_shared().mongo_url)
        while len(_used) > before:
            database = client[_used[-1]]
            for name in database.list_collection_names():
                database[name].delete_many({})
            _emptied.append(_used.pop())


@functools.cache
def _mongo_client(url: str) -> MongoClient[dict[str, Any]]:
    """Return the client that empties databases. Tests share it, so that not each one connects and authenticates."""
    return MongoClient(url, serverSelectionTimeoutMS=5000)


@pytest.fixture(scope="session")
def amqp_url(infra: Infra) -> str:
    """A vhost for the whole session of this worker. Prefer `fresh_amqp_url` (12 ms) in tests that leave messages."""
    return infra.fresh_vhost()


@pytest.fixture(scope="session")
def mongo_url(infra: Infra) -> str:
    """URL of MongoDB without a database; get a name from `fresh_database()`."""
    return infra.mongo_url


@pytest.fixture
def fresh_amqp_url(infra: Infra) -> Iterator[str]:
    """A vhost for this test alone, deleted afterwards with its queues and connections."""
    url = infra.fresh_vhost()
    yield url
    infra.delete_vhost(url)


@pytest.fixture
def emptied_amqp_url(infra: Infra) -> Iterator[str]:
    """A vhost for this test alone, without messages, perhaps with the platform's queues.

    Making the queues takes longer than most tests, so a later test gets the vhost, unless this one changed more than
    messages.
    """
    url = _emptied_vhosts.pop() if _emptied_vhosts else infra.fresh_vhost()
    yield url
    if infra.management_url is None or infra.empty_vhost(url):
        _emptied_vhosts.append(url)
    else:
        infra.delete_vhost(url)


# --- private nodes for fault tests ---------------------------------------------------------------------------


@contextlib.contextmanager
def rabbit_node(**settings: Any) -> Iterator[RabbitNode]:
    """A started private broker, which a test may kill and start again on the same port and data."""
    with memory_folder() as folder:
        node = RabbitNode(folder, RabbitSettings(management=True, on_parent_death="KILL", **settings))
        try:
            node.start()
            yield node
        finally:
            node.kill()


def first_elections_are_on_disk(node: RabbitNode, declared_at: float) -> bool:
    """Return whether quorum queues declared before `declared_at` (time.time()) survive a kill: true after about 3 s.

    RabbitMQ 3.10 writes the first election of a new queue with a delay. After an earlier kill the queue comes back
    without a leader and does not respond: wait for this before the first kill.
    """
    return any(file.stat().st_mtime > declared_at + 0.5 for file in node.folder.glob("data/*/quorum/*/meta.dets"))


@contextlib.contextmanager
def mongo_node(**settings: Any) -> Iterator[MongoNode]:
    """A started private mongod, which a test may kill and start again on the same port and data."""
    with memory_folder() as folder:
        node = MongoNode(folder, MongoSettings(diagnostics=False, on_parent_death="KILL", **settings))
        try:
            node.start()
            yield node
        finally:
            node.kill()


@contextlib.contextmanager
def memory_folder() -> Iterator[Path]:
    """A temporary folder, on tmpfs if possible. It is removed afterwards; after a kill, a later run removes it."""
    _remove_stale_folders()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_memory_root()))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _memory_root() -> Path:
    shared = Path("/dev/shm")
    if shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > _MIN_TMPFS:
        return shared
    return Path(tempfile.gettempdir())


def _remove_stale_folders() -> None:
    """Remove the folders of killed test runs: their locks are free."""
    for folder in _memory_root().glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < 60:
                continue
            with (folder / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


# --- one keeper process per test run -------------------------------------------------------------------------


def become_owner() -> None:
    """Make this process, the pytest controller, the owner of the nodes, which live as long as it does."""
    os.environ[OWNER_ENV] = str(os.getpid())


def prepare_shared(report: Callable[[str], None]) -> None:
    """Pull missing images if containers are requested. The owner calls it before the first test.

    Raises containers.Unavailable.
    """
    if not os.environ.get(AMQP_ENV) and containers_requested():
        prepare(compose_images(), DockerEngine, report)


def source_of_shared() -> str | None:
    """Return where this run's RabbitMQ and MongoDB come from; None if no test needed them."""
    if os.environ.get(AMQP_ENV):
        return f"external ({AMQP_ENV}, {MONGO_ENV})"
    state = _state_file()
    if not state.exists():
        return None
    found = json.loads(state.read_text())
    return f"none: {found['error']}" if "error" in found else str(found["source"])


def stop_shared() -> None:
    """Stop the nodes and wait until they have ended. The owner calls it at the end of the run."""
    state = _state_file()
    if not state.exists():
        return
    keeper = json.loads(state.read_text()).get("keeper")
    if keeper is None:
        return  # it has not started yet; it ends by itself when its owner does
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(keeper)
        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        select.select([descriptor], [], [], 30)
        os.close(descriptor)


def _shared() -> Infra:
    external = _external()
    if external is not None:
        return external
    state = _state_file()
    with _state_file().with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not state.exists():
            _start_keeper(state)
    found = json.loads(state.read_text())
    if "error" in found:
        pytest.exit(f"RabbitMQ and MongoDB for the tests are unavailable: {found['error']}")
    return Infra(**found["infra"])


def _external() -> Infra | None:
    amqp, mongo = os.environ.get(AMQP_ENV), os.environ.get(MONGO_ENV)
    if amqp and mongo:
        return Infra(amqp, mongo, os.environ.get(AMQP_MANAGEMENT_ENV))
    if amqp or mongo:
        pytest.fail(f"set both {AMQP_ENV} and {MONGO_ENV}, or neither", pytrace=False)
    return None


def _state_file() -> Path:
    owner = os.environ.get(OWNER_ENV) or str(os.getpid())
    return Path(tempfile.gettempdir()) / f"{_PREFIX}{os.getuid()}-{owner}.json"


def _start_keeper(state: Path) -> None:
    owner = os.environ.get(OWNER_ENV) or str(os.getpid())
    command = [sys.executable, "-m", "tests.infra", "--keep", owner, "--state", str(state)]
    subprocess.run(command, cwd=Path(__file__).parents[1], check=True)
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while not state.exists():
        if time.monotonic() > deadline:
            _publish(state, {"error": f"not started within {_READY_TIMEOUT_S:.0f} s"})
        time.sleep(0.05)


def _keep(owner: int, state: Path) -> None:
    """Hold the nodes in a separate process until the owner ends or sends SIGTERM, then clean up."""
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with contextlib.ExitStack() as held:
            infra, source = _start(held)
            _publish(state, {"keeper": os.getpid(), "infra": asdict(infra), "source": source})
            select.select([os.pidfd_open(owner)], [], [])
    except Exception as error:  # noqa: BLE001  # the edge of this process: the waiting tests need the error
        _publish(state, {"keeper": os.getpid(), "error": str(error)})
        with contextlib.suppress(OSError):
            select.select([os.pidfd_open(owner)], [], [])
    finally:
        state.unlink(missing_ok=True)
        state.with_suffix(".lock").unlink(missing_ok=True)


def _publish(state: Path, content: dict[str, Any]) -> None:
    draft = state.with_suffix(".tmp")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content))
    draft.replace(state)


def _start(held: contextlib.ExitStack) -> tuple[Infra, str]:
    """Start both and return their addresses and a description of their source."""
    requested, images = containers_requested(), compose_images()
    choice = choose(requested, images, local_images() if requested is None else None)
    description = choice.description
    if choice.containers:
        try:
            return Infra(*held.enter_context(containers(images))), description
        except Exception as error:
            if requested:
                raise
            description = f"private nodes (containers of {' and '.join(images)} did not start: {error})"
    return held.enter_context(_private_nodes()), description


@contextlib.contextmanager
def _private_nodes() -> Iterator[Infra]:
    with memory_folder() as folder:
        rabbit = RabbitNode(folder / "rabbitmq", RabbitSettings(management=True, on_parent_death="KILL"))
        mongo = MongoNode(folder / "mongodb", MongoSettings(diagnostics=False, on_parent_death="KILL"))
        try:
            with ThreadPoolExecutor(2) as pool:
                for started in [pool.submit(rabbit.start), pool.submit(mongo.start)]:
                    started.result()
            yield Infra(rabbit.url, mongo.url, f"http://guest:guest@127.0.0.1:{rabbit.management_port}")
        finally:
            rabbit.kill()
            mongo.kill()


def _main() -> None:
    parser = argparse.ArgumentParser(description="Start RabbitMQ and MongoDB for tests and print their addresses.")
    parser.add_argument("--keep", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--state", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.keep:
        _keep(arguments.keep, arguments.state)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as held:
        infra, source = _start(held)
        sys.stdout.write(
            f"# {source}\nexport {AMQP_ENV}='{infra.amqp_url}'\n"
            f"export {AMQP_MANAGEMENT_ENV}='{infra.management_url}'\nexport {MONGO_ENV}='{infra.mongo_url}'\n"
        )
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    _main()
