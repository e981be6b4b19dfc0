"""A private RabbitMQ node with its own name, ports, cookie and folders, on loopback only.

It uses nothing of the distribution's own broker in /etc and /var.
"""

import json
import secrets
import shutil
import signal
import socket
import subprocess
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote

from logloop.local.erlang_apps import needed_apps
from logloop.local.errors import CannotStart
from logloop.local.home import write_private
from logloop.local.port_owners import owns, require_free
from logloop.local.ports import LOOPBACK, free_port
from logloop.local.processes import Child, clean_env, wait_ready

# Not the wrappers in /usr/sbin, which change the user and require the distribution's folders.
_SERVER_PATHS = (Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),)
_START_TIMEOUT_S = 90.0
_STOP_TIMEOUT_S = 30.0
_NODE = "logloop@localhost"


def find_server() -> Path | None:
    """Return the actual `rabbitmq-server` script, or None if RabbitMQ is not installed."""
    for path in _SERVER_PATHS:
        if path.exists():
            return path
    found = shutil.which("rabbitmq-server")
    return Path(found).resolve() if found else None


@dataclass(frozen=True)
class RabbitSettings:
    """Limits and names of a node. Sizes in bytes. `management` opens the HTTP API on a separate port.

    The node imports `definitions` at every start; a new node then has no other accounts than those.
    """

    user: str = "guest"
    password: str = "guest"  # noqa: S105  # RabbitMQ's default, on loopback only
    management: bool = False
    memory_limit: int = 1 << 30
    disk_free_limit: int = 256 << 20
    on_parent_death: str = "TERM"
    definitions: Mapping[str, Any] | None = None


class RabbitNode:
    """One broker with its data in `folder`. It can be started, stopped, killed and restarted."""

    name = "RabbitMQ"

    def __init__(
        self, folder: Path, settings: RabbitSettings | None = None, *, port: int = 0, logs: Path | None = None
    ) -> None:
        self.folder = folder
        self.settings = settings or RabbitSettings()
        self.port = free_port(port)
        self.management_port = free_port() if self.settings.management else 0
        self.log = (logs or folder / "log") / "rabbitmq.log"
        self._children: list[Child] = []
        self._erlang_apps: tuple[Path, ...] = ()

    @property
    def url(self) -> str:
        """The AMQP URL of the default vhost."""
        return self.vhost_url("/")

    def vhost_url(self, vhost: str) -> str:
        """Return the AMQP URL of a vhost."""
        path = "" if vhost == "/" else quote(vhost, safe="")
        return self.account_url(self.settings.user, self.settings.password) + path

    def account_url(self, user: str, password: str) -> str:
        """Return the AMQP URL of the default vhost for an account."""
        return f"amqp://{quote(user, safe='')}:{quote(password, safe='')}@{LOOPBACK}:{self.port}/"

    @property
    def broker(self) -> Child:
        """The Erlang VM process, to read its pid or to freeze it."""
        return self._children[-1]

    def start(self) -> None:
        """Start the node and wait until it accepts connections on its port. Raises CannotStart."""
        server = find_server()
        if server is None:
            raise CannotStart("RabbitMQ is not installed; run: sudo apt-get install rabbitmq-server")
        self.kill()  # one of the two processes may still run
        self._require_ports()
        self._prepare(server)
        epmd = self._child("epmd", [_erlang_program("epmd"), "-port", str(self._epmd_port), "-address", LOOPBACK])
        broker = self._child("rabbitmq", [str(server)])
        self._children = [epmd, broker]
        try:
            epmd.start()
            wait_ready(epmd, lambda: owns(epmd.pid, self._epmd_port), timeout_s=10.0)
            broker.start()
            wait_ready(broker, self._answers, timeout_s=_START_TIMEOUT_S)
        except CannotStart:
            self.kill()
            self._require_ports()  # another program may have taken the port
            raise
        except BaseException:
            self.kill()
            raise

    def is_running(self) -> bool:
        """Return whether both of its processes run."""
        return len(self._children) == 2 and all(child.is_running() for child in self._children)

    def stop(self) -> None:
        """Stop it cleanly; durable messages remain."""
        for child in reversed(self._children):
            child.stop(_STOP_TIMEOUT_S)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Kill the broker, as a crash would, and epmd with it."""
        for child in reversed(self._children):
            if number != signal.SIGKILL and child.is_running():
                child.signal(number)
                child.wait(5.0)
            child.kill()

    def add_vhost(self, name: str) -> str:
        """Create a vhost through the management API and return its AMQP URL."""
        self.management("PUT", f"/api/vhosts/{quote(name, safe='')}")
        permissions = {"configure": ".*", "write": ".*", "read": ".*"}
        self.management("PUT", f"/api/permissions/{quote(name, safe='')}/{quote(self.settings.user)}", permissions)
        return self.vhost_url(name)

    def delete_vhost(self, name: str) -> None:
        """Delete a vhost with its contents; its connections are closed."""
        self.management("DELETE", f"/api/vhosts/{quote(name, safe='')}")

    def management(self, method: str, path: str, body: object = None) -> object:
        """Call the management API and return the parsed JSON response, or None. Raises urllib's HTTPError."""
        if not self.management_port:
            raise RuntimeError("this node was started without the management API")
        request = urllib.request.Request(  # a loopback address
            f"http://{LOOPBACK}:{self.management_port}{path}",
            method=method,
            data=None if body is None and method == "GET" else json.dumps(body if body is not None else {}).encode(),
            headers={"Authorization": f"Basic {self._basic()}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            content = answer.read()
        return json.loads(content) if content else None

    def call(self, function: str) -> str:
        """Call an Erlang function of the broker, as `module function [arguments]`, and return its result.

        Unlike `rabbitmqctl`, `erl_call` starts no Erlang VM of its own. Raises CalledProcessError or ValueError.
        """
        done = subprocess.run(
            [_erlang_program("erl_call"), "-n", _NODE, "-a", function],
            env=self._env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        if done.stdout.startswith("{badrpc"):
            raise ValueError(f"{function}: {done.stdout}")
        return done.stdout

    def _basic(self) -> str:
        return b64encode(f"{self.settings.user}:{self.settings.password}".encode()).decode()

    def _require_ports(self) -> None:
        for port in filter(None, (self.port, self.management_port)):
            require_free(self.name, port)

    def _answers(self) -> bool:
        if not owns(self.broker.pid, self.port) or not self._speaks_amqp():
            return False
        if not self.management_port:
            return True
        if not owns(self.broker.pid, self.management_port):
            return False
        try:
            self.management("GET", "/api/overview")
        except (HTTPError, URLError, OSError):
            return False
        return True

    def _speaks_amqp(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1.0) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(connection.recv(8))
        except OSError:
            return False

    def _child(self, name: str, command: list[str]) -> Child:
        death = "KILL" if self.settings.on_parent_death == "KILL" or name == "epmd" else "TERM"
        return Child(
            name,
            command,
            self._env(),
            self.log.with_name(f"{name}.out"),
            cwd=self.folder,
            on_parent_death="KILL" if death == "KILL" else "TERM",
        )

    def _env(self) -> dict[str, str]:
        folder = self.folder
        return clean_env(
            "RABBITMQ_",
            "ERL_",
            "NOTIFY_SOCKET",
            HOME=str(folder),
            ERL_EPMD_PORT=str(self._epmd_port),
            ERL_EPMD_ADDRESS=LOOPBACK,
            # Makes the script `exec` the Erlang VM, so that our child *is* the broker.
            RUNNING_UNDER_SYSTEMD="true",
            RABBITMQ_NODENAME=_NODE,
            RABBITMQ_DIST_PORT=str(self._dist_port),
            RABBITMQ_MNESIA_BASE=str(folder / "data"),
            RABBITMQ_LOG_BASE=str(self.log.parent),
            RABBITMQ_LOGS=str(self.log),
            RABBITMQ_CONF_ENV_FILE=str(folder / "none.conf"),
            RABBITMQ_CONFIG_FILE=str(folder / "rabbitmq.conf"),
            RABBITMQ_ADVANCED_CONFIG_FILE=str(folder / "none.config"),
            RABBITMQ_ENABLED_PLUGINS_FILE=str(folder / "enabled_plugins"),
            RABBITMQ_GENERATED_CONFIG_DIR=str(folder / "generated"),
            RABBITMQ_PID_FILE=str(folder / "rabbitmq.pid"),
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=" ".join(
                ["-kernel inet_dist_use_interface {127,0,0,1}", *(f"-pa {app}/ebin" for app in self._erlang_apps)]
            ),
            **({"RABBITMQ_PLUGINS_DIR": str(folder / "plugins")} if self._erlang_apps else {}),
        )

    def _prepare(self, server: Path) -> None:
        self._epmd_port = free_port()
        self._dist_port = free_port()
        for part in (self.folder / "data", self.folder / "generated", self.log.parent):
            part.mkdir(parents=True, exist_ok=True)
        plugins = ["rabbitmq_management"] if self.settings.management else []
        (self.folder / "enabled_plugins").write_text(f"[{','.join(plugins)}].\n")
        self._link_apps(server, ["rabbit", *plugins])
        (self.folder / "rabbitmq.conf").write_text(self._configuration())
        (self.folder / "rabbitmq.conf").chmod(0o600)
        if self.settings.definitions is not None:
            write_private(self._definitions, self.settings.definitions)
        _write_cookie(self.folder / ".erlang.cookie")

    def _link_apps(self, server: Path, roots: list[str]) -> None:
        """Give the node a folder of plugins that holds only what it needs: it starts faster."""
        plugins = self.folder / "plugins"
        shutil.rmtree(plugins, ignore_errors=True)
        erlang = _erlang_libraries()
        needed = needed_apps(server.resolve().parent.parent / "plugins", erlang, roots)
        if set(f"{plugins}{erlang}") & set(": \t\n"):  # separators in the settings of the node
            needed = None
        self._erlang_apps = needed.erlang if needed else ()
        if needed:
            plugins.mkdir()
            for app in needed.plugins:
                (plugins / app.name).symlink_to(app)

    @property
    def _definitions(self) -> Path:
        return self.folder / "definitions.json"

    def _configuration(self) -> str:
        settings = self.settings
        lines = [
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}",
            f"default_user = {settings.user}",
            f"default_pass = {settings.password}",
            f"vm_memory_high_watermark.absolute = {settings.memory_limit}",
            f"disk_free_limit.absolute = {settings.disk_free_limit}",
            "log.file.level = info",
            "log.console = false",
            "log.file.rotation.size = 10485760",
            "log.file.rotation.count = 2",
        ]
        if settings.definitions is not None:
            lines.append(f"load_definitions = {self._definitions}")
        if self.management_port:
            lines += [
                f"management.tcp.ip = {LOOPBACK}",
                f"management.tcp.port = {self.management_port}",
                "management_agent.disable_metrics_collector = true",
            ]
        return "\n".join(lines) + "\n"


def _write_cookie(path: Path) -> None:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(20))
    path.chmod(0o400)


def _erlang_libraries() -> Path:
    return Path(_erlang_program("erl")).resolve().parent.parent / "lib"


def _erlang_program(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    for path in sorted(Path("/usr/lib/erlang").glob(f"erts-*/bin/{name}")):
        return str(path)
    raise CannotStart(f"Erlang's {name} is missing; run: sudo apt-get install --reinstall erlang-base")
