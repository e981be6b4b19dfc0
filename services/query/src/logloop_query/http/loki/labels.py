"""Labels, their values, streams, fields and patterns."""

from typing import Annotated, Any

from fastapi import Path, Response

from logloop_query.http.loki.queries import CurrentLoki, rows_of
from logloop_query.http.loki.requests import MAX_LINES, LokiRequest, answer, loki_router
from logloop_query.logs.search.counting.counts import Counter
from logloop_query.logs.search.counting.sums import Buckets, most_frequent
from logloop_query.logs.search.plan import LogSelection
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.loki import shapes
from logloop_query.loki.labels import PROJECT_LABELS, STREAM_LABELS, key_names, label_name, metadata_of, type_of
from logloop_query.loki.metrics import MAX_SERIES
from logloop_query.loki.parser import parse_log_query

router = loki_router()
_METHODS = ["GET", "POST"]
_MAX_ATTRIBUTES = 100
_MAX_VALUES = 1_000
_SAMPLED_LINES = 1_000
_MAX_PATTERNS = 300
_MIN_PATTERN_STEP_US = 10_000_000
Name = Annotated[str, Path(pattern="^[a-zA-Z_][a-zA-Z0-9_]{0,199}$")]


async def _selected(loki: LokiRequest) -> LogSelection:
    query = parse_log_query(loki.parameters.text("query", "{}"))
    return (await loki.selection(query, *loki.bounds_us())).narrowed()


@router.api_route("/labels", methods=_METHODS)
@router.api_route("/label", methods=_METHODS)
async def labels(loki: CurrentLoki) -> Response:
    """List the labels of logs in a time range: those of streams, and the attributes in a sample of the logs."""
    found, _ = await loki.services.search.attribute_names(await _selected(loki), loki.caller.key)
    if not found.logs:
        return answer(shapes.success([]))
    names = {label_name(name) for name, _ in found.names.most_common(_MAX_ATTRIBUTES)}
    return answer(shapes.success(sorted(names | set(STREAM_LABELS))))


@router.api_route("/label/{name}/values", methods=_METHODS)
async def label_values(loki: CurrentLoki, name: Name) -> Response:
    """List the values of a label in a time range."""
    return answer(shapes.success(await _values(loki, name, _MAX_VALUES)))


async def _values(loki: LokiRequest, name: str, limit: int) -> list[str]:
    """Return the most frequent values of a label, sorted."""
    selection = await _selected(loki)
    if name in PROJECT_LABELS:
        return [loki.caller.project_id]
    keys = key_names(name)
    if not keys:
        return []
    async with loki.services.search.counting("loki", loki.caller.key) as (counter, _):
        counted = await counter.by_each(selection, keys, await counter.refs(selection))
    found = (value for counts in counted.values() for value, _ in most_frequent(counts.table, limit))
    return sorted({value for value in found if value})[:limit]


@router.api_route("/series", methods=_METHODS)
async def series(loki: CurrentLoki) -> Response:
    """List the streams that selectors match, at most 500."""
    low, high = loki.bounds_us()
    found: dict[tuple[tuple[str, str], ...], None] = {}
    for text in loki.parameters.all("match[]", "match") or ["{}"]:
        selection = await loki.selection(parse_log_query(text), low, high)
        async with loki.services.search.counting("loki", loki.caller.key) as (counter, _):
            counts = await counter.by(selection, list(STREAM_LABELS.values()))
        for *values, _ in zip(*(column.to_pylist() for column in counts.table.columns), strict=True):
            found[tuple((label, value) for label, value in zip(STREAM_LABELS, values, strict=True) if value)] = None
    return answer(shapes.success([dict(labels) for labels in sorted(found)[:MAX_SERIES]]))


@router.api_route("/detected_labels", methods=_METHODS)
async def detected_labels(loki: CurrentLoki) -> Response:
    """List the labels of streams with the number of their values."""
    selection = await _selected(loki)
    async with loki.services.search.counting("loki", loki.caller.key) as (counter, _):
        columns = list(STREAM_LABELS.values())
        counted = await counter.by_each(selection, columns, await counter.refs(selection))
    sizes = {label: _distinct(counted[column].table) for label, column in STREAM_LABELS.items()}
    items = [{"label": label, "cardinality": size} for label, size in sizes.items() if size]
    return answer({"detectedLabels": items})


def _distinct(table: Any) -> int:
    return len([value for value in table.column(0).to_pylist() if value])


@router.api_route("/detected_fields", methods=_METHODS)
async def detected_fields(loki: CurrentLoki) -> Response:
    """List the attributes of the latest logs, with the number and the type of their values, as Loki does."""
    limit = loki.parameters.whole("limit", 1_000, 10_000)
    lines = loki.parameters.whole("line_limit", _SAMPLED_LINES, MAX_LINES)
    found, _ = await loki.services.search.search(SearchRequest(await _selected(loki), lines), loki.caller.key)
    values: dict[str, set[str]] = {}
    for row in rows_of(loki.caller.project_id, found.table):
        for name, value in metadata_of(row["attributes"]).items():
            values.setdefault(name, set()).add(value)
    fields = [
        {"label": name, "type": type_of(seen), "cardinality": len(seen), "parsers": None}
        for name, seen in sorted(values.items())[:limit]
    ]
    return answer({"fields": fields, "limit": limit})


@router.api_route("/detected_field/{name}/values", methods=_METHODS)
async def detected_field_values(loki: CurrentLoki, name: Name) -> Response:
    """List the values of an attribute."""
    limit = loki.parameters.whole("limit", _MAX_VALUES, 10_000)
    return answer({"values": await _values(loki, name, limit), "limit": limit})


@router.api_route("/patterns", methods=_METHODS)
async def patterns(loki: CurrentLoki) -> Response:
    """List the patterns of messages with their counts over time, the most frequent first."""
    start, end = loki.parameters.range_ns()
    step = max(_MIN_PATTERN_STEP_US, loki.parameters.step_us(start, end))
    selection = await _selected(loki)
    buckets = Buckets(selection.low // step * step, step)
    async with loki.services.search.counting("loki", loki.caller.key) as (counter, _):
        counts = await _by_pattern(counter, selection, buckets)
    frequent = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))[:_MAX_PATTERNS]
    items = [
        {
            "pattern": pattern.replace("<*>", "<_>"),
            "samples": [[(buckets.origin + number * step) // 1_000_000, n] for number, n in sorted(points.items())],
        }
        for pattern, points in frequent
    ]
    return answer(shapes.success(items))


async def _by_pattern(counter: Counter, selection: LogSelection, buckets: Buckets) -> dict[str, dict[int, int]]:
    counts = await counter.by(selection, ["pattern"], buckets)
    found: dict[str, dict[int, int]] = {}
    for number, pattern, count in zip(*(column.to_pylist() for column in counts.table.columns), strict=True):
        found.setdefault(pattern or "", {})[number] = count
    return found


@router.api_route("/index/stats", methods=_METHODS)
async def index_stats(loki: CurrentLoki) -> Response:
    """Return how many streams and logs a selector matches, and the stored bytes of the segments that hold them."""
    selection = await _selected(loki)
    async with loki.services.search.counting("loki", loki.caller.key) as (counter, _):
        refs = await counter.refs(selection)
        counts = await counter.by(selection, ["service_id", "severity"], None, refs)
    return answer(
        {
            "streams": counts.table.num_rows,
            "chunks": len(refs),
            "entries": sum(counts.table.column("count").to_pylist()),
            "bytes": sum(ref.size for ref in refs),
        }
    )
