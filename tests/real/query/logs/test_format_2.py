"""A segment of format 2 is searched as it is, and rewritten when there is nothing to merge.

`format_2.bson` has the segment as the version before format 3 stored it.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import bson
import pytest
from logloop_query.logs.compaction import Compaction
from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.segments.codec import FORMAT
from logloop_query.logs.stores.leases import LeaseStore

from tests.real.query.logs.storage import Storage, open_storage

FILE = Path(__file__).parents[3] / "data" / "format_2.bson"
MESSAGES = [
    f"order {n} placed by user={n % 7} in {n * 31 % 900} ms" if n % 5 else f"é idle {n:x}" for n in range(1_200)
]
SEARCHES = {
    "": lambda _: True,
    "idle": lambda text: "idle" in text,
    "USER=4": lambda text: "user=4" in text,
    '"order 11"': lambda text: "order 11" in text,
    "4b": lambda text: "4b" in text,
    "word:4b": lambda text: "4b" in text.split(),
    "/in [0-9]{2} ms$/": lambda text: len(text.split()[-2]) == 2 and text.endswith(" ms"),
}


@pytest.fixture
async def storage(mongo_url: str) -> AsyncIterator[Storage]:
    async with open_storage(mongo_url) as opened:
        await opened.database["segments"].insert_many(bson.decode_all(FILE.read_bytes()))
        yield opened


async def check(storage: Storage) -> None:
    for q, matches in SEARCHES.items():
        found = [str(item["message"]) for item in await storage.search(q, limit=2_000)]
        assert found == list(filter(matches, MESSAGES)), q


async def test_a_segment_of_format_2_is_searched_and_rewritten(storage: Storage) -> None:
    await check(storage)
    before = await storage.database["segments"].find_one({})
    compaction = Compaction(
        storage.segments, LeaseStore(storage.database), PatternIndex(storage.patterns), storage.executor, holder="me"
    )

    assert await compaction.round() == 1
    assert await compaction.round() == 0

    after = await storage.database["segments"].find_one({})
    assert before is not None
    assert after is not None
    assert (before["v"], after["v"]) == (2, FORMAT)
    assert len(after["columns"]["message"]) < 0.8 * len(before["columns"]["message"])
    await check(storage)


async def test_a_database_with_the_index_of_an_earlier_version_gets_the_new_one(storage: Storage) -> None:
    segments = storage.database["segments"]
    await segments.drop_index(f"before_format_{FORMAT}")
    await segments.create_index([("hour", -1)], partialFilterExpression={"v": 1}, name="format_1")

    await storage.segments.ensure_indexes()

    assert await storage.segments.earlier_formats(10) == ["s1"]
