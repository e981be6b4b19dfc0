"""Real logs for the demo: those of this very RabbitMQ and mongod, and Logloop's own tests.

It must not make anything up.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from logloop.connection import Connection

OWN_LOGS = {"rabbitmq": "rabbitmq.log", "mongod": "mongod.log"}
_TESTS = "tests/unit/contracts"
_TEST_TIMEOUT_S = 180


def environment(connection: Connection) -> dict[str, str]:
    """What a child needs to reach the platform."""
    return {
        **os.environ,
        "LOGLOOP_URL": connection.url,
        "LOGLOOP_API_KEY": connection.api_key or "",
        "LOGLOOP_PROJECT": connection.require_project(),
    }


@contextmanager
def following(connection: Connection, logs: Path) -> Iterator[list[str]]:
    """`logloop send --follow` on the broker's and the database's own log files; yields the services."""
    with ExitStack() as stack:
        services = []
        for service, name in OWN_LOGS.items():
            if (logs / name).exists():
                stack.enter_context(_sender(connection, service, logs / name))
                services.append(service)
        yield services


@contextmanager
def _sender(connection: Connection, service: str, path: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "logloop.cli", "send", "--follow", "--service", service, str(path)]
    process = subprocess.Popen(  # noqa: S603  # our own program
        command, env=environment(connection), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def checkout() -> Path | None:
    """The checkout this package is installed from, None when it is installed from a wheel."""
    return next((folder for folder in Path(__file__).resolve().parents if (folder / _TESTS).is_dir()), None)


def run_own_tests(connection: Connection, folder: Path) -> str:
    """Run some of Logloop's own tests with the pytest plugin; returns the runner's closing line."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--logloop", "--logloop-service"]
    ended = subprocess.run(  # noqa: S603  # our own tests
        [*command, "logloop-tests", _TESTS],
        cwd=folder,
        env=environment(connection),
        capture_output=True,
        text=True,
        timeout=_TEST_TIMEOUT_S,
        check=False,
    )
    lines = [line for line in ended.stdout.splitlines() if line.strip()]
    return lines[-1] if lines else ended.stderr[-200:]
