"""Provides the platform for the demo: the one running on this machine, else one started for the demo."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from logloop.connection import Connection, resolve
from logloop.errors import LogloopError
from logloop.local.home import Home, home_folder

_STOP_TIMEOUT_S = 60


@dataclass(frozen=True)
class DemoPlatform:
    """A running platform. `started` is set when it runs only for the demo; `command` is how to call the CLI."""

    connection: Connection
    logs: Path
    started: bool
    command: str


@contextmanager
def running_platform() -> Iterator[DemoPlatform]:
    """Yield a running platform on this machine; start one if needed. Raises LogloopError when that fails."""
    home = Home(home_folder())
    connection = resolve()
    if connection.is_loopback and knows_us(connection):
        yield DemoPlatform(connection, home.logs, started=False, command=home.command())
        return
    process = subprocess.Popen([sys.executable, "-m", "logloop.local", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise LogloopError("the platform did not start; see the lines above")
        ready = json.loads(line)
        connection = resolve(ready["url"], project=ready["project"], environ=_environment())
        yield DemoPlatform(connection, home.logs, started=True, command=home.command())
    finally:
        process.terminate()
        process.wait(_STOP_TIMEOUT_S)


def _environment() -> dict[str, str]:
    """Return the environment without the settings that may name another platform."""
    return {name: value for name, value in os.environ.items() if name not in ("LOGLOOP_URL", "LOGLOOP_API_KEY")}


def knows_us(connection: Connection) -> bool:
    """Return whether a platform responds and accepts our key; another program may listen on the default port."""
    if not connection.project:
        return False
    headers = {"Authorization": f"Bearer {connection.api_key}"} if connection.api_key else {}
    try:
        response = httpx.get(f"{connection.url}/api/v1/session", headers=headers, timeout=3, trust_env=False)
    except httpx.HTTPError:
        return False
    return response.status_code == httpx.codes.OK
