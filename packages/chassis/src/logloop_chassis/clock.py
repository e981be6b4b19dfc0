"""The clock of the database, by which services compute the deadlines that they store.

MongoDB expires documents by its own clock, and other processes act on stored deadlines. A service with a wrong clock
would delete logs early or keep leases for days. It therefore measures the clock of the database and counts on from
there with the monotonic clock of its machine. Before the first measurement the clock of the machine is used.
"""

import asyncio
import time
from datetime import UTC, datetime

import structlog
from prometheus_client import Counter, Gauge
from pymongo.errors import PyMongoError

from logloop_chassis.database.client import Database

MEASURE_EVERY_S = 10.0
RETRY_S = 0.5
SLOW_S = 1.0
"""A measurement that takes longer is too inexact to replace an earlier one."""
MAX_DIFFERENCE_S = 60.0
CLOCK_DIFFERENCE = Gauge(
    "logloop_clock_difference_seconds", "How far the clock of this machine is ahead of the database."
)
CLOCK_WARNINGS = Counter(
    "logloop_clock_differences_total", "Measurements in which both clocks differ by more than a minute."
)
_log = structlog.get_logger()


class DatabaseClock:
    """Returns the time of the database."""

    def __init__(self) -> None:
        self._measured: tuple[float, float] | None = None
        self._warned = False

    def time(self) -> float:
        """Return the seconds since 1970."""
        if self._measured is None:
            return time.time()
        at, database_time = self._measured
        return database_time + (time.monotonic() - at)

    def time_ns(self) -> int:
        """Return the nanoseconds since 1970."""
        return int(self.time() * 1_000_000) * 1000

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    async def measure(self, database: Database) -> None:
        """Read the clock of the database; warn and count when the clock of this machine differs by over a minute.

        Raises PyMongoError.
        """
        sent = time.monotonic()
        reply = await database.command("hello")
        received, local = time.monotonic(), time.time()
        if self._measured is not None and received - sent > SLOW_S:
            return
        moment: datetime = reply["localTime"]
        database_time = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        self._measured = ((sent + received) / 2, database_time)
        self._compare(local - database_time - (received - sent) / 2)

    async def ensure_measured(self, database: Database) -> None:
        """Measure unless that was done before. Stores call this before they store a deadline. Raises PyMongoError."""
        if self._measured is None:
            await self.measure(database)

    async def keep_measuring(self, database: Database, stopping: asyncio.Event) -> None:
        """Measure every ten seconds until `stopping`; while the database is away, twice a second before the first."""
        while not stopping.is_set():
            try:
                await self.measure(database)
            except PyMongoError as error:
                _log.debug("clock of the database not read", error=str(error)[:200])
            pause_s = RETRY_S if self._measured is None else MEASURE_EVERY_S
            try:
                async with asyncio.timeout(pause_s):
                    await stopping.wait()
            except TimeoutError:
                continue

    def forget(self) -> None:
        """Use the clock of the machine again."""
        self._measured = None
        self._warned = False

    def _compare(self, difference_s: float) -> None:
        CLOCK_DIFFERENCE.set(difference_s)
        differs = abs(difference_s) > MAX_DIFFERENCE_S
        if differs:
            CLOCK_WARNINGS.inc()
            if not self._warned:
                _log.warning(
                    "the clock of this machine differs from the clock of the database; set one of them",
                    difference_s=round(difference_s),
                )
        self._warned = differs


CLOCK = DatabaseClock()
"""The clock of this process. A process has one, as it has one system clock."""


def utc_now() -> datetime:
    """Return the time of the database in UTC, cut to the milliseconds that MongoDB stores."""
    now = CLOCK.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
