"""Signs the token with which a GitHub App authenticates."""

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_CLOCK_SKEW_S = 60
_LIFETIME_S = 540


class BadAppKey(ValueError):
    """The App's private key cannot be used."""


def app_token(app_id: str, private_key_pem: str, now: float) -> str:
    """Return a JWT (RS256) that GitHub accepts for nine minutes after `now` (Unix time). Raises BadAppKey."""
    try:
        key = load_pem_private_key(private_key_pem.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadAppKey(
            "the App's private_key is not a PEM key without a passphrase; paste the whole file that GitHub gave you"
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise BadAppKey("the App's private_key is not an RSA key; paste the whole file that GitHub gave you")
    claims = {"iat": int(now) - _CLOCK_SKEW_S, "exp": int(now) + _LIFETIME_S, "iss": app_id}
    return jwt.encode(claims, key, algorithm="RS256")
