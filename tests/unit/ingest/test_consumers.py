"""Messages of other programs: taken in, waited for, or kept as dead letters."""

import asyncio
import json
from typing import Any

import pytest
from logloop_chassis.messaging.failures import Dead, Delivery, RetryLater
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import wait_until
from logloop_ingest.consumers import MAX_LETTERS, intake_handler

from tests.unit.ingest.harness import Doors, doors, entry


def delivery(content: Any, *, project: str = "shop", message_id: str = "m1", **headers: Any) -> Delivery:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Delivery(body, message_id, "logloop.intake", project, headers)


async def handle(door: Doors, sent: Delivery, stopping: asyncio.Event | None = None) -> None:
    await intake_handler(door.accept, door.broker, door.in_flight, stopping or asyncio.Event())(sent)


def letters(door: Doors) -> list[tuple[bytes, dict[str, Any], str]]:
    return [
        (body, dict(headers), name)
        for exchange, _, body, headers, name in door.broker.published
        if "dead" in exchange
    ]


async def test_the_routing_key_is_the_project() -> None:
    value = entry()
    del value["project_id"]
    async with doors() as door:
        await handle(door, delivery([value, entry()]))
        assert [row["project_id"] for row in door.broker.logs] == ["shop", "shop"]


async def test_a_redelivery_is_the_same_batch() -> None:
    async with doors() as door, doors() as restarted:
        for target in (door, door, restarted):
            await handle(target, delivery(entry(), message_id="same"))
        assert len(door.broker.logs) == 1
        assert door.broker.logs == restarted.broker.logs


async def test_refused_entries_are_kept_one_by_one_with_their_reason() -> None:
    async with doors() as door:
        wrong = entry(severity="loud")
        await handle(door, delivery(b"\n".join([json.dumps(entry()).encode(), json.dumps(wrong).encode(), b"{oops"])))
        assert len(door.broker.logs) == 1
        (first, headers, name), (second, other, _) = letters(door)
        assert json.loads(first) == wrong
        assert (headers["x-dead-reason"], name) == ("bad_severity", "m1.1")
        assert headers["x-origin-routing-key"] == "shop"
        assert "severity" in headers["x-dead-detail"]
        assert (second, other["x-dead-reason"]) == (b"{oops", "not_json")


async def test_thousands_of_refused_entries_do_not_become_thousands_of_letters() -> None:
    async with doors() as door:
        await handle(door, delivery([entry(), *({"n": n} for n in range(500))]))
        kept = letters(door)
        assert len(kept) == MAX_LETTERS + 1
        assert sum(len(body.splitlines()) for body, _, _ in kept) == 500


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (delivery(b"\xff\xfe{"), "not_json"),
        (delivery([]), "empty"),
        (delivery(entry(severity="loud")), "bad_severity"),
        (delivery(entry(project_id="bank")), "forbidden_project"),
        (delivery({"service_id": "a"}, project="nowhere"), "unknown_project"),
        (delivery(entry(), project="not a project"), "forbidden_project"),
    ],
)
async def test_a_message_with_nothing_to_take_is_dead(sent: Delivery, reason: str) -> None:
    async with doors() as door:
        with pytest.raises(Dead) as death:
            await handle(door, sent)
        assert death.value.reason == reason
        assert str(death.value)
        assert door.broker.logs == []


async def test_a_retried_message_remembers_its_project() -> None:
    async with doors() as door:
        await handle(door, delivery(entry(), project="ingest.intake", **{"x-origin-routing-key": "shop"}))
        assert len(door.broker.logs) == 1


async def test_an_outage_of_the_broker_is_waited_out() -> None:
    async with doors() as door:
        door.broker.failure = NotPublished("unreachable", "away")
        waiting = asyncio.ensure_future(handle(door, delivery(entry())))
        await wait_until(lambda: door.broker.seen >= 2)
        assert not waiting.done()
        door.broker.failure = None
        await waiting
        assert len(door.broker.logs) == 1


async def test_a_stopping_service_gives_the_message_back() -> None:
    async with doors() as door:
        door.broker.failure = NotPublished("unreachable", "away")
        stopping = asyncio.Event()
        waiting = asyncio.ensure_future(handle(door, delivery(entry()), stopping))
        await wait_until(lambda: door.broker.seen >= 1)
        stopping.set()
        with pytest.raises(RetryLater):
            await waiting
