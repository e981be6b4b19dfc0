"""The numbers of recent logs that lists of services and tests may show."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Query
from pydantic import Field

from logloop_query.http.fields import Output
from logloop_query.logs import recent_counts

WithCounts = Annotated[bool, Query(description="Add the number of logs and errors of the last 24 hours.")]
COUNTS_PARTIAL = "True when a limit ended the count early; null without `with_counts`."


class LogCounts(Output):
    """Logs of the last 24 hours."""

    logs: int = Field(examples=[1200])
    errors: int = Field(description="Logs with the severity error.", examples=[3])


def counts_of(record_id: str, found: Mapping[str, recent_counts.LogCounts]) -> LogCounts:
    """Return the counts of one item of a list."""
    counts = found.get(record_id, recent_counts.LogCounts())
    return LogCounts(logs=counts.logs, errors=counts.errors)
