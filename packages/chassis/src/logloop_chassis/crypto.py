"""Seals credentials at rest, hashes API keys, and issues short-lived service tokens."""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from logloop_chassis.clock import CLOCK

SERVICE_TOKEN_PREFIX = "lls_"  # noqa: S105  # a prefix, not a secret


class Unsealable(ValueError):
    """The text was sealed with another key or for another place, or it was changed."""


def derive_key(secret_key: str, purpose: str) -> bytes:
    """Derive a 32-byte key for one purpose from the deployment's secret key."""
    return HKDF(SHA256(), 32, salt=None, info=f"logloop:{purpose}".encode()).derive(secret_key.encode())


class SecretBox:
    """AES-256-GCM for short texts, bound to where they are stored (`place`, such as project and field)."""

    def __init__(self, secret_key: str) -> None:
        self._cipher = AESGCM(derive_key(secret_key, "settings"))

    def seal(self, text: str, place: str) -> str:
        """Encrypt a text. The result is printable."""
        nonce = os.urandom(12)
        return "v1:" + base64.b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())).decode()

    def open(self, sealed: str, place: str) -> str:
        """Decrypt a text. Raises Unsealable."""
        try:
            version, _, body = sealed.partition(":")
            raw = base64.b64decode(body, validate=True)
            if version != "v1":
                raise ValueError(version)
            return self._cipher.decrypt(raw[:12], raw[12:], place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Unsealable("this value was sealed with another LOGLOOP_SECRET_KEY; enter it again") from error


class KeyHasher:
    """Hashes API key secrets: HMAC-SHA-256 with a key derived from the deployment's secret key."""

    def __init__(self, secret_key: str) -> None:
        self._keyed = hmac.new(derive_key(secret_key, "api-keys"), digestmod=hashlib.sha256)

    def hash(self, secret: str) -> str:
        """Return the hex digest of a key's secret part."""
        digest = self._keyed.copy()
        digest.update(secret.encode())
        return digest.hexdigest()


def session_hash(token: str) -> str:
    """Return the stored form of a session token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ServiceClaim:
    """The service that a token identifies, and the project it is limited to (None: all projects)."""

    service: str
    project_id: str | None


def issue_service_token(secret_key: str, service: str, project_id: str | None = None, ttl_s: float = 300) -> str:
    """Return a bearer token with which one service calls another for `ttl_s` seconds."""
    claims = {"sub": service, "project": project_id, "exp": CLOCK.time() + ttl_s}
    return SERVICE_TOKEN_PREFIX + jwt.encode(claims, derive_key(secret_key, "service-tokens"), algorithm="HS256")


def read_service_token(secret_key: str, token: str) -> ServiceClaim | None:
    """Return the claim of a service token, or None when it is forged or expired."""
    key = derive_key(secret_key, "service-tokens")
    try:
        claims = jwt.decode(
            token.removeprefix(SERVICE_TOKEN_PREFIX),
            key,
            algorithms=["HS256"],
            # The expiry is checked below, by the clock that all services share.
            options={"require": ["sub", "exp"], "verify_exp": False},
        )
    except jwt.InvalidTokenError:
        return None
    if not isinstance(claims["exp"], int | float) or claims["exp"] <= CLOCK.time():
        return None
    return ServiceClaim(claims["sub"], claims["project"])
