"""The handler's own HTTP connection: proxies, redirects, early responses and broken connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from logloop.connection import Connection
from logloop.errors import LogloopError, Refused, ServerFault, Unreachable
from logloop.sending.http_connection import HttpConnection, _tls

from tests.fakes.ingest_api import Answer, IngestApi

ACCEPTED = Answer(202, {"accepted": 1, "rejected": []})


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def connect(url: str) -> HttpConnection:
    return HttpConnection(Connection(url, api_key="llk_x"), timeout=5)


@contextmanager
def raw_server(response: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Serve connections by the same bytes once their head has arrived, and close them at once."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    received.append(peer.recv(65536))
                    peer.sendall(response)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", received
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_http_goes_through_the_proxy_of_the_environment(api: IngestApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", api.url.replace("http://", "http://us%40er:pass@"))
    api.answers["POST", "/base/api/v1/logs"] = ACCEPTED
    assert connect("http://logs.test/base").post([b"{}"], "k")["accepted"] == 1
    [request] = api.requests
    assert request.headers["host"] == "logs.test"
    assert request.headers["proxy-authorization"] == "Basic dXNAZXI6cGFzcw=="
    assert request.headers["authorization"] == "Bearer llk_x"


def test_https_is_tunnelled_and_the_proxy_does_not_get_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as (url, received):
        monkeypatch.setenv("HTTPS_PROXY", url)
        with pytest.raises(Unreachable, match="407"):
            connect("https://logs.test").post([b"{}"], "k")
    assert received[0].startswith(b"CONNECT logs.test:443")
    assert b"llk_x" not in received[0]


def test_a_loopback_address_needs_no_proxy(api: IngestApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert connect(api.url).post([b"{}"], "k")["accepted"] == 1


def test_a_response_to_half_a_request_is_read() -> None:
    problem = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with raw_server(problem) as (url, _):
        sender = connect(url)
        for _ in range(3):
            with pytest.raises((Refused, Unreachable)):  # a reset may discard the response
                sender.post([bytes(range(256)) * 40_000], "k")


def test_a_redirect_is_named_and_not_followed(api: IngestApi) -> None:
    api.script = [Answer(308, None, {"Location": "https://elsewhere.test/"})]
    with pytest.raises(LogloopError, match=r"redirects to https://elsewhere\.test/; set LOGLOOP_URL"):
        connect(api.url).post([b"{}"], "k")
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "response", [b"", b"\x00\xff not HTTP\r\n\r\n", b"HTTP/1.1 202 OK\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_a_broken_response_is_no_response(response: bytes) -> None:
    with raw_server(response) as (url, _), pytest.raises(Unreachable, match="No response from"):
        connect(url).post([b"{}"], "k")


@pytest.mark.parametrize("body", ["<html>please sign in</html>", [], {}, None])
def test_a_page_of_another_server_is_no_receipt(api: IngestApi, body: object) -> None:
    api.script = [Answer(200, body)]
    with pytest.raises(ServerFault, match="not as a Logloop platform"):
        connect(api.url).post([b"{}"], "k")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid", f"http://{'x' * 64}.test"])
def test_an_address_that_cannot_be_reached_is_named(url: str) -> None:
    with pytest.raises(Unreachable, match=url):
        connect(url).post([b"{}"], "k")


def test_a_key_that_cannot_be_sent_is_not_shown(api: IngestApi) -> None:
    sender = HttpConnection(Connection(api.url, api_key="llk_secret\nx"), timeout=5)
    with pytest.raises(Unreachable, match="API key has characters") as raised:
        sender.post([b"{}"], "k")
    assert "secret" not in str(raised.value)


def test_certificates_are_checked() -> None:
    context = _tls()
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 50
