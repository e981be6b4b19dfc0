"""An outage of MongoDB does not stop the intake of logs with an idempotency key."""

import asyncio
from typing import Any

import pytest
from logloop_chassis.testing import wait_until
from logloop_ingest.batching.duplicates import OtherContent
from logloop_ingest.batching.key_store import KeyStore
from pymongo.errors import AutoReconnect, BulkWriteError


class Collection:
    """A collection that is unavailable while `failure` is set, and does not respond while `gate` is closed."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.writes = 0

    async def create_index(self, *_: object, **__: object) -> None:
        pass

    async def insert_many(self, documents: list[dict[str, Any]], *, ordered: bool) -> None:
        assert not ordered
        self.writes += 1
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        errors = [{"code": 11000, "op": item} for item in documents if item["_id"] in self.documents]
        for item in documents:
            self.documents.setdefault(item["_id"], item)
        if errors:
            raise BulkWriteError({"writeErrors": errors})

    async def delete_one(self, condition: dict[str, Any]) -> None:
        if self.documents[condition["_id"]]["digest"] == condition["digest"]:
            del self.documents[condition["_id"]]

    async def find(self, condition: dict[str, Any], _: object) -> Any:
        for name in condition["_id"]["$in"]:
            yield self.documents[name]


async def _days(_: str) -> int:
    return 30


def key_store(collection: Collection) -> KeyStore:
    database: Any = {"idempotency_keys": _Sync(collection)}
    return KeyStore(database, _days, patience_s=0.05)


async def test_a_released_key_may_be_used_again() -> None:
    collection = Collection()
    assert await key_store(collection).claim("b1", "shop", b"x")
    assert not await key_store(collection).claim("b1", "shop", b"x")
    await key_store(collection).release("b1", b"other")
    assert "b1" in collection.documents
    await key_store(collection).release("b1", b"x")
    assert await key_store(collection).claim("b1", "shop", b"y")


class _Sync:
    """`find` of PyMongo is not a coroutine."""

    def __init__(self, collection: Collection) -> None:
        self.create_index = collection.create_index
        self.insert_many = collection.insert_many
        self.find = collection.find
        self.delete_one = collection.delete_one


async def test_keys_of_concurrent_requests_share_a_write() -> None:
    collection = Collection()
    store = key_store(collection)
    await asyncio.gather(*(store.claim(f"b{n}", "shop", b"x") for n in range(50)))
    assert collection.writes <= 2
    with pytest.raises(OtherContent):
        await key_store(collection).claim("b7", "shop", b"y")
    await key_store(collection).claim("b7", "shop", b"x")


@pytest.mark.parametrize("freezes", [False, True])
async def test_during_an_outage_keys_are_accepted_at_once_and_stored_afterwards(freezes: bool) -> None:
    collection = Collection()
    store = key_store(collection)
    if freezes:
        collection.gate.clear()
    else:
        collection.failure = AutoReconnect("away")
    async with asyncio.timeout(2):
        await store.claim("b1", "shop", b"x")
        await asyncio.gather(*(store.claim(f"c{n}", "shop", b"x") for n in range(20)))
    collection.failure = None
    collection.gate.set()
    await store.claim("b2", "shop", b"x")
    await wait_until(lambda: {"b1", "b2"} <= collection.documents.keys())
    with pytest.raises(OtherContent):
        await key_store(collection).claim("b1", "shop", b"y")
