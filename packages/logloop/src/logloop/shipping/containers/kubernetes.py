"""Finds the containers of a Kubernetes node: <folder>/<pod>_<namespace>_<container>-<id>.log, in CRI format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from logloop.shipping.containers.container import Container
from logloop.shipping.entries import valid_service

FOLDER = Path("/var/log/containers")
_NAME = re.compile(r"(?P<pod>[^_]+)_(?P<namespace>[^_]+)_(?P<container>.+)-(?P<id>[0-9a-f]{64})\.log")


def kubernetes_containers(folder: Path) -> Iterator[Container]:
    """Yield the containers that have a log file. Raises OSError when the folder cannot be read.

    The files are links to those of the pods, beside which rotated files are.
    """
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        labels = {name: match[name] for name in ("namespace", "pod", "container")}
        attributes = {f"k8s.{name}.name": value for name, value in labels.items()} | {"container.id": match["id"]}
        name = f"{match['namespace']}/{match['pod']}/{match['container']}"
        yield Container(path.name, name, path.resolve(), valid_service(match["container"]), attributes, labels)
