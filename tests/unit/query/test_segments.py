"""The segment codec returns every row, and splits and drops parts by the rows only."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_contracts import LogEntry, Severity
from logloop_contracts.log_batch import HOUR_US, LOG_SCHEMA, entries_to_batch, new_batch_id
from logloop_query.logs.persister import pack_chunks
from logloop_query.logs.segments import codec as segments
from logloop_query.logs.segments.codec import (
    Chunk,
    Effort,
    chunks_of,
    columns_of,
    decode_segment,
    encode_segment,
    merge_tables,
    without_parts,
)
from logloop_query.logs.segments.columns import read_batch

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_text = st.text(st.characters(codec="utf-8"), max_size=20)
_reference = st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)

entries = st.builds(
    LogEntry,
    project_id=st.just("shop"),
    service_id=st.sampled_from(["a", "b", "c"]),
    test_id=_reference,
    func_id=_reference,
    message=_text,
    severity=st.sampled_from(list(Severity)),
    timestamp=st.integers(-10 * 365 * 86_400, 70 * 365 * 86_400).map(
        lambda seconds: NOON + timedelta(seconds=seconds)
    )
    | st.integers(-5_000_000, 5_000_000).map(lambda us: NOON + timedelta(microseconds=us)),
    source=_reference,
    attributes=st.none() | st.dictionaries(_text, st.integers(0, 9) | _text, max_size=2),
)
batches = st.lists(st.lists(entries, min_size=1, max_size=8), min_size=1, max_size=4)


def table_of(logs: Sequence[LogEntry], batch: str | None = None) -> pa.Table:
    return pa.Table.from_batches([entries_to_batch(logs, batch or new_batch_id())])


def line(text: str, at: datetime = NOON) -> LogEntry:
    return LogEntry(project_id="shop", service_id="a", message=text, severity=Severity.INFO, timestamp=at)


def as_rows(tables: Sequence[pa.Table]) -> list[str]:
    return sorted(map(str, (row for table in tables for row in table.to_pylist())))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches)
def test_encoded_rows_are_decoded_unchanged(groups: list[list[LogEntry]]) -> None:
    tables = [table_of(group) for group in groups]
    packs = list(pack_chunks(("shop", chunk) for table in tables for chunk in chunks_of(table)))
    decoded = []
    for pack in packs:
        merged = merge_tables([chunk.table for chunk in pack.chunks])
        segment = encode_segment("shop", pack.hour, [key for chunk in pack.chunks for key in chunk.parts], merged)
        table = decode_segment(segment)
        times = table.column("timestamp").cast(pa.int64()).to_pylist()
        assert table.schema.equals(LOG_SCHEMA)
        assert (segment.count, segment.min_ts, segment.max_ts) == (len(times), min(times), max(times))
        assert {time // HOUR_US for time in times} == {pack.hour}
        assert sum(read_batch(segment.summary).column("count").to_pylist()) == segment.count
        assert sum(read_batch(segment.patterns).column("count").to_pylist()) == segment.count
        decoded.append(table)

    assert as_rows(decoded) == as_rows(tables)


@settings(max_examples=60, deadline=None)
@given(batches, st.data())
def test_dropping_parts_drops_exactly_their_rows(groups: list[list[LogEntry]], data: st.DataObject) -> None:
    ids = [new_batch_id() for _ in groups]
    table = merge_tables([table_of(group, batch) for group, batch in zip(groups, ids, strict=True)])
    for chunk in chunks_of(table):
        dropped = data.draw(st.sets(st.sampled_from(chunk.parts)))
        kept = without_parts(chunk, dropped)
        expected = [row for row in chunk.table.to_pylist() if f"{row['batch']}-{chunk.hour:x}" not in dropped]
        assert (kept.table.to_pylist() if kept else []) == expected


def test_a_repeated_part_is_packed_once() -> None:
    table = table_of([line("a"), line("b")])
    chunk = next(chunks_of(table))
    (pack,) = pack_chunks([("shop", chunk), ("shop", chunk), ("shop", chunk)])
    assert (pack.logs, len(pack.chunks)) == (2, 1)


def test_packs_stay_within_the_limits_of_a_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MAX_LOGS", 100)
    chunks = [next(chunks_of(table_of([line(f"{i}")] * 30))) for i in range(10)]
    packs = list(pack_chunks(("shop", chunk) for chunk in chunks))
    assert [pack.logs for pack in packs] == [90, 90, 90, 30]


def test_a_large_part_is_always_split_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MAX_PART_BYTES", 10_000)
    batch, other = new_batch_id(), new_batch_id()
    large = [line("x" * 900, NOON + timedelta(seconds=i)) for i in range(40)]
    alone = table_of(large, batch)
    together = merge_tables([table_of([line("y")], other), alone])

    def cuts(table: pa.Table) -> dict[str, list[int]]:
        found: list[Chunk] = [chunk for chunk in chunks_of(table) if batch in chunk.parts[0]]
        return {chunk.parts[0]: chunk.table.column("row").to_pylist() for chunk in found}

    assert len(cuts(alone)) > 2
    assert cuts(alone) == cuts(together)
    assert sorted(row for rows in cuts(alone).values() for row in rows) == list(range(40))


def test_a_segment_without_rows_keeps_its_parts() -> None:
    segment = encode_segment("shop", 7, ["p1", "p2"], table_of([line("a")]).slice(0, 0))
    assert (segment.count, segment.parts, segment.columns) == (0, ("p1", "p2"), {})
    assert decode_segment(segment).num_rows == 0


def test_unset_columns_are_not_stored() -> None:
    segment = encode_segment("shop", 7, ["p"], table_of([line("a")]))
    assert {"test_id", "func_id", "source", "attributes"}.isdisjoint(segment.columns)


def test_a_segment_of_typical_logs_takes_few_bytes_per_log() -> None:
    lines = [line(f"GET /cart/{i} took {i * 7919 % 1000} ms", NOON + timedelta(milliseconds=i)) for i in range(5000)]
    segment = encode_segment("shop", 7, ["p"], table_of(lines))
    assert segment.stored_bytes / segment.count < 7


@pytest.mark.parametrize(
    ("text", "count", "effort", "is_cut"),
    [
        ("took {} ms", 600, Effort.INTAKE, True),
        ("took {} ms", 20, Effort.FINAL, False),
        ("took {} ms, " + "very " * 40, 600, Effort.INTAKE, False),
        ("took {} ms, " + "very " * 40, 600, Effort.MERGE, True),
        ("took {} ms, " + "very " * 40, 25_000, Effort.INTAKE, True),
        ("from {words} to {words}", 2_000, Effort.FINAL, False),
        ("[" + "{}," * 50 + "]", 600, Effort.FINAL, False),
    ],
)
def test_messages_are_cut_where_it_pays(text: str, count: int, effort: Effort, is_cut: bool) -> None:
    words = ["".join(letters) for letters in itertools.product("abcdefgh", repeat=4)]
    lines = [line(text.format(*[number] * 50, words=words[number % len(words)])) for number in range(count)]
    columns = columns_of(encode_segment("shop", 7, ["p"], table_of(lines), effort=effort))
    assert (columns.messages is not None) == is_cut
    assert columns.column("message").to_pylist() == [entry.message for entry in lines]


@pytest.mark.parametrize(
    ("text", "count", "known"),
    [("took {} ms", 600, True), ("took {} ms", 20, False), ("took {} ms " + "x" * 200, 600, False)],
)
def test_variables_of_short_messages_are_known_when_logs_arrive(text: str, count: int, known: bool) -> None:
    segment = encode_segment("shop", 7, ["p"], table_of([line(text.format(number)) for number in range(count)]))
    assert bool(segment.variables) == known
