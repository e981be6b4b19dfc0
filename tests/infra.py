"""RabbitMQ and MongoDB for tests: given ones, containers (`tests/containers.py`), or private nodes.

A test cannot tell them apart: whatever the source, it gets a vhost and a database of its own, with data in memory.

By hand: `python -m tests.infra` starts both, prints what to export, and stops them at Ctrl-C.
"""

import argparse
import contextlib
import fcntl
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

import httpx
import pytest
from logloop.local.mongodb import MongoNode, MongoSettings
from logloop.local.rabbitmq import RabbitNode, RabbitSettings

from tests.containers import DockerEngine, asked_for, choose, compose_images, containers, found_images, prepare

AMQP_ENV = "LOGLOOP_TEST_AMQP_URL"
AMQP_MANAGEMENT_ENV = "LOGLOOP_TEST_AMQP_MANAGEMENT_URL"
MONGO_ENV = "LOGLOOP_TEST_MONGO_URL"
OWNER_ENV = "LOGLOOP_TEST_OWNER"
_PREFIX = "logloop-test-"
_MIN_TMPFS = 1 << 30
_READY_TIMEOUT_S = 150.0  # below the time limit of a test


@dataclass(frozen=True)
class Infra:
    """Where the parts are. `management_url` (http://user:password@host:port) creates vhosts; None: it cannot."""

    amqp_url: str
    mongo_url: str
    management_url: str | None = None

    def fresh_vhost(self) -> str:
        """AMQP URL of a new, empty vhost; the given URL itself where vhosts cannot be made."""
        if self.management_url is None:
            return self.amqp_url
        name = f"test-{uuid.uuid4().hex[:12]}"
        user = urlsplit(self.management_url).username or "guest"
        self._manage("PUT", f"/api/vhosts/{name}")
        self._manage("PUT", f"/api/permissions/{name}/{user}", {"configure": ".*", "write": ".*", "read": ".*"})
        return urlsplit(self.amqp_url)._replace(path=f"/{name}").geturl()

    def delete_vhost(self, url: str) -> None:
        """Delete a vhost that `fresh_vhost` made, with its queues and connections."""
        if url != self.amqp_url:
            self._manage("DELETE", f"/api/vhosts/{quote(urlsplit(url).path[1:], safe='')}")

    def queue_depth(self, url: str, queue: str) -> int:
        """Messages in a queue, delivered but not acknowledged ones included. 0 for a queue that is not there."""
        vhost = quote(urlsplit(url).path[1:] or "/", safe="")
        answer = self._manage("GET", f"/api/queues/{vhost}/{quote(queue, safe='')}", missing_ok=True)
        return int(answer.get("messages", 0)) if answer else 0

    def _manage(self, method: str, path: str, body: object = None, *, missing_ok: bool = False) -> Any:
        if self.management_url is None:
            pytest.skip(f"this needs RabbitMQ's management API; set {AMQP_MANAGEMENT_ENV}")
        answer = httpx.request(method, self.management_url + path, json=body, timeout=30, trust_env=False)
        if missing_ok and answer.status_code == 404:
            return None
        answer.raise_for_status()
        return answer.json() if answer.content else None


def fresh_database() -> str:
    """A database name that nobody used yet."""
    return f"test_{uuid.uuid4().hex[:16]}"


# --- fixtures (tests/conftest.py makes them known everywhere) -----------------------------------------------


@pytest.fixture(scope="session")
def infra() -> Infra:
    """The parts of this test run; the first who asks starts them, all xdist workers share them."""
    return _shared()


@pytest.fixture(scope="session")
def amqp_url(infra: Infra) -> str:
    """A vhost for this worker's whole session. Prefer `fresh_amqp_url` (12 ms) in tests that leave messages."""
    return infra.fresh_vhost()


@pytest.fixture(scope="session")
def mongo_url(infra: Infra) -> str:
    """MongoDB without a database; take the name from `fresh_database()`."""
    return infra.mongo_url


@pytest.fixture
def fresh_amqp_url(infra: Infra) -> Iterator[str]:
    """A vhost of this test alone; deleted afterwards with its queues and connections."""
    url = infra.fresh_vhost()
    yield url
    infra.delete_vhost(url)


# --- private nodes for fault tests ---------------------------------------------------------------------------


@contextlib.contextmanager
def rabbit_node(**settings: Any) -> Iterator[RabbitNode]:
    """A broker of one's own, started; may be killed and started again on the same port and data."""
    with memory_folder() as folder:
        node = RabbitNode(folder, RabbitSettings(management=True, on_parent_death="KILL", **settings))
        try:
            node.start()
            yield node
        finally:
            node.kill()


def first_elections_are_on_disk(node: RabbitNode, declared_at: float) -> bool:
    """Whether quorum queues declared before `declared_at` (time.time()) survive a kill; true some 3 s later.

    RabbitMQ 3.10 writes a new queue's first election with a delay. Killed before that, the queue comes back
    without a leader and answers nobody: wait for this before the first kill.
    """
    return any(file.stat().st_mtime > declared_at + 0.5 for file in node.folder.glob("data/*/quorum/*/meta.dets"))


@contextlib.contextmanager
def mongo_node(**settings: Any) -> Iterator[MongoNode]:
    """A mongod of one's own, started; may be killed and started again on the same port and data."""
    with memory_folder() as folder:
        node = MongoNode(folder, MongoSettings(diagnostics=False, on_parent_death="KILL", **settings))
        try:
            node.start()
            yield node
        finally:
            node.kill()


@contextlib.contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder on tmpfs where there is one; removed afterwards, also by a later run if this one is killed."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_memory()))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _memory() -> Path:
    shared = Path("/dev/shm")
    if shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > _MIN_TMPFS:
        return shared
    return Path(tempfile.gettempdir())


def _sweep() -> None:
    """Remove folders of test runs that were killed: nobody holds their lock any more."""
    for folder in _memory().glob(f"{_PREFIX}*"):
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
    """Called once in the pytest process that controls the run; the nodes live as long as it does."""
    os.environ[OWNER_ENV] = str(os.getpid())


def prepare_shared(say: Callable[[str], None]) -> None:
    """Called by the owner before the first test: fetch what was asked for. Raises containers.Unavailable."""
    if not os.environ.get(AMQP_ENV) and asked_for():
        prepare(compose_images(), DockerEngine, say)


def source_of_shared() -> str | None:
    """Where this run's RabbitMQ and MongoDB come from; None if no test needed them."""
    if os.environ.get(AMQP_ENV):
        return f"given ones ({AMQP_ENV}, {MONGO_ENV})"
    state = _state_file()
    if not state.exists():
        return None
    found = json.loads(state.read_text())
    return f"none: {found['error']}" if "error" in found else str(found["source"])


def stop_shared() -> None:
    """Called at the end of the run by its owner: stop the nodes and wait until they are gone."""
    state = _state_file()
    if not state.exists():
        return
    keeper = json.loads(state.read_text()).get("keeper")
    if keeper is None:
        return  # it has not come up; it notices by itself that the run is over
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(keeper)
        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        select.select([descriptor], [], [], 30)
        os.close(descriptor)


def _shared() -> Infra:
    given = _given()
    if given is not None:
        return given
    state = _state_file()
    with _state_file().with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not state.exists():
            _start_keeper(state)
    found = json.loads(state.read_text())
    if "error" in found:
        pytest.exit(f"there is no RabbitMQ and MongoDB for the tests: {found['error']}")
    return Infra(**found["infra"])


def _given() -> Infra | None:
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
            _publish(state, {"error": f"they did not start within {_READY_TIMEOUT_S:.0f} s"})
        time.sleep(0.05)


def _keep(owner: int, state: Path) -> None:
    """Run as a process of its own: hold the parts until the owner ends or says so, then clean up."""
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with contextlib.ExitStack() as held:
            infra, source = _start(held)
            _publish(state, {"keeper": os.getpid(), "infra": asdict(infra), "source": source})
            select.select([os.pidfd_open(owner)], [], [])
    except Exception as error:  # noqa: BLE001  # the edge of this process: whoever waits for us must hear of it
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
    """Start both; what they are and where they come from."""
    asked, images = asked_for(), compose_images()
    choice = choose(asked, images, found_images() if asked is None else None)
    words = choice.words
    if choice.containers:
        try:
            return Infra(*held.enter_context(containers(images))), words
        except Exception as error:
            if asked:
                raise
            words = f"private nodes (containers of {' and '.join(images)} did not start: {error})"
    return held.enter_context(_private_nodes()), words


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
    parser = argparse.ArgumentParser(description="Start RabbitMQ and MongoDB for tests by hand.")
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
