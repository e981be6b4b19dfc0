"""Counts of groups of segments are remembered, and follow every change of the segments."""

import itertools
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_contracts.log_batch import HOUR_US
from logloop_query.logs.search.caches import Caches, GroupCountCache
from logloop_query.logs.search.counting import groups, row_counts, row_scan
from logloop_query.logs.search.counting.groups import groups_of
from logloop_query.logs.search.counting.sums import Buckets
from logloop_query.logs.search.kernels import evaluate
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection, SegmentRef
from logloop_query.logs.segments.codec import Effort, Segment, encode_segment, part_key, split_by_hour
from logloop_query.logs.stores.plan_entries import PlanEntries
from logloop_query.time_bounds import to_microseconds

from tests.unit.query.search.memory_segments import MemorySegments, MemorySnapshot
from tests.unit.query.search.search_oracle import BATCH, START, Row, rows, searches
from tests.unit.query.search.test_search_oracle import several, table_of

MINUTE_US = 60_000_000
HOURS = 40
EVERYTHING = LogSelection("shop")


def segments_of(logs: Sequence[Row], place: int) -> list[Segment]:
    """A segment for each hour of some logs."""
    return [
        encode_segment("shop", hour, [part_key(BATCH, hour, place)], part, effort=Effort.MERGE)
        for hour, part in split_by_hour(table_of(logs))
    ]


def logs_of_hour(hour: int) -> list[Row]:
    """Logs of one hour, some of them errors."""
    start = START.replace(minute=0, second=0) + timedelta(hours=hour)
    return [
        Row(
            n,
            start + timedelta(minutes=7 * n),
            ("info", "error")[n % 3 == 0],
            "web",
            None,
            None,
            None,
            f"line {n}",
            None,
        )
        for n in range(5)
    ]


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_SIZE", 6)


@pytest.fixture
def stored() -> MemorySegments:
    """A segment for each of many hours."""
    return MemorySegments(segment for hour in range(HOURS) for segment in segments_of(logs_of_hour(hour), hour % 16))


@pytest.fixture
async def searching(stored: MemorySegments) -> AsyncIterator[LogSearch]:
    search = LogSearch(stored, SearchLimits())
    yield search
    search.close()


async def refs_of(searching: LogSearch, selection: LogSelection = EVERYTHING) -> list[SegmentRef]:
    async with searching.counting("test") as (counter, _):
        return await counter.refs(selection)


async def by_bucket(
    searching: LogSearch, selection: LogSelection, width: int = MINUTE_US
) -> Counter[tuple[int, str]]:
    """The logs of a selection by bucket and severity."""
    async with searching.counting("test") as (counter, _):
        found = (await counter.by(selection, ("severity",), Buckets(0, width))).table
    columns = [found.column(name).to_pylist() for name in ("bucket", "severity", "count")]
    return Counter({(bucket, severity): number for bucket, severity, number in zip(*columns, strict=True)})


async def by_field(searching: LogSearch, selection: LogSelection, *fields: str) -> dict[str, Counter[Any]]:
    """The logs of a selection by each field."""
    async with searching.counting("test") as (counter, _):
        counts = await counter.by_each(selection, fields, await counter.refs(selection.narrowed()))
    return {
        name: Counter(dict(zip(*(found.table.column(place).to_pylist() for place in (0, 1)), strict=True)))
        for name, found in counts.items()
    }


def expected_of(logs: Sequence[Row], width: int = MINUTE_US) -> Counter[tuple[int, str]]:
    return Counter((to_microseconds(row.timestamp) // width, row.severity) for row in logs)


async def test_a_count_that_is_asked_again_needs_groups_only(searching: LogSearch, stored: MemorySegments) -> None:
    logs = [row for hour in range(HOURS) for row in logs_of_hour(hour)]
    assert await by_bucket(searching, EVERYTHING) == expected_of(logs)
    searching.caches = Caches(groups=searching.caches.groups)
    stored.reads.clear()
    assert await by_bucket(searching, EVERYTHING) == expected_of(logs)
    assert await by_bucket(searching, EVERYTHING, 60 * MINUTE_US) == expected_of(logs, 60 * MINUTE_US)
    assert not stored.reads


async def test_only_the_group_with_a_new_segment_is_counted_again(
    searching: LogSearch, stored: MemorySegments
) -> None:
    before = groups_of(await refs_of(searching), EVERYTHING)
    assert len(before) > 1
    await by_bucket(searching, EVERYTHING)
    [segment] = segments_of(logs_of_hour(HOURS), 0)
    stored.insert(segment)
    searching.caches = Caches(groups=searching.caches.groups)
    stored.reads.clear()

    found = await by_bucket(searching, EVERYTHING)

    assert found == expected_of([row for hour in range(HOURS + 1) for row in logs_of_hour(hour)])
    changed = [group for group in groups_of(await refs_of(searching), EVERYTHING) if group not in before]
    assert set(stored.reads) == {ref.id for group in changed for ref in group.refs}
    assert len(stored.reads) < HOURS


async def test_another_time_range_shares_groups(searching: LogSearch) -> None:
    refs = await refs_of(searching)
    whole = groups_of(refs, EVERYTHING)
    shorter = LogSelection("shop", low=refs[-3].min_ts, high=refs[2].max_ts)
    changed = [group for group in groups_of(refs, shorter) if group.is_kept and group not in whole]
    assert len(changed) <= 2


async def test_segments_that_cross_the_bounds_of_time_are_counted_apart(searching: LogSearch) -> None:
    logs = [row for hour in range(HOURS) for row in logs_of_hour(hour)]
    await by_bucket(searching, EVERYTHING)
    for minute in (5, 12, 33):
        low, high = START + timedelta(hours=3, minutes=minute), START + timedelta(hours=20, minutes=minute + 2)
        selection = LogSelection("shop", low=to_microseconds(low), high=to_microseconds(high))
        inside = [row for row in logs if low <= row.timestamp <= high]
        for width in (MINUTE_US, 1_000_000):
            assert await by_bucket(searching, selection, width) == expected_of(inside, width)


async def test_a_segment_that_another_process_changed_is_counted_again(
    searching: LogSearch, stored: MemorySegments
) -> None:
    logs = [row for hour in range(HOURS) for row in logs_of_hour(hour)]
    assert await by_bucket(searching, EVERYTHING) == expected_of(logs)
    for name in ("s3", "s20"):
        old = stored.stored[name]
        part = table_of(logs_of_hour(int(name[1:]))).slice(1)
        new = encode_segment("shop", old.segment.hour, old.segment.parts, part)
        assert await stored.rewrite(old, new) is not None
        logs = [row for row in logs if row not in logs_of_hour(int(name[1:]))[:1]]
        assert await by_bucket(searching, EVERYTHING) == expected_of(logs)


async def test_what_is_remembered_of_groups_is_bounded(searching: LogSearch) -> None:
    most = 20_000
    searching.caches = Caches(groups=GroupCountCache(most))
    for number in range(20):
        await by_bucket(searching, LogSelection("shop", parse_query(f"line -{number}")))
    assert 0 < searching.caches.groups.bytes <= most


def _numbered(logs: Sequence[Row]) -> pa.Table:
    """A table in which each log has its own row number."""
    plain = table_of(logs)
    return plain.set_column(1, "row", pa.array([row.number for row in logs], pa.int32())).cast(plain.schema)


async def test_the_next_segments_are_read_while_rows_are_counted(
    searching: LogSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_scan, "_MESSAGE_BYTES", 1)  # each segment is read on its own
    reads_when_counted: list[bool] = []
    begun, read_more = itertools.count(1), threading.Event()
    read = MemorySnapshot.read

    async def noted(snapshot: MemorySnapshot, refs: Any, names: Any) -> Any:
        if "message" in names and next(begun) == 2:
            read_more.set()
        return await read(snapshot, refs, names)

    def counted(*arguments: Any) -> Any:
        reads_when_counted.append(read_more.wait(10))
        return evaluate(*arguments)

    monkeypatch.setattr(MemorySnapshot, "read", noted)
    monkeypatch.setattr(row_counts, "evaluate", counted)
    found = await by_bucket(searching, LogSelection("shop", parse_query("/ne [0-2]$/")))
    assert found == expected_of([row for hour in range(HOURS) for row in logs_of_hour(hour) if row.number < 3])
    assert reads_when_counted == [True] * HOURS


async def test_a_count_that_reached_a_limit_is_not_remembered(
    searching: LogSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_scan, "_MESSAGE_BYTES", 1)
    selection = LogSelection("shop", parse_query("/ne [0-2]$/"))
    async with searching.counting("test") as (counter, budget):
        budget.max_bytes = 1
        counts = await counter.by(selection, ("severity",), Buckets(0, MINUTE_US))
    assert counts.partial == "bytes"
    assert 0 < sum(counts.table.column("count").to_pylist()) <= 6  # of one segment, perhaps of the one read ahead
    found = await by_bucket(searching, selection)
    assert found == expected_of([row for hour in range(HOURS) for row in logs_of_hour(hour) if row.number < 3])


_CHANGES = st.lists(st.tuples(st.sampled_from(["add", "rewrite", "remove"]), st.integers(0, 9)), max_size=3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows(), st.lists(st.integers(0, 5), min_size=10, max_size=10), several(searches()), _CHANGES)
async def test_counts_are_those_of_plain_python_after_each_change(
    logs: list[Row], places: list[int], wanted: list[Any], changes: list[tuple[str, int]]
) -> None:
    stored = MemorySegments()
    held: dict[str, list[Row]] = {}

    def insert(place: int) -> None:
        chosen = [row for row, own in zip(logs, places, strict=False) if own == place]
        for hour, part in split_by_hour(_numbered(chosen)) if chosen else ():
            held[f"s{len(stored.stored)}"] = [
                row for row in chosen if to_microseconds(row.timestamp) // HOUR_US == hour
            ]
            stored.insert(encode_segment("shop", hour, [part_key(BATCH, hour, place)], part))

    def change(kind: str, number: int) -> None:
        names = sorted(name for name, own in held.items() if own)
        if kind == "add":
            insert(number % 6)
        elif kind != "none" and names and (name := names[number % len(names)]):
            kept = held[name][1:] if kind == "rewrite" else []
            old = stored.stored[name]
            part = _numbered(kept or held[name]).slice(0, len(kept))
            new = encode_segment("shop", old.segment.hour, old.segment.parts, part)
            stored.stored[name] = replace(old, revision=old.revision + 1, segment=new)
            held[name] = kept

    for place in range(6):
        insert(place)
    searching = LogSearch(stored, SearchLimits())
    try:
        for kind, number in [("none", 0), *changes]:
            change(kind, number)
            for search in wanted:
                selection = LogSelection("shop", parse_query(search.text))
                chosen = [row for own in held.values() for row in own if search.finds(row)]
                assert await by_bucket(searching, selection) == expected_of(chosen), search.text
                by = await by_field(searching, selection, "source", "severity")
                assert by["severity"] == Counter(row.severity for row in chosen), search.text
                assert by["source"] == Counter(row.source for row in chosen), search.text
    finally:
        searching.close()


def _entry(number: int, revision: int = 0) -> dict[str, Any]:
    moment = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1_000_000) + number
    fields = {"max_ts": moment + 5, "min_ts": moment, "hour": 5, "count": 7, "size": 90}
    return {"_id": f"s{number}", **fields, "revision": revision}


def test_entries_of_plans_are_decoded_once_and_follow_changes() -> None:
    entries = PlanEntries(most=10)
    for documents in (
        [_entry(number) for number in range(6)],
        [_entry(number, revision=number % 2) for number in range(8)],
        [_entry(number) for number in range(40)],
    ):
        found = entries.refs(b"".join(map(bson.encode, documents)))
        assert found == [
            SegmentRef(*(item[name] for name in ("_id", "revision", "hour", "min_ts", "max_ts", "count", "size")))
            for item in documents
        ]
    assert entries.refs(bson.encode(_entry(39)))[0] is found[39]
    assert entries.refs(b"") == []
