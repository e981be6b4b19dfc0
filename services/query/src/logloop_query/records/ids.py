"""Ids and secrets that query makes up.

It must not know what they name.
"""

import base64
import secrets
import time


def new_id() -> str:
    """26 lower-case characters that sort by the millisecond they were made in."""
    raw = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    return base64.b32hexencode(raw.to_bytes(16, "big")).decode().rstrip("=").lower()


def random_word(length: int) -> str:
    """Random characters of [a-z0-9] and [A-Z], `length` of them."""
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))
