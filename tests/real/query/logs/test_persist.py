"""Batches are stored exactly once, however often and to however many instances they are delivered."""

import asyncio
import random
from base64 import b85encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import time_machine
from logloop_chassis.clock import CLOCK
from logloop_chassis.testing import wait_until
from logloop_contracts.log_batch import new_batch_id
from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.persister import Persister
from logloop_query.logs.segments.codec import MAX_PART_BYTES, chunks_of, encode_segment
from logloop_query.logs.stores.leases import LeaseStore
from logloop_query.logs.stores.segments import DuplicateParts
from logloop_query.telemetry import WRITE_WAITS

from tests.infra import mongo_node
from tests.real.query.logs.storage import NOON, Storage, entry, numbered, open_storage, table


@pytest.fixture
async def storage(mongo_url: str) -> AsyncIterator[Storage]:
    async with open_storage(mongo_url) as opened:
        yield opened


@pytest.mark.parametrize("days", [-40, 40])
async def test_a_wrong_local_clock_does_not_change_when_logs_expire(storage: Storage, days: int) -> None:
    now = datetime.now(UTC)
    CLOCK.forget()
    with time_machine.travel(now + timedelta(days=days), tick=True):
        async with storage.persister() as persister:
            await persister.store("shop", numbered(0, 1))
        assert await LeaseStore(storage.database).take("job", "me", 30)
    [segment] = await documents(storage)
    lease = await storage.database["leases"].find_one({"_id": "job"})
    assert lease is not None
    for moment, after in ((segment["stored_at"], 0), (segment["expires_at"], 30 * 86400), (lease["expires_at"], 30)):
        assert abs(moment - now - timedelta(seconds=after)) < timedelta(minutes=2)


async def documents(storage: Storage) -> list[dict[str, Any]]:
    return [item async for item in storage.database["segments"].find({}, {"columns": 0})]


async def test_a_stored_log_is_found_with_every_field(storage: Storage) -> None:
    sent = entry(
        "paid 12 EUR",
        NOON + timedelta(microseconds=1),
        test_id="t",
        func_id="f",
        source="stdout",
        attributes={"http": {"status": 200}},
    )
    async with storage.persister() as persister:
        await persister.store("shop", table([sent], batch := new_batch_id()))

    hour = int(NOON.timestamp()) // 3600
    assert await storage.search() == [
        {
            "id": f"{batch}-{hour:x}-0",
            "project_id": "shop",
            "service_id": "cart",
            "test_id": "t",
            "func_id": "f",
            "message": "paid 12 EUR",
            "severity": "info",
            "timestamp": "2026-11-22T12:00:00.000001Z",
            "source": "stdout",
            "attributes": _Fragment('{"http":{"status":200}}'),
        }
    ]
    assert storage.records.services == {"cart"}
    assert storage.records.tests == {"t"}


class _Fragment:
    """Equal to ready-made JSON with this text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return orjson.dumps(other).decode() == self.text

    __hash__ = None  # type: ignore[assignment]  # never put into a set


async def test_messages_that_arrive_together_share_a_segment(storage: Storage) -> None:
    async with storage.persister(linger_s=0.2) as persister:
        await asyncio.gather(*(persister.store("shop", numbered(i * 10, 10)) for i in range(20)))

    assert [item["count"] for item in await documents(storage)] == [200]


async def test_each_project_and_hour_has_its_own_segments(storage: Storage) -> None:
    batch = table([entry("before", NOON - timedelta(microseconds=1)), entry("after", NOON)])
    async with storage.persister(linger_s=0.1) as persister:
        await asyncio.gather(persister.store("shop", batch), persister.store("bank", numbered(0, 1)))

    found = sorted((item["project_id"], item["hour"] % 24, item["count"]) for item in await documents(storage))
    assert found == [("bank", 12, 1), ("shop", 11, 1), ("shop", 12, 1)]
    assert await storage.messages() == ["before", "after"]


async def test_a_redelivered_message_is_not_stored_again(storage: Storage) -> None:
    batch = numbered(0, 100)
    async with storage.persister() as persister:
        await persister.store("shop", batch)
        await persister.store("shop", batch)
        await asyncio.gather(persister.store("shop", batch), persister.store("shop", batch))

    assert await storage.messages() == [f"line {i}" for i in range(100)]


async def test_new_rows_next_to_stored_ones_are_kept(storage: Storage) -> None:
    old, fresh = numbered(0, 50), numbered(50, 50)
    async with storage.persister(linger_s=0.1) as persister:
        await persister.store("shop", old)
        await asyncio.gather(persister.store("shop", old), persister.store("shop", fresh))

    assert sorted(await storage.messages(), key=lambda m: int(m[5:])) == [f"line {i}" for i in range(100)]


async def test_a_batch_across_hours_is_completed_when_one_hour_was_stored(storage: Storage) -> None:
    batch = table([entry("before", NOON - timedelta(seconds=1)), entry("after", NOON)])
    async with storage.persister() as persister:
        await persister.store("shop", batch)
        await storage.database["segments"].delete_one({"hour": int(NOON.timestamp()) // 3600})
        assert await storage.messages() == ["before"]
        await persister.store("shop", batch)

    assert await storage.messages() == ["before", "after"]


async def test_two_persisters_with_the_same_messages_store_each_log_once(storage: Storage) -> None:
    batches = [numbered(i * 20, 20, NOON + timedelta(minutes=7 * i)) for i in range(30)]
    deliveries = [batches[i % 30] for i in range(90)]

    async def deliver(persister: Any, seed: int) -> None:
        shuffled = random.Random(seed).sample(deliveries, len(deliveries))
        await asyncio.gather(*(persister.store("shop", batch) for batch in shuffled))

    async with storage.persister(linger_s=0.005) as one, storage.persister(linger_s=0.003) as two:
        await asyncio.gather(deliver(one, 1), deliver(two, 2))

    assert await storage.messages() == [f"line {i}" for i in range(600)]


async def test_a_part_can_be_inserted_only_once(storage: Storage) -> None:
    chunk = next(chunks_of(numbered(0, 3)))
    segment = encode_segment("shop", chunk.hour, chunk.parts, chunk.table)
    moment = datetime.now(UTC)
    await storage.segments.insert(segment, stored_at=moment, retention=timedelta(days=1))

    with pytest.raises(DuplicateParts):
        await storage.segments.insert(segment, stored_at=moment, retention=timedelta(days=1))
    assert await storage.segments.stored_parts("shop", chunk.parts) == set(chunk.parts)


async def test_incompressible_logs_are_split_over_several_documents(storage: Storage) -> None:
    noise = random.Random(7)
    lines = [b85encode(noise.randbytes(160_000)).decode() for _ in range(90)]
    batch = table([entry(f"{i} {line}", NOON + timedelta(milliseconds=i)) for i, line in enumerate(lines)])
    assert batch.nbytes > 2 * MAX_PART_BYTES
    async with storage.persister() as persister:
        await asyncio.gather(persister.store("shop", batch), persister.store("shop", batch))
        await persister.store("shop", batch)

    assert await storage.messages() == [f"{i} {line}" for i, line in enumerate(lines)]
    found = (await storage.search(limit=1, newest_first=True))[0]
    assert found["message"].startswith("89 ")


async def test_logs_expire_by_the_retention_of_their_project(storage: Storage) -> None:
    storage.records.days = 7
    async with storage.persister() as persister:
        await persister.store("shop", numbered(0, 1))
    (stored,) = await documents(storage)
    assert stored["expires_at"] - stored["stored_at"] == timedelta(days=7)

    await storage.segments.set_retention("shop", timedelta(days=90))

    (stored,) = await documents(storage)
    assert stored["expires_at"] - stored["stored_at"] == timedelta(days=90)
    indexes = await storage.database["segments"].index_information()
    assert indexes["expiry"]["expireAfterSeconds"] == 0


async def test_a_message_that_cannot_be_written_does_not_fail_others(storage: Storage) -> None:
    class Fussy:
        """Rejects one message with an error that is not an outage."""

        async def insert(self, segment: Any, **options: Any) -> Any:
            if len(segment.parts) > 1 or segment.count == 13:
                raise ValueError("refused")
            return await storage.segments.insert(segment, **options)

        stored_parts = storage.segments.stored_parts
        add_filter = storage.segments.add_filter

    index = PatternIndex(storage.patterns)
    persister = Persister(Fussy(), storage.records, storage.records, index, storage.executor, linger_s=0.05)
    running = asyncio.create_task(persister.run())
    results = await asyncio.gather(
        persister.store("shop", numbered(0, 5)),
        persister.store("shop", numbered(100, 13)),
        persister.store("shop", numbered(200, 5)),
        return_exceptions=True,
    )
    running.cancel()

    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert await storage.count() == 10


async def test_patterns_are_stored_with_first_and_last_time(storage: Storage) -> None:
    async with storage.persister() as persister:
        await persister.store(
            "shop", table([entry("took 5 ms", NOON), entry("took 7 ms", NOON + timedelta(seconds=1))])
        )
        await persister.store("shop", table([entry("took 9 ms", NOON - timedelta(hours=1), service_id="web")]))

    known = (await storage.patterns.find("shop", ["took <*> ms"]))["took <*> ms"]
    assert (known.count, known.services) == (3, ["cart", "web"])
    assert known.last_seen - known.first_seen == 3_601_000_000


async def test_no_log_is_lost_or_repeated_in_an_outage_of_mongodb() -> None:
    with mongo_node() as node:
        async with open_storage(node.url) as storage, storage.persister() as persister:
            await persister.store("shop", numbered(0, 10))
            node.kill()
            stored = asyncio.gather(*(persister.store("shop", numbered(10 + i * 10, 10)) for i in range(3)))
            await wait_until(lambda: WRITE_WAITS._value.get() > 0)
            assert not stored.done()
            await asyncio.to_thread(node.start)
            await stored

            assert sorted(await storage.messages()) == sorted(f"line {i}" for i in range(40))


async def test_the_test_runs_of_redelivered_rows_are_recorded_again(storage: Storage) -> None:
    """A process may end between storing rows and recording their runs; the redelivery completes it."""
    outcome = {"test.run_id": "nightly", "test.outcome": "passed"}
    rows = table([entry("test passed", test_id="t", attributes=outcome), entry("no test")])
    async with storage.persister() as persister:
        for _ in range(2):
            await persister.store("shop", rows)

    assert storage.records.runs == ["nightly", "nightly"]
    assert await storage.count() == 2
