"""Runs docker-compose.yml as a project of its own, and removes all of it afterwards."""

import contextlib
import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from logloop.local.ports import free_port

ROOT = Path(__file__).parents[2]
IMAGES = ("ingest", "query", "analyzer", "ci-bridge", "emulator", "gateway")
_COMMAND_TIMEOUT_S = 300.0
_BUILD_TIMEOUT_S = 1800.0
_PROBE_TIMEOUT_S = 20.0
_HEALTHY_TIMEOUT_S = 240
_LOG_LINES = 25
_ENDS_BY_ITSELF = "broker-accounts"

T = TypeVar("T")


class NoEngine(Exception):
    """No Docker engine can be used. The message says what is missing."""


class Failed(Exception):
    """A step did not do what it should."""


def eventually(check: Callable[[], T | None], what: str, timeout_s: float = 90.0) -> T:
    """Return the first true result of `check`. Raises Failed after the time limit."""
    deadline = time.monotonic() + timeout_s
    while not (found := check()):
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not after {timeout_s:.0f} s")
        time.sleep(0.25)
    return found


def require_engine() -> str:
    """Return the versions of engine and compose. Raises NoEngine."""
    engine = _probe("docker", "version", "--format", "{{.Server.Version}}")
    compose = _probe("docker", "compose", "version", "--short")
    return f"Docker Engine {engine}, Compose {compose}"


def _probe(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoEngine(f"`{' '.join(command[:3])}` failed: {error}") from error
    if done.returncode != 0 or not done.stdout.strip():
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise NoEngine(f"`{' '.join(command[:3])}` failed: {reason}")
    return done.stdout.strip()


class Stack:
    """The containers, networks, volumes and images of one run. Only its port on loopback can be reached."""

    def __init__(self) -> None:
        # Also the tag of the images, so that two runs on one engine do not disturb each other.
        self.project = f"logloop-check-{secrets.token_hex(4)}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # Nothing of the caller's own installation may reach this one.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOGLOOP_", "COMPOSE_"))}
        self._env = {
            **kept,
            "LOGLOOP_SECRET_KEY": secrets.token_urlsafe(48),
            "LOGLOOP_BROKER_PASSWORD": secrets.token_urlsafe(48),
            "LOGLOOP_EMULATOR_TOKEN": secrets.token_urlsafe(48),
            "LOGLOOP_ADMIN_EMAIL": "admin@logloop.local",
            "LOGLOOP_ADMIN_PASSWORD": "",
            "LOGLOOP_BIND": "127.0.0.1",
            "LOGLOOP_PORT": str(self.port),
            "LOGLOOP_PUBLIC_URL": self.url,
            "LOGLOOP_VERSION": self.project,
        }

    def compose(self, *arguments: str, timeout_s: float = _COMMAND_TIMEOUT_S) -> str:
        """Run `docker compose` and return its output. Raises Failed."""
        options = ("--project-name", self.project, "--env-file", os.devnull, "--ansi", "never")
        return self.docker("compose", *options, *arguments, timeout_s=timeout_s)

    def docker(self, *arguments: str, timeout_s: float = _COMMAND_TIMEOUT_S) -> str:
        """Run `docker` and return its output. Raises Failed."""
        try:
            done = subprocess.run(
                ["docker", *arguments],
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"`docker {' '.join(arguments)}` did not end within {timeout_s:.0f} s") from error
        if done.returncode != 0:
            raise Failed(f"`docker {' '.join(arguments)}`: {(done.stdout + done.stderr).strip()[-2000:]}")
        return done.stdout

    def build(self) -> None:
        """Build the images one after another, which needs the least memory."""
        for name in IMAGES:
            self.compose("build", name, timeout_s=_BUILD_TIMEOUT_S)

    def up(self, **instances: int) -> None:
        """Start what does not run, with this many instances of services, and wait until all are healthy."""
        scale = [text for name, count in instances.items() for text in ("--scale", f"{name}={count}")]
        self.compose(
            "up", "--no-build", "--no-recreate", "--detach", "--wait", "--wait-timeout", str(_HEALTHY_TIMEOUT_S),
            *scale, timeout_s=_HEALTHY_TIMEOUT_S + 60,
        )  # fmt: skip

    def wait_healthy(self) -> None:
        """Wait until every container is healthy."""
        eventually(self._is_healthy, "every container is healthy", _HEALTHY_TIMEOUT_S)

    def _is_healthy(self) -> bool:
        containers = [container for container in self._listed("--all") if container["Service"] != _ENDS_BY_ITSELF]
        return bool(containers) and all(container["Health"] == "healthy" for container in containers)

    def _listed(self, *arguments: str) -> list[dict[str, Any]]:
        # One object a line since Compose 2.21, one list before it.
        text = self.compose("ps", "--format", "json", *arguments).strip()
        if text.startswith("["):
            listed: list[dict[str, Any]] = json.loads(text)
            return listed
        return [json.loads(line) for line in text.splitlines()]

    def containers(self, service: str) -> list[str]:
        """Return the names of the running containers of a service."""
        return sorted(container["Name"] for container in self._listed(service))

    def fetch_inside(self, container: str, url: str) -> str:
        """Return what a container's own HTTP server responds to a request from inside it."""
        program = f"import urllib.request as r; print(r.urlopen({url!r}, timeout=5).read().decode())"
        return self.docker("exec", container, "python", "-c", program)

    def kill(self, container: str) -> None:
        """Kill the main process as a crash would. `docker kill` would also suspend the restart policy."""
        pid = self.docker("inspect", "--format", "{{.State.Pid}}", container).strip()
        # From a container that sees the processes of the host, so that root on this machine is not needed.
        self.docker(
            "run", "--rm", "--pid", "host", "--network", "none", "--user", "0", "--entrypoint", "bash",
            f"logloop-ingest:{self.project}", "-c", f"kill -9 {int(pid)}",
        )  # fmt: skip

    def started_at(self, container: str) -> str:
        """Return when a container was started last."""
        return self.docker("inspect", "--format", "{{.State.StartedAt}}", container).strip()

    def image_sizes(self) -> dict[str, int]:
        """Return the size of each built image in bytes, with the layers of its base image."""
        size = ("image", "inspect", "--format", "{{.Size}}")
        return {name: int(self.docker(*size, f"logloop-{name}:{self.project}")) for name in IMAGES}

    def last_lines(self) -> str:
        """Return the state and the last output of all containers."""
        parts = []
        for command in (("ps", "--all"), ("logs", "--tail", str(_LOG_LINES))):
            with contextlib.suppress(Failed):
                parts.append(self.compose(*command))
        return "\n".join(parts)

    def remove(self) -> list[str]:
        """Remove containers, networks, volumes and images, and return what went wrong. The build cache stays."""
        problems = []
        for step in (self._remove_containers, self._remove_images, self._require_nothing_left):
            try:
                step()
            except Failed as problem:
                problems.append(str(problem))
        return problems

    def _remove_containers(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "30")

    def _remove_images(self) -> None:
        if images := self._images():
            self.docker("image", "rm", *images)

    def _images(self) -> list[str]:
        tagged = f"reference=logloop-*:{self.project}"
        return self.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", tagged).splitlines()

    def _require_nothing_left(self) -> None:
        label = f"label=com.docker.compose.project={self.project}"
        lists = (
            ("ps", "--all", "--quiet", "--filter", label),
            ("volume", "ls", "--quiet", "--filter", label),
            ("network", "ls", "--quiet", "--filter", label),
        )
        left = [line for command in lists for line in self.docker(*command).splitlines()] + self._images()
        if left:
            raise Failed(f"left over: {', '.join(left)}")
