"""Endpoints that count logs over time and by pattern."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from logloop_chassis.http.parameters import problems
from logloop_chassis.ids import utc_now
from logloop_contracts.patterns.merging import MAX_PATTERNS, template_id
from pydantic import BaseModel, Field, JsonValue

from logloop_query.http.dependencies import CurrentLogSearch, CurrentLogServices
from logloop_query.http.logs.parameters import ReadableLogs, SearchCaller
from logloop_query.http.logs.search import Scanned, json_response, scanned
from logloop_query.logs.search.counting.sums import Buckets, most_frequent
from logloop_query.logs.search.language.text import read_moment
from logloop_query.logs.search.plan import Budget, LogSelection, PartialReason, SegmentRef
from logloop_query.logs.stores.pattern_edits import EditAction, PatternEdit
from logloop_query.logs.stores.patterns import StoredPattern, pattern_id
from logloop_query.time_bounds import rfc3339

router = APIRouter(prefix="/api/v1/logs", tags=["logs"])

_SECOND_US = 1_000_000
_NICE_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
_MAX_BUCKETS = 2000
_MAX_NEW = 20_000

COST_EXAMPLE: dict[str, JsonValue] = {
    "partial": False,
    "partial_reason": None,
    "scanned": {"segments": 40, "logs": 0, "bytes": 0},
    "took_ms": 4.1,
}
_HISTOGRAM_EXAMPLE: dict[str, JsonValue] = {
    "interval_seconds": 60,
    "total": 3,
    "items": [{"start": "2026-11-22T10:00:00.000000Z", "count": 3, "groups": {"error": 3}}],
    **COST_EXAMPLE,
}


class Counted(BaseModel):
    """What every count reports about itself."""

    partial: bool = Field(description="True when a limit ended the count early; the numbers are then too low.")
    partial_reason: Literal["time", "bytes"] | None
    scanned: Scanned
    took_ms: float


class HistogramBucket(BaseModel):
    """The logs of one interval."""

    start: datetime
    count: int
    groups: dict[str, int] = Field(description="Number of logs by value of the field.", examples=[{"error": 3}])


class Histogram(Counted):
    """Logs over time. Empty intervals between the first and the last have the count 0."""

    model_config = {"json_schema_extra": {"examples": [_HISTOGRAM_EXAMPLE]}}

    interval_seconds: int
    total: int
    items: list[HistogramBucket]


class PatternCount(BaseModel):
    """A message pattern: the message with <*> in place of what varies. Those that differ in a value are one."""

    id: str = Field(description="Depends on the text only.", examples=["68ed818d0aa725be24584eea5ba639a4"])
    pattern: str = Field(description='Search for it with `pattern:"…"`.', examples=["payment timed out after <*> s"])
    count: int = Field(description="Number of logs in the time range.")
    merged: int = Field(description="Number of patterns of the project that it unites; 1 when it stands alone.")
    name: str | None = Field(description="Name that a person gave it.", examples=["payment timeout"])
    pinned: bool = Field(description="Whether a person pinned it. Pinned patterns come first.")
    edit: EditAction | None = Field(
        description="`merge`: a person united these patterns. `split`: a person took this template apart, and the "
        "pattern with the same text is left."
    )
    first_seen: datetime | None = Field(description="Time of the first log of this pattern in the project.")
    last_seen: datetime | None
    services: list[str] = Field(description="Services that have sent it.")
    severities: list[str]
    new: bool = Field(description="Whether it was first seen at or after `new_since`.")


class Patterns(Counted):
    """The most frequent patterns of a time range."""

    model_config = {"json_schema_extra": {"examples": [{"total": 3, "distinct": 1, "items": [], **COST_EXAMPLE}]}}

    total: int = Field(description="Number of logs in the time range.")
    distinct: int = Field(description="Number of patterns in the time range.")
    items: list[PatternCount]


@router.get(
    "/histogram",
    summary="Count logs over time",
    operation_id="log_histogram",
    response_model=Histogram,
    responses=problems(404),
)
async def log_histogram(
    logs: ReadableLogs,
    search: CurrentLogSearch,
    caller: SearchCaller,
    interval: Annotated[
        int | None,
        Query(ge=1, le=2_678_400, description="Length of an interval in seconds; omitted: chosen for you."),
    ] = None,
    buckets: Annotated[
        int, Query(ge=1, le=500, description="Approximate number of intervals without `interval`.")
    ] = 60,
    by: Annotated[Literal["severity", "service_id"], Query(description="Field to count by.")] = "severity",
) -> Response:
    """Count logs in equal intervals, split by severity or service.

    Without text to search for, the counts stored with the logs are used and no log is read. Intervals of whole
    minutes are fastest.
    """
    async with search.counting("histogram", caller) as (counter, budget):
        selection = logs.narrowed()
        refs = await counter.refs(selection)
        low, high = _span(selection, refs)
        width = _width(low, high, interval, buckets)
        pieces = Buckets(low // width * width, width)
        counts = await counter.by(selection, (by,), pieces, refs)
    return json_response({**_histogram(counts.table, pieces, by), **cost(counts.partial, budget)})


def _span(selection: LogSelection, refs: list[SegmentRef]) -> tuple[int, int]:
    """Return the first and last moment of the histogram: the bounds of the selection, else those of the logs."""
    first = min((ref.min_ts for ref in refs), default=0)
    last = max((ref.max_ts for ref in refs), default=0)
    return max(selection.low, first), max(selection.low, first, min(selection.high, last))


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
    "/patterns",
    summary="Group logs by message pattern",
    operation_id="log_patterns",
    response_model=Patterns,
    responses=problems(404),
)
async def log_patterns(
    logs: ReadableLogs,
    services: CurrentLogServices,
    caller: SearchCaller,
    limit: Annotated[int, Query(ge=1, le=1000, description="Maximum number of patterns.")] = 50,
    new_since: Annotated[
        str | None, Query(max_length=40, description="Mark patterns first seen since this time: RFC 3339 or an age.")
    ] = None,
    only_new: Annotated[bool, Query(description="Omit patterns that were first seen before `new_since`.")] = False,
) -> Response:
    """List the most frequent message patterns and which of them are new, for example since a deployment.

    Those that a person pinned come first. Without `new_since`, a pattern is new when it was first seen in the
    selected time range.
    """
    store = services.patterns
    moment = read_moment(new_since, "new_since", utc_now())
    since = logs.narrowed().low if moment is None else moment
    async with services.search.counting("patterns", caller) as (counter, budget):
        counts = await counter.by_pattern(logs)
    patterns, numbers = (counts.table.column(place).to_pylist() for place in (0, 1))
    frequent = most_frequent(counts.table, MAX_PATTERNS)
    templates = await services.templates.of(logs.project_id, [pattern for pattern, _ in frequent])
    found: Counter[str] = Counter()
    for pattern, count in zip(patterns, numbers, strict=True):
        found[templates.template_of(pattern)] += count
    kept = list(found)
    if only_new:
        fresh = await store.new_since(logs.project_id, since, _MAX_NEW)
        kept = [
            template
            for template in found
            if all(pattern_id(logs.project_id, each) in fresh for each in templates.members(template) or [template])
        ]
    edits = {template: templates.edit_of(template) for template in kept}
    shown = sorted(kept, key=lambda template: (not edits[template].pinned, -found[template], template))[:limit]
    members = {template: templates.members(template) or [template] for template in shown}
    known = await store.find(logs.project_id, [pattern for group in members.values() for pattern in group])
    items = [_pattern(edits[template], found[template], members[template], known, since) for template in shown]
    totals = {"total": sum(numbers), "distinct": len(found)}
    return json_response({**totals, "items": items, **cost(counts.partial, budget)})


def _pattern(
    edit: PatternEdit, count: int, members: Sequence[str], known: Mapping[str, StoredPattern], since: int
) -> dict[str, Any]:
    stored = [known[pattern] for pattern in members if pattern in known]
    first = min((item.first_seen for item in stored), default=None)
    last = max((item.last_seen for item in stored), default=None)
    return {
        "id": template_id(edit.template),
        "pattern": edit.template,
        "count": count,
        "merged": len(members),
        "name": edit.name,
        "pinned": edit.pinned,
        "edit": edit.action,
        "first_seen": None if first is None else rfc3339(first),
        "last_seen": None if last is None else rfc3339(last),
        "services": sorted({service for item in stored for service in item.services}),
        "severities": sorted({severity for item in stored for severity in item.severities}),
        "new": first is not None and first >= since,
    }


def cost(partial: PartialReason | None, budget: Budget) -> dict[str, Any]:
    """Return the members of `Counted`."""
    return {
        "partial": partial is not None,
        "partial_reason": partial,
        "scanned": scanned(budget),
        "took_ms": budget.took_ms,
    }
