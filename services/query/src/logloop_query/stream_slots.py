"""Limits how many long responses an instance sends at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from logloop_chassis.http.problems import TooManyRequests


class StreamSlots:
    """A number of slots for one kind of stream, such as `exports`."""

    def __init__(self, kind: str, limit: int, *, retry_after: int) -> None:
        self._kind = kind
        self._limit = limit
        self._retry_after = retry_after
        self.taken = 0

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot. Raises TooManyRequests when all are taken."""
        if self.taken >= self._limit:
            detail = f"too many {self._kind} are open; close one or try again later"
            raise TooManyRequests(detail, retry_after=self._retry_after)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
