"""Endpoints of metrics, their points and series."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from logloop_chassis.auth.principal import require
from logloop_chassis.http.paging import Cursor, Limit, Page, decode_id_cursor, next_id_cursor
from logloop_chassis.http.parameters import ProjectParam, body_problems, problems
from logloop_chassis.http.problems import Unprocessable
from logloop_chassis.ids import RecordId, utc_now
from logloop_contracts.log_entry import SERVICE_ID_PATTERN
from pydantic import AwareDatetime, Field, StringConstraints

from logloop_query.catalogue.metrics import MAX_POINTS, Aggregate
from logloop_query.http.dependencies import CurrentActor, CurrentMetrics
from logloop_query.http.fields import Input, Moment, Output, ProjectId, ServiceId, Text
from logloop_query.time_bounds import parse_moment

router = APIRouter(prefix="/api/v1/metrics", tags=["metrics"])
MetricName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.:/-]{0,199}$")]
Unit = Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")]
Kind = Literal["gauge", "counter"]
_STEP = re.compile(r"(\d{1,6})(s|m|h|d|w)?", re.ASCII)
_STEP_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class NewMetric(Input):
    """A metric to create."""

    project_id: ProjectId
    name: MetricName = Field(examples=["http.request.duration"])
    service_id: ServiceId | None = Field(None, description="Service of the metric; null: the whole project.")
    kind: Kind = Field("gauge", description="A `gauge` goes up and down, a `counter` only grows.")
    unit: Unit = Field("", description="Unit as in UCUM.", examples=["ms"])
    description: Text = ""


class MetricChanges(Input):
    """Fields to change. Omitted fields stay as they are."""

    name: MetricName = Field(default_factory=str)
    unit: Unit = Field(default_factory=str)
    description: Text = Field(default_factory=str)


class Metric(Output):
    """A metric."""

    id: str = Field(examples=["01KB4C7F3A9W2M5N8P1QRSTVWX"])
    project_id: str
    name: str
    service_id: str | None
    kind: Kind
    unit: str
    description: str
    last_at: Moment | None = Field(description="Time of the newest point, to the millisecond.")
    last_value: float | None
    created_at: Moment
    updated_at: Moment


class MetricPage(Page[Metric]):
    """One page of metrics."""


class Point(Input):
    """A value at a time."""

    timestamp: AwareDatetime | None = Field(None, description="RFC 3339 with offset; omitted: now.")
    value: float = Field(allow_inf_nan=False, examples=[12.5])


class AddedPoints(Output):
    """Result of sending points."""

    accepted: int = Field(description="Number of stored points.")


class SeriesPoint(Output):
    """One step of a series."""

    timestamp: Moment = Field(description="Start of the step.")
    value: float
    count: int = Field(description="Number of points in the step.")


class MetricSeries(Output):
    """A metric over time. Steps without points are omitted."""

    metric_id: str
    aggregate: Aggregate
    since: Moment
    until: Moment
    step_s: float = Field(description="Length of a step in seconds.")
    points: list[SeriesPoint]


@router.post(
    "", status_code=201, summary="Create a metric", operation_id="metric_create", responses=body_problems(404, 409)
)
async def create(body: NewMetric, actor: CurrentActor, metrics: CurrentMetrics) -> Metric:
    """Create a metric, then send points to it. The name is unique within the service."""
    require(actor.principal, "write", body.project_id)
    fields = body.model_dump(exclude={"project_id"})
    return Metric(**await metrics.create(actor, body.project_id, fields))


@router.get("", summary="List metrics", operation_id="metric_list", responses=problems(404))
async def list_(
    project_id: ProjectParam,
    actor: CurrentActor,
    metrics: CurrentMetrics,
    service_id: Annotated[
        str | None, Query(pattern=SERVICE_ID_PATTERN, description="Only metrics of this service.")
    ] = None,
    name: Annotated[str | None, Query(max_length=200, description="Only metrics with this name.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> MetricPage:
    """List the metrics of a project, ordered by id."""
    require(actor.principal, "read", project_id)
    where = {key: value for key, value in (("service_id", service_id), ("name", name)) if value is not None}
    found = await metrics.page(project_id, decode_id_cursor(cursor), limit, where)
    return MetricPage(items=[Metric(**document) for document in found], next_cursor=next_id_cursor(found, limit))


@router.get("/{metric_id}", summary="Read a metric", operation_id="metric_read", responses=problems(404))
async def read(metric_id: RecordId, actor: CurrentActor, metrics: CurrentMetrics) -> Metric:
    """Read one metric."""
    project_id = await metrics.require_scope(actor.principal, "read", metric_id)
    return Metric(**await metrics.get(project_id, metric_id))


@router.patch(
    "/{metric_id}", summary="Change a metric", operation_id="metric_update", responses=body_problems(404, 409)
)
async def update(metric_id: RecordId, body: MetricChanges, actor: CurrentActor, metrics: CurrentMetrics) -> Metric:
    """Change name, unit or description. Kind and service cannot change, because they define what the points mean."""
    project_id = await metrics.require_scope(actor.principal, "write", metric_id)
    return Metric(**await metrics.update(actor, project_id, metric_id, body.model_dump(exclude_unset=True)))


@router.delete(
    "/{metric_id}", status_code=204, summary="Delete a metric", operation_id="metric_delete", responses=problems(404)
)
async def delete(metric_id: RecordId, actor: CurrentActor, metrics: CurrentMetrics) -> None:
    """Delete a metric and its points."""
    project_id = await metrics.require_scope(actor.principal, "write", metric_id)
    await metrics.delete(actor, project_id, metric_id)


@router.post(
    "/{metric_id}/points",
    status_code=202,
    summary="Send points",
    operation_id="metric_points_add",
    responses=body_problems(404),
)
async def add_points(
    metric_id: RecordId,
    body: Annotated[
        Point | Annotated[list[Point], Field(min_length=1, max_length=MAX_POINTS)],
        Body(examples=[{"value": 12.5}, [{"timestamp": "2026-11-22T10:00:00Z", "value": 12.5}]]),
    ],
    actor: CurrentActor,
    metrics: CurrentMetrics,
) -> AddedPoints:
    """Store one point or up to 10,000. Needs the scope `ingest`. Points are kept for 400 days.

    A second point at the same microsecond replaces the first, so repeating a request changes nothing.
    """
    project_id = await metrics.require_scope(actor.principal, "ingest", metric_id)
    points = body if isinstance(body, list) else [body]
    pairs = [(point.timestamp, point.value) for point in points]
    return AddedPoints(accepted=await metrics.add_points(project_id, metric_id, pairs))


@router.get("/{metric_id}/series", summary="Read a series", operation_id="metric_series", responses=problems(404))
async def series(
    metric_id: RecordId,
    actor: CurrentActor,
    metrics: CurrentMetrics,
    since: Annotated[str, Query(max_length=60, description="RFC 3339 or an age such as 1h.")] = "1h",
    until: Annotated[str, Query(max_length=60, description="RFC 3339, an age or now; exclusive.")] = "now",
    step: Annotated[
        str | None,
        Query(max_length=10, examples=["60s"], description="Such as 30s, 5m or 1h; default: at most 300 steps."),
    ] = None,
    aggregate: Annotated[Aggregate, Query(description="p95 is the nearest-rank 95th percentile.")] = "avg",
) -> MetricSeries:
    """Aggregate the points in [since, until) by step. Steps start at multiples of their length since 1970 in UTC."""
    await metrics.require_scope(actor.principal, "read", metric_id)
    now = utc_now()
    found = await metrics.series(metric_id, _moment(since, now), _moment(until, now), _step(step), aggregate)
    points = [SeriesPoint(timestamp=start, value=value, count=count) for start, value, count in found.points]
    return MetricSeries(
        metric_id=metric_id,
        aggregate=aggregate,
        since=found.since,
        until=found.until,
        step_s=found.step_s,
        points=points,
    )


def _moment(text: str, now: datetime) -> datetime:
    try:
        return parse_moment(text, now)
    except ValueError as error:
        raise Unprocessable(str(error)) from error


def _step(text: str | None) -> timedelta | None:
    if text is None:
        return None
    match = _STEP.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise Unprocessable("a step is a number with s, m, h, d or w, such as 30s or 5m")
    return timedelta(seconds=int(match[1]) * _STEP_UNITS[match[2] or "s"])
