"""The signed token with which a GitHub App says who it is.

It must not send anything.
"""

import base64
import json

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_CLOCK_SKEW_S = 60
_LIFE_S = 540


class BadAppKey(ValueError):
    """The private key of the App cannot be used."""


def app_token(app_id: str, private_key_pem: str, now: float) -> str:
    """A JWT (RS256) that GitHub accepts for nine minutes. Raises BadAppKey."""
    try:
        key = serialization.load_pem_private_key(private_key_pem.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadAppKey("the App's private key is no PEM key; paste the whole file GitHub gave you") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadAppKey("the App's private key must be an RSA key")
    claims = {"iat": int(now) - _CLOCK_SKEW_S, "exp": int(now) + _LIFE_S, "iss": app_id}
    body = f"{_encode({'alg': 'RS256', 'typ': 'JWT'})}.{_encode(claims)}"
    signature = key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{body}.{_base64(signature)}"


def _encode(value: dict[str, object]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
