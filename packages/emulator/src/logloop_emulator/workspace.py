"""Copies a checkout into the stage of a sandbox and makes it a git repository, as act expects."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 200 * 1024 * 1024
_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__"})
_GIT_ENV = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "logloop",
    "GIT_AUTHOR_EMAIL": "logloop@localhost",
    "GIT_COMMITTER_NAME": "logloop",
    "GIT_COMMITTER_EMAIL": "logloop@localhost",
}


class BadCheckout(Exception):
    """The checkout cannot be copied; the text says why."""


def copy_checkout(source: Path, target: Path) -> None:
    """Copy the files that git tracks or does not ignore; without git, all but the usual folders of tools.

    Raises BadCheckout for a symbolic link that leaves the checkout, and for too much data.
    """
    base = source.resolve()
    size = 0
    for name in _files(base):
        path, copy = base / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            if not path.resolve().is_relative_to(base):
                raise BadCheckout(f"{name} is a symbolic link that leaves the checkout; remove it")
            copy.symlink_to(path.readlink())
        elif path.is_file():
            size += path.stat().st_size
            if size > MAX_BYTES:
                raise BadCheckout(
                    f"the checkout has more than {MAX_BYTES >> 20} MiB; ignore large files in .gitignore"
                )
            shutil.copy2(path, copy)


def commit_all(folder: Path, repository: str, branch: str) -> str:
    """Make a folder a git repository with one commit and a remote, and return the commit."""
    _git(folder, "init", "--quiet", f"--initial-branch={branch}", "--template=")
    _git(folder, "remote", "add", "origin", f"https://github.com/{repository}.git")
    _git(folder, "add", "--all", "--force")
    _git(folder, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", "checkout")
    return _git(folder, "rev-parse", "HEAD").strip()


def _files(base: Path) -> Iterator[Path]:
    if (base / ".git").exists():
        listed = _git(base, "-c", "core.fsmonitor=false", "ls-files", "-z", "-co", "--exclude-standard")
        yield from (Path(name) for name in listed.split("\0") if name)
        return
    for folder, folders, names in os.walk(base):
        here = Path(folder).relative_to(base)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = [name for name in folders if name not in _SKIPPED and name not in links]
        yield from (here / name for name in (*names, *links))


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-C", os.fspath(folder), *arguments]
    done = subprocess.run(command, env=_GIT_ENV, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise BadCheckout(f"git {arguments[0]} failed: {done.stderr.strip()[:500]}")
    return done.stdout
