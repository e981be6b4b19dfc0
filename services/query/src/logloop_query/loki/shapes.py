"""Answers in the shapes of Loki's HTTP API."""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from logloop_query.logs.search.plan import Budget
from logloop_query.loki.labels import LOG_ID, metadata_of, stream_of
from logloop_query.loki.metrics import Grid, Labels, Series

CATEGORIZE = "categorize-labels"
"""The response flag with which a client asks for structured metadata apart from the labels of the stream."""


def success(data: Any, *, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Return a successful answer."""
    return {"status": "success", "data": data, **({"warnings": list(warnings)} if warnings else {})}


def result(kind: str, found: Sequence[Any], budget: Budget | None, **extra: Any) -> dict[str, Any]:
    """Return the data of a query. `kind` is streams, matrix or vector."""
    return {"resultType": kind, "result": list(found), **extra, "stats": stats(budget)}


def stats(budget: Budget | None) -> dict[str, Any]:
    """Return what a query has read, as Loki reports it."""
    seconds = budget.took_ms / 1000 if budget else 0.0
    logs, read = (budget.logs, budget.bytes) if budget else (0, 0)
    return {
        "summary": {
            "bytesProcessedPerSecond": int(read / seconds) if seconds else 0,
            "linesProcessedPerSecond": int(logs / seconds) if seconds else 0,
            "totalBytesProcessed": read,
            "totalLinesProcessed": logs,
            "execTime": seconds,
            "queueTime": 0,
            "subqueries": 0,
            "totalEntriesReturned": 0,
            "splits": 0,
            "shards": 0,
        },
        "querier": {"store": {"totalChunksDownloaded": budget.segments if budget else 0}},
        "ingester": {},
    }


def streams(rows: Iterable[Mapping[str, Any]], *, categorize: bool) -> list[dict[str, Any]]:
    """Return logs grouped into streams; each stream keeps the order of its rows.

    `rows` are logs with `time_us` and parsed attributes. With `categorize`, attributes and the id of a log are
    structured metadata of its line; without, attributes are labels of its stream, as Loki merges them.
    """
    found: dict[Labels, list[Any]] = {}
    for row in rows:
        labels, metadata = stream_of(row), metadata_of(row["attributes"])
        line = [f"{row['time_us']}000", row["message"]]
        if categorize:
            line.append({"structuredMetadata": {**metadata, LOG_ID: row["id"]}})
        else:
            labels |= metadata
        found.setdefault(tuple(sorted(labels.items())), []).append(line)
    return [{"stream": dict(labels), "values": values} for labels, values in found.items()]


def matrix(series: Series, grid: Grid) -> list[dict[str, Any]]:
    """Return series with all their points, in order."""
    return [
        {
            "metric": dict(labels),
            "values": [[seconds(grid.at(step)), number(value)] for step, value in sorted(points.items())],
        }
        for labels, points in sorted(series.items())
    ]


def vector(series: Series, moment_us: int) -> list[dict[str, Any]]:
    """Return the value of each series at one moment, the largest first."""
    points = [(labels, next(iter(values.values()))) for labels, values in series.items()]
    return [
        {"metric": dict(labels), "value": [seconds(moment_us), number(value)]}
        for labels, value in sorted(points, key=lambda item: (math.isnan(item[1]), -item[1], item[0]))
    ]


def seconds(microseconds: int) -> int | float:
    """Return a moment in seconds with milliseconds, as Loki writes it."""
    milliseconds = microseconds // 1000
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def number(value: float) -> str:
    """Return a value as text without an exponent."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'+' if value > 0 else '-'}Inf"
    if value == int(value):
        return str(int(value))
    return format(Decimal(repr(value)), "f")
