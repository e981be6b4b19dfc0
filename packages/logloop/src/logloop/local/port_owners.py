"""Finds out which process listens on a loopback port."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from logloop.local.errors import CannotStart
from logloop.local.ports import is_free, is_listening

_PROC = Path("/proc")
_LISTEN = "0A"


def listening_sockets(table: str, port: int) -> set[str]:
    """Return the inodes of the sockets that listen on a port, from the text of /proc/net/tcp or tcp6."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return {row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == _LISTEN}


def owns(pid: int, port: int) -> bool:
    """Return whether this process listens on the port. Without /proc (not Linux): whether any process does."""
    # To connect costs a hundredth of reading the table, and this is asked many times while a component starts.
    if not is_listening(port) or not (_PROC / "net" / "tcp").exists():
        return is_listening(port)
    sockets = _sockets(port)
    return bool(sockets) and not sockets.isdisjoint(_open_files(pid))


def require_free(component: str, port: int) -> None:
    """Raise CannotStart, naming the process that holds the port, if a component cannot listen on it."""
    if not is_free(port):
        raise CannotStart(
            f"{component} needs port {port}, which {_holder(port)} uses; stop that program, "
            "or restart Logloop, which then chooses another port"
        )


def _holder(port: int) -> str:
    with contextlib.suppress(OSError):
        sockets = _sockets(port)
        for folder in _PROC.glob("[0-9]*"):
            if not sockets.isdisjoint(_open_files(int(folder.name))):
                return f"process {folder.name} ({(folder / 'comm').read_text().strip()})"
    return "another program"


def _sockets(port: int) -> set[str]:
    # A listener for all addresses may be one of IPv6 that takes IPv4 as well.
    tables = [path.read_text() for path in (_PROC / "net" / "tcp", _PROC / "net" / "tcp6") if path.exists()]
    return {f"socket:[{inode}]" for table in tables for inode in listening_sockets(table, port)}


def _open_files(pid: int) -> Iterator[str]:
    # A process may end or close a file meanwhile; processes of other users are not readable.
    with contextlib.suppress(FileNotFoundError, PermissionError, ProcessLookupError):
        for entry in (_PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                yield str(entry.readlink())
