"""What an API key may send: its rate, its quota of a day, and what is counted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from logloop_chassis.auth.principal import Principal, SendingLimits
from logloop_chassis.http.problems import TooLarge, TooManyRequests
from logloop_ingest.key_usage_store import KeyUsageStore
from logloop_ingest.rate_limits import BURST_S, KeyLimits
from pymongo.errors import AutoReconnect

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Collection:
    """The counts that all processes share; unavailable while `failure` is set."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.failure: Exception | None = None

    async def create_index(self, *_: object, **__: object) -> None:
        pass

    async def find_one(self, condition: dict[str, Any], _: object) -> dict[str, Any] | None:
        if self.failure is not None:
            raise self.failure
        return self.documents.get(condition["_id"])

    async def find_one_and_update(
        self, condition: dict[str, Any], update: dict[str, Any], **_: object
    ) -> dict[str, Any]:
        if self.failure is not None:
            raise self.failure
        document = self.documents.setdefault(condition["_id"], dict(update["$setOnInsert"]))
        for name, value in update["$inc"].items():
            document[name] = document.get(name, 0) + value
        return document


class Clocks:
    """The time of day and the time that passes."""

    def __init__(self) -> None:
        self.now = NOON

    def monotonic(self) -> float:
        return self.now.timestamp()

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def shared() -> Collection:
    return Collection()


@pytest.fixture
def process(clocks: Clocks, shared: Collection) -> Callable[[], KeyLimits]:
    """Return a further process of ingest."""

    def start() -> KeyLimits:
        database: Any = {"key_usage": shared}
        return KeyLimits(KeyUsageStore(database), clock=lambda: clocks.now, monotonic=clocks.monotonic)

    return start


def key(key_id: str = "k1", *, counted_as: str | None = None, **limits: int) -> Principal:
    return Principal("key", key_id, "key", sending=SendingLimits(counted_as or key_id, **limits))


async def send(limits: KeyLimits, principal: Principal, size: int, entries: int = 1) -> None:
    async with limits.admitted(principal, size) as counts:
        counts.entries = entries


async def test_a_key_over_its_rate_waits_until_its_balance_is_positive(
    process: Callable[[], KeyLimits], clocks: Clocks
) -> None:
    limits, slow = process(), key(max_bytes_per_s=1000)
    await send(limits, slow, 1000 * BURST_S + 2500)  # a body may overdraw the balance, so no body is too large

    with pytest.raises(TooManyRequests, match=r"1000 bytes a second .*again in 3 s") as refused:
        await send(limits, slow, 1)
    assert refused.value.headers["Retry-After"] == "3"

    clocks.advance(2.4)
    with pytest.raises(TooManyRequests):
        await send(limits, slow, 1)
    clocks.advance(0.2)
    await send(limits, slow, 1)


async def test_an_idle_key_saves_no_more_than_a_burst(process: Callable[[], KeyLimits], clocks: Clocks) -> None:
    limits, slow = process(), key(max_bytes_per_s=1000)
    await send(limits, slow, 1)
    clocks.advance(3600)
    await limits.flush()
    await send(limits, slow, 1000 * BURST_S)

    with pytest.raises(TooManyRequests):
        await send(limits, slow, 1)


async def test_a_key_over_its_quota_is_refused_until_midnight(
    process: Callable[[], KeyLimits], clocks: Clocks
) -> None:
    limits, small = process(), key(daily_quota_bytes=5000)
    await send(limits, small, 4000)

    with pytest.raises(
        TooManyRequests, match=r"5000 bytes a day .*has sent 4000 today.*2026-11-28T00:00:00Z"
    ) as refused:
        await send(limits, small, 1001)
    assert refused.value.headers["Retry-After"] == str(12 * 3600)
    await send(limits, small, 1000)

    clocks.advance(12 * 3600)
    await send(limits, small, 5000)


async def test_a_body_over_the_whole_quota_is_too_large(process: Callable[[], KeyLimits]) -> None:
    with pytest.raises(TooLarge, match="5001 bytes"):
        await send(process(), key(daily_quota_bytes=5000), 5001)


async def test_failures_and_retries_use_up_no_quota(process: Callable[[], KeyLimits], shared: Collection) -> None:
    limits, small = process(), key(daily_quota_bytes=5000)
    await send(limits, small, 4000, entries=0)  # stored before with the same Idempotency-Key
    with pytest.raises(AutoReconnect):
        async with limits.admitted(small, 4000):
            raise AutoReconnect
    await send(limits, small, 5000, entries=7)
    await limits.flush()

    [counted] = shared.documents.values()
    assert (counted["entries"], counted["bytes"], counted["refused"]) == (7, 5000, 0)


async def test_bodies_in_progress_count_for_the_quota(process: Callable[[], KeyLimits]) -> None:
    limits, small = process(), key(daily_quota_bytes=5000)
    async with limits.admitted(small, 4000):
        with pytest.raises(TooManyRequests):
            await send(limits, small, 2000)


async def test_processes_share_a_quota_also_after_a_restart(process: Callable[[], KeyLimits]) -> None:
    first, second, small = process(), process(), key(daily_quota_bytes=5000)
    await send(first, small, 1000)
    await send(second, small, 2000)
    await first.flush()
    await second.flush()

    for limits in (second, process()):
        with pytest.raises(TooManyRequests, match="has sent 3000 today"):
            await send(limits, small, 2001)


async def test_a_rotated_key_shares_the_limits_of_the_old_one(process: Callable[[], KeyLimits]) -> None:
    limits = process()
    await send(limits, key("old", daily_quota_bytes=5000), 4000)

    with pytest.raises(TooManyRequests):
        await send(limits, key("new", counted_as="old", daily_quota_bytes=5000), 2000)


async def test_requests_are_counted_by_day_with_those_that_were_refused(
    process: Callable[[], KeyLimits], clocks: Clocks, shared: Collection
) -> None:
    limits, small = process(), key(daily_quota_bytes=5000)
    await send(limits, small, 5000, entries=3)
    with pytest.raises(TooManyRequests):
        await send(limits, small, 1)
    clocks.advance(12 * 3600)
    await send(limits, small, 10, entries=2)
    await limits.flush()

    assert {
        name: (day["counted_as"], day["entries"], day["bytes"], day["refused"])
        for name, day in shared.documents.items()
    } == {"k1/2026-11-27": ("k1", 3, 5000, 1), "k1/2026-11-28": ("k1", 2, 10, 0)}


async def test_an_outage_of_the_database_neither_stops_a_key_nor_loses_its_counts(
    process: Callable[[], KeyLimits], shared: Collection
) -> None:
    limits, small = process(), key(daily_quota_bytes=5000)
    shared.failure = AutoReconnect("away")
    await send(limits, small, 3000)
    await limits.flush()
    with pytest.raises(TooManyRequests, match="has sent 3000 today"):
        await send(limits, small, 3000)

    shared.failure = None
    await limits.flush()
    assert shared.documents["k1/2026-11-27"]["bytes"] == 3000


async def test_callers_without_a_key_have_no_limits_and_are_not_counted(
    process: Callable[[], KeyLimits], shared: Collection
) -> None:
    limits = process()
    await send(limits, Principal("user", "u1", "user"), 10**9)
    await limits.flush()
    assert shared.documents == {}
