"""Logs over AMQP: accepted, retried during outages, or dead-lettered."""

import asyncio
import json
from typing import Any

import pytest
from logloop_chassis.messaging.delivery import Delivery
from logloop_chassis.messaging.failures import Dead, RetryLater
from logloop_chassis.messaging.publisher import NotPublished
from logloop_chassis.testing import wait_until
from logloop_ingest.consumers import MAX_DEAD_LETTERS, intake_handler

from tests.unit.ingest.harness import Ingest, entry, ingest_service


def delivery(content: Any, *, project: str = "shop", message_id: str = "m1", **headers: Any) -> Delivery:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Delivery(body, message_id, "logloop.intake", project, headers)


async def handle(ingest: Ingest, sent: Delivery, stopping: asyncio.Event | None = None) -> None:
    await intake_handler(ingest.accept, ingest.broker, ingest.in_flight, stopping or asyncio.Event())(sent)


def dead_letters(ingest: Ingest) -> list[tuple[bytes, dict[str, Any], str]]:
    return [
        (body, dict(headers), name)
        for exchange, _, body, headers, name in ingest.broker.published
        if "dead" in exchange
    ]


async def test_the_routing_key_is_the_project() -> None:
    value = entry()
    del value["project_id"]
    async with ingest_service() as ingest:
        await handle(ingest, delivery([value, entry()]))
        assert [row["project_id"] for row in ingest.broker.logs] == ["shop", "shop"]


async def test_a_redelivery_is_the_same_batch() -> None:
    async with ingest_service() as ingest, ingest_service() as restarted:
        for target in (ingest, ingest, restarted):
            await handle(target, delivery(entry(), message_id="same"))
        assert len(ingest.broker.logs) == 1
        assert ingest.broker.logs == restarted.broker.logs


async def test_rejected_entries_are_dead_lettered_one_by_one_with_their_reason() -> None:
    async with ingest_service() as ingest:
        wrong = entry(severity="loud")
        await handle(
            ingest, delivery(b"\n".join([json.dumps(entry()).encode(), json.dumps(wrong).encode(), b"{oops"]))
        )
        assert len(ingest.broker.logs) == 1
        (first, headers, name), (second, other, _) = dead_letters(ingest)
        assert json.loads(first) == wrong
        assert (headers["x-dead-reason"], name) == ("bad_severity", "m1.1")
        assert headers["x-origin-routing-key"] == "shop"
        assert "severity" in headers["x-dead-detail"]
        assert (second, other["x-dead-reason"]) == (b"{oops", "not_json")


async def test_many_rejected_entries_share_a_dead_letter() -> None:
    async with ingest_service() as ingest:
        await handle(ingest, delivery([entry(), *({"n": n} for n in range(500))]))
        kept = dead_letters(ingest)
        assert len(kept) == MAX_DEAD_LETTERS + 1
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
async def test_a_message_without_an_acceptable_entry_is_dead_lettered(sent: Delivery, reason: str) -> None:
    async with ingest_service() as ingest:
        with pytest.raises(Dead) as dead:
            await handle(ingest, sent)
        assert dead.value.reason == reason
        assert str(dead.value)
        assert ingest.broker.logs == []


async def test_a_retried_message_keeps_its_project() -> None:
    async with ingest_service() as ingest:
        await handle(ingest, delivery(entry(), project="ingest.intake", **{"x-origin-routing-key": "shop"}))
        assert len(ingest.broker.logs) == 1


async def test_a_message_waits_until_an_outage_of_the_broker_ends() -> None:
    async with ingest_service() as ingest:
        ingest.broker.failure = NotPublished("unreachable", "x")
        waiting = asyncio.ensure_future(handle(ingest, delivery(entry())))
        await wait_until(lambda: ingest.broker.seen >= 2)
        assert not waiting.done()
        ingest.broker.failure = None
        await waiting
        assert len(ingest.broker.logs) == 1


async def test_a_stopping_service_returns_the_message_for_a_retry() -> None:
    async with ingest_service() as ingest:
        ingest.broker.failure = NotPublished("unreachable", "x")
        stopping = asyncio.Event()
        waiting = asyncio.ensure_future(handle(ingest, delivery(entry()), stopping))
        await wait_until(lambda: ingest.broker.seen >= 1)
        stopping.set()
        with pytest.raises(RetryLater):
            await waiting
