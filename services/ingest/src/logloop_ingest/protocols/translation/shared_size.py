"""Limits what resources, scopes and labels take once they are stored with each of their logs.

A request states them once. With 10,000 short logs, a few hundred kilobytes of them would take gigabytes.
"""

from logloop_chassis.http.problems import TooLarge

from logloop_ingest.limits import Limits


class SharedSize:
    """Adds up the bytes of one request."""

    def __init__(self, limits: Limits) -> None:
        self._limit = limits.shared_bytes
        self._bytes = 0

    def add(self, size: int, entries: int) -> None:
        """Count `size` bytes for each of the entries, and once if there is none. Raises TooLarge."""
        self._bytes += size * max(1, entries)
        if self._bytes > self._limit:
            raise TooLarge(
                "what the logs of a request share is stored with each of them and may take "
                f"{self._limit} bytes in all; send fewer logs in a request, or fewer attributes and labels"
            )
