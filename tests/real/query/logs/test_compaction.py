"""Merging small segments does not affect concurrent reads, edits and writes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from logloop_contracts.log_batch import parse_log_id
from logloop_query.logs.compaction import Compaction, choose_merges
from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.stores.leases import LeaseStore
from logloop_query.logs.stores.segments import SmallSegment
from logloop_query.time_bounds import to_microseconds

from tests.real.query.logs.storage import NOON, Storage, entry, numbered, open_storage, table, with_first_patterns


@pytest.fixture
async def storage(mongo_url: str) -> AsyncIterator[Storage]:
    async with open_storage(mongo_url) as opened:
        yield opened


def compaction(storage: Storage, holder: str = "me") -> Compaction:
    index = PatternIndex(storage.patterns)
    return Compaction(storage.segments, LeaseStore(storage.database), index, storage.executor, holder=holder)


async def store_in_pieces(storage: Storage, pieces: int, size: int) -> list[Any]:
    """Store one segment per piece, all of one hour."""
    batches = [numbered(i * size, size, NOON + timedelta(seconds=i)) for i in range(pieces)]
    async with storage.persister(linger_s=0.001) as persister:
        for batch in batches:
            await persister.store("shop", batch)
    return batches


async def segment_count(storage: Storage) -> int:
    return await storage.database["segments"].count_documents({})


async def test_eight_small_segments_become_one_with_the_same_logs_and_ids(storage: Storage) -> None:
    await store_in_pieces(storage, 8, 10)
    before = await storage.search()
    assert await segment_count(storage) == 8

    assert await compaction(storage).round() == 1

    assert await segment_count(storage) == 1
    assert await storage.search() == before
    assert await storage.count() == 80


async def test_segments_without_a_pattern_version_are_found_by_their_pattern_and_masked_again(
    storage: Storage,
) -> None:
    segments = storage.database["segments"]
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(4):
            rows = [entry(f"took {i} ms for id={j}", NOON + timedelta(seconds=i)) for j in range(3)]
            await persister.store("shop", with_first_patterns(table(rows)))
    await segments.update_many({}, {"$unset": {"pattern_version": ""}})
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(4, 8):
            rows = [entry(f"took {i} ms for id={j}", NOON + timedelta(seconds=i)) for j in range(3)]
            await persister.store("shop", table(rows))
    pattern = "took <*> ms for id=<*>"

    async def found() -> list[int]:
        selection = LogSelection("shop", parse_query(f'pattern:"{pattern}"'))
        async with storage.searching.counting("patterns") as (counter, _):
            counts = (await counter.by_pattern(selection)).table.to_pydict()
        return [len(await storage.messages(f'pattern:"{pattern}"')), *counts["count"]]

    assert await segments.count_documents({"pattern_version": {"$exists": False}}) == 4
    assert await found() == [24, 24]
    assert await compaction(storage).round() == 1

    assert [item["pattern_version"] async for item in segments.find({})] == [2]
    assert await found() == [24, 24]
    assert (await storage.patterns.find("shop", [pattern]))[pattern].first_seen == to_microseconds(NOON)


async def test_a_redelivered_message_is_not_stored_again_after_a_merge(storage: Storage) -> None:
    batches = await store_in_pieces(storage, 8, 10)
    await compaction(storage).round()
    async with storage.persister() as persister:
        await asyncio.gather(*(persister.store("shop", batch) for batch in batches))

    assert await storage.messages() == [f"line {i}" for i in range(80)]


async def test_readers_see_every_log_once_while_segments_are_merged(storage: Storage) -> None:
    await store_in_pieces(storage, 40, 5)
    expected = [f"line {i}" for i in range(200)]
    done = asyncio.Event()

    async def merge() -> None:
        merges = 1
        while merges:
            merges = await compaction(storage).round()
        done.set()

    async def read() -> int:
        reads = 0
        while not done.is_set() or reads < 3:
            assert await storage.messages(limit=37) == expected or pytest.fail("a log was shown twice or not at all")
            assert await storage.count() == 200
            reads += 1
        return reads

    _, *reads = await asyncio.gather(merge(), read(), read())
    assert min(reads) >= 3
    assert await segment_count(storage) < 40


async def test_an_edit_during_a_merge_is_never_lost(storage: Storage) -> None:
    await store_in_pieces(storage, 8, 3)
    items = await storage.search()

    async def edit(item: dict[str, Any]) -> None:
        wanted = parse_log_id(item["id"])
        await storage.edits.change(wanted, lambda _: True, {"message": item["message"] + " edited"})

    await asyncio.gather(*(edit(item) for item in items), *(compaction(storage).round() for _ in range(3)))
    await compaction(storage).round()

    assert await storage.messages() == [f"line {i} edited" for i in range(24)]


async def test_only_the_holder_of_the_lease_merges(storage: Storage) -> None:
    await store_in_pieces(storage, 8, 1)
    leases = LeaseStore(storage.database)
    assert await leases.take("compaction", "other", 60)

    assert await compaction(storage).round() == 0
    await leases.release("compaction", "other")
    assert await compaction(storage).round() == 1


async def test_an_expired_lease_is_taken_over(storage: Storage) -> None:
    leases = LeaseStore(storage.database)
    assert await leases.take("job", "dead", -1)
    assert await leases.take("job", "me", 60)
    assert not await leases.take("job", "dead", 60)


async def test_a_merged_segment_expires_with_its_last_log(storage: Storage) -> None:
    await store_in_pieces(storage, 8, 1)
    segments = storage.database["segments"]
    latest = max([item["expires_at"] async for item in segments.find({}, {"expires_at": 1})])

    await compaction(storage).round()

    merged = await segments.find_one({}, {"expires_at": 1})
    assert merged is not None
    assert merged["expires_at"] == latest


def small(count: int, tier: int, stored_at: datetime) -> SmallSegment:
    return SmallSegment("id", 0, tier, count, count * 15, count * 300, 1, stored_at)


def test_a_few_segments_are_merged_only_after_their_hour_is_over() -> None:
    now = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    hour = int(now.timestamp()) // 3600
    few = [small(10, 0, now - timedelta(minutes=10)) for _ in range(3)]

    assert list(choose_merges(few, hour, now)) == []
    assert [len(chosen) for chosen in choose_merges(few, hour - 1, now)] == [3]


def test_a_large_segment_is_not_merged_with_each_tiny_one() -> None:
    now = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    hour = int(now.timestamp()) // 3600
    mixed = [small(20_000, 2, now), *(small(10, 0, now) for _ in range(8))]

    assert [[item.tier for item in chosen] for chosen in choose_merges(mixed, hour, now)] == [[0] * 8]
