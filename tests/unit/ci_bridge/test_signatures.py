"""Webhook signatures and App tokens."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from logloop_ci_bridge.github.app_tokens import BadAppKey, app_token
from logloop_ci_bridge.github.signatures import signature_is_valid

# Test values that GitHub publishes.
SECRET, PAYLOAD = "It's a Secret to Everybody", b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_githubs_published_signature_is_valid() -> None:
    assert signature_is_valid(SECRET, PAYLOAD, SIGNATURE)


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        (SECRET, b"Hello, World?", SIGNATURE),
        ("another", PAYLOAD, SIGNATURE),
        ("", PAYLOAD, SIGNATURE),
        (SECRET, PAYLOAD, None),
        (SECRET, PAYLOAD, ""),
        (SECRET, PAYLOAD, SIGNATURE.removeprefix("sha256=")),
        (SECRET, PAYLOAD, SIGNATURE.upper()),
        (SECRET, PAYLOAD, "sha1=" + "0" * 40),
        (SECRET, PAYLOAD, "sha256=é"),
        (SECRET, PAYLOAD, "sha256=\udcff"),
    ],
)
def test_any_other_signature_is_invalid(secret: str, body: bytes, signature: str | None) -> None:
    assert not signature_is_valid(secret, body, signature)


def test_no_signature_is_valid_for_an_empty_secret() -> None:
    import hashlib
    import hmac

    made = "sha256=" + hmac.new(b"", PAYLOAD, hashlib.sha256).hexdigest()
    assert not signature_is_valid("", PAYLOAD, made)


def test_an_app_token_is_signed_and_short_lived() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    head, body, signature = app_token("77", pem.decode(), 1_800_000_000).split(".")
    key.public_key().verify(_raw(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(_raw(head)) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(_raw(body)) == {"iat": 1_799_999_940, "exp": 1_800_000_540, "iss": "77"}


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_bad_key_is_rejected_with_what_to_paste(pem: str) -> None:
    with pytest.raises(BadAppKey, match="paste the whole file"):
        app_token("77", pem, 0)


def test_a_key_that_is_not_rsa_is_rejected() -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(BadAppKey, match="not an RSA key"):
        app_token("77", pem.decode(), 0)


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
