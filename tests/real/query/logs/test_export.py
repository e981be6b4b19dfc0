"""Exports contain every log once and in order, in each format."""

import csv
import io
import itertools
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from logloop_query.logs import export as export_module
from logloop_query.logs.export import Export, cut_time
from logloop_query.logs.export_formats import ExportFormat
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.segments.time_units import MINUTE_US

from tests.real.query.logs.storage import NOON, Storage, entry, numbered, open_storage, table


@pytest.fixture
async def storage(mongo_url: str) -> AsyncIterator[Storage]:
    async with open_storage(mongo_url) as opened:
        yield opened


async def exported(storage: Storage, kind: ExportFormat, q: str = "", **bounds: Any) -> bytes:
    export = Export(storage.segments, storage.searching.threads, storage.searching.caches)
    window = LogSelection("shop", parse_query(q), **bounds)
    return b"".join([piece async for piece in export.stream(window, kind)])


RISKY = "\uff1d\uff0b\uff0d\uff20+-\n\t"
"""Characters that make a spreadsheet read a cell as a formula; the first four are full-width."""


async def test_each_format_holds_what_a_search_finds(storage: Storage) -> None:
    rows = [
        entry("=HYPERLINK(1)", NOON, test_id="t", attributes={"a": {"b": 'say "hi"'}}),
        entry('two\nlines, "quoted"', NOON + timedelta(seconds=1), source="@file", severity="error"),
        entry("left out", NOON + timedelta(seconds=2), severity="debug"),
        *(entry(f"{start}1+1", NOON + timedelta(seconds=3)) for start in RISKY),
        entry("a=1", NOON + timedelta(seconds=4)),
    ]
    async with storage.persister() as persister:
        await persister.store("shop", table(rows))
    q = "-severity:debug"
    found = await storage.search(q)

    lines = [json.loads(line) for line in (await exported(storage, "ndjson", q)).splitlines()]
    assert [{**line, "attributes": None} for line in lines] == [{**item, "attributes": None} for item in found]
    assert lines[0]["attributes"] == {"a": {"b": 'say "hi"'}}

    cells = list(csv.DictReader(io.StringIO((await exported(storage, "csv", q)).decode(), newline="")))
    assert [cell["id"] for cell in cells] == [item["id"] for item in found]
    assert [cell["message"] for cell in cells[:2]] == ["'=HYPERLINK(1)", 'two\nlines, "quoted"']
    assert [cell["message"] for cell in cells[2:]] == [*(f"'{start}1+1" for start in RISKY), "a=1"]
    assert cells[1]["source"] == "'@file"
    assert cells[0]["timestamp"] == "2026-11-22T12:00:00.000000Z"
    assert json.loads(cells[0]["attributes"]) == {"a": {"b": 'say "hi"'}}

    parquet = pa.parquet.read_table(io.BytesIO(await exported(storage, "parquet", q)))
    arrow = pa.ipc.open_stream(await exported(storage, "arrow", q)).read_all()
    assert parquet.to_pylist() == arrow.to_pylist()
    assert [row["id"] for row in arrow.to_pylist()] == [item["id"] for item in found]
    assert arrow.column("timestamp")[0].as_py() == NOON
    assert set(arrow.column("project_id").to_pylist()) == {"shop"}


@pytest.mark.parametrize("kind", ["ndjson", "csv", "parquet", "arrow"])
async def test_an_export_without_logs_is_a_valid_file(storage: Storage, kind: ExportFormat) -> None:
    content = await exported(storage, kind)
    assert count_rows(kind, content) == 0


def count_rows(kind: ExportFormat, content: bytes) -> int:
    if kind == "ndjson":
        return len(content.splitlines())
    if kind == "csv":
        return len(list(csv.DictReader(io.StringIO(content.decode()))))
    table = (
        pa.parquet.read_table(io.BytesIO(content)) if kind == "parquet" else pa.ipc.open_stream(content).read_all()
    )
    return int(table.num_rows)


async def test_overlapping_segments_are_exported_in_time_order(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "SLICE_LOGS", 25)
    async with storage.persister(linger_s=0.001) as persister:
        for i in range(10):
            await persister.store("shop", numbered(i * 30, 30, NOON + timedelta(seconds=i), timedelta(seconds=7)))

    lines = [json.loads(line) for line in (await exported(storage, "ndjson")).splitlines()]

    assert [line["id"] for line in lines] == [item["id"] for item in await storage.search()]
    assert len(lines) == 300


async def test_slices_cover_every_minute_with_logs_and_no_moment_twice() -> None:
    minutes = {10: 30_000, 11: 30_000, 13: 170_000, 20: 5, 21: 5}
    low, high = 10 * MINUTE_US + 17, 21 * MINUTE_US + 5
    slices = list(cut_time(minutes, low, high))

    assert slices[0][0] == low
    assert slices[-1][1] == high
    for (_, end), (begin, _) in itertools.pairwise(slices):
        assert end < begin
    covered = [moment for minute in minutes for moment in (minute * MINUTE_US + 20, minute * MINUTE_US + 1)]
    for moment in (moment for moment in covered if low <= moment <= high):
        assert sum(begin <= moment <= end for begin, end in slices) == 1
    pieces = -(-170_000 // export_module.SLICE_LOGS)
    assert len([1 for begin, _ in slices if 13 * MINUTE_US <= begin < 14 * MINUTE_US]) == pieces
