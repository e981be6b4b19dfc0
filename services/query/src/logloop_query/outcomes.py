"""Finds the outcomes of test runs in log rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from logloop_query.time_bounds import from_microseconds

ATTRIBUTES = ("test.outcome", "ci.test_outcome")
"""Set by the pytest plugin, and by ci-bridge for outcomes in the output of a workflow run."""
STATUSES = frozenset({"passed", "failed", "skipped", "error", "xfailed", "xpassed"})
_MARK = r'"(test\.outcome|ci\.test_outcome)":'


@dataclass(frozen=True, slots=True)
class OutcomeSummary:
    """How often a test ran in some rows, and the outcome of the newest run."""

    test_id: str
    runs: int
    last_status: str
    last_at: datetime
    service_id: str | None
    func_id: str | None


def outcomes_in(tables: Iterable[pa.Table]) -> list[OutcomeSummary]:
    """Return a summary for each test with an outcome in tables of log rows. Tables without tests are cheap."""
    found: dict[str, OutcomeSummary] = {}
    for table in tables:
        tests = table.column("test_id")
        if tests.null_count == len(tests):
            continue
        marked = pc.and_kleene(pc.is_valid(tests), pc.match_substring_regex(table.column("attributes"), _MARK))
        for row in _rows(table.filter(marked)):
            earlier = found.get(row.test_id)
            runs = row.runs + (earlier.runs if earlier else 0)
            newest = row if earlier is None or row.last_at >= earlier.last_at else earlier
            found[row.test_id] = OutcomeSummary(
                newest.test_id, runs, newest.last_status, newest.last_at, newest.service_id, newest.func_id
            )
    return list(found.values())


def _rows(table: pa.Table) -> Iterable[OutcomeSummary]:
    columns = [
        table.column(name).cast(pa.string()).to_pylist()
        for name in ("test_id", "service_id", "func_id", "attributes")
    ]
    moments = table.column("timestamp").cast(pa.int64()).to_pylist()
    for test_id, service_id, func_id, attributes, moment in zip(*columns, moments, strict=True):
        values = orjson.loads(attributes)
        status = next((values[name] for name in ATTRIBUTES if name in values), None)
        if isinstance(status, str) and status in STATUSES:
            yield OutcomeSummary(test_id, 1, status, from_microseconds(moment), service_id, func_id)
