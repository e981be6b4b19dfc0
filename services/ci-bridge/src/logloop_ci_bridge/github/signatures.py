"""Checks the signatures of GitHub's webhooks."""

import hashlib
import hmac

_PREFIX = "sha256="


def signature_is_valid(secret: str, body: bytes, signature: str | None) -> bool:
    """Return whether X-Hub-Signature-256 matches the raw body; always False for an empty secret."""
    if not secret or signature is None or not signature.startswith(_PREFIX):
        return False
    expected = _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))
