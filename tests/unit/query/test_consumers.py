"""The work queue: invalid batches are dead-lettered, and the bytes in flight are limited."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from logloop_chassis.messaging.delivery import Delivery
from logloop_chassis.messaging.failures import Dead
from logloop_contracts import LogEntry, Severity
from logloop_contracts.log_batch import encode, entries_to_batch, new_batch_id
from logloop_query.logs.consumer import InFlightBytes, log_batch_handler
from logloop_query.logs.segments.codec import PartTooLarge


class FakePersister:
    """Stands in for the persister and the key usage, and remembers the calls."""

    def __init__(self, error: Exception | None = None) -> None:
        self.stored: list[tuple[str, int]] = []
        self.keys: list[str] = []
        self._error = error

    async def store(self, project_id: str, table: pa.Table) -> None:
        if self._error:
            raise self._error
        self.stored.append((project_id, table.num_rows))

    async def record_keys(self, key_ids: Sequence[str], at: datetime) -> None:  # noqa: ARG002  # the shape of KeyUsage
        self.keys += key_ids


def body(count: int = 2) -> bytes:
    entry = LogEntry(
        project_id="shop", service_id="a", message="m", severity=Severity.INFO, timestamp=datetime.now(UTC)
    )
    return encode(entries_to_batch([entry] * count, new_batch_id()))


def delivery(content: bytes, **options: Any) -> Delivery:
    return Delivery(content, "m", "logloop.logs", options.pop("key", "shop"), headers=options)


async def test_a_batch_is_stored_for_the_project_of_its_header_and_its_keys_are_recorded() -> None:
    fake = FakePersister()
    handle = log_batch_handler(fake, fake)
    await handle(delivery(body(), key="ignored", **{"x-project": "shop", "x-key-ids": "k1,k2"}))
    await handle(delivery(body(3), key="bank"))
    assert fake.stored == [("shop", 2), ("bank", 3)]
    assert fake.keys == ["k1", "k2"]


@pytest.mark.parametrize(
    ("message", "error", "reason"),
    [
        (delivery(b"rubbish"), None, "bad_batch"),
        (delivery(b""), None, "bad_batch"),
        (delivery(b"x" * 100_000), None, "bad_batch"),
        (delivery(body()[:-50]), None, "bad_batch"),
        (delivery(body(), key="No Project"), None, "bad_project"),
        (delivery(body()), PartTooLarge("too large"), "too_large"),
    ],
)
async def test_an_invalid_message_is_dead_lettered_with_its_reason(
    message: Delivery, error: Exception | None, reason: str
) -> None:
    fake = FakePersister(error)
    with pytest.raises(Dead) as dead:
        await log_batch_handler(fake, fake)(message)
    assert dead.value.reason == reason


async def test_messages_wait_while_too_many_bytes_are_in_flight_but_a_large_one_is_admitted_alone() -> None:
    gate = InFlightBytes(10)
    inside: list[int] = []
    most = 0

    async def work(size: int) -> None:
        nonlocal most
        async with gate.reserve(size):
            inside.append(size)
            most = max(most, sum(inside)) if len(inside) > 1 else most
            await asyncio.sleep(0)
            inside.remove(size)

    await asyncio.gather(*(work(size) for size in [4, 4, 4, 25, 1, 6, 10, 3]))
    assert most <= 10


async def test_a_cancelled_message_reserves_no_bytes() -> None:
    gate = InFlightBytes(10)
    async with gate.reserve(10):
        waiting = asyncio.create_task(gate.reserve(5).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
    async with asyncio.timeout(5), gate.reserve(10):
        pass
