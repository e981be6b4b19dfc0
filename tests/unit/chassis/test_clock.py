"""Deadlines follow the clock of the database, whatever the clock of the machine shows."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from logloop_chassis.clock import CLOCK, CLOCK_DIFFERENCE, CLOCK_WARNINGS, DatabaseClock
from logloop_chassis.crypto import issue_service_token, read_service_token
from logloop_chassis.testing import wait_until
from pymongo.errors import AutoReconnect

SECRET = "s" * 32


class Database:
    """A database whose clock differs from the one of this machine."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead

    async def command(self, name: str) -> dict[str, Any]:
        assert name == "hello"
        return {"localTime": datetime.now(UTC) + self.ahead}


def database(ahead: timedelta) -> Any:
    return Database(ahead)


def warnings() -> float:
    return CLOCK_WARNINGS._value.get()  # type: ignore[no-any-return]


@pytest.mark.parametrize("days", [-40, 40])
async def test_the_clock_of_the_database_counts(days: int) -> None:
    clock = DatabaseClock()
    await clock.measure(database(timedelta(days=days)))
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=days)) < timedelta(seconds=5)
    assert abs(clock.time_ns() / 1e9 - clock.time()) < 1


async def test_a_step_of_the_local_clock_changes_nothing() -> None:
    clock = DatabaseClock()
    await clock.measure(database(timedelta()))
    before = clock.now()
    with time_machine.travel(before + timedelta(days=40), tick=True):
        assert abs(clock.now() - before) < timedelta(seconds=5)


@pytest.mark.parametrize(("seconds", "counted"), [(30, 0), (-30, 0), (90, 1), (-90, 1)])
async def test_a_difference_of_more_than_a_minute_is_counted(seconds: int, counted: int) -> None:
    clock, before = DatabaseClock(), warnings()
    await clock.measure(database(timedelta(seconds=seconds)))
    assert warnings() - before == counted
    assert abs(CLOCK_DIFFERENCE._value.get() + seconds) < 5


async def test_a_service_token_is_valid_between_machines_whose_clocks_differ() -> None:
    try:
        await CLOCK.measure(database(timedelta(days=-40)))
        token = issue_service_token(SECRET, "query", "shop", ttl_s=60)
        with time_machine.travel(datetime.now(UTC) + timedelta(days=3), tick=True):
            assert read_service_token(SECRET, token) is not None
        assert read_service_token(SECRET, issue_service_token(SECRET, "query", ttl_s=-1)) is None
    finally:
        CLOCK.forget()


async def test_the_clock_is_measured_again_after_an_outage() -> None:
    class Away(Database):
        failures = 1

        async def command(self, name: str) -> dict[str, Any]:
            if self.failures:
                self.failures -= 1
                raise AutoReconnect("away")
            return await super().command(name)

    clock, stopping, away = DatabaseClock(), asyncio.Event(), Away(timedelta(days=9))
    measuring = asyncio.create_task(clock.keep_measuring(away, stopping))  # type: ignore[arg-type]
    await wait_until(lambda: clock.now() > datetime.now(UTC) + timedelta(days=8))
    stopping.set()
    await asyncio.wait_for(measuring, 5)
