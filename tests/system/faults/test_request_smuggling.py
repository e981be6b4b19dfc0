"""Requests that two HTTP parsers may read differently: each service and the gateway read one request, or refuse it.

Each case hides a second request in the first one. A plain request follows on the same connection.
"""

import re
import socket
from collections.abc import Iterator

import pytest

from tests.infra import Infra, fresh_database, memory_folder
from tests.system.up_process import Up

_SERVICES = ("logloop_ingest", "logloop_query", "logloop_analyzer", "logloop_ci_bridge")
_HIDDEN = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_NEXT = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
_SIZE = b"%d" % len(_HIDDEN)
_LAST_CHUNK = b"0\r\n\r\n"
_SIZE_WITH_LAST_CHUNK = b"%d" % len(_LAST_CHUNK + _HIDDEN)


def _request(*header: bytes, body: bytes = b"", start: bytes = b"POST /api/v1/session HTTP/1.1") -> bytes:
    lines = (start, b"Host: 127.0.0.1", b"Content-Type: application/json", *header, b"", b"")
    return b"\r\n".join(lines) + body


def _chunked(body: bytes) -> bytes:
    return _request(b"Transfer-Encoding: chunked", body=body)


_chunk = b"%x\r\n%s\r\n" % (len(_HIDDEN), _HIDDEN)
REFUSED_BY_SERVICES = {
    "length and chunks": _request(
        b"Content-Length: " + _SIZE_WITH_LAST_CHUNK, b"Transfer-Encoding: chunked", body=_LAST_CHUNK + _HIDDEN
    ),
    "chunks and a short length": _request(
        b"Transfer-Encoding: chunked", b"Content-Length: 4", body=_chunk + _LAST_CHUNK
    ),
    "folded encoding": _request(
        b"Transfer-Encoding:\r\n chunked", b"Content-Length: " + _SIZE_WITH_LAST_CHUNK, body=_LAST_CHUNK + _HIDDEN
    ),
    "chunks in HTTP/1.0": _request(
        b"Transfer-Encoding: chunked",
        b"Content-Length: " + _SIZE_WITH_LAST_CHUNK,
        body=_LAST_CHUNK + _HIDDEN,
        start=b"POST /api/v1/session HTTP/1.0",
    ),
    "bare LF after the lines": _request(b"Content-Length: 2", body=b"{}").replace(b"\r\n", b"\n"),
}
"""Go, and so the gateway, reads these in the way of RFC 9112 and forwards them in an unambiguous form."""
REFUSED = {
    "two lengths": _request(b"Content-Length: " + _SIZE, b"Content-Length: 0", body=_HIDDEN),
    "two lengths, the short one first": _request(b"Content-Length: 0", b"Content-Length: " + _SIZE, body=_HIDDEN),
    "list of lengths": _request(b"Content-Length: 0, " + _SIZE, body=_HIDDEN),
    "signed length": _request(b"Content-Length: +" + _SIZE, body=_HIDDEN),
    "negative length": _request(b"Content-Length: -1", body=_HIDDEN),
    "hexadecimal length": _request(b"Content-Length: 0x2e", body=_HIDDEN),
    "blank before a colon": _request(b"Content-Length : " + _SIZE, body=_HIDDEN),
    "bare LF in a header": _request(b"X: y\nContent-Length: 0", b"Content-Length: " + _SIZE, body=_HIDDEN),
    "bare CR in a header": _request(
        b"X: y\rTransfer-Encoding: chunked", b"Content-Length: " + _SIZE_WITH_LAST_CHUNK, body=_LAST_CHUNK + _HIDDEN
    ),
    "NUL in a header": _request(b"X: y\0", b"Content-Length: 2", body=b"{}"),
    "chunked, identity": _request(b"Transfer-Encoding: chunked, identity", body=_LAST_CHUNK + _HIDDEN),
    "identity, chunked": _request(b"Transfer-Encoding: identity, chunked", body=_LAST_CHUNK + _HIDDEN),
    "gzip, chunked": _request(b"Transfer-Encoding: gzip, chunked", body=_LAST_CHUNK + _HIDDEN),
    "two encodings": _request(
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=_LAST_CHUNK + _HIDDEN
    ),
    "odd encoding with a length": _request(
        b"Transfer-Encoding: xchunked", b"Content-Length: " + _SIZE_WITH_LAST_CHUNK, body=_LAST_CHUNK + _HIDDEN
    ),
    "chunks with bare LF": _chunked(b"2\n{}\n0\n\n" + _HIDDEN),
    "chunk extension with bare LF": _chunked(b"2;\n{}\r\n" + _LAST_CHUNK + _HIDDEN),
    "hexadecimal prefix of a chunk": _chunked(b"0x2\r\n{}\r\n" + _LAST_CHUNK + _HIDDEN),
    "negative chunk": _chunked(b"-2\r\n{}\r\n" + _LAST_CHUNK + _HIDDEN),
    "chunk of more than 64 bits": _chunked(b"100000000000000002\r\n{}\r\n" + _LAST_CHUNK + _HIDDEN),
    "chunk longer than its size": _chunked(b"2\r\n{}" + _HIDDEN + b"\r\n" + _LAST_CHUNK),
    "no host": b"GET /livez HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
}
ANSWERED_ONCE = {
    "chunks": _chunked(_chunk + _LAST_CHUNK),
    "chunk extension": _chunked(b"%x;a=b\r\n%s\r\n" % (len(_HIDDEN), _HIDDEN) + _LAST_CHUNK),
    "length": _request(b"Content-Length: " + _SIZE, body=_HIDDEN),
    "length as a header of the connection": _request(
        b"Connection: Content-Length", b"Content-Length: " + _SIZE, body=_HIDDEN
    ),
    "encoding as a header of the connection": _request(
        b"Connection: Transfer-Encoding", b"Transfer-Encoding: chunked", body=_chunk + _LAST_CHUNK
    ),
    "body of a GET": _request(b"Content-Length: " + _SIZE, body=_HIDDEN, start=b"GET /livez HTTP/1.1"),
    "absolute target": _request(start=b"GET http://elsewhere/livez HTTP/1.1"),
    "upgrade with a body": _request(
        b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: " + _SIZE, body=_HIDDEN
    ),
}
"""The last one ends the connection of a service, so nothing follows there."""


@pytest.fixture(scope="module")
def up(infra: Infra) -> Iterator[Up]:
    vhost = infra.fresh_vhost()
    external = {"LOGLOOP_AMQP_URL": vhost, "LOGLOOP_MONGO_URL": infra.mongo_url}
    with memory_folder() as folder:
        up = Up(folder / "home", LOGLOOP_MONGO_DATABASE=fresh_database(), **external).wait_ready()
        yield up
        up.stop()
    infra.delete_vhost(vhost)


def _answers(port: int, *parts: bytes) -> tuple[list[int], bytes]:
    """Send the parts and return the status of each answer until the connection ends, and all bytes."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for part in parts:
            connection.sendall(part)
        try:
            while data := connection.recv(65_536):
                received += data
        except ConnectionResetError:  # it was closed before everything was read
            pass
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([2-5]\d\d) ", received)], received


@pytest.mark.parametrize("program", _SERVICES)
def test_a_service_reads_one_request_or_refuses_it(up: Up, program: str) -> None:
    port = up.port_of(program)
    for name, request in (REFUSED_BY_SERVICES | REFUSED).items():
        assert _answers(port, request + _NEXT)[0] == [400], name
    for name, request in ANSWERED_ONCE.items():
        statuses, received = _answers(port, request + _NEXT)
        assert len(statuses) == (1 if "upgrade" in name else 2), (name, received)
        assert b'"openapi"' not in received, name
        assert statuses[0] in {200, 404, 422}, name
        assert statuses[-1] == 200 or "upgrade" in name, name


def test_the_gateway_reads_one_request_or_refuses_it(up: Up) -> None:
    port = up.port_of("caddy")
    for name, request in (REFUSED | REFUSED_BY_SERVICES | ANSWERED_ONCE).items():
        statuses, received = _answers(port, request + _NEXT)
        if name in REFUSED:
            assert statuses in ([400], [501]), (name, received)
        elif name in ANSWERED_ONCE:
            assert len(statuses) == 2, (name, received)
            assert statuses[-1] == 200, (name, received)
        assert not {502, 503, 504} & set(statuses), (name, received)
        _assert_not_poisoned(up, name)
    assert _answers(port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")[0] == []  # no HTTP/2 without TLS


def _assert_not_poisoned(up: Up, name: str) -> None:
    """Check that the requests of another client, over the same connections to the services, get theirs."""
    with up.client(key=False) as other:
        assert other.get("/livez").json()["status"] == "ok", name
        assert other.get("/api/v1/session").status_code == 401, name
        assert other.post("/api/v1/logs", json={}).status_code == 401, name
