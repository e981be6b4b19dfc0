"""The logs in `format_1.bson`: a collection `segments` in format 1, as version 0.1 stored it.

`python -m tests.data.format_1_logs` writes the file again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pyarrow as pa
from logloop_contracts import LogEntry, Severity
from logloop_contracts.log_batch import HOUR_US, LOG_SCHEMA, derived_batch_id, entries_to_batch, log_id
from logloop_contracts.patterns.masking import FIRST_VERSION, mask_messages

from tests.format_1 import segment_document

FILE = Path(__file__).with_name("format_1.bson")
PROJECT = "shop"
STORED_AT = datetime(2025, 3, 2, tzinfo=UTC)
EXPIRES_AT = datetime(2100, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOURS = (datetime(1969, 12, 31, 22, tzinfo=UTC), *(datetime(2025, 3, 1, hour, tzinfo=UTC) for hour in range(9, 13)))
_FIRST_PATTERNS = _HOURS[1]
"""The hour whose segments have patterns of the first version, as those of earlier versions."""
_BATCHES = 20
_OF_BATCH = 20
_SERVICES = ("cart", "payment", "Gateway", "a.b:c/d@e-1")


@dataclass(frozen=True)
class StoredLog:
    """A log with its batch, its number in the batch and the hour in which it was stored (since 1970)."""

    batch: str
    row: int
    hour: int
    entry: LogEntry

    @property
    def id(self) -> str:
        """Its log id."""
        return log_id(self.batch, self.hour * HOUR_US, self.row)

    @property
    def part(self) -> str:
        """The key of its part."""
        return f"{self.batch}-{self.hour:x}"


def stored_logs(project: str = PROJECT) -> list[StoredLog]:
    """Return every log of a project that the file has, in the order in which they were sent."""
    return [log for batch in _sent_batches(project) for log in batch if not _is_deleted(log)]


def batch_table(logs: Sequence[StoredLog]) -> pa.Table:
    """Return logs of one batch as rows of `LOG_SCHEMA`."""
    table = pa.Table.from_batches([entries_to_batch([log.entry for log in logs], logs[0].batch)])
    rows = pa.array([log.row for log in logs], pa.int32())
    return table.set_column(LOG_SCHEMA.get_field_index("row"), LOG_SCHEMA.field("row"), rows)


def _is_deleted(log: StoredLog) -> bool:
    """Say whether a log was deleted: one in the first batch, and everything in the last."""
    return log.batch == _batch(_BATCHES - 1) or (log.batch == _batch(0) and log.row == 3)


def _batch(number: int) -> str:
    return derived_batch_id(PROJECT, f"format 1, batch {number}")


def _sent_batches(project: str) -> Iterator[list[StoredLog]]:
    if project != PROJECT:
        entry = _entry(0, 0, _HOURS[1]).model_copy(update={"project_id": project, "message": f"only in {project}"})
        yield [_stored(derived_batch_id(project, "format 1"), 0, entry)]
        return
    for number in range(_BATCHES):
        first = number % len(_HOURS)
        hours = [first] * _OF_BATCH if number % 3 else [first, (first + 1) % len(_HOURS)] * (_OF_BATCH // 2)
        yield [_stored(_batch(number), row, _entry(number, row, _HOURS[hour])) for row, hour in enumerate(hours)]


def _stored(batch: str, row: int, entry: LogEntry) -> StoredLog:
    return StoredLog(batch, row, (entry.timestamp - _EPOCH) // timedelta(hours=1), entry)


def _entry(batch: int, row: int, hour: datetime) -> LogEntry:
    number = batch * _OF_BATCH + row
    # The first half of a batch is in order of time, the other is not; some times are equal.
    second = row * 150 if row < _OF_BATCH // 2 else (number * 7919) % 3600
    has_references = hour.hour % 2 == 1
    return LogEntry(
        project_id=PROJECT,
        service_id=_SERVICES[number % 7 % len(_SERVICES)],
        severity=list(Severity)[number % 11 % 4],
        timestamp=hour + timedelta(seconds=second, microseconds=number % 3 * 333_333),
        message=_message(number),
        attributes=_attributes(number),
        test_id=f"tests/shop.py::test_order[{number % 4}]" if has_references and number % 3 else None,
        func_id=f"shop.handlers:place_{number % 2}" if number % 5 else None,
        source="stdout" if has_references else None,
    )


def _message(number: int) -> str:
    texts = (
        f"order {number} placed by user {number % 17} in {number % 90} ms",
        f"payment of order {number} failed: upstream timeout after {3000 + number} ms",
        f"GET /api/orders/{number} 200 user=u{number % 5} from 10.0.{number % 9}.1:{4000 + number}",
        f"naïve café 日本 🙂 {number % 4} ẞ\u2028K",
        f"Traceback (most recent call last):\n  File \"shop.py\", line {number}, in place\nKeyError: '{number:08x}'",
        "" if number % 2 else "shutting down",
        f'{{"level":"info","order":{number},"tags":["a","b"]}}\t\\end <*>',
    )
    return texts[number % len(texts)]


def _attributes(number: int) -> dict[str, Any] | None:
    if number % 4 == 0:
        return None
    found: dict[str, Any] = {
        "host": f"node-{number % 3:02d}.shop.internal",
        "http": {"status": 200 + number % 2 * 300},
    }
    if number % 3 == 0:
        found |= {
            "ä.ß": "日本",
            "ratio": number / 8,
            "big": 2**53 + 1,
            "tags": ["x", number, None, True, {"deep": [1]}],
        }
    if number % 5 == 0:
        found |= {"empty": "", "quoted": 'say "hi" \\ now\n', "trace_id": f"{number * 2**100:032x}"}
    return found


def documents() -> Iterator[dict[str, Any]]:
    """Yield the documents: an hour has up to three segments, each with the parts of several batches."""
    yield from _project_documents(PROJECT)
    yield from _project_documents("bank")


def _project_documents(project: str) -> Iterator[dict[str, Any]]:
    batches = list(_sent_batches(project))
    for hour in sorted({log.hour for batch in batches for log in batch}):
        parts = [found for batch in batches if (found := [log for log in batch if log.hour == hour])]
        for start in range(0, len(parts), 4):
            yield _document(f"{project}-{hour}-{start}", project, hour, parts[start : start + 4])


def _document(segment_id: str, project: str, hour: int, parts: Sequence[Sequence[StoredLog]]) -> dict[str, Any]:
    kept = [rows for part in parts if (rows := [log for log in part if not _is_deleted(log)])]
    table = pa.concat_tables(batch_table(rows) for rows in kept) if kept else LOG_SCHEMA.empty_table()
    has_first_patterns = _EPOCH + timedelta(hours=hour) == _FIRST_PATTERNS and project == PROJECT
    if has_first_patterns:
        patterns = mask_messages(table.column("message").combine_chunks(), FIRST_VERSION)
        table = table.set_column(LOG_SCHEMA.get_field_index("pattern"), LOG_SCHEMA.field("pattern"), patterns)
    document = segment_document(
        segment_id, project, hour, [part[0].part for part in parts], table, stored_at=STORED_AT, expires_at=EXPIRES_AT
    )
    if has_first_patterns:
        del document["pattern_version"]
    return document


if __name__ == "__main__":
    FILE.write_bytes(b"".join(map(bson.encode, documents())))
