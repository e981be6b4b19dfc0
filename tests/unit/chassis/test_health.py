"""The readiness of a service."""

import asyncio

from logloop_chassis.http.health import HealthRegistry


async def test_a_check_that_is_registered_during_a_report_belongs_to_the_next_one() -> None:
    registry = HealthRegistry(asyncio.Event())

    async def late() -> None:
        raise RuntimeError("not connected")

    async def first() -> None:
        registry.add("late", late)

    registry.add("first", first)
    assert (await registry.report()).checks == {"first": "ok"}
