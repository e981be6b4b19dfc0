"""A network between the services and their nodes that a test can cut: a namespace with a virtual cable.

The services connect to an address in the namespace. A forwarder accepts there and connects to the nodes on loopback.
A cut drops every packet silently, as a pulled cable does: neither side gets a reset.
"""

import asyncio
import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.relay import forward

_CLONE_NEWNET = 0x40000000
_RULES = """
add table inet cut
add set inet cut ports { type inet_service; }
add chain inet cut input { type filter hook input priority 0; }
add chain inet cut output { type filter hook output priority 0; }
add rule inet cut input tcp dport @ports drop
add rule inet cut output tcp sport @ports drop
"""


class NetworkLink:
    """A forwarder at `address` in a network namespace."""

    def __init__(self, namespace: str, address: str) -> None:
        self.address = address
        self._namespace = namespace
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself keeps weak references only
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network-link", daemon=True)
        self._thread.start()

    def url(self, url: str) -> str:
        """Forward to a node on loopback, and return its URL with the address of the link."""
        parts = urlsplit(url)
        assert parts.port is not None
        self._call(self._serve(self._listener(parts.port), parts.port))
        address = parts.netloc.replace(f"127.0.0.1:{parts.port}", f"{self.address}:{parts.port}")
        return parts._replace(netloc=address).geturl()

    def cut(self, *urls: str) -> None:
        """Drop every packet from and to the ports of these URLs."""
        ports = ", ".join(str(urlsplit(url).port) for url in urls)
        self._nft(f"add element inet cut ports {{ {ports} }}")

    def heal(self) -> None:
        """Let all packets through."""
        self._nft("flush set inet cut ports")

    def close(self) -> None:
        """Close all sockets: each would keep the namespace alive."""
        self._call(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _nft(self, command: str) -> None:
        _run("ip", "netns", "exec", self._namespace, "nft", command)

    def _listener(self, port: int) -> socket.socket:
        """Return a socket that listens in the namespace. A socket stays in the namespace in which it is created."""
        created: list[socket.socket] = []

        def create() -> None:
            with Path("/run/netns", self._namespace).open() as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns failed")
            created.append(socket.create_server((self.address, port)))

        thread = threading.Thread(target=create)
        thread.start()
        thread.join()
        return created[0]

    async def _serve(self, listener: socket.socket, port: int) -> None:
        async def accept() -> None:
            listener.setblocking(False)
            with listener:
                while True:
                    accepted, _ = await self._loop.sock_accept(listener)
                    self._start(_forward(accepted, port))

        self._start(accept())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _forward(accepted: socket.socket, port: int) -> None:
    await forward(*await asyncio.open_connection(sock=accepted), "127.0.0.1", port)


@contextlib.contextmanager
def network_link() -> Iterator[NetworkLink]:
    """Create a namespace with a cable to it. Skips the test where this user may not."""
    if missing := [program for program in ("ip", "nft") if shutil.which(program) is None]:
        pytest.skip(f"needs {' and '.join(missing)}; `make test` installs them where it may")
    number = os.getpid()
    name, near, far = f"logloop-{number}", f"ll{number}a", f"ll{number}b"
    subnet = f"10.{200 + (number >> 8) % 50}.{number % 256}"
    try:
        _run("ip", "netns", "add", name)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs the right to make network namespaces: {error}")
    try:
        _run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        _run("ip", "address", "add", f"{subnet}.1/24", "dev", near)
        _run("ip", "link", "set", near, "up")
        _run("ip", "-n", name, "address", "add", f"{subnet}.2/24", "dev", far)
        _run("ip", "-n", name, "link", "set", far, "up")
        _run("ip", "netns", "exec", name, "nft", _RULES)
        link = NetworkLink(name, f"{subnet}.2")
        try:
            yield link
        finally:
            link.close()
    finally:
        _run("ip", "netns", "delete", name)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
