"""Finds the workflow files of a checkout, its repository and its commit."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(".github/workflows")
_SUFFIXES = (".yml", ".yaml")
_REPOSITORY = re.compile(r"[:/]([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+?)(?:\.git)?/?$")
_GIT_SECONDS = 10


def workflow_files(paths: Sequence[Path]) -> list[Path]:
    """Return the workflow files that paths name: files, folders of them, or checkouts. Raises OSError."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            path.stat()
            found[path] = None
            continue
        folder = path / FOLDER if (path / FOLDER).is_dir() else path
        for file in sorted(folder.iterdir()):
            if file.suffix in _SUFFIXES and file.is_file():
                found[file] = None
    return list(found)


def repository_of(folder: Path) -> str | None:
    """Return owner/name of the remote `origin`, None when there is none."""
    match = _REPOSITORY.search(_git(folder, "config", "--get", "remote.origin.url"))
    return match[1] if match else None


def commit_of(folder: Path) -> str | None:
    """Return the commit that is checked out, None outside of a repository."""
    return _git(folder, "rev-parse", "HEAD") or None


def _git(folder: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(folder if folder.is_dir() else folder.parent), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
