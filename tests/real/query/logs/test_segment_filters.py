"""Filters of segments save reads, and never change what a search finds."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from logloop_contracts.log_batch import parse_log_id
from logloop_query.logs.compaction import Compaction
from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.logs.segments.filters import build
from logloop_query.logs.segments.filters.build import filter_of
from logloop_query.logs.stores.leases import LeaseStore

from tests.real.query.logs.storage import NOON, Storage, entry, numbered, open_storage, table

RARE = "req7f3a9c11"


@pytest.fixture
async def storage(mongo_url: str) -> AsyncIterator[Storage]:
    async with open_storage(mongo_url) as opened:
        yield opened


async def store_twenty(storage: Storage) -> None:
    """Store 20 segments of 30 logs; one log of the first has the rare id and a host."""
    async with storage.persister(linger_s=0.001) as persister:
        rare = entry(f"order of {RARE} shipped", attributes={"host": "zebra-98765432", "took": 12})
        await persister.store("shop", table([rare, entry(f"id {RARE}11 and more")]))
        for i in range(1, 20):
            await persister.store("shop", numbered(i * 30, 30, NOON + timedelta(seconds=i)))


async def describe_all(storage: Storage) -> None:
    """Store the filter of every segment."""
    ids = [item["_id"] async for item in storage.database["segments"].find({}, {"_id": 1})]
    for stored in await storage.segments.load(ids):
        await storage.segments.add_filter(stored, filter_of(stored.segment))


async def filters(storage: Storage) -> dict[str, Any]:
    return {item["_id"]: item async for item in storage.database["segment_filters"].find({})}


async def segments(storage: Storage) -> dict[str, Any]:
    fields = {"revision": 1, "expires_at": 1, "count": 1, "project_id": 1}
    return {item["_id"]: item async for item in storage.database["segments"].find({}, fields)}


async def read_for(storage: Storage, q: str) -> tuple[list[str], int]:
    """The messages that a search finds, and how many segments it reads."""
    page, budget = await storage.searching.search(SearchRequest(LogSelection("shop", parse_query(q)), 100))
    return page.table.column("message").to_pylist(), budget.segments


@pytest.mark.parametrize(
    ("q", "count"),
    [
        (f"word:{RARE}", 1), (f"word:{RARE.upper()}", 1), ("attributes.host:zebra-98765432", 1), ("shipped", 1),
        (f"word:{RARE} OR absent", 1), (f'"of {RARE} sh"', 1), ("attributes.host:*", 1), ("ship*", 1), ("absent", 0),
        ("word:98765431", 0), ("shipped word:98765431", 0), ('attributes.host:"zebra-98765431"', 0),
    ],
)  # fmt: skip
async def test_a_rare_word_reads_only_the_segments_that_may_have_it(storage: Storage, q: str, count: int) -> None:
    await store_twenty(storage)
    await describe_all(storage)
    # The cache of summaries knows nothing yet, so what is read follows from the filters alone.
    found, read = await read_for(storage, q)
    assert found == [f"order of {RARE} shipped"] * count
    assert read == count
    assert await storage.count(q) == count


async def test_no_search_finds_other_logs_with_filters(storage: Storage) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        await persister.store(
            "shop", table([entry("Größe abc12é \u212aelvin", attributes={"k\u00e9y7": "a\nid98765"})])
        )
        await persister.store(
            "shop", table([entry("gro\u0308sse", attributes={"user": 12345678, "list": ["x", 12.0]})])
        )
        await persister.store("shop", table([entry("word of 12345678, id98765"), entry("12345678a")]))
    searches = [
        "kelvin", "größe", "gro", "abc12", "word:abc12é", "word:abc12", "attributes.kéy7:*", "word:12345678",
        'attributes.kéy7:"a\nid98765"', "attributes.user:12345678", "attributes.user:>5", "attributes.list:12",
        "NOT kelvin", "word:id98765 OR kelvin", "word:12345678 AND id98765", "/of \\d+/", "of*",
    ]  # fmt: skip
    before = [await storage.messages(q) for q in searches]
    await describe_all(storage)
    assert [await storage.messages(q) for q in searches] == before
    assert sum(map(len, before)) > 15


async def test_a_filter_of_an_earlier_revision_is_not_used(storage: Storage) -> None:
    await store_twenty(storage)
    await describe_all(storage)
    (log,) = await storage.search('word:"line 45"')
    await storage.edits.change(parse_log_id(log["id"]), lambda _: True, {"message": "giraffe"})
    assert await storage.messages("giraffe") == ["giraffe"]

    changed = [number for number, item in (await segments(storage)).items() if item["revision"] == 1]
    assert [(await filters(storage))[number]["revision"] for number in changed] == [0]
    (new,) = await storage.segments.load(changed)
    await storage.segments.add_filter(new, filter_of(new.segment))
    assert (await filters(storage))[new.id]["revision"] == 1
    assert (await read_for(storage, "giraffe"))[1] == 1


async def test_a_repeated_search_does_not_ask_the_filters_again(storage: Storage) -> None:
    await store_twenty(storage)
    await describe_all(storage)
    q = "attributes.host:zebra-98765432"
    assert (await read_for(storage, q))[1] == 1
    await storage.database["segment_filters"].delete_many({})
    assert await read_for(storage, q) == ([f"order of {RARE} shipped"], 1)
    # Another need is asked again, and without filters every segment is read.
    assert (await read_for(storage, "attributes.host:zebra-98765431"))[1] == 20


async def test_what_a_filter_answered_is_not_used_for_a_changed_or_new_segment(storage: Storage) -> None:
    await store_twenty(storage)
    await describe_all(storage)
    assert await storage.messages("giraffe") == []
    (log,) = await storage.search('word:"line 45"')
    await storage.edits.change(parse_log_id(log["id"]), lambda _: True, {"message": "giraffe"})
    assert await storage.messages("giraffe") == ["giraffe"]
    async with storage.persister(linger_s=0.001) as persister:
        await persister.store("shop", table([entry("a new giraffe", NOON + timedelta(seconds=50))]))
    assert sorted(await storage.messages("giraffe")) == ["a new giraffe", "giraffe"]


async def test_a_late_filter_of_an_earlier_revision_replaces_none(storage: Storage) -> None:
    await store_twenty(storage)
    old = (await storage.segments.load([*await segments(storage)]))[0]
    new = await storage.segments.rewrite(old, old.segment)
    assert new is not None
    await storage.segments.add_filter(new, filter_of(new.segment))
    await storage.segments.add_filter(old, filter_of(old.segment))
    assert [item["revision"] for item in (await filters(storage)).values()] == [1]


async def test_an_edit_of_a_large_segment_writes_its_filter_anew(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "LASTING_LOGS", 20)
    await store_twenty(storage)
    assert len(await filters(storage)) == 19
    (log,) = await storage.search('word:"line 45"')
    await storage.edits.change(parse_log_id(log["id"]), lambda _: True, {"message": "giraffe"})
    await storage.edits.delete_selection(LogSelection("shop", parse_query('word:"line 78"')))
    now = await segments(storage)
    assert sorted(item["revision"] for item in (await filters(storage)).values()) == [0] * 17 + [1, 1]
    assert all(now[number]["revision"] == item["revision"] for number, item in (await filters(storage)).items())


async def test_segments_without_a_filter_are_read(storage: Storage) -> None:
    await store_twenty(storage)
    await describe_all(storage)
    await storage.database["segment_filters"].delete_many({})
    assert (await read_for(storage, f"word:{RARE}"))[0] == [f"order of {RARE} shipped"]


async def test_a_filter_that_cannot_be_stored_loses_no_log(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "LASTING_LOGS", 20)
    await storage.database.command("collMod", "segment_filters", validator={"never": 1})
    try:
        await store_twenty(storage)
    finally:
        await storage.database.command("collMod", "segment_filters", validator={})
    assert await filters(storage) == {}
    assert await storage.count() == 572


async def test_a_merge_replaces_the_filters_of_its_segments(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "FEW_LOGS", 500)
    await store_twenty(storage)
    await describe_all(storage)
    index = PatternIndex(storage.patterns)
    compaction = Compaction(storage.segments, LeaseStore(storage.database), index, storage.executor, holder="me")
    assert await compaction.round() == 1
    assert [*await filters(storage)] == [*await segments(storage)]
    assert (await read_for(storage, "absent"))[1] == 0
    assert (await read_for(storage, f"word:{RARE}"))[0] == [f"order of {RARE} shipped"]


async def test_filters_expire_and_disappear_with_their_segments(storage: Storage) -> None:
    await store_twenty(storage)
    await describe_all(storage)
    await storage.segments.set_retention("shop", timedelta(days=90))
    ends = {number: item["expires_at"] for number, item in (await segments(storage)).items()}
    assert {number: item["expires_at"] for number, item in (await filters(storage)).items()} == ends
    indexes = await storage.database["segment_filters"].index_information()
    assert indexes["expiry"]["expireAfterSeconds"] == 0

    await storage.segments.delete_project("another")
    assert len(await filters(storage)) == 20
    await storage.segments.delete_project("shop")
    assert await filters(storage) == {}


@pytest.mark.parametrize("newest_first", [True, False])
async def test_pages_keep_their_order_with_filters(storage: Storage, newest_first: bool) -> None:
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(40):
            words = [f"odd {i}"] if i % 2 else [f"even {i}"]
            await persister.store("shop", table([entry(word, NOON + timedelta(seconds=i)) for word in words]))
    await describe_all(storage)
    found = await storage.messages("word:odd", limit=3, newest_first=newest_first)
    expected = [f"odd {i}" for i in range(1, 40, 2)]
    assert found == (expected[::-1] if newest_first else expected)
