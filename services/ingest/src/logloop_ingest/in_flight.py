"""Limits the bytes of the requests in progress; a request over the budget is rejected instead of queued."""

from types import TracebackType
from typing import Self

from logloop_chassis.http.problems import TooManyRequests

from logloop_ingest.telemetry import IN_FLIGHT_BYTES


class InFlightBudget:
    """A budget of bytes. A request that is alone may exceed it, so that the largest request always fits."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.used = 0
        IN_FLIGHT_BYTES.set_function(lambda: self.used)

    def reserve(self) -> "Reservation":
        """Return a reservation of no bytes; leaving it as a context releases what it has grown to."""
        return Reservation(self)


class Reservation:
    """The bytes of one request."""

    __slots__ = ("_budget", "_bytes")

    def __init__(self, budget: InFlightBudget) -> None:
        self._budget = budget
        self._bytes = 0

    def grow_to(self, size: int) -> None:
        """Reserve at least `size` bytes in all. Raises TooManyRequests when other requests hold too many."""
        more = size - self._bytes
        if more <= 0:
            return
        budget = self._budget
        if budget.used > self._bytes and budget.used + more > budget.max_bytes:
            raise TooManyRequests(
                "too many logs are in progress; send again after the time in Retry-After", retry_after=1
            )
        budget.used += more
        self._bytes = size

    def __enter__(self) -> Self:
        """Return the reservation."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release all bytes."""
        self._budget.used -= self._bytes
        self._bytes = 0
