"""Runs the real services as child processes, which tests configure by environment variables and reach over HTTP."""

import base64
import contextlib
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from logloop.local.ports import LOOPBACK, free_port
from logloop.local.processes import Child, clean_env
from logloop.plain_http import WITHOUT_TLS

from tests.system.forked import MODULES, ForkedService

PROJECT = "shop"
ADMIN_EMAIL = "admin@logloop.local"
ADMIN_PASSWORD = "system-test-password"
READY_TIMEOUT_S = 60.0

T = TypeVar("T")


def new_api_key() -> str:
    """Return a key in the format that LOGLOOP_FIRST_API_KEY requires."""
    part = base64.b32encode(secrets.token_bytes(7)).decode().lower().rstrip("=")[:10]
    return f"llk_{part}_{secrets.token_hex(16)}"


def wait_for(
    look: Callable[[], T | None], *, timeout_s: float = 30.0, every_s: float = 0.05, what: str = "this"
) -> T:
    """Return the first true result of `look`; a connection error counts as not yet. Raises AssertionError."""
    deadline = time.monotonic() + timeout_s
    last: object = None
    while time.monotonic() < deadline:
        try:
            found = look()
        except httpx.TransportError as error:
            found, last = None, error
        if found:
            return found
        time.sleep(every_s)
    raise AssertionError(f"{what} did not happen within {timeout_s:.0f} s; last seen: {last!r}")


class Service:
    """A process of a service on a port that it keeps across restarts."""

    def __init__(self, name: str, instance: str, env: Mapping[str, str], folder: Path, *, forked: bool) -> None:
        self.name = name
        self.instance = instance
        self._forked = forked
        self.port = free_port()
        self._env = env
        self._folder = folder
        self.child = self._new_child()

    def _new_child(self) -> Child:
        module = MODULES[self.name]
        env = clean_env("LOGLOOP_", **self._env, LOGLOOP_PORT=str(self.port))
        log = self._folder / f"{self.instance}.log"
        if self._forked:
            return ForkedService(self.instance, [module], env, log, cwd=self._folder)
        command = [sys.executable, "-m", module]
        return Child(self.instance, command, env, log, cwd=self._folder, on_parent_death="KILL")

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self, *, ready: bool = True) -> None:
        """Start the process; with `ready`, wait until the service is ready."""
        self.child = self._new_child()
        self.child.start()
        if ready:
            self.wait_ready()

    def wait_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until /readyz returns 200. Raises AssertionError with the last lines of the output."""
        self._wait("/readyz", 200, timeout_s)

    def wait_alive(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until /livez returns 200."""
        self._wait("/livez", 200, timeout_s)

    def status(self, path: str) -> int | None:
        """Return the status code of a path; None if the service is unreachable."""
        try:
            return httpx.get(self.url + path, timeout=5.0, trust_env=False, verify=WITHOUT_TLS).status_code
        except httpx.TransportError:
            return None

    def _wait(self, path: str, status: int, timeout_s: float) -> None:
        def look() -> bool:
            if self.child.exit_code() is not None:
                raise AssertionError(f"{self.instance} ended while starting:\n{self.child.last_lines(40)}")
            return self.status(path) == status

        try:
            wait_for(look, timeout_s=timeout_s, what=f"{path} of {self.instance} returning {status}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.child.last_lines(40)}") from None

    def kill(self) -> None:
        """Kill the process, as in a crash."""
        self.child.kill()

    def terminate(self, timeout_s: float) -> float:
        """Send SIGTERM and return the seconds until the process has ended. Raises AssertionError on a timeout."""
        begin = time.monotonic()
        self.child.signal(signal.SIGTERM)
        ended = self.child.wait(timeout_s)
        assert ended, f"{self.instance} still runs {timeout_s:.0f} s after SIGTERM:\n{self.child.last_lines(40)}"
        self.child.kill()
        return time.monotonic() - begin


class Platform:
    """Services that share a vhost, a database and a secret key, with a project and an admin key.

    `env` holds further LOGLOOP_ settings. To run several processes of a service, repeat its name in `services`.
    Without `forked`, each process imports its modules itself, as in production.
    """

    def __init__(
        self,
        amqp_url: str,
        mongo_url: str,
        database: str,
        folder: Path,
        *,
        services: Sequence[str] = ("query", "ingest"),
        env: Mapping[str, str] | None = None,
        project: str = PROJECT,
        forked: bool = True,
    ) -> None:
        self.project = project
        self.admin_key = new_api_key()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        common = {
            "LOGLOOP_AMQP_URL": amqp_url,
            "LOGLOOP_MONGO_URL": mongo_url,
            "LOGLOOP_MONGO_DATABASE": database,
            "LOGLOOP_SECRET_KEY": secrets.token_hex(32),
            "LOGLOOP_HOST": LOOPBACK,
            "LOGLOOP_HOME": str(folder / "home"),
            "LOGLOOP_ADMIN_EMAIL": ADMIN_EMAIL,
            "LOGLOOP_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "LOGLOOP_FIRST_API_KEY": self.admin_key,
            "LOGLOOP_LOG_LEVEL": "info",
            **(env or {}),
        }
        self.services: dict[str, Service] = {}
        for name in services:
            instance = name if name not in self.services else f"{name}-{len(self.services)}"
            self.services[instance] = Service(name, instance, common, folder, forked=forked)
            common.setdefault(f"LOGLOOP_{name.replace('-', '_').upper()}_URL", self.services[instance].url)

    def __getitem__(self, instance: str) -> Service:
        return self.services[instance]

    def start(self) -> Self:
        """Start every service that does not run, wait until all are ready, and create the project."""
        try:
            for service in self.services.values():
                if not service.child.is_running():
                    service.start(ready=False)
            for service in self.services.values():
                service.wait_ready()
            if "query" in self.services:
                self.make_project(self.project)
        except BaseException:
            self.stop()
            raise
        return self

    def make_project(self, project: str) -> None:
        """Create a project unless it exists."""
        with self.query() as client:
            response = client.post("/api/v1/projects", json={"id": project, "name": project})
        assert response.status_code in {201, 409}, response.text

    def new_key(self, *scopes: str) -> str:
        """Create a key that is limited to the project and return it."""
        fields = {"name": "program", "project_id": self.project, "scopes": list(scopes)}
        with self.query() as client:
            response = client.post("/api/v1/api-keys", json=fields)
        assert response.status_code == 201, response.text
        key: str = response.json()["key"]
        return key

    def stop(self) -> None:
        """Kill every process."""
        for service in self.services.values():
            service.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def headers(self) -> dict[str, str]:
        """Authorization header with the administrator's key."""
        return {"Authorization": f"Bearer {self.admin_key}"}

    def ingest(self) -> httpx.Client:
        """Return a client of ingest with the administrator's key."""
        return self.client("ingest")

    def query(self) -> httpx.Client:
        """Return a client of query with the administrator's key."""
        return self.client("query")

    def client(self, instance: str) -> httpx.Client:
        """Return a client of one process with the administrator's key."""
        return httpx.Client(
            base_url=self.services[instance].url,
            headers=self.headers,
            timeout=30.0,
            trust_env=False,
            verify=WITHOUT_TLS,
        )

    def send(self, entries: Sequence[Mapping[str, Any]], *, key: str | None = None) -> httpx.Response:
        """Send log entries once and return the response, whatever its status."""
        with self.ingest() as client:
            headers = {"Idempotency-Key": key} if key else {}
            return client.post("/api/v1/logs", json=list(entries), headers=headers)

    def stored_lines(self, **search: str) -> Iterator[dict[str, Any]]:
        """Yield every stored log of the project (or of a search) from the export."""
        import json

        parameters = {"project_id": self.project, "format": "ndjson", **search}
        with self.query() as client, client.stream("GET", "/api/v1/logs/export", params=parameters) as response:
            if response.status_code != 200:
                raise AssertionError(f"{response.status_code}: {response.read().decode()}")
            for line in response.iter_lines():
                if line:
                    yield json.loads(line)

    def dead_letters(self) -> list[dict[str, Any]]:
        """Return the dead letters of every service."""
        found: list[dict[str, Any]] = []
        for instance, service in self.services.items():
            prefix = "ci" if service.name == "ci-bridge" else service.name
            with self.client(instance) as client:
                response = client.get(f"/api/v1/{prefix}/dead-letters")
                assert response.status_code == 200, response.text
                found += response.json()["items"]
        return found


@contextlib.contextmanager
def frozen(child: Child, seconds: float) -> Iterator[None]:
    """Freeze a process while the body runs, for at least this many seconds."""
    begin = time.monotonic()
    child.signal(signal.SIGSTOP)
    try:
        yield
        time.sleep(max(0.0, begin + seconds - time.monotonic()))
    finally:
        child.signal(signal.SIGCONT)
