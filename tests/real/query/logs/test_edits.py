"""Changing and deleting logs: exact, safe under concurrency, and not undone by redelivery."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_contracts.log_batch import parse_log_id
from logloop_query.logs.edits import LogNotFound
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.rows import json_rows

from tests.real.query.logs.storage import NOON, Storage, entry, numbered, open_storage, table


@pytest.fixture
async def storage(mongo_url: str) -> AsyncIterator[Storage]:
    async with open_storage(mongo_url) as opened:
        yield opened


def anyone(_: str) -> bool:
    return True


async def change(storage: Storage, log_id: str, **changes: Any) -> dict[str, Any]:
    found = await storage.edits.change(parse_log_id(log_id), anyone, changes)
    return json_rows(found.project_id, found.row)[0]


async def delete(storage: Storage, q: str) -> int:
    return await storage.edits.delete_selection(LogSelection("shop", parse_query(q)))


async def test_every_field_can_be_changed_and_the_id_stays(storage: Storage) -> None:
    async with storage.persister() as persister:
        await persister.store("shop", numbered(0, 3))
    before = await storage.search()
    log_id = before[1]["id"]

    changed = await change(
        storage,
        log_id,
        service_id="web",
        test_id="t",
        func_id="f",
        message="took 7 ms",
        severity="error",
        timestamp=NOON - timedelta(hours=5),
        source="file",
        attributes={"b": 1, "a": "x"},
    )

    assert changed["id"] == log_id
    assert await storage.messages() == ["took 7 ms", "line 0", "line 2"], "it moved to its new time"
    assert await storage.messages('service:web severity:error test:t func:f source:file pattern:"took <*> ms"') == [
        "took 7 ms"
    ]
    assert await storage.messages("attributes.a:x attributes.b:1") == ["took 7 ms"]
    await change(storage, log_id, message="again")
    assert (await storage.search(f"id:{log_id}"))[0]["message"] == "again"


async def test_a_redelivered_message_does_not_restore_a_deleted_log(storage: Storage) -> None:
    batch = numbered(0, 2)
    async with storage.persister() as persister:
        await persister.store("shop", batch)
        for item in await storage.search():
            await storage.edits.delete(parse_log_id(item["id"]), anyone)
        await persister.store("shop", batch)

    assert await storage.search() == []
    assert await storage.count() == 0


async def test_a_deleted_log_and_a_log_of_another_project_are_not_found(storage: Storage) -> None:
    async with storage.persister() as persister:
        await persister.store("shop", numbered(0, 1))
    (item,) = await storage.search()
    wanted = parse_log_id(item["id"])

    with pytest.raises(LogNotFound):
        await storage.edits.find(wanted, lambda project: project == "bank")
    await storage.edits.delete(wanted, anyone)
    for call in (storage.edits.find(wanted, anyone), storage.edits.delete(wanted, anyone)):
        with pytest.raises(LogNotFound):
            await call


async def test_concurrent_edits_of_one_segment_are_all_applied(storage: Storage) -> None:
    async with storage.persister() as persister:
        await persister.store("shop", numbered(0, 6))
    items = await storage.search()

    await asyncio.gather(*(change(storage, item["id"], message=f"new {i}") for i, item in enumerate(items)))

    assert await storage.messages() == [f"new {i}" for i in range(6)]


async def test_deleting_by_search_deletes_what_the_search_finds_and_nothing_else(storage: Storage) -> None:
    async with storage.persister() as persister:
        await persister.store("shop", numbered(0, 100))
        await persister.store("shop", numbered(100, 100, NOON + timedelta(hours=2)))
        await persister.store("bank", numbered(0, 10))

    assert await delete(storage, "message:/[05]$/") == 40
    assert await storage.messages() == [f"line {i}" for i in range(200) if i % 5]
    assert await delete(storage, "timestamp:<2026-11-22T13:00:00Z") == 80
    assert await delete(storage, "nothing like this") == 0
    assert await storage.count() == 80
    assert len(await storage.search(project="bank")) == 10


async def test_deleting_by_search_spares_a_log_that_no_longer_matches(storage: Storage) -> None:
    async with storage.persister() as persister:
        await persister.store("shop", numbered(0, 60))
    first = (await storage.search())[0]

    _, edited = await asyncio.gather(
        delete(storage, "-severity:error"), change(storage, first["id"], severity="error"), return_exceptions=True
    )

    survivors = [] if isinstance(edited, LogNotFound) else [edited]
    assert await storage.search() == survivors


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.integers(0, 11), st.sampled_from(["foo", "bar 7", "baz"])),
        st.tuples(st.just("delete"), st.integers(0, 11)),
        st.tuples(st.just("delete_search"), st.sampled_from(["foo", "bar", "line 1", "severity:warn"])),
    ),
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps)
def test_any_sequence_of_edits_behaves_like_a_dictionary(mongo_url: str, steps: list[Any]) -> None:
    asyncio.run(_run_edits(mongo_url, steps))


async def _run_edits(mongo_url: str, steps: list[Any]) -> None:
    async with open_storage(mongo_url) as storage:
        rows = [
            entry(f"line {i}", NOON + timedelta(minutes=10 * i), severity="warn" if i % 3 else "info")
            for i in range(12)
        ]
        async with storage.persister(linger_s=0.001) as persister:
            await persister.store("shop", table(rows))
        model = {item["id"]: item for item in await storage.search()}
        ids = list(model)
        for step in steps:
            await _apply(storage, model, ids, step)
        assert await storage.search() == sorted(model.values(), key=lambda item: item["timestamp"])
        assert await storage.count("severity:warn") == sum(item["severity"] == "warn" for item in model.values())


async def _apply(storage: Storage, model: dict[str, Any], ids: list[str], step: Any) -> None:
    kind, *values = step
    if kind == "delete_search":
        gone = [
            key
            for key, item in model.items()
            if (item["severity"] == "warn" if values[0] == "severity:warn" else values[0] in item["message"])
        ]
        text = values[0] if ":" in values[0] else f'"{values[0]}"'
        assert await delete(storage, text) == len(gone)
        for key in gone:
            del model[key]
        return
    log_id = ids[values[0]]
    if log_id not in model:
        with pytest.raises(LogNotFound):
            await storage.edits.find(parse_log_id(log_id), anyone)
    elif kind == "delete":
        await storage.edits.delete(parse_log_id(log_id), anyone)
        del model[log_id]
    else:
        model[log_id] = await change(storage, log_id, message=values[1])
        assert model[log_id]["message"] == values[1]


async def test_a_log_from_before_1970_is_found_by_its_id(storage: Storage) -> None:
    async with storage.persister() as persister:
        await persister.store("shop", table([entry("old", datetime(1969, 7, 20, 20, 17, tzinfo=UTC))]))
    (item,) = await storage.search()

    assert (await change(storage, item["id"], message="very old"))["message"] == "very old"
    assert await storage.messages(f'id:"{item["id"]}"') == ["very old"]
