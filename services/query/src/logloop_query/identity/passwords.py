"""Hashes and verifies passwords with argon2id, in threads so that the event loop stays free."""

import asyncio
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 256
_CONCURRENCY = 2  # each computation takes 64 MiB
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # characters that are hard to confuse


class Passwords:
    """Hashes and verifies passwords. Verifying takes the same time for an unknown user."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._unknown_user = ""
        self._slots = asyncio.Semaphore(_CONCURRENCY)

    async def hash(self, password: str) -> str:
        """Return an argon2id hash with its parameters and salt."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Return whether a password matches a stored hash. Pass None for an unknown user."""
        async with self._slots:
            matches = await asyncio.to_thread(self._matches, stored, password)
        return matches and stored is not None

    def outdated(self, stored: str) -> bool:
        """Return whether a hash uses other parameters than new hashes."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str | None, password: str) -> bool:
        if not self._unknown_user:  # in the first verification, whoever signs in
            self._unknown_user = self._hasher.hash(secrets.token_hex(16))
        try:
            return self._hasher.verify(stored or self._unknown_user, password)
        except (VerificationError, InvalidHashError):
            return False


def generate_password() -> str:
    """Return a one-time password: four groups of five characters."""
    return _in_groups([secrets.choice(_ALPHABET) for _ in range(20)])


def derive_password(secret_key: str, purpose: str) -> str:
    """Return the one-time password that belongs to a secret key, in the form of `generate_password`."""
    digest = hmac.digest(secret_key.encode(), f"logloop password: {purpose}".encode(), hashlib.sha256)
    number = int.from_bytes(digest)
    return _in_groups([_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(20)])


def _in_groups(characters: list[str]) -> str:
    return "-".join("".join(characters[start : start + 5]) for start in range(0, len(characters), 5))
