"""An identity provider on loopback that does what a test says, also what no real provider should do."""

import base64
import functools
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "logloop", "a secret of the client"
ADA: dict[str, Any] = {
    "sub": "ada-1",
    "email": "Ada@example.org",
    "email_verified": True,
    "name": "Ada Lovelace",
    "groups": ["developers"],
}


@functools.cache
def _key(number: int) -> RSAKey:  # noqa: ARG001  # one key for each number
    return RSAKey.generate_key(2048, {"kid": "1"})


@dataclass
class OidcProvider:
    """Signs in whoever `person` is. The other fields change what it states and returns."""

    url: str
    key: RSAKey = field(default_factory=lambda: _key(1))
    person: dict[str, Any] = field(default_factory=lambda: dict(ADA))
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims of the id_token that differ from the right ones; None leaves one out."""
    signing: Any = None
    algorithm: str = "RS256"
    metadata: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    client_secret: str = CLIENT_SECRET
    is_down: bool = False
    challenges: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Challenge and nonce by code."""
    requests: list[str] = field(default_factory=list)

    def code_for(self, authorization_url: str) -> tuple[str, str]:
        """Act as the person who signs in at an address: return the code and the state that come back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT_ID)
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = query["code_challenge"], query["nonce"]
        return code, query["state"]

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Answer a request to the token endpoint."""
        expected = base64.b64encode(f"{CLIENT_ID}:{self.client_secret}".replace(" ", "%20").encode()).decode()
        plain = base64.b64encode(f"{CLIENT_ID}:{self.client_secret}".encode()).decode()
        if authorization not in {f"Basic {expected}", f"Basic {plain}"}:
            return 401, {"error": "invalid_client"}
        challenge, nonce = self.challenges.pop(form["code"], ("", ""))
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        right = {"iss": self.url, "aud": CLIENT_ID, "sub": self.person["sub"], "nonce": nonce, "iat": now}
        claims = {**right, "exp": now + 300, **self.claims}
        header = {"alg": self.algorithm, "kid": "1"}
        id_token = jwt.encode(
            header,
            {name: value for name, value in claims.items() if value is not None},
            self.signing or self.key,
            algorithms=[self.algorithm],
        )
        return 200, {"access_token": "an access token", "token_type": "Bearer", "id_token": id_token}

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        """Answer a GET."""
        if path == "/.well-known/openid-configuration":
            endpoints = ("authorization", "token", "userinfo", "end_session")
            stated = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
            return 200, {
                **stated,
                **{f"{name}_endpoint": f"{self.url}/{name}" for name in endpoints},
                **self.metadata,
            }
        if path == "/keys":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/userinfo":
            return 200, self.person if self.userinfo is None else self.userinfo
        return 404, {}


def other_key() -> RSAKey:
    """A key that the provider does not publish, with the id of its own."""
    return _key(2)


def shared_key() -> OctKey:
    """A key that both sides would know: the public key of a provider misused as a secret, for example."""
    return OctKey.import_key(CLIENT_SECRET * 3, {"kid": "1"})


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """Run a provider."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond(provider.answer(urlsplit(self.path).path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._respond(provider.token(form, self.headers.get("Authorization", "")))

        def _respond(self, answer: tuple[int, dict[str, Any]]) -> None:
            provider.requests.append(self.path)
            status, document = (503, {}) if provider.is_down else answer
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = OidcProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
