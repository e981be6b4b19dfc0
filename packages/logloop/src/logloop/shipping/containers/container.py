"""One container with a log file, and which of them are followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Container:
    """A container whose log is at `path`. `attributes` are added to each of its entries."""

    key: str
    name: str
    path: Path
    service: str
    attributes: dict[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Selection:
    """Patterns of containers to follow and to leave out; without `include`, all are followed.

    `label=value` is a pattern for the value of a label; anything else one for names, or the name of a label.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def selects(self, container: Container) -> bool:
        """Return whether a container is followed."""
        if any(_matches(container, pattern) for pattern in self.exclude):
            return False
        return not self.include or any(_matches(container, pattern) for pattern in self.include)


def _matches(container: Container, pattern: str) -> bool:
    label, found, value = pattern.partition("=")
    if found:
        return label in container.labels and fnmatchcase(container.labels[label], value)
    return fnmatchcase(container.name, pattern) or pattern in container.labels
