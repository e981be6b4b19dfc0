"""The Erlang applications that a RabbitMQ node needs, read from their `.app` files.

Erlang searches for each module in one folder after another. The node has one folder for each of about 70 plugins and
20 for Erlang itself, so a start tries to open 50,000 files that do not exist. With the folders of the needed
applications in front, it tries a third of them and takes about half of the CPU.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_APPLICATIONS = re.compile(r"\{\s*applications\s*,\s*\[([^\]]*)\]")
_OUTSIDE_ITS_APP_FILE = ("mnesia",)  # the broker starts Mnesia itself


@dataclass(frozen=True)
class NeededApps:
    """Folders of applications, such as `ra-2.2.0`: those beside the broker, and those of Erlang."""

    plugins: tuple[Path, ...]
    erlang: tuple[Path, ...]


def needed_apps(plugins: Path, erlang: Path, roots: Iterable[str]) -> NeededApps | None:
    """Return the applications that `roots` depend on, roots included.

    `plugins` and `erlang` hold one folder for each application. Return None if one is in neither, for example because
    it is packed in an archive.
    """
    beside_broker, of_erlang = _folders(plugins), _folders(erlang)
    found: dict[str, Path] = {}
    left = [*roots, *_OUTSIDE_ITS_APP_FILE]
    while left:
        name = left.pop()
        if name in found:
            continue
        folder = beside_broker.get(name) or of_erlang.get(name)
        if folder is None:
            return None
        found[name] = folder
        described = _APPLICATIONS.search((folder / "ebin" / f"{name}.app").read_text(errors="replace"))
        left += re.findall(r"\w+", described[1]) if described else []
    needed = sorted(found.values())
    return NeededApps(
        tuple(folder for folder in needed if folder.parent == plugins),
        tuple(folder for folder in needed if folder.parent == erlang),
    )


def _folders(parent: Path) -> dict[str, Path]:
    """Return the folders that hold an application, by its name; of several versions the last."""
    if not parent.is_dir():
        return {}
    return {app.stem: app.parent.parent for app in sorted(parent.glob("*/ebin/*.app"))}
