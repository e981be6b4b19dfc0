"""The gateway routes each path to its service, hides internal paths and hardens its responses."""

import contextlib
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from logloop.local.home import Home
from logloop.local.platform import Options, Platform, assemble, find_caddy
from logloop.local.ports import free_port, wait_listening
from logloop.plain_http import WITHOUT_TLS

UNUSED = {"LOGLOOP_AMQP_URL": "amqp://unused", "LOGLOOP_MONGO_URL": "mongodb://unused"}
_BODY = 200
"""Bytes of a body; all have the same length."""
_TWO_INSTANCES = """
{
	admin off
	persist_config off
}
http://:%d {
	bind 127.0.0.1
	reverse_proxy 127.0.0.1:%d 127.0.0.1:%d {
		lb_policy round_robin
		lb_try_duration 3s
		lb_try_interval 50ms
		request_buffers 64KiB
	}
}
"""


class _Echo(BaseHTTPRequestHandler):
    def _respond(self) -> None:
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        except ConnectionError:  # the gateway aborts a body that is too large
            return
        text = f"{self.server.server_name} {self.command} {self.path} {len(body)}".encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = do_PATCH = do_OPTIONS = _respond  # noqa: N815  # names that http.server requires

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def _unpreferred_port(_: int, host: str) -> int:
    """Choose a port that no platform chooses which starts meanwhile."""
    return free_port(0, host)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home = Home(tmp_path_factory.mktemp("home"))
    home.open()
    assembled = assemble(home, Options(port=None), UNUSED, _unpreferred_port)
    servers = []
    for service in assembled.services:
        server = ThreadingHTTPServer(("127.0.0.1", service.port), _Echo)
        server.server_name = service.name
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    assembled.gateway.start()
    assembled.gateway.wait_ready(30)
    yield assembled
    assembled.gateway.stop()
    for server in servers:
        server.shutdown()
        server.server_close()
    home.close()


@pytest.fixture(scope="module")
def client(platform: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=platform.url, trust_env=False, verify=WITHOUT_TLS) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "service", "forwarded_path"),
    [
        ("POST", "/api/v1/logs", "ingest", "/api/v1/logs"),
        ("GET", "/api/v1/logs?q=a", "query", "/api/v1/logs?q=a"),
        ("DELETE", "/api/v1/logs?project_id=p", "query", "/api/v1/logs?project_id=p"),
        ("POST", "/api/v1/logs/analyses", "query", "/api/v1/logs/analyses"),
        ("POST", "/api/v1/session", "query", "/api/v1/session"),
        ("POST", "/api/v1/ci/webhooks/github", "ci-bridge", "/api/v1/ci/webhooks/github"),
        ("GET", "/api/v1/ci/rules", "ci-bridge", "/api/v1/ci/rules"),
        ("GET", "/api/v1/ingest/dead-letters", "ingest", "/api/v1/ingest/dead-letters"),
        ("GET", "/api/v1/query/dead-letters", "query", "/api/v1/query/dead-letters"),
        ("GET", "/api/v1/analyzer/dead-letters", "analyzer", "/api/v1/analyzer/dead-letters"),
        *[
            ("POST", path, "ingest", path)
            for path in (
                "/services/collector/event/1.0", "/api/v2/logs", "/v1/input/key", "/gelf", "/ingest/clef",
                "/api/events/raw?clef", "/api/7/envelope/", "/upload", "/lines", "/lines/checkout",
            )
        ],
        *[
            ("OPTIONS", path, "ingest", path)
            for path in ("/api/v1/logs", "/v1/logs", "/api/v2/logs", "/api/7/envelope/", "/lines/web")
        ],
        ("GET", "/services/collector/health", "ingest", "/services/collector/health"),
        ("GET", "/lines/checkout?msg=a&levelname=INFO", "ingest", "/lines/checkout?msg=a&levelname=INFO"),
        ("GET", "/docs", "query", "/docs"),
        ("GET", "/docs/swagger-ui.css", "query", "/docs/swagger-ui.css"),
        ("GET", "/readyz", "query", "/readyz"),
        ("POST", "/mcp", "query", "/mcp"),
        ("GET", "/loki/api/v1/query_range", "query", "/loki/api/v1/query_range"),
        ("POST", "/loki/api/v1/query", "query", "/loki/api/v1/query"),
        ("POST", "/loki/api/v1/push", "ingest", "/loki/api/v1/push"),
        ("GET", "/ready", "query", "/ready"),
        *[
            ("GET", f"/api/v1/openapi/{s}.json", s, "/openapi.json")
            for s in ("ingest", "query", "analyzer", "ci-bridge")
        ],
        *[("GET", f"/asyncapi/{s}.yaml", s, "/asyncapi.json") for s in ("ingest", "query", "analyzer", "ci-bridge")],
        ("GET", "/asyncapi/ingest.json", "ingest", "/asyncapi.json"),
    ],
)  # fmt: skip
def test_each_path_is_routed_to_its_service(
    client: httpx.Client, method: str, path: str, service: str, forwarded_path: str
) -> None:
    assert client.request(method, path).text == f"{service} {method} {forwarded_path} 0"


@pytest.mark.parametrize(
    "path", ["/internal/settings/llm", "/internal", "/metrics", "/%69nternal/settings/llm", "//internal/settings/llm"]
)
def test_internal_paths_are_not_exposed(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert "query" not in response.text.split()[:1]
    assert response.status_code == 404 or "<!doctype html>" in response.text.lower()


def test_a_body_over_the_limit_returns_a_problem_document(client: httpx.Client) -> None:
    body = b"x" * (34 << 20)
    response = client.post("/api/v1/logs", content=body)
    assert response.status_code == 413
    assert client.post("/upload", content=body).text == f"ingest POST /upload {len(body)}", "a journal may be larger"
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 413


def test_an_unknown_host_name_gets_no_response(platform: Platform) -> None:
    response = httpx.get(
        platform.url + "/api/v1/session", headers={"Host": "rebound.example"}, trust_env=False, verify=WITHOUT_TLS
    )
    assert response.content == b""


def test_the_page_is_hardened_and_names_no_other_host(client: httpx.Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "server" not in response.headers
    assert "unsafe" not in policy
    assert "<style" not in response.text
    assert not re.search(r"""(src|href)=["']https?:""", response.text)


def test_app_routes_return_the_page_and_missing_files_return_404(client: httpx.Client) -> None:
    assert "<!doctype html>" in client.get("/logs/some-view").text.lower()
    assert client.get("/missing.js").status_code == 404


def test_a_service_that_never_responds_is_unavailable_and_a_slow_body_never_reaches_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.open()
    platform = assemble(home, Options(), {**UNUSED, "LOGLOOP_GATEWAY_RESPONSE_TIMEOUT": "300ms"}, _unpreferred_port)
    [query] = [service for service in platform.services if service.name == "query"]
    with socket.create_server(("127.0.0.1", query.port)) as frozen:
        platform.gateway.start()
        try:
            assert wait_listening(platform.gateway.port, timeout_s=20)
            for method, path in (("GET", "/api/v1/logs"), ("POST", "/api/v1/session"), ("GET", "/readyz")):
                response = httpx.request(method, platform.url + path, timeout=20, trust_env=False, verify=WITHOUT_TLS)
                assert (response.status_code, response.json()["status"]) == (503, 503)
                assert response.headers["content-type"] == "application/problem+json"
                assert response.headers["retry-after"] == "2"
            with socket.create_connection(("127.0.0.1", platform.gateway.port)) as slow:
                slow.sendall(b"POST /api/v1/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nx")
                httpx.get(platform.url + "/api/v1/logs", timeout=20, trust_env=False, verify=WITHOUT_TLS)
                assert b"/api/v1/slow" not in _received_by(frozen)
        finally:
            platform.gateway.stop()
            home.close()


def _received_by(server: socket.socket) -> bytes:
    """Return what all clients have sent to a server that has accepted no connection yet."""
    server.settimeout(0.2)
    received = b""
    with contextlib.suppress(TimeoutError):
        while True:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(0.2)
                with contextlib.suppress(TimeoutError):
                    received += connection.recv(65536)
    return received


def test_an_unreachable_service_returns_a_problem_document(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.open()
    alone = assemble(home, Options(), UNUSED, _unpreferred_port)
    alone.gateway.start()
    try:
        with httpx.Client(base_url=alone.url, trust_env=False, verify=WITHOUT_TLS, timeout=20) as client:
            assert wait_listening(alone.gateway.port, timeout_s=20)
            response = client.get("/api/v1/projects")
        assert response.status_code == response.json()["status"] == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["retry-after"] == "2"
    finally:
        alone.gateway.stop()
        home.close()


class _Recorder(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.received.append((self.headers["Idempotency-Key"], self.rfile.read(_BODY).decode()))  # type: ignore[attr-defined]
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_a_request_that_is_tried_again_keeps_its_body(tmp_path: Path) -> None:
    """Caddy before 2.11 sent the body of another request after a refused connection to one of two instances."""
    port, refused = free_port(0), free_port(0)
    received: list[tuple[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Recorder)
    server.received = received  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = tmp_path / "Caddyfile"
    config.write_text(_TWO_INSTANCES % (port, refused, server.server_port))

    def send(number: int) -> int:
        key = f"{number:0{_BODY}}"
        url, headers = f"http://127.0.0.1:{port}/", {"Idempotency-Key": key}
        return httpx.post(
            url, content=key, headers=headers, timeout=20, trust_env=False, verify=WITHOUT_TLS
        ).status_code

    command = [find_caddy(), "run", "--config", str(config), "--adapter", "caddyfile"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env={"HOME": str(tmp_path)}) as caddy:
        try:
            assert wait_listening(port, timeout_s=20)
            with ThreadPoolExecutor(16) as pool:
                answers = set(pool.map(send, range(120)))
        finally:
            caddy.terminate()
            server.shutdown()
            server.server_close()
    assert [pair for pair in received if pair[0] != pair[1]] == []
    assert (answers, len(received)) == ({202}, 120)


class _ReadsBody(_Echo):
    def do_POST(self) -> None:
        with contextlib.suppress(ConnectionError):
            self.rfile.read()  # until the gateway gives up


def test_a_malformed_body_holds_up_nobody_else(tmp_path: Path) -> None:
    """The gateway looks up addresses, as in compose. An IPv4 address is a name that stands for itself."""
    port, address = free_port(), "127.13.7.1"
    server = ThreadingHTTPServer((address, 8000), _ReadsBody)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = {
        "HOME": str(tmp_path),
        "LOGLOOP_GATEWAY_ADDRESS": f"http://:{port}",
        "LOGLOOP_GATEWAY_UPSTREAMS": "name",
        "LOGLOOP_QUERY_UPSTREAM": address,
    }
    config = Path(__file__).parents[3] / "gateway" / "Caddyfile"
    command = [find_caddy(), "run", "--config", str(config), "--adapter", "caddyfile"]
    malformed = b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n"
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=env) as caddy:
        try:
            assert wait_listening(port, timeout_s=20)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=2.5, trust_env=False) as other:
                for _ in range(3):
                    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                        connection.sendall(malformed)
                        assert connection.recv(12) == b"HTTP/1.1 400"
                    assert other.get("/api/v1/session").status_code == 200
        finally:
            caddy.terminate()
            server.shutdown()
            server.server_close()
