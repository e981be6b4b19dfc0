"""The platform that the demo runs on: the one that is up on this machine, else one it starts and stops again.

It must not touch a platform on another machine.
"""

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
class Stage:
    """Where the demo plays. `ours` tells that the platform was started for it; `command` calls the command line."""

    connection: Connection
    logs: Path
    ours: bool
    command: str


@contextmanager
def stage() -> Iterator[Stage]:
    """A running platform on this machine. Raises LogloopError when there is none and none can be started."""
    home = Home(home_folder())
    connection = resolve()
    if connection.is_loopback and knows_us(connection):
        yield Stage(connection, home.logs, ours=False, command=home.command())
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "logloop.local", "--json"], stdout=subprocess.PIPE, text=True
    )  # our own program
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise LogloopError("the platform did not start; the lines above say why")
        ready = json.loads(line)
        connection = resolve(ready["url"], project=ready["project"], environ=_environment())
        yield Stage(connection, home.logs, ours=True, command=home.command())
    finally:
        process.terminate()
        process.wait(_STOP_TIMEOUT_S)


def _environment() -> dict[str, str]:
    """The environment without what points to another platform."""
    return {name: value for name, value in os.environ.items() if name not in ("LOGLOOP_URL", "LOGLOOP_API_KEY")}


def knows_us(connection: Connection) -> bool:
    """Whether a platform answers there and takes our key; what listens on the usual port may be somebody else's."""
    if not connection.project:
        return False
    headers = {"Authorization": f"Bearer {connection.api_key}"} if connection.api_key else {}
    try:
        answer = httpx.get(f"{connection.url}/api/v1/session", headers=headers, timeout=3, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK
