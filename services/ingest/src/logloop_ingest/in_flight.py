"""How many bytes are being taken in at this moment, and the refusal of more than fit.

It must not queue: a caller that does not fit is told to come back.
"""

from types import TracebackType
from typing import Self

from logloop_chassis.http.problems import TooManyRequests

from logloop_ingest.telemetry import IN_FLIGHT_BYTES


class InFlight:
    """A budget of bytes. Whoever is alone may exceed it, so that the largest request always fits."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.used = 0

    def hold(self) -> "Hold":
        """A share of the budget, empty at first; leaving it as a context gives it back."""
        return Hold(self)


class Hold:
    """The bytes of one request."""

    __slots__ = ("_budget", "_bytes")

    def __init__(self, budget: InFlight) -> None:
        self._budget = budget
        self._bytes = 0

    def at_least(self, size: int) -> None:
        """Hold `size` bytes in all. Raises TooManyRequests when others hold too much."""
        more = size - self._bytes
        if more <= 0:
            return
        budget = self._budget
        if budget.used > self._bytes and budget.used + more > budget.max_bytes:
            raise TooManyRequests(
                "more logs are arriving than can be passed on; send this again later", retry_after=1
            )
        budget.used += more
        self._bytes = size
        IN_FLIGHT_BYTES.set(budget.used)

    def __enter__(self) -> Self:
        """Nothing is held yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give everything back."""
        self._budget.used -= self._bytes
        self._bytes = 0
        IN_FLIGHT_BYTES.set(self._budget.used)
