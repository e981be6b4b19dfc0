"""The data folder of a local platform: its lock, and the secrets that are generated once."""

import contextlib
import fcntl
import json
import os
import secrets
import shlex
import shutil
import stat
import string
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from logloop.local.errors import CannotStart

FIRST_PROJECT = "demo"
ADMIN_EMAIL = "admin@logloop.local"
_OTHERS = 0o077
"""Mode bits of the group and of all other users."""
_LETTERS = string.ascii_lowercase + string.digits


def home_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return LOGLOOP_HOME, else `logloop` in the user's data folder."""
    if named := environ.get("LOGLOOP_HOME"):
        return Path(named).expanduser().absolute()
    data = environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "logloop"


class Home:
    """A data folder, which one process holds from `open` to `close`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.credentials = folder / "credentials.json"
        self._lock: TextIO | None = None

    def open(self) -> None:
        """Create the folder if necessary and lock it, so that only this user can read it and what is in it.

        Raises CannotStart if another instance holds it, or if it cannot be made private.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make_private()
            self.logs.mkdir(exist_ok=True, mode=0o700)
            lock = (self.folder / "lock").open("a+")
        except OSError as error:
            raise CannotStart(f"the data folder {self.folder} cannot be used: {error}; set LOGLOOP_HOME") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise CannotStart(
                f"Logloop already runs with the data folder {self.folder} (process {owner}){self._at()}; "
                "use it, stop it, or set LOGLOOP_HOME to another folder"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _make_private(self) -> None:
        """Take the rights of other users from the folder and from files that an earlier version left readable."""
        found = self.folder.stat()
        if found.st_uid != os.geteuid():
            raise CannotStart(f"the data folder {self.folder} belongs to another user; set LOGLOOP_HOME")
        is_ours = any((self.folder / name).exists() for name in ("lock", "secrets.json"))
        if found.st_mode & _OTHERS:
            if not is_ours and any(self.folder.iterdir()):
                raise CannotStart(
                    f"the data folder {self.folder} is open to other users and holds other files; "
                    f"run chmod 700 {shlex.quote(str(self.folder))}, or set LOGLOOP_HOME to an empty folder"
                )
            self.folder.chmod(0o700)
        if is_ours:
            for path in self.folder.rglob("*"):
                _take_from_others(path)

    def _at(self) -> str:
        try:
            return f" at {json.loads(self.credentials.read_text())['url']}"
        except (OSError, ValueError, KeyError):
            return ""  # it has not finished its first start

    def command(self, environ: Mapping[str, str] = os.environ) -> str:
        """Return how to call the command line in another terminal.

        By name if the shell finds it, else by path; with LOGLOOP_HOME if the data folder is not the default one.
        """
        beside = Path(sys.executable).with_name("logloop")
        command = "logloop"
        if not shutil.which(command) and beside.exists():
            command = os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)
        if self.folder == home_folder({**environ, "LOGLOOP_HOME": ""}):
            return command
        return f"LOGLOOP_HOME={shlex.quote(str(self.folder))} {command}"

    def close(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def secrets(self) -> dict[str, str]:
        """Return the secrets of the first start: secret_key, broker_password, admin_password, api_key."""
        path = self.folder / "secrets.json"
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        fresh = {
            "secret_key": secrets.token_urlsafe(48),
            "broker_password": _random(32),
            "admin_password": _random(20),
            "api_key": f"llk_{_random(10)}_{_random(32)}",
        }
        if not fresh.keys() <= kept.keys():
            kept = {**fresh, **kept}
            write_private(path, kept)
        return kept


def _take_from_others(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # a file of a running instance may disappear
        mode = path.lstat().st_mode
        if mode & _OTHERS and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON that only this user can read, atomically."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(dict(content), file, indent=2)
        file.write("\n")
    draft.replace(path)
