"""What is believed: signatures, redirects, and the token of an App."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from logloop_ci_bridge.downloads import Blocked, check_redirect
from logloop_ci_bridge.github_app import BadAppKey, app_token
from logloop_ci_bridge.webhooks import genuine

API = "https://api.github.com"
HOSTS = ("*.githubusercontent.com", "*.blob.core.windows.net")
# The values GitHub publishes for testing one's implementation.
SECRET, PAYLOAD = "It's a Secret to Everybody", b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_githubs_published_signature_is_genuine() -> None:
    assert genuine(SECRET, PAYLOAD, SIGNATURE)


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
def test_anything_else_is_not(secret: str, body: bytes, signature: str | None) -> None:
    assert not genuine(secret, body, signature)


def test_an_empty_secret_makes_no_signature_genuine() -> None:
    import hashlib
    import hmac

    made = "sha256=" + hmac.new(b"", PAYLOAD, hashlib.sha256).hexdigest()
    assert not genuine("", PAYLOAD, made)


@pytest.mark.parametrize(
    "url",
    [
        "https://pipelines.actions.githubusercontent.com/x?sig=1",
        "https://productionresultssa0.blob.core.windows.net/x",
        "https://api.github.com/x",
    ],
)
def test_log_downloads_may_come_from_githubs_hosts(url: str) -> None:
    check_redirect(url, api_url=API, allowed_hosts=HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "http://x.githubusercontent.com/",
        "https://x.githubusercontent.com:8443/",
        "https://evil.example/x.githubusercontent.com",
        "https://githubusercontent.com.evil.example/",
        "https://x.githubusercontent.com@evil.example/",
        "https://evil.example#@x.githubusercontent.com/",
        "https://evil.example\\@x.githubusercontent.com/",
        "http://127.0.0.1/",
        "https://169.254.169.254/",
        "https://[::ffff:127.0.0.1]/",
        "ftp://x.githubusercontent.com/",
        "https://x.githubusercontent.com:99999/",
        "http://api.github.com/x",
    ],
)
def test_and_from_nowhere_else(url: str) -> None:
    with pytest.raises(Blocked):
        check_redirect(url, api_url=API, allowed_hosts=HOSTS)


def test_the_apps_token_is_signed_and_short_lived() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    head, body, signature = app_token("77", pem.decode(), 1_800_000_000).split(".")
    key.public_key().verify(_raw(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(_raw(head)) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(_raw(body)) == {"iat": 1_799_999_940, "exp": 1_800_000_540, "iss": "77"}


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_bad_key_says_what_to_paste(pem: str) -> None:
    with pytest.raises(BadAppKey, match="paste the whole file"):
        app_token("77", pem, 0)


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
