"""Queries of logs and of counts."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import Depends, Response
from logloop_chassis.http.problems import BadRequest

from logloop_query.http.loki.requests import (
    MAX_LINES,
    LokiRequest,
    answer,
    loki_request,
    loki_router,
    partial_warning,
)
from logloop_query.logs.search.plan import Budget, PartialReason
from logloop_query.logs.search.rows import json_rows
from logloop_query.logs.search.scan import SearchRequest
from logloop_query.loki import shapes
from logloop_query.loki.metrics import Grid, MetricPlan, Series, Windows, plan_of, series_of
from logloop_query.loki.parser import parse_log_query, parse_logql
from logloop_query.loki.syntax_tree import Constant, Grouping, LogQuery, RangeAggregation, VectorAggregation

router = loki_router()
CurrentLoki = Annotated[LokiRequest, Depends(loki_request)]
_METHODS = ["GET", "POST"]
DEFAULT_LINES = 100
_DEFAULT_VOLUMES = 100


@router.api_route("/query_range", methods=_METHODS)
async def query_range(loki: CurrentLoki) -> Response:
    """Return the logs of a time range, or a metric at each step of it."""
    query = parse_logql(loki.parameters.text("query"))
    start, end = loki.parameters.range_ns()
    if isinstance(query, LogQuery):
        return await _logs(loki, query)
    grid = Grid.between(start // 1000, end // 1000, loki.parameters.step_us(start, end))
    if isinstance(query, Constant):
        constant: Series = {(): dict.fromkeys(range(grid.count), query.value)}
        return answer(shapes.success(shapes.result("matrix", shapes.matrix(constant, grid), None)))
    series, partial, budget = await counted_series(loki, plan_of(query), grid)
    data = shapes.result("matrix", shapes.matrix(series, grid), budget)
    return answer(shapes.success(data, warnings=partial_warning(partial)))


@router.api_route("/query", methods=_METHODS)
async def query_instant(loki: CurrentLoki) -> Response:
    """Return a metric at one moment."""
    query = parse_logql(loki.parameters.text("query"))
    moment = loki.parameters.moment_us()
    if isinstance(query, LogQuery):
        raise BadRequest(
            "log queries are not supported as an instant query type, please change your query to a range query type"
        )
    if isinstance(query, Constant):
        constant: Series = {(): {0: query.value}}
        return answer(shapes.success(shapes.result("vector", shapes.vector(constant, moment), None)))
    series, partial, budget = await counted_series(loki, plan_of(query), Grid(moment, 1, 1))
    data = shapes.result("vector", shapes.vector(series, moment), budget)
    return answer(shapes.success(data, warnings=partial_warning(partial)))


async def _logs(loki: LokiRequest, query: LogQuery) -> Response:
    limit = loki.parameters.whole("limit", DEFAULT_LINES, MAX_LINES)
    selection = await loki.selection(query, *loki.bounds_us())
    wanted = SearchRequest(selection, limit, newest_first=not loki.parameters.is_forward())
    found, budget = await loki.services.search.search(wanted, loki.caller.key)
    lines = await asyncio.to_thread(
        lambda: shapes.streams(rows_of(loki.caller.project_id, found.table), categorize=loki.categorize)
    )
    flags = {"encodingFlags": [shapes.CATEGORIZE]} if loki.categorize else {}
    data = shapes.result("streams", lines, budget, **flags)
    return answer(shapes.success(data, warnings=partial_warning(found.partial)))


def rows_of(project_id: str, table: Any) -> list[dict[str, Any]]:
    """Return the rows of a search with `time_us` and parsed attributes."""
    times = table.column("timestamp").cast("int64").to_pylist()
    texts = table.column("attributes").to_pylist()
    return [
        {**row, "time_us": time, "attributes": None if text is None else orjson.loads(text)}
        for row, time, text in zip(json_rows(project_id, table), times, texts, strict=True)
    ]


async def counted_series(
    loki: LokiRequest, plan: MetricPlan, grid: Grid
) -> tuple[Series, PartialReason | None, Budget]:
    """Return the series of a metric query, the limit that ended it early, and what it cost. Raises BadLogQL."""
    windows = Windows.of(plan.aggregation, grid)
    selection = await loki.selection(plan.aggregation.logs, windows.buckets.origin, windows.end - 1)
    async with loki.services.search.counting("loki", loki.caller.key) as (counter, budget):
        counts = await counter.by(selection, plan.keys, windows.buckets, of_bytes=plan.of_bytes)
    project_id = loki.caller.project_id
    series = await asyncio.to_thread(series_of, plan, counts.table, windows, grid, project_id)
    return series, counts.partial, budget


@router.api_route("/index/volume", methods=_METHODS)
async def volume(loki: CurrentLoki) -> Response:
    """Return the bytes of lines by label in a time range, the largest first."""
    start, end = loki.parameters.range_ns()
    limit = loki.parameters.whole("limit", _DEFAULT_VOLUMES, MAX_LINES)
    plan = _volume_plan(loki, max(1_000, end - start))
    series, partial, budget = await counted_series(loki, plan, Grid(end // 1000, 1, 1))
    data = shapes.result("vector", shapes.vector(series, end // 1000)[:limit], budget)
    return answer(shapes.success(data, warnings=partial_warning(partial)))


@router.api_route("/index/volume_range", methods=_METHODS)
async def volume_range(loki: CurrentLoki) -> Response:
    """Return the bytes of lines by label at each step."""
    start, end = loki.parameters.range_ns()
    step = loki.parameters.step_us(start, end)
    plan = _volume_plan(loki, step * 1_000)
    grid = Grid.between(start // 1000, end // 1000, step)
    series, partial, budget = await counted_series(loki, plan, grid)
    data = shapes.result("matrix", shapes.matrix(series, grid), budget)
    return answer(shapes.success(data, warnings=partial_warning(partial)))


def _volume_plan(loki: LokiRequest, range_ns: int) -> MetricPlan:
    query = parse_log_query(loki.parameters.text("query", "{}"))
    asked = [name for name in loki.parameters.text("targetLabels").split(",") if name]
    labels: Sequence[str] = asked or [matcher.label for matcher in query.matchers] or ["service_name"]
    counted = RangeAggregation("bytes_over_time", query, range_ns, "")
    return plan_of(VectorAggregation("sum", counted, Grouping(tuple(labels))))


@router.api_route("/format_query", methods=_METHODS)
async def format_query(loki: CurrentLoki) -> Response:
    """Return a query in its canonical form."""
    return answer(shapes.success(str(parse_logql(loki.parameters.text("query")))))
