"""Every search finds the same logs as the reference implementation."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logloop_contracts import LogEntry, Severity
from logloop_contracts.log_batch import decode, encode, entries_to_batch
from logloop_query.logs.search.candidates import may_hold
from logloop_query.logs.search.kernels import selected_rows
from logloop_query.logs.search.language.filter import Filter, needed_columns
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.needs import need_of
from logloop_query.logs.search.pattern_rules import resolved
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.segments.codec import Effort, SegmentColumns, TableColumns, encode_segment, split_by_hour
from logloop_query.logs.segments.filters.build import filter_of
from logloop_query.logs.segments.log_types.messages import StoredMessages
from logloop_query.logs.segments.summary import Summary

from tests.unit.query.cutting import every_message_cut
from tests.unit.query.search.memory_segments import allows
from tests.unit.query.search.search_oracle import BATCH, KINDS, START, TRACE_ID, Row, Search, rows, searches

# Generating logs takes most of the time, so each example runs several searches on the same logs.
_SEARCHES = 4
_thorough = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def table_of(logs: Sequence[Row]) -> pa.Table:
    """A batch as it arrives from ingest."""
    entries = [
        LogEntry(
            project_id="shop",
            service_id=row.service_id,
            test_id=row.test_id,
            func_id=row.func_id,
            message=row.message,
            severity=Severity(row.severity),
            timestamp=row.timestamp,
            source=row.source,
            attributes=row.attributes,
        )
        for row in logs
    ]
    return decode(encode(entries_to_batch(entries, BATCH)))


def found_in(wanted: Filter, columns: Any) -> list[int]:
    selected = selected_rows(wanted, columns)
    numbers = columns.column("row").to_pylist()
    return numbers if selected is None else [numbers[i] for i in selected.to_pylist()]


def several(search: st.SearchStrategy[Search]) -> st.SearchStrategy[list[Search]]:
    """Searches for one example."""
    return st.lists(search, min_size=_SEARCHES, max_size=_SEARCHES)


def numbers_of(logs: Sequence[Row], search: Search) -> list[int]:
    """What the reference implementation finds."""
    return [row.number for row in logs if search.finds(row)]


class OnlyThese:
    """Columns of a segment; reading a column outside the plan is an error."""

    def __init__(self, columns: SegmentColumns, names: frozenset[str]) -> None:
        self.hour, self.count = columns.hour, columns.count
        self._columns, self._names = columns, names

    @property
    def messages(self) -> StoredMessages | None:
        assert "message" in self._names, "messages were not read"
        return self._columns.messages

    def column(self, name: str) -> Any:
        assert name in self._names, f"{name} was not read"
        return self._columns.column(name)

    def rows(self, name: str, numbers: Any) -> Any:
        assert name in self._names, f"{name} was not read"
        return self._columns.rows(name, numbers)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_each_kind_of_condition_finds_exactly_its_logs(kind: str, data: st.DataObject) -> None:
    logs = data.draw(rows())
    columns = TableColumns(table_of(logs))
    for search in data.draw(several(KINDS[kind])):
        assert found_in(parse_query(search.text), columns) == numbers_of(logs, search), search.text


@_thorough
@given(rows(), several(searches()))
def test_a_search_finds_the_same_logs_as_plain_python(logs: list[Row], wanted: list[Search]) -> None:
    columns = TableColumns(table_of(logs))
    for search in wanted:
        assert found_in(parse_query(search.text), columns) == numbers_of(logs, search), search.text


@_thorough
@given(rows(), several(searches()))
def test_a_search_of_stored_logs_reads_only_the_columns_it_needs(logs: list[Row], wanted: list[Search]) -> None:
    with every_message_cut():
        parts = [
            SegmentColumns(hour, segment.count, segment.columns, segment.patterns)
            for hour, part in split_by_hour(table_of(logs))
            for segment in [encode_segment("shop", hour, ["p"], part, effort=Effort.FINAL)]
        ]
    for search in wanted:
        condition = parse_query(search.text)
        found: list[int] = []
        for columns in parts:
            selected = selected_rows(condition, OnlyThese(columns, needed_columns(condition)))
            numbers = columns.column("row").to_pylist()
            found += numbers if selected is None else [numbers[i] for i in selected.to_pylist()]

        assert sorted(found) == numbers_of(logs, search), search.text


@_thorough
@given(rows(), several(searches()))
def test_a_segment_is_skipped_only_if_none_of_its_logs_match(logs: list[Row], wanted: list[Search]) -> None:
    by_hour = split_by_hour(table_of(logs))
    parts = [(part, encode_segment("shop", hour, ["p"], part, effort=Effort.FINAL)) for hour, part in by_hour]
    for search in wanted:
        window = LogSelection("shop", parse_query(search.text)).narrowed()
        matching = set(numbers_of(logs, search))
        for part, segment in parts:
            overlaps = segment.max_ts >= window.low and segment.min_ts <= window.high
            summary = Summary(segment.summary, segment.patterns, segment.variables)
            need = need_of(window.wanted)
            kept = (
                overlaps
                and may_hold(resolved(window.wanted, summary), summary)
                and (need is None or allows(filter_of(segment), need))
            )

            assert kept or matching.isdisjoint(part.column("row").to_pylist()), search.text


@pytest.mark.parametrize("number", [TRACE_ID, -TRACE_ID, 10**20, 2**64 - 1, 2**63, -(2**63), 2**53 + 1])
def test_a_large_integer_in_attributes_is_found_by_its_digits(number: int) -> None:
    row = Row(0, START, "info", "cart", None, None, None, "paid", {"trace": number})
    columns = TableColumns(table_of([row]))

    for text in (f"{number}", f'"{number}"', f"[{number} TO {number}]"):
        assert found_in(parse_query(f"attributes.trace:{text}"), columns) == [0], text
