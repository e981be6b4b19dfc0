"""Routes that count logs: histogram, facets and patterns. It must not know how they are counted."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, JsonValue

from logloop_query.http.logs.parameters import CurrentSearching, ReadableLogs, log_problems
from logloop_query.http.logs.search import Scanned, json_response, scanned
from logloop_query.logs.search.counts import Buckets, Counts, most_frequent
from logloop_query.logs.search.plan import Budget, SegmentRef, Window
from logloop_query.logs.search.text import read_moment
from logloop_query.logs.search.time_bounds import rfc3339
from logloop_query.logs.stores.patterns import KnownPattern, PatternStore, pattern_id

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])

_SECOND_US = 1_000_000
_NICE_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
_MAX_BUCKETS = 2000
_MAX_NEW = 20_000
Facet = Literal["severity", "service_id", "test_id", "func_id", "source"]


_COST_EXAMPLE: dict[str, JsonValue] = {
    "partial": False,
    "partial_reason": None,
    "scanned": {"segments": 40, "logs": 0, "bytes": 0},
    "took_ms": 4.1,
}
_HISTOGRAM_EXAMPLE: dict[str, JsonValue] = {
    "interval_seconds": 60,
    "total": 3,
    "items": [{"start": "2026-11-22T10:00:00.000000Z", "count": 3, "groups": {"error": 3}}],
    **_COST_EXAMPLE,
}
_FACETS_EXAMPLE: dict[str, JsonValue] = {
    "total": 3,
    "fields": {"severity": [{"value": "error", "count": 3}]},
    **_COST_EXAMPLE,
}


class _Counted(BaseModel):
    partial: bool = Field(description="True when a bound ended the count early; the figures are then too low.")
    partial_reason: Literal["time", "bytes"] | None
    scanned: Scanned
    took_ms: float


class HistogramBucket(BaseModel):
    """Logs within one interval."""

    start: datetime
    count: int
    groups: dict[str, int] = Field(description="Logs by value of the field asked for.", examples=[{"error": 3}])


class Histogram(_Counted):
    """Logs over time; intervals without logs between the first and the last are there with 0."""

    model_config = {"json_schema_extra": {"examples": [_HISTOGRAM_EXAMPLE]}}

    interval_seconds: int
    total: int
    items: list[HistogramBucket]


class FacetValue(BaseModel):
    """How many logs have a value; null counts those without the field."""

    value: str | None
    count: int


class Facets(_Counted):
    """The most frequent values of fields."""

    model_config = {"json_schema_extra": {"examples": [_FACETS_EXAMPLE]}}

    total: int
    fields: dict[str, list[FacetValue]] = Field(examples=[{"severity": [{"value": "error", "count": 3}]}])


class PatternCount(BaseModel):
    """A message pattern: what is left when each word with a digit becomes <*>."""

    pattern: str = Field(examples=["payment timed out after <*> s"])
    count: int = Field(description="Logs in the window.")
    first_seen: datetime | None = Field(description="First log of this pattern that the project ever had.")
    last_seen: datetime | None
    services: list[str] = Field(description="Services that ever sent it.")
    severities: list[str]
    new: bool = Field(description="First seen at or after `new_since`.")


class Patterns(_Counted):
    """The most frequent patterns of a window."""

    model_config = {"json_schema_extra": {"examples": [{"total": 3, "distinct": 1, "items": [], **_COST_EXAMPLE}]}}

    total: int = Field(description="Logs in the window.")
    distinct: int = Field(description="Patterns in the window.")
    items: list[PatternCount]


@router.get(
    "/histogram",
    summary="Count logs over time",
    operation_id="log_histogram",
    response_model=Histogram,
    responses=log_problems(),
)
async def log_histogram(
    logs: ReadableLogs,
    searching: CurrentSearching,
    interval: Annotated[
        int | None, Query(ge=1, le=2_678_400, description="Seconds an interval has; chosen for you when left out.")
    ] = None,
    buckets: Annotated[int, Query(ge=1, le=500, description="About how many intervals, without `interval`.")] = 60,
    by: Annotated[Literal["severity", "service_id"], Query(description="Field to count by.")] = "severity",
) -> Response:
    """Count logs in equal intervals, split by severity or service.

    Without words of text to look for, the answer comes from counts that are kept with the logs and does not
    read them; intervals of whole minutes are quickest.
    """
    async with searching.counting("histogram", logs.caller) as (counter, budget):
        window = logs.window.narrowed()
        refs = await counter.refs(window)
        low, high = _span(window, refs)
        width = _width(low, high, interval, buckets)
        pieces = Buckets(low // width * width, width)
        counts = await counter.by(window, (by,), pieces, refs)
    return json_response({**_histogram(counts.table, pieces, by), **_cost(counts, budget)})


def _span(window: Window, refs: list[SegmentRef]) -> tuple[int, int]:
    """First and last moment to draw: of the window where it has ends, else of the logs."""
    first = min((ref.min_ts for ref in refs), default=0)
    last = max((ref.max_ts for ref in refs), default=0)
    return max(window.low, first), max(window.low, first, min(window.high, last))


def _width(low: int, high: int, interval: int | None, buckets: int) -> int:
    seconds = (high - low) // _SECOND_US + 1
    if interval is None:
        interval = next((nice for nice in _NICE_SECONDS if nice * buckets >= seconds), _NICE_SECONDS[-1])
    return max(interval, -(-seconds // (_MAX_BUCKETS - 1))) * _SECOND_US


def _histogram(table: Any, pieces: Buckets, by: str) -> dict[str, Any]:
    groups: dict[int, dict[str, int]] = {}
    for number, value, count in zip(*(table.column(i).to_pylist() for i in range(3)), strict=True):
        groups.setdefault(number, {})[value] = count
    numbers = range(min(groups), max(groups) + 1) if groups else range(0)
    assert table.schema.names == ["bucket", by, "count"]
    items = [
        {
            "start": rfc3339(pieces.origin + number * pieces.width),
            "count": sum(groups.get(number, {}).values()),
            "groups": groups.get(number, {}),
        }
        for number in numbers
    ]
    return {
        "interval_seconds": pieces.width // _SECOND_US,
        "total": sum(item["count"] for item in items),
        "items": items,
    }


@router.get(
    "/facets",
    summary="Count logs by field",
    operation_id="log_facets",
    response_model=Facets,
    responses=log_problems(),
)
async def log_facets(
    logs: ReadableLogs,
    searching: CurrentSearching,
    fields: Annotated[list[Facet] | None, Query(description="Fields; severity and service_id are quickest.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Values a field.")] = 20,
) -> Response:
    """List the most frequent values of each field among the logs that a search selects."""
    asked: list[Facet] = list(dict.fromkeys(fields or ["severity", "service_id"]))
    async with searching.counting("facets", logs.caller) as (counter, budget):
        refs = await counter.refs(logs.window.narrowed())
        counted = [await counter.by(logs.window, (name,), None, refs) for name in asked]
    found = {name: _values(counts.table, limit) for name, counts in zip(asked, counted, strict=True)}
    partial = next((counts for counts in counted if counts.partial), counted[0])
    total = pc.sum(counted[0].table.column("count")).as_py() or 0
    return json_response({"total": total, "fields": found, **_cost(partial, budget)})


def _values(table: Any, limit: int) -> list[dict[str, Any]]:
    return [{"value": value, "count": count} for value, count in most_frequent(table, limit)]


@router.get(
    "/patterns",
    summary="Group logs by message pattern",
    operation_id="log_patterns",
    response_model=Patterns,
    responses=log_problems(),
)
async def log_patterns(
    request: Request,
    logs: ReadableLogs,
    searching: CurrentSearching,
    limit: Annotated[int, Query(ge=1, le=1000, description="Patterns in the answer.")] = 50,
    new_since: Annotated[
        str | None, Query(max_length=40, description="Mark patterns first seen since then: RFC 3339 or an age.")
    ] = None,
    only_new: Annotated[bool, Query(description="Leave out patterns that were there before `new_since`.")] = False,
) -> Response:
    """List the most frequent message patterns, and say which of them are new, such as since a deployment.

    Without `new_since` a pattern is new when it was first seen in the window itself.
    """
    store: PatternStore = request.app.state.patterns
    moment = read_moment(new_since, "new_since", datetime.now(UTC))
    since = logs.window.narrowed().low if moment is None else moment
    async with searching.counting("patterns", logs.caller) as (counter, budget):
        counts = await counter.by_pattern(logs.window)
    found = counts.table
    if only_new:
        fresh = await store.new_since(logs.project_id, since, _MAX_NEW)
        is_fresh = [pattern_id(logs.project_id, text) in fresh for text in found.column(0).to_pylist()]
        found = found.filter(pa.array(is_fresh, pa.bool_()))
    shown = most_frequent(found, limit)
    known = await store.known(logs.project_id, [pattern for pattern, _ in shown])
    items = [_pattern(pattern, count, known.get(pattern), since) for pattern, count in shown]
    figures = {"total": pc.sum(counts.table.column(1)).as_py() or 0, "distinct": counts.table.num_rows}
    return json_response({**figures, "items": items, **_cost(counts, budget)})


def _pattern(pattern: str, count: int, known: KnownPattern | None, since: int) -> dict[str, Any]:
    return {
        "pattern": pattern,
        "count": count,
        "first_seen": rfc3339(known.first_seen) if known else None,
        "last_seen": rfc3339(known.last_seen) if known else None,
        "services": known.services if known else [],
        "severities": known.severities if known else [],
        "new": known is not None and known.first_seen >= since,
    }


def _cost(counts: Counts, budget: Budget) -> dict[str, Any]:
    return {
        "partial": counts.partial is not None,
        "partial_reason": counts.partial,
        "scanned": scanned(budget),
        "took_ms": budget.took_ms,
    }
