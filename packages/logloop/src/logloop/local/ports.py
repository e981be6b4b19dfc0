"""Free TCP ports on loopback.

It must not hold a port: between the answer and its use somebody else may take it.
"""

import contextlib
import errno
import fcntl
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def choosing_alone() -> Iterator[None]:
    """Held from the choice of ports until they are in use, so that two platforms never choose the same ones."""
    path = Path(tempfile.gettempdir()) / f"logloop-ports-{os.getuid()}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Claims:
    """Ports that this process has chosen, used or not: no other platform of this user chooses them until `release`.

    Use one a process: closing one would give the claims of all back, as the kernel counts locks by process.
    """

    def __init__(self, file: Path | None = None) -> None:
        path = file or Path(tempfile.gettempdir()) / f"logloop-claimed-ports-{os.getuid()}.lock"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def choose(self, preferred: int = 0, host: str = LOOPBACK) -> int:
        """The preferred port when nobody has it or claims it, else any other; it is ours from now on."""
        port = free_port(preferred, host)
        while not self._claim(port):
            port = free_port(0, host)
        return port

    def release(self) -> None:
        """Let others choose them."""
        os.close(self._descriptor)

    def _claim(self, port: int) -> bool:
        try:
            # The byte at this offset stands for the port; the file itself stays empty.
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError as error:
            if error.errno in {errno.EACCES, errno.EAGAIN}:
                return False
            raise
        return True


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a listener could be opened on this port now."""
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
    """The preferred port when it is free, else any free one."""
    if preferred and is_free(preferred, host):
        return preferred
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int, host: str = LOOPBACK) -> bool:
    """Whether something accepts connections on this port."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def wait_listening(port: int, *, timeout_s: float, host: str = LOOPBACK) -> bool:
    """Wait until something accepts connections on a port; False after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not is_listening(port, host):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
