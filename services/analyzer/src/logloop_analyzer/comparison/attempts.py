"""Prepares the lines of attempts of a test for comparison: in time order, with the event that each reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from logloop_contracts.patterns.edits import NO_EDITS, PatternEdits
from logloop_contracts.patterns.merging import merge_patterns

from logloop_analyzer.evidence.identifiers import read_identifiers
from logloop_analyzer.evidence.log_window import LogLine, conform, in_time_order, one_chunk
from logloop_analyzer.evidence.steps.work_units import Event

MAX_LINES = 2_000
"""Lines of one attempt that are compared, the earliest first."""
_REPORT = r'"(?:test\.event|ci\.test_outcome)":"(?P<found>[^"\\]+)"'
_RUN = r'"test\.run_id":"(?P<found>[^"\\]+)"'


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """A line that was logged while a test ran."""

    log: LogLine
    event: Event
    template: str
    report: str | None
    """What the test runner reports with it, such as the outcome: it differs whenever the outcome does."""


def select_lines(table: pa.Table, run_id: str | None) -> pa.Table:
    """Return the rows of one attempt in time order, without those that name another run, up to MAX_LINES."""
    table = conform(table)
    if run_id is not None:
        named = pc.struct_field(pc.extract_regex(one_chunk(table["attributes"]), _RUN), "found")
        table = table.filter(pc.or_(pc.is_null(named), pc.fill_null(pc.equal(named, run_id), False)))
    return in_time_order(table).slice(0, MAX_LINES)


def read_attempts(tables: Sequence[pa.Table], edits: PatternEdits = NO_EDITS) -> list[list[AttemptLine]]:
    """Return the lines of each attempt. Equal events have equal templates in all of them; people edited some.

    The tables have `EXPORT_SCHEMA` and rows in time order.
    """
    patterns = {value for table in tables for value in pc.unique(table["pattern"].cast(pa.utf8())).to_pylist()}
    templates = merge_patterns(patterns, edits)
    return [_lines(table, templates) for table in tables]


def _lines(table: pa.Table, templates: dict[str, str]) -> list[AttemptLine]:
    if not table.num_rows:
        return []
    columns = {name: one_chunk(table[name].cast(pa.utf8())) for name in ("message", "attributes", "func_id")}
    statements = read_identifiers(*columns.values()).statements.to_pylist()
    reports = pc.struct_field(pc.extract_regex(columns["attributes"], _REPORT), "found").to_pylist()
    return [
        AttemptLine(log, _event(log, statement, templates[log.pattern]), templates[log.pattern], report)
        for log, statement, report in zip(_logs(table), statements, reports, strict=True)
    ]


def _event(log: LogLine, statement: str | None, template: str) -> Event:
    if statement is not None and statement in log.message:
        return Event(log.service_id, log.severity, statement, "")
    return Event(log.service_id, log.severity, "", template)


def _logs(table: pa.Table) -> list[LogLine]:
    names: dict[str, Any] = {name: name.removesuffix("_us") for name in LogLine.__slots__}
    columns = [
        table[column].cast(pa.int64() if name == "timestamp_us" else pa.utf8()).to_pylist()
        for name, column in names.items()
    ]
    return [LogLine(*values) for values in zip(*columns, strict=True)]
