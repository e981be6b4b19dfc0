"""Hashes and verifies passwords with argon2id, in threads so that the event loop stays free."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 256
_CONCURRENCY = 2  # each computation takes 64 MiB


class Passwords:
    """Hashes and verifies passwords. Verifying takes the same time for an unknown user."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._unknown_user = self._hasher.hash(secrets.token_hex(16))
        self._slots = asyncio.Semaphore(_CONCURRENCY)

    async def hash(self, password: str) -> str:
        """Return an argon2id hash with its parameters and salt."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Return whether a password matches a stored hash. Pass None for an unknown user."""
        async with self._slots:
            matches = await asyncio.to_thread(self._matches, stored or self._unknown_user, password)
        return matches and stored is not None

    def outdated(self, stored: str) -> bool:
        """Return whether a hash uses other parameters than new hashes."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def generate_password() -> str:
    """Return a one-time password: four groups of five characters that are hard to confuse."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))
