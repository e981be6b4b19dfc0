"""Finds the outcomes of tests in stored log rows: lines whose attributes say how a test ended.

It must not store anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.logs.search.time_bounds import from_microseconds

ATTRIBUTES = ("test.outcome", "ci.test_outcome")
"""Set by the pytest plugin, and by ci-bridge for what it reads in the output of a run."""
STATUSES = frozenset({"passed", "failed", "skipped", "error", "xfailed", "xpassed"})
_MARK = r'"(test\.outcome|ci\.test_outcome)":'


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How often a test ended among some rows, and how it ended last."""

    test_id: str
    runs: int
    last_status: str
    last_at: datetime
    service_id: str | None
    func_id: str | None


def outcomes_in(tables: Iterable[pa.Table]) -> list[Outcomes]:
    """The outcomes in tables of log rows. Costs next to nothing where no row names a test."""
    found: dict[str, Outcomes] = {}
    for table in tables:
        tests = table.column("test_id")
        if tests.null_count == len(tests):
            continue
        told = pc.and_kleene(pc.is_valid(tests), pc.match_substring_regex(table.column("attributes"), _MARK))
        for row in _rows(table.filter(told)):
            earlier = found.get(row.test_id)
            runs = row.runs + (earlier.runs if earlier else 0)
            newest = row if earlier is None or row.last_at >= earlier.last_at else earlier
            found[row.test_id] = Outcomes(
                newest.test_id, runs, newest.last_status, newest.last_at, newest.service_id, newest.func_id
            )
    return list(found.values())


def _rows(table: pa.Table) -> Iterable[Outcomes]:
    columns = [
        table.column(name).cast(pa.string()).to_pylist()
        for name in ("test_id", "service_id", "func_id", "attributes")
    ]
    moments = table.column("timestamp").cast(pa.int64()).to_pylist()
    for test_id, service_id, func_id, attributes, moment in zip(*columns, moments, strict=True):
        values = orjson.loads(attributes)
        status = next((values[name] for name in ATTRIBUTES if name in values), None)
        if isinstance(status, str) and status in STATUSES:
            yield Outcomes(test_id, 1, status, from_microseconds(moment), service_id, func_id)
