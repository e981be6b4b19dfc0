"""Replaces secrets by *** in every field of act's output: act itself masks messages only."""

from typing import Any

MASK = "***"
_SHORTEST = 3
"""Shorter values are not masked: they would make the output unreadable and hide nothing."""


class Masker:
    """Knows the secrets of a run, and those that it adds with ::add-mask::."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        self._secrets: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Mask a value from now on, and each of its lines."""
        for part in (secret, *secret.splitlines()):
            value = part.strip()
            if len(value) >= _SHORTEST and value not in self._secrets:
                self._secrets.append(value)
        self._secrets.sort(key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def value(self, value: Any) -> Any:
        """Return a JSON value without secrets, in keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return value
