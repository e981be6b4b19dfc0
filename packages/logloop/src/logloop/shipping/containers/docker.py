"""Finds the containers of Docker's json-file logging driver: <folder>/<id>/<id>-json.log and config.v2.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from logloop.shipping.containers.container import Container
from logloop.shipping.entries import valid_service

FOLDER = Path("/var/lib/docker/containers")
SERVICE_LABELS = ("logloop.service", "com.docker.compose.service")
MAX_CONFIG_BYTES = 4 * 1024 * 1024
MAX_LABEL_CHARS = 1024


def docker_containers(folder: Path) -> Iterator[Container]:
    """Yield the containers that have a log file. Raises OSError when the folder cannot be read."""
    for path in sorted(folder.iterdir()):
        log = path / f"{path.name}-json.log"
        if log.is_file() and (container := _container(path, log)):
            yield container


def _container(path: Path, log: Path) -> Container | None:
    """Return a container; None while Docker has not written its configuration yet."""
    config = _read(path / "config.v2.json")
    if config is None:
        return None
    inner = config.get("Config")
    inner = inner if isinstance(inner, dict) else {}
    given = inner.get("Labels")
    labels = {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
    name = str(config.get("Name") or path.name[:12]).removeprefix("/")
    service = next((labels[label] for label in SERVICE_LABELS if labels.get(label)), name)
    attributes: dict[str, Any] = {"container.id": path.name, "container.name": name}
    if image := inner.get("Image"):
        attributes["container.image.name"] = str(image)
    if shown := {key: value for key, value in labels.items() if len(value) <= MAX_LABEL_CHARS}:
        attributes["container.labels"] = shown
    return Container(path.name, name, log, valid_service(service), attributes, labels)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(MAX_CONFIG_BYTES))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
