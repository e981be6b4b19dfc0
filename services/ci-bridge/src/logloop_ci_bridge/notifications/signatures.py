"""Signs webhooks as Standard Webhooks describes, so that receivers can check them with existing libraries."""

import base64
import binascii
import hashlib
import hmac

_PREFIX = "whsec_"


def signed_headers(message_id: str, body: bytes, secret: str | None, timestamp: int) -> dict[str, str]:
    """Return the headers of a message: its id, the time of the attempt and, with a secret, the signature of both."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if secret:
        content = f"{message_id}.{timestamp}.".encode() + body
        digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def _key(secret: str) -> bytes:
    """Return the key of a secret: what follows whsec_ in Base64, else the text itself."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
