"""Remembers what parts of requests become, because requests repeat them, within a limit of bytes."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

_MAX_BYTES = 8 * 2**20
_MAX_OWNER_BYTES = 16 * 1024
_MAX_PART_BYTES = 1024
_OBJECT_BYTES = 1000
"""About what the objects of a part take besides its bytes."""


class Memory(Generic[T]):
    """Has an owner for each key, such as a resource, which remembers parts itself as far as there is room.

    When it takes too much, it starts anew; translations that still run keep their owners.
    """

    def __init__(self) -> None:
        self._owners: dict[Hashable, T] = {}
        self._size = 0

    def owner(self, key: Hashable, size: int, make: Callable[[], T]) -> T:
        """Return the owner of a key of `size` bytes, made if it is not remembered. Raises what `make` raises."""
        found = self._owners.get(key)
        if found is not None:
            return found
        if self._size >= _MAX_BYTES:
            self._owners, self._size = {}, 0
        made = make()
        if size <= _MAX_OWNER_BYTES:
            self._owners[key] = made
            self._size += 5 * size + _OBJECT_BYTES
        return made

    def admits(self, part: bytes) -> bool:
        """Return whether an owner may remember what a part becomes, and count it."""
        if len(part) > _MAX_PART_BYTES or self._size >= _MAX_BYTES:
            return False
        self._size += len(part) + _OBJECT_BYTES
        return True
