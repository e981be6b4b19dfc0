"""A log line, and lines as the Arrow table that query exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from logloop_contracts.log_batch import attributes_text, log_id
from logloop_contracts.patterns.masking import mask_messages

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One log line."""

    at: datetime
    service: str
    severity: str
    message: str
    attributes: dict[str, Any] | None = None
    function: str | None = None
    test: str | None = None


def to_table(lines: Sequence[Line], batch: str, without: str | None = None) -> pa.Table:
    """Return lines in time order as a table of query's export, without one of the attributes.

    A line's id depends on its place in `lines`.
    """
    times = [(line.at - _START) // _MICROSECOND for line in lines]
    attributes = [
        {name: value for name, value in line.attributes.items() if name != without} if line.attributes else None
        for line in lines
    ]
    messages = pa.array([line.message for line in lines], pa.utf8())
    table = pa.table(
        {
            "id": pa.array([log_id(batch, at, row) for row, at in enumerate(times)], pa.utf8()),
            "timestamp": pa.array(times, pa.timestamp("us", tz="UTC")),
            "severity": _words(line.severity for line in lines),
            "service_id": _words(line.service for line in lines),
            "test_id": _words(line.test for line in lines),
            "func_id": _words(line.function for line in lines),
            "source": _words("stdout" for _ in lines),
            "message": messages,
            "pattern": mask_messages(messages),
            "attributes": pa.array(map(attributes_text, attributes), pa.utf8()),
        }
    )
    return table.sort_by([("timestamp", "ascending"), ("id", "ascending")])


def _words(values: Any) -> pa.Array:
    return pa.array(list(values), pa.utf8()).dictionary_encode()
