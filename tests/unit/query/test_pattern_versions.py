"""Segments that hold patterns of version 1 are read, searched, counted and merged as those of the current version."""

import pyarrow as pa
import pytest
from logloop_contracts.log_batch import LOG_SCHEMA, encode, with_patterns
from logloop_contracts.log_batch import decode as decode_batch
from logloop_contracts.patterns.masking import FIRST_VERSION
from logloop_query.logs.compaction import merge_segments
from logloop_query.logs.edits import LogEdits
from logloop_query.logs.export import Export
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.logs.segments.codec import Segment, chunks_of, decode_segment, encode_segment

from tests.real.query.logs.storage import entry, table, with_first_patterns
from tests.unit.query.search.memory_segments import MemorySegments

MESSAGES = ["took 5ms for id=77 now", "took 6ms for id=78 now", "idle", "user=anna left"]
OLD = ["took <*> for <*> now", "took <*> for <*> now", "idle", "user=anna left"]
NEW = ["took <*> for id=<*> now", "took <*> for id=<*> now", "idle", "user=<*> left"]


def old_segment(rows: pa.Table) -> Segment:
    """A segment as it was stored before patterns had a version."""
    [chunk] = chunks_of(with_first_patterns(rows))
    found = encode_segment("shop", chunk.hour, chunk.parts, chunk.table)
    return Segment(**{name: getattr(found, name) for name in Segment.__slots__} | {"pattern_version": FIRST_VERSION})


def new_segment(rows: pa.Table) -> Segment:
    [chunk] = chunks_of(rows)
    return encode_segment("shop", chunk.hour, chunk.parts, chunk.table)


@pytest.fixture
def stored() -> MemorySegments:
    """A new, an old and a new segment with the same messages. The last two are read together."""
    rows = [table([entry(text) for text in MESSAGES]) for _ in range(3)]
    return MemorySegments([new_segment(rows[0]), old_segment(rows[1]), new_segment(rows[2])])


def test_the_first_version_is_what_segments_held() -> None:
    assert with_first_patterns(table([entry(text) for text in MESSAGES])).column("pattern").to_pylist() == OLD


async def test_old_and_new_segments_are_searched_counted_and_exported_alike(stored: MemorySegments) -> None:
    searching = LogSearch(stored, SearchLimits())
    try:
        for q, expected in (
            ('pattern:"took <*> for id=<*> now"', 6),
            ('pattern:"took <*> for <*> now"', 0),
            ('pattern:"user=<*> left" anna', 3),
            ("-pattern:took*", 6),
        ):
            selection = LogSelection("shop", parse_query(q))
            found, _ = await searching.search(SearchRequest(selection))
            assert found.table.num_rows == expected, q
            assert set(found.table.column("message").to_pylist()) <= {*MESSAGES}, q
            async with searching.counting("test") as (counter, _):
                assert sum((await counter.by(selection, ())).table.column("count").to_pylist()) == expected, q
        for q in ("", "pattern:* OR idle", "severity:info"):  # from counts by pattern, and from rows
            async with searching.counting("test") as (counter, _):
                counts = (await counter.by_pattern(LogSelection("shop", parse_query(q)))).table.to_pydict()
            assert dict(zip(counts["pattern"], counts["count"], strict=True)) == {
                text: 3 * NEW.count(text) for text in NEW
            }
        exported = [
            part
            async for part in Export(stored, searching.threads, searching.caches).stream(
                LogSelection("shop"), "arrow"
            )
        ]
        with pa.ipc.open_stream(b"".join(exported)) as reader:
            assert sorted(reader.read_all().column("pattern").to_pylist()) == sorted(NEW * 3)
    finally:
        searching.close()


def test_a_merge_masks_old_rows_again_and_reports_only_what_it_replaced(stored: MemorySegments) -> None:
    merged, replaced = merge_segments(list(stored.stored.values()))
    assert merged.pattern_version == 2
    assert decode_segment(merged).column("pattern").to_pylist() == NEW * 3
    assert {pattern: stats.count for pattern, stats in replaced.items()} == {
        "took <*> for id=<*> now": 2,
        "user=<*> left": 1,
    }
    again, replaced = merge_segments([*MemorySegments([merged, merged]).stored.values()])
    assert (again.count, replaced) == (24, {})


async def test_an_edit_of_an_old_segment_stores_the_current_version(stored: MemorySegments) -> None:
    searching = LogSearch(stored, SearchLimits())
    try:
        edits = LogEdits(stored, searching.threads, searching.caches)
        assert await edits.delete_selection(LogSelection("shop", parse_query("pattern:idle"))) == 3
    finally:
        searching.close()
    for item in stored.stored.values():
        assert item.segment.pattern_version == 2
        assert decode_segment(item.segment).column("pattern").to_pylist() == [text for text in NEW if text != "idle"]


def test_a_batch_from_an_older_ingest_gets_the_current_patterns() -> None:
    rows = table([entry(text) for text in MESSAGES])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, LOG_SCHEMA) as writer:
        writer.write_table(with_first_patterns(rows))
    assert decode_batch(sink.getvalue().to_pybytes()).column("pattern").to_pylist() == NEW
    assert decode_batch(encode(rows)).equals(rows)
    assert with_patterns(LOG_SCHEMA.empty_table()).num_rows == 0
