"""Sends real logs for the demo: those of the platform's RabbitMQ and mongod, and of Logloop's own tests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from logloop.connection import Connection

OWN_LOGS = {"rabbitmq": "rabbitmq.log", "mongod": "mongod.log"}
_TESTS = ("tests/unit/contracts/test_log_entry.py", "tests/unit/contracts/test_log_batch.py")
"""Tests that take a second."""
_TEST_TIMEOUT_S = 180


def child_environment(connection: Connection) -> dict[str, str]:
    """Return the environment that lets a child process reach the platform."""
    return {
        **os.environ,
        "LOGLOOP_URL": connection.url,
        "LOGLOOP_API_KEY": connection.api_key or "",
        "LOGLOOP_PROJECT": connection.require_project(),
    }


@contextmanager
def followed_logs(connection: Connection, logs: Path) -> Iterator[list[str]]:
    """Run `logloop send --follow` on the log files of broker and database; yield the service ids."""
    with ExitStack() as stack:
        services = []
        for service, name in OWN_LOGS.items():
            if (logs / name).exists():
                stack.enter_context(_follow(connection, service, logs / name))
                services.append(service)
        yield services


@contextmanager
def _follow(connection: Connection, service: str, path: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "logloop.cli", "send", "--follow", "--service", service, str(path)]
    process = subprocess.Popen(  # noqa: S603  # our own program
        command, env=child_environment(connection), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def checkout() -> Path | None:
    """Return the checkout that this package is installed from; None when installed from a wheel."""
    return next((folder for folder in Path(__file__).resolve().parents if (folder / _TESTS[0]).exists()), None)


def run_own_tests(connection: Connection, folder: Path) -> str:
    """Run some of Logloop's own tests with the pytest plugin; return the last line of output."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--logloop", "--logloop-service"]
    done = subprocess.run(  # noqa: S603  # our own tests
        [*command, "logloop-tests", *_TESTS],
        cwd=folder,
        env=child_environment(connection),
        capture_output=True,
        text=True,
        timeout=_TEST_TIMEOUT_S,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return lines[-1] if lines else done.stderr[-200:]
