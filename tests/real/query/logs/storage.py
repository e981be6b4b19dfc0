"""What tests of log storage share: a fresh database with its stores, generated batches, a running persister."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from logloop_chassis.database.client import Database, connect
from logloop_contracts import LogEntry, Severity
from logloop_contracts.log_batch import LOG_SCHEMA, decode, encode, entries_to_batch, new_batch_id
from logloop_contracts.patterns.masking import FIRST_VERSION, mask_messages
from logloop_query.logs.edits import LogEdits
from logloop_query.logs.patterns import PatternIndex
from logloop_query.logs.persister import Persister
from logloop_query.logs.search.language.syntax import parse_query
from logloop_query.logs.search.log_search import LogSearch, SearchLimits
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.rows import json_rows
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.logs.stores.patterns import PatternStore
from logloop_query.logs.stores.segments import SegmentStore
from logloop_query.outcomes import OutcomeSummary
from logloop_query.run_reports import RunReport

from tests.infra import fresh_database

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def entry(message: str, at: datetime = NOON, **changes: Any) -> LogEntry:
    """A log of project shop."""
    values: dict[str, Any] = {"service_id": "cart", "severity": Severity.INFO, **changes}
    return LogEntry(project_id="shop", message=message, timestamp=at, **values)


def table(entries: Sequence[LogEntry], batch: str | None = None) -> pa.Table:
    """One batch, as it comes from the broker."""
    return decode(encode(entries_to_batch(entries, batch or new_batch_id())))


def numbered(first: int, count: int, at: datetime = NOON, every: timedelta = timedelta(milliseconds=1)) -> pa.Table:
    """A batch of logs `line <number>`."""
    return table([entry(f"line {first + i}", at + every * i) for i in range(count)])


def with_first_patterns(rows: pa.Table) -> pa.Table:
    """A batch with patterns of version 1."""
    patterns = mask_messages(rows.column("message").combine_chunks(), FIRST_VERSION)
    return rows.set_column(LOG_SCHEMA.get_field_index("pattern"), LOG_SCHEMA.field("pattern"), patterns)


@dataclass
class FakeRecords:
    """Stands in for the registry and the retention of projects, and remembers names."""

    days: int = 30
    services: set[str] = field(default_factory=set)
    tests: set[str] = field(default_factory=set)
    runs: list[str] = field(default_factory=list)

    async def register(
        self,
        project_id: str,  # noqa: ARG002  # the shape of SeenRegistry
        services: AbstractSet[str],
        tests: AbstractSet[str],
        at: datetime,  # noqa: ARG002  # the shape of SeenRegistry
    ) -> None:
        """Remember names."""
        self.services |= services
        self.tests |= tests

    async def record_outcomes(self, project_id: str, outcomes: Sequence[OutcomeSummary]) -> None:
        """Not needed here."""

    async def record_test_runs(self, project_id: str, reports: Sequence[RunReport]) -> None:  # noqa: ARG002
        """Remember the reported runs."""
        self.runs += [report.run_id for report in reports]

    async def retention_days(self, project_id: str) -> int:  # noqa: ARG002  # the shape of SeenRegistry
        """The retention as set by the test."""
        return self.days


@dataclass
class Storage:
    """Stores over one fresh database."""

    database: Database
    segments: SegmentStore
    patterns: PatternStore
    records: FakeRecords
    executor: ThreadPoolExecutor
    searching: LogSearch
    edits: LogEdits

    @asynccontextmanager
    async def persister(self, **options: Any) -> AsyncIterator[Persister]:
        """A running persister."""
        settings = {"linger_s": 0.02, **options}
        index = PatternIndex(self.patterns)
        persister = Persister(self.segments, self.records, self.records, index, self.executor, **settings)
        running = asyncio.create_task(persister.run())
        try:
            yield persister
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await persister.close()
            await index.flush()

    async def search(
        self, q: str = "", *, limit: int = 1000, newest_first: bool = False, project: str = "shop"
    ) -> list[dict[str, Any]]:
        """Every log that a search finds, page by page."""
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            request = SearchRequest(LogSelection(project, parse_query(q)), limit, newest_first, cursor)
            result, _ = await self.searching.search(request)
            items += json_rows(project, result.table)
            cursor = result.next_cursor
            if cursor is None:
                return items

    async def messages(self, q: str = "", **options: Any) -> list[str]:
        """Messages that a search finds."""
        return [item["message"] for item in await self.search(q, **options)]

    async def count(self, q: str = "") -> int:
        """The number of logs that a search selects, from counts."""
        async with self.searching.counting("count") as (counter, _):
            counts = await counter.by(LogSelection("shop", parse_query(q)), ())
        return int(sum(counts.table.column("count").to_pylist()))


@asynccontextmanager
async def open_storage(mongo_url: str) -> AsyncIterator[Storage]:
    """Stores over a database without documents."""
    client = connect(mongo_url, app_name="test")
    database = client[fresh_database()]
    segments, patterns = SegmentStore(database), PatternStore(database)
    await segments.ensure_indexes()
    await patterns.ensure_indexes()
    executor = ThreadPoolExecutor(2)
    searching = LogSearch(segments, SearchLimits())
    edits = LogEdits(segments, searching.threads, searching.caches)
    try:
        yield Storage(database, segments, patterns, FakeRecords(), executor, searching, edits)
    finally:
        searching.close()
        executor.shutdown(wait=False)
        await client.close()
