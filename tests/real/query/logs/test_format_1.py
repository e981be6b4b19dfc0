"""Logs that version 0.1 stored are found, counted, exported, merged and edited as if they were stored today."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import orjson
import pytest
from logloop_contracts import LogEntry, Severity
from logloop_contracts.log_batch import decode, encode, parse_log_id
from logloop_contracts.patterns.masking import mask_text
from logloop_query.logs.compaction import Compaction
from logloop_query.logs.export import Export
from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.search.counting.sums import Buckets
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.stores.leases import LeaseStore

from tests.data.format_1_logs import FILE, PROJECT, StoredLog, batch_table, documents, stored_logs
from tests.real.query.logs.storage import Storage, open_storage

MINUTE = 60_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOGS = stored_logs()


@pytest.fixture
async def storage(mongo_url: str) -> AsyncIterator[Storage]:
    async with open_storage(mongo_url) as opened:
        await opened.database["segments"].insert_many(bson.decode_all(FILE.read_bytes()))
        yield opened


@pytest.fixture(params=["as stored", "merged", "rewritten"])
async def either(storage: Storage, request: pytest.FixtureRequest) -> Storage:
    """The logs as they were stored, after the segments of each hour were merged, or after all are of format 2."""
    if request.param != "as stored":
        await merge(storage)
    if request.param == "rewritten":
        await rewrite(storage)
    return storage


def compaction_of(storage: Storage) -> Compaction:
    index = PatternIndex(storage.patterns)
    return Compaction(storage.segments, LeaseStore(storage.database), index, storage.executor, holder="me")


async def merge(storage: Storage) -> None:
    assert await compaction_of(storage).round() == 5


async def rewrite(storage: Storage) -> None:
    segments = storage.database["segments"]
    earlier = await segments.count_documents({"v": 1})
    assert earlier
    assert await compaction_of(storage).round() == earlier
    assert await segments.count_documents({"v": 1}) == 0
    assert await compaction_of(storage).round() == 0


def micros(entry: LogEntry) -> int:
    return (entry.timestamp - EPOCH) // timedelta(microseconds=1)


def as_json(log: StoredLog) -> dict[str, Any]:
    entry = log.entry
    return {
        "id": log.id,
        "project_id": PROJECT,
        "service_id": entry.service_id,
        "test_id": entry.test_id,
        "func_id": entry.func_id,
        "message": entry.message,
        "severity": entry.severity.value,
        "timestamp": f"{entry.timestamp.replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
        "source": entry.source,
        "attributes": entry.attributes,
    }


def in_order(logs: Sequence[StoredLog]) -> list[dict[str, Any]]:
    return [as_json(log) for log in sorted(logs, key=lambda log: (micros(log.entry), log.batch, log.hour, log.row))]


async def found(storage: Storage, q: str = "", **options: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = orjson.loads(orjson.dumps(await storage.search(q, **options)))
    return items


async def test_what_is_written_in_format_1_today_is_read(mongo_url: str) -> None:
    async with open_storage(mongo_url) as storage:
        await storage.database["segments"].insert_many(documents())

        assert await found(storage) == in_order(LOGS)


async def test_every_page_has_the_stored_logs_in_order(either: Storage) -> None:
    assert await found(either, limit=50) == in_order(LOGS)
    assert await found(either, limit=37, newest_first=True) == in_order(LOGS)[::-1]
    assert [item["message"] for item in await found(either, project="bank")] == ["only in bank"]


FILTERS: dict[str, Callable[[LogEntry], bool]] = {
    "payment timeout severity:error": lambda log: (
        "payment" in log.message and "timeout" in log.message and log.severity is Severity.ERROR
    ),
    "service:Gateway -severity:debug": lambda log: log.service_id == "Gateway" and log.severity is not Severity.DEBUG,
    "attributes.http.status:500": lambda log: (log.attributes or {}).get("http") == {"status": 500},
    "attributes.host:node-01.shop.internal": lambda log: (
        (log.attributes or {}).get("host") == "node-01.shop.internal"
    ),
    "/order [0-9]+7 /": lambda log: re.search("order [0-9]+7 ", log.message) is not None,
    "日本": lambda log: "日本" in log.message,
    "CAFÉ": lambda log: "café" in log.message,
    'pattern:"order <*> placed by user <*> in <*> ms"': lambda log: log.message.startswith("order "),
    "func:*": lambda log: log.func_id is not None,
    'test:"tests/shop.py::test_order[2]"': lambda log: log.test_id == "tests/shop.py::test_order[2]",
    "timestamp:<1970-01-01T00:00:00Z": lambda log: log.timestamp < EPOCH,
}


async def test_a_search_and_a_histogram_find_exactly_the_logs_that_match(either: Storage) -> None:
    for q, matches in FILTERS.items():
        expected = [log for log in LOGS if matches(log.entry)]
        assert 0 < len(expected) < len(LOGS), q

        assert await found(either, q) == in_order(expected), q
        minutes = Counter((micros(log.entry) // MINUTE, log.entry.severity.value) for log in expected)
        assert await histogram(either, q) == minutes, q


async def histogram(storage: Storage, q: str) -> Counter[tuple[int, str]]:
    first = min(micros(log.entry) for log in LOGS) // MINUTE
    async with storage.searching.counting("histogram") as (counter, _):
        selection = LogSelection(PROJECT, parse_query(q))
        counts = (await counter.by(selection, ("severity",), Buckets(first * MINUTE, MINUTE))).table.to_pylist()
    return Counter({(first + row["bucket"], row["severity"]): row["count"] for row in counts})


async def test_the_counts_by_service_and_by_pattern_are_those_of_the_logs(either: Storage) -> None:
    async with either.searching.counting("facets") as (counter, _):
        services = (await counter.by(LogSelection(PROJECT), ("service_id",))).table.to_pylist()
        patterns = (await counter.by_pattern(LogSelection(PROJECT))).table.to_pylist()

    assert {row["service_id"]: row["count"] for row in services} == Counter(log.entry.service_id for log in LOGS)
    assert {row["pattern"]: row["count"] for row in patterns} == Counter(mask_text(log.entry.message) for log in LOGS)


async def test_an_export_has_every_log(either: Storage) -> None:
    export = Export(either.segments, either.searching.threads, either.searching.caches)
    pieces = [piece async for piece in export.stream(LogSelection(PROJECT), "ndjson")]

    assert [json.loads(line) for line in b"".join(pieces).splitlines()] == in_order(LOGS)


async def test_an_edit_changes_one_log_and_a_deletion_removes_one(either: Storage) -> None:
    changed, deleted, *others = LOGS[::-7]

    await either.edits.change(parse_log_id(changed.id), lambda _: True, {"message": "été", "attributes": {"a": 1}})
    await either.edits.delete(parse_log_id(deleted.id), lambda _: True)

    expected = [item for item in in_order(LOGS) if item["id"] != deleted.id]
    expected = [{**i, "message": "été", "attributes": {"a": 1}} if i["id"] == changed.id else i for i in expected]
    assert await found(either) == expected
    assert await found(either, f"id:{others[0].id}") == [as_json(others[0])]


async def test_a_redelivered_batch_is_not_stored_again(either: Storage) -> None:
    first = [log for log in LOGS if log.batch == LOGS[0].batch]

    async with either.persister() as persister:
        await persister.store(PROJECT, decode(encode(batch_table(first))))

    assert await found(either) == in_order(LOGS)
