"""Keeps metrics and their points, and computes series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable
from logloop_chassis.ids import new_id, utc_now

from logloop_query.catalogue.projects import Projects
from logloop_query.catalogue.stores.metrics import MetricStore, PointStore
from logloop_query.records.audit import Actor, AuditTrail, audited
from logloop_query.records.store import AlreadyExists
from logloop_query.time_bounds import from_microseconds, to_microseconds

Aggregate = Literal["avg", "min", "max", "sum", "count", "last", "p95"]
MAX_POINTS = 10_000
MAX_STEPS = 11_000
_STEPS_BY_DEFAULT = 300
_NICE_STEPS_S = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Series:
    """Values of a metric by step: (start of the step, value, number of points)."""

    since: datetime
    until: datetime
    step_s: float
    points: Sequence[tuple[datetime, float, int]]


class Metrics:
    """Metrics, their points and series."""

    def __init__(self, store: MetricStore, points: PointStore, projects: Projects, audit: AuditTrail) -> None:
        self._store = store
        self._points = points
        self._projects = projects
        self._audit = audit

    @audited
    async def create(self, actor: Actor, project_id: str, fields: Mapping[str, Any]) -> Document:
        """Create a metric. Raises NotFound for an unknown project, Conflict for a taken name."""
        await self._projects.require_active(project_id)
        now = utc_now()
        empty = {"last_at": None, "last_value": None, "created_at": now, "updated_at": now}
        try:
            document = await self._store.create(project_id, new_id(), {**fields, **empty})
        except AlreadyExists as error:
            raise Conflict("this service already has a metric with this name; choose another name") from error
        await self._record(actor, "create", None, document)
        return document

    async def require_scope(self, principal: Principal, scope: Scope, metric_id: str) -> str:
        """Check the caller's scope for a metric and return its project. Raises NotFound, Forbidden."""
        project_id = await self._store.project_of(metric_id)
        if project_id is None or not principal.sees(project_id):
            raise _missing(metric_id)
        require(principal, scope, project_id)
        return project_id

    async def get(self, project_id: str, metric_id: str) -> Document:
        """Return a metric. Raises NotFound."""
        document = await self._store.find(project_id, metric_id)
        if document is None:
            raise _missing(metric_id)
        return document

    async def page(self, project_id: str, after: str | None, limit: int, where: Mapping[str, str]) -> list[Document]:
        """Return metrics ordered by id."""
        return await self._store.page(project_id, after=after, limit=limit, where=where)

    @audited
    async def update(self, actor: Actor, project_id: str, metric_id: str, changes: Mapping[str, Any]) -> Document:
        """Change name, unit or description. Raises NotFound, Conflict."""
        try:
            changed = await self._store.update(project_id, metric_id, {**changes, "updated_at": utc_now()})
        except AlreadyExists as error:
            raise Conflict("this service already has a metric with this name; choose another name") from error
        if changed is None:
            raise _missing(metric_id)
        await self._record(actor, "update", *changed)
        return changed[1]

    async def delete(self, actor: Actor, project_id: str, metric_id: str) -> None:
        """Delete a metric and its points. Raises NotFound."""
        await self._delete(actor, project_id, metric_id)
        await self._points.delete(metric_id)

    @audited
    async def _delete(self, actor: Actor, project_id: str, metric_id: str) -> None:
        document = await self._store.delete(project_id, metric_id)
        if document is None:
            raise _missing(metric_id)
        await self._record(actor, "delete", document, None)

    async def delete_all(self, project_id: str) -> None:
        """Delete every metric of a project and their points."""
        for metric_id in await self._store.ids(project_id):
            await self._points.delete(metric_id)
        await self._store.delete_all(project_id)

    async def add_points(
        self, project_id: str, metric_id: str, points: Sequence[tuple[datetime | None, float]]
    ) -> int:
        """Store (moment, value) pairs and return their number. None means now.

        A second value for the same moment replaces the first.
        """
        metric, arrival = await self.get(project_id, metric_id), utc_now()
        dated = [(moment or arrival, value) for moment, value in points]
        if metric["kind"] == "counter" and any(value < 0 for _, value in dated):
            raise Unprocessable("the value of a counter cannot be negative; use a gauge")
        if any(moment < _EARLIEST or moment > arrival + timedelta(days=366) for moment, _ in dated):
            raise Unprocessable("timestamps must be after 1970 and at most one year in the future")
        await self._points.put(metric_id, [(to_microseconds(moment), moment, value) for moment, value in dated])
        newest, value = max(dated, key=lambda point: point[0])
        await self._store.set_last(project_id, metric_id, value, newest)
        return len(dated)

    async def series(
        self, metric_id: str, since: datetime, until: datetime, step: timedelta | None, aggregate: Aggregate
    ) -> Series:
        """Aggregate the points in [since, until) by step. Steps start at multiples of their length since 1970."""
        if since >= until:
            raise Unprocessable("since must be before until")
        length = step or default_step(until - since)
        if (until - since) / length > MAX_STEPS:
            raise Unprocessable(f"this time range has more than {MAX_STEPS} steps; use a longer step")
        rows = await self._points.series(
            metric_id, to_microseconds(since), to_microseconds(until), length // timedelta(microseconds=1), aggregate
        )
        points = [(from_microseconds(start), value, count) for start, value, count in rows]
        return Series(since, until, length.total_seconds(), points)

    async def _record(self, actor: Actor, action: str, before: Document | None, after: Document | None) -> None:
        document = after or before or {}
        await self._audit.record(
            actor,
            f"metric.{action}",
            "metric",
            document["id"],
            project_id=document["project_id"],
            before=before,
            after=after,
        )


def default_step(length: timedelta) -> timedelta:
    """Return the shortest round step that divides a time range into at most 300."""
    wanted = length.total_seconds() / _STEPS_BY_DEFAULT
    for seconds in _NICE_STEPS_S:
        if seconds >= wanted:
            return timedelta(seconds=seconds)
    weeks = -(-length // (_STEPS_BY_DEFAULT * timedelta(weeks=1)))
    return timedelta(weeks=max(1, weeks))


def _missing(metric_id: str) -> NotFound:
    return NotFound(f"there is no metric {metric_id[:64]!r}; list them with GET /api/v1/metrics")
