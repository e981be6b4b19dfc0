"""Guarded HTTP connections reach only checked addresses and limit the bytes they read."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
import pytest
from logloop_chassis.outbound.egress import EgressGuard, EgressRefused, refusal_behind
from logloop_chassis.outbound.guarded_http import GuardedBackend, guarded_transport

LIBRARIES: list[Literal["httpx", "httpx2"]] = ["httpx", "httpx2"]


class Network:
    """A network backend that records connections and sends endless zeros."""

    def __init__(self, *refusing: str) -> None:
        self.refusing = refusing
        self.connected: list[str] = []
        self.closed = False

    async def connect_tcp(self, host: str, port: int, **_: Any) -> "Network":
        if host in self.refusing:
            raise ConnectionRefusedError
        self.connected.append(f"{host} {port}")
        return self

    async def start_tls(self, *_: Any) -> "Network":
        return self

    async def read(self, max_bytes: int, _: float | None = None) -> bytes:
        return bytes(max_bytes)

    async def aclose(self) -> None:
        self.closed = True


def _resolve(monkeypatch: pytest.MonkeyPatch, **addresses: list[str]) -> list[str]:
    lookups: list[str] = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        lookups.append(host)
        found = addresses[host.partition(".")[0]]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return lookups


async def test_a_connection_uses_the_checked_address_and_resolves_the_name_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookups = _resolve(monkeypatch, api=["93.184.216.34"])
    network = Network()
    await GuardedBackend(network, EgressGuard(), "https", OSError).connect_tcp("api.example.org", 443)
    assert network.connected == ["93.184.216.34 443"]
    assert lookups == ["api.example.org"]


@pytest.mark.parametrize(
    ("scheme", "host"),
    [
        ("https", "rebound.example.org"),
        ("http", "api.example.org"),
        ("https", "::ffff:10.0.0.1"),
        ("https", "169.254.169.254"),
    ],
)
async def test_no_connection_is_made_to_a_refused_address(
    monkeypatch: pytest.MonkeyPatch, scheme: str, host: str
) -> None:
    if host.endswith(".org"):
        _resolve(monkeypatch, rebound=["93.184.216.34", "127.0.0.1"], api=["93.184.216.34"])
    network = Network()
    with pytest.raises(OSError, match="public address") as failed:
        await GuardedBackend(network, EgressGuard(), scheme, OSError).connect_tcp(host, 443)
    assert isinstance(refusal_behind(failed.value), EgressRefused)
    assert network.connected == []


async def test_an_unreachable_address_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve(monkeypatch, localhost=["::1", "127.0.0.1"])
    network = Network("::1")
    guard = EgressGuard(loopback=True)
    await GuardedBackend(network, guard, "http", OSError).connect_tcp("localhost", 11434)
    assert network.connected == ["127.0.0.1 11434"]
    with pytest.raises(ConnectionRefusedError):
        await GuardedBackend(Network("::1", "127.0.0.1"), guard, "http", OSError).connect_tcp("localhost", 11434)


async def test_a_private_host_that_the_operator_allows_is_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve(monkeypatch, ghe=["10.0.0.5"])
    network = Network()
    await GuardedBackend(network, EgressGuard("ghe.internal"), "http", OSError).connect_tcp("ghe.internal", 80)
    assert network.connected == ["10.0.0.5 80"]


async def test_a_connection_closes_at_its_byte_limit_also_within_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve(monkeypatch, api=["93.184.216.34"])
    network = Network()
    backend = GuardedBackend(network, EgressGuard(), "https", OSError, connection_bytes=1000)
    stream = await backend.connect_tcp("api.example.org", 443)
    assert len(await stream.read(600)) == 600
    inner = await stream.start_tls(None)
    with pytest.raises(OSError, match="exceeds 1000 bytes"):
        await inner.read(600)
    assert network.closed


@asynccontextmanager
async def _client(library: Literal["httpx", "httpx2"], guard: EgressGuard) -> AsyncIterator[Any]:
    module = httpx if library == "httpx" else pytest.importorskip("httpx2")
    async with module.AsyncClient(transport=guarded_transport(guard, "http", library=library)) as client:
        yield client


@pytest.mark.parametrize("library", LIBRARIES)
async def test_both_libraries_report_why_a_connection_was_refused(library: Literal["httpx", "httpx2"]) -> None:
    async with _client(library, EgressGuard()) as client:
        with pytest.raises(Exception, match="LOGLOOP_EGRESS_ALLOW") as failed:
            await asyncio.wait_for(client.get("http://127.0.0.1:9/"), 10)
    assert type(failed.value).__name__ == "ConnectError"
    assert isinstance(refusal_behind(failed.value), EgressRefused)
