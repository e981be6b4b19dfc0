"""Servers that receive notifications: an HTTP server and a mail server on loopback."""

import contextlib
import json
import ssl
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from logloop.local.ports import free_port


@dataclass
class Post:
    """A received request."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON body."""
        return json.loads(self.raw)


class HttpReceiver:
    """Keeps what is posted to it; `statuses` are the next answers, then 200 with `answer`, or 204."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.statuses: deque[int] = deque()
        self.location = ""
        self.answer = b""
        self.before_answer: Callable[[], object] | None = None
        """Called once, after the next request was received."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.posts.append(Post(self.path, headers, raw))
                called, outer.before_answer = outer.before_answer, None
                if called is not None:
                    called()
                self.send_response(outer.statuses.popleft() if outer.statuses else 200 if outer.answer else 204)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", str(len(outer.answer)))
                self.end_headers()
                with contextlib.suppress(OSError):  # the sender reads the beginning only
                    self.wfile.write(outer.answer)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where to post to."""
        return f"http://127.0.0.1:{self._server.server_port}/hook?key=hidden"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@dataclass
class Mailbox:
    """Keeps mail; `answers` are the next responses to a message."""

    mails: list[Envelope] = field(default_factory=list)
    answers: deque[str] = field(default_factory=deque)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        if self.answers:
            return self.answers.popleft()
        self.mails.append(envelope)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:  # noqa: ARG002
        """Accept one password."""
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right")


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a server context for localhost, and its certificate to be trusted."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    more = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command, *more], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


def mail_server(box: Mailbox, context: ssl.SSLContext | None = None) -> Controller:
    """Return a mail server on loopback; with a context it demands STARTTLS and a password."""
    options: dict[str, Any] = {}
    if context is not None:
        options = {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": box.authenticate,
        }
    return Controller(box, hostname="127.0.0.1", port=free_port(), **options)
