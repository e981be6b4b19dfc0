"""One kept-alive HTTP connection to the platform, with the standard library only.

The delivery thread uses it instead of httpx. httpx logs each request, and a `logging` call may wait for the lock of
the `logging` module, which `dictConfig` holds while it waits for the delivery thread. The standard library's client
does not log. It imports in 20 ms instead of 700 ms, and all at once, so that a fork never meets half an import.
"""

from __future__ import annotations

import base64
import contextlib
import encodings.idna  # noqa: F401 - imported now: name resolution imports it on first use
import gzip
import http.client
import json
import os
import ssl
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import certifi

from logloop.api.retry import parse_retry_after
from logloop.connection import Connection
from logloop.errors import LogloopError, ServerFault, Unreachable, error_for

USER_AGENT = "logloop-python/0.1.0"
PATH = "/api/v1/logs"
GZIP_FROM_BYTES = 1024
MAX_CONNECT_SECONDS = 5.0
_LOST = (OSError, http.client.HTTPException, ValueError)  # ValueError: a host or key that cannot be encoded


class HttpConnection:
    """Posts lines of NDJSON. Not thread-safe. Never follows redirects, so a key stays with its host.

    `now` is the time that the server stated in its last response.
    """

    now: datetime | None = None

    def __init__(self, connection: Connection, *, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._url = urlsplit(connection.url)
        self._http: http.client.HTTPConnection | None = None
        self._headers = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Content-Type": "application/x-ndjson",
        }
        self._target = self._url.path.rstrip("/") + PATH
        if connection.api_key:
            self._headers["Authorization"] = f"Bearer {connection.api_key}"

    def post(self, lines: list[bytes], idempotency_key: str) -> dict[str, Any]:
        """Send lines once, gzipped from 1 KiB. Return the platform's receipt.

        Raises a LogloopError when there is no response or its status is not a success.
        """
        content = b"\n".join(lines)
        headers = {**self._headers, "Idempotency-Key": idempotency_key}
        if len(content) >= GZIP_FROM_BYTES:
            content = gzip.compress(content, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        response, body = self._exchange(content, headers)
        self.now = _date(response.headers.get("Date"))
        if not 200 <= response.status < 300:
            raise self._error(response, body)
        receipt = _json(body)
        if not isinstance(receipt, dict) or "accepted" not in receipt:  # such as the login page of a network
            text = f"{self._connection.url} responds, but not as a Logloop platform. Check LOGLOOP_URL."
            raise ServerFault(text, status=response.status)
        return receipt

    def close(self) -> None:
        """Close the connection."""
        if self._http is not None:
            with contextlib.suppress(OSError):
                self._http.close()
            self._http = None

    def _exchange(self, content: bytes, headers: Mapping[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        was_open = self._http is not None
        try:
            return self._attempt(content, headers)
        except _LOST as cause:
            self.close()
            if not was_open or isinstance(cause, TimeoutError):
                raise self._unreachable(cause) from cause
        # The server has closed an idle connection. The idempotency key makes it safe to send again.
        try:
            return self._attempt(content, headers)
        except _LOST as cause:
            self.close()
            raise self._unreachable(cause) from cause

    def _attempt(self, content: bytes, headers: Mapping[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        if self._http is None:
            self._http = self._open()
        # A server that refuses a request early, as with 413, responds and stops reading.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._http.request("POST", self._target, content, dict(headers))
        response = self._http.getresponse()
        body = response.read()  # without a number of bytes, because only then http.client notices a missing end
        if response.will_close:
            self.close()
        return response, body

    def _open(self) -> http.client.HTTPConnection:
        timeout = min(self._timeout, MAX_CONNECT_SECONDS)
        proxy = _proxy_for(self._connection)
        opened = _direct(self._url, timeout) if proxy is None else _through(proxy, self._url, timeout)
        is_relayed = proxy is not None and self._url.scheme == "http"
        origin = f"http://{self._url.netloc}" if is_relayed else ""
        self._target = origin + self._url.path.rstrip("/") + PATH
        opened.connect()
        opened.sock.settimeout(self._timeout)
        return opened

    def _error(self, response: http.client.HTTPResponse, body: bytes) -> LogloopError:
        problem = _json(body) if "json" in response.headers.get("Content-Type", "") else None
        if not isinstance(problem, dict):
            text = body[:300].decode("utf-8", "replace").strip()
            if 300 <= response.status < 400:
                place = response.headers.get("Location")
                text = f"{self._connection.url} redirects to {place}; set LOGLOOP_URL to the final address."
            elif "html" in response.headers.get("Content-Type", ""):
                text = ""
            problem = {"title": response.reason or "Unexpected response", "detail": text}
        # An HTTP date is compared with the server's own clock: this machine's may be wrong or mocked.
        retry_after = parse_retry_after(response.headers.get("Retry-After"), self.now)
        return error_for(response.status, problem, retry_after=retry_after)

    def _unreachable(self, cause: Exception) -> Unreachable:
        reason = str(cause) or type(cause).__name__
        if isinstance(cause, ValueError):  # its text may contain the key
            reason = "the address or the API key has characters that cannot be sent"
        return Unreachable(
            f"No response from {self._connection.url}: {reason}. Check that the platform is running (`logloop up`) "
            "and that LOGLOOP_URL is correct."
        )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _date(header: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _proxy_for(connection: Connection) -> str | None:
    """Return the proxy that the environment names for a host; loopback addresses have none."""
    url = urlsplit(connection.url)
    if connection.is_loopback or urllib.request.proxy_bypass(url.hostname or ""):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def _direct(url: SplitResult, timeout: float) -> http.client.HTTPConnection:
    if url.scheme == "https":
        return http.client.HTTPSConnection(url.hostname or "", url.port, timeout=timeout, context=_tls())
    return http.client.HTTPConnection(url.hostname or "", url.port, timeout=timeout)


def _through(proxy: str, url: SplitResult, timeout: float) -> http.client.HTTPConnection:
    """Return a connection to a proxy, which tunnels https and forwards http."""
    relay = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    host, port = relay.hostname or "", relay.port or 80
    credentials = {}
    if relay.username:
        pair = f"{unquote(relay.username)}:{unquote(relay.password or '')}"
        credentials["Proxy-Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    if url.scheme == "http":
        return _RelayedConnection(host, port, timeout, credentials)
    tunnel = http.client.HTTPSConnection(host, port, timeout=timeout, context=_tls())
    tunnel.set_tunnel(url.hostname or "", url.port, credentials)
    return tunnel


class _RelayedConnection(http.client.HTTPConnection):
    """A connection to a proxy that forwards plain HTTP requests."""

    def __init__(self, host: str, port: int, timeout: float, credentials: Mapping[str, str]) -> None:
        super().__init__(host, port, timeout=timeout)
        self._credentials = credentials

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> None:
        """Send a request with the proxy's credentials."""
        super().request(method, url, body, {**(headers or {}), **self._credentials}, **options)


def _tls() -> ssl.SSLContext:
    """Return the trust settings: SSL_CERT_FILE and SSL_CERT_DIR, else the system's authorities and certifi's."""
    context = ssl.create_default_context()
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        context.load_verify_locations(certifi.where())
    return context
