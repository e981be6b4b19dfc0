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
