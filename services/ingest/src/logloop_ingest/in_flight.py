"""Counts the bytes that were let in and are not confirmed yet, and refuses more than there is room for.

It must not wait: a caller that finds no room is told to come again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from logloop_chassis.problems import TooManyRequests

from logloop_ingest.telemetry import IN_FLIGHT_BYTES


class InFlight:
    """Bytes between a request's arrival and its confirm."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """Count `size` bytes as under way. Raises TooManyRequests when there is no room for them now.

        A request larger than the whole room is let in when it is alone.
        """
        if self._bytes and self._bytes + size > self._max_bytes:
            raise TooManyRequests(
                "too many logs are on their way to the broker; send again in a second", retry_after=1
            )
        self._bytes += size
        IN_FLIGHT_BYTES.set(self._bytes)
        try:
            yield
        finally:
            self._bytes -= size
            IN_FLIGHT_BYTES.set(self._bytes)
