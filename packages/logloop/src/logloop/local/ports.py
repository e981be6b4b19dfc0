"""Chooses free TCP ports on loopback.

Two processes of a user never choose the same port, but another program may take it between the choice and the use.
Chosen ports lie below the range from which the system takes the ports of outgoing connections. A port from that range
is lost as soon as any connection uses it, even while the component that listens on it restarts.
"""

import contextlib
import errno
import fcntl
import itertools
import os
import random
import socket
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Self

LOOPBACK = "127.0.0.1"
# Below the first ephemeral port of Linux (32768), macOS and Windows (49152), above the defaults of common databases.
_RANGE = range(28_100, 32_768)


@contextlib.contextmanager
def exclusive_choice() -> Iterator[None]:
    """Hold a lock from the choice of ports until their use, so that two platforms never choose the same ones."""
    descriptor = _open(_lock_file("logloop-ports"))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Claims:
    """Ports that this process has chosen. No other platform of this user chooses them until `release`.

    Use one instance per process: the kernel keeps the locks per process, so closing one instance releases all.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._descriptor = _open(file or _lock_file("logloop-claimed-ports"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def choose(self, preferred: int = 0, host: str = LOOPBACK) -> int:
        """Claim and return the preferred port if it is free and unclaimed, else another one."""
        port = free_port(preferred, host)
        while not _lock(self._descriptor, port):
            port = free_port(0, host)
        return port

    def release(self) -> None:
        """Release all claims."""
        os.close(self._descriptor)


@cache
def _chosen() -> int:
    # Another file than that of Claims: a process may choose a port and pass it to a platform, which then claims it.
    return _open(_lock_file("logloop-chosen-ports"))


def _lock_file(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}.lock"


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _lock(descriptor: int, port: int) -> bool:
    try:
        # The lock on the byte at this offset represents the port; the file stays empty.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EAGAIN}:
            return False
        raise
    return True


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Return whether a listener could be opened on this port now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
        return True


def free_port(preferred: int = 0, host: str = LOOPBACK) -> int:
    """Return the preferred port if it is free, else another free port. Raise OSError if there is none.

    While this process runs, no other process of this user gets the other port from here.
    """
    if preferred and is_free(preferred, host):
        return preferred
    for port in itertools.islice(_candidates, len(_RANGE)):
        if is_free(port, host) and _lock(_chosen(), port):
            return port
    raise OSError(errno.EADDRINUSE, f"no free port from {_RANGE.start} to {_RANGE.stop - 1} on {host}")


# Each process walks the range in its own order, so that two processes rarely try the same port at the same time.
_candidates = itertools.cycle(random.SystemRandom().sample(_RANGE, len(_RANGE)))


def is_listening(port: int, host: str = LOOPBACK) -> bool:
    """Return whether something accepts connections on this port."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def wait_listening(port: int, *, timeout_s: float, host: str = LOOPBACK) -> bool:
    """Wait until something accepts connections on a port. Return False after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not is_listening(port, host):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
