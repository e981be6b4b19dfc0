"""Metrics of services: their description, their points, and series computed from them.

It must not know HTTP or how points are stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from logloop_chassis.auth.principal import Principal, Scope, require
from logloop_chassis.database.client import Document
from logloop_chassis.http.problems import Conflict, NotFound, Unprocessable

from logloop_query.catalogue.projects import Projects
from logloop_query.catalogue.stores.metrics import MetricStore, PointStore
from logloop_query.logs.search.time_bounds import from_microseconds, to_microseconds
from logloop_query.records.audit import Actor, AuditTrail, with_its_entry
from logloop_query.records.ids import new_id
from logloop_query.records.store import AlreadyThere
from logloop_query.records.types import now

Aggregate = Literal["avg", "min", "max", "sum", "count", "last", "p95"]
MAX_POINTS = 10_000
MAX_STEPS = 11_000
_STEPS_BY_DEFAULT = 300
_NICE_STEPS_S = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Series:
    """Values of a metric by step: (start of the step, value, count of points)."""

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

    @with_its_entry
    async def create(self, actor: Actor, project_id: str, fields: Mapping[str, Any]) -> Document:
        """A new metric. Raises NotFound (project), Conflict for a taken name."""
        await self._projects.active(project_id)
        moment = now()
        blank = {"last_at": None, "last_value": None, "created_at": moment, "updated_at": moment}
        try:
            document = await self._store.create(project_id, new_id(), {**fields, **blank})
        except AlreadyThere as error:
            raise Conflict("this service has a metric of this name; change that one or choose another") from error
        await self._note(actor, "create", None, document)
        return document

    async def allowed(self, principal: Principal, scope: Scope, metric_id: str) -> str:
        """The project of a metric, after checking the caller's right there. Raises NotFound, Forbidden."""
        project_id = await self._store.project_of(metric_id)
        if project_id is None or not principal.sees(project_id):
            raise _missing(metric_id)
        require(principal, scope, project_id)
        return project_id

    async def get(self, project_id: str, metric_id: str) -> Document:
        """A metric. Raises NotFound."""
        document = await self._store.find(project_id, metric_id)
        if document is None:
            raise _missing(metric_id)
        return document

    async def page(self, project_id: str, after: str | None, limit: int, where: Mapping[str, str]) -> list[Document]:
        """Metrics ordered by id."""
        return await self._store.page(project_id, after=after, limit=limit, where=where)

    @with_its_entry
    async def change(self, actor: Actor, project_id: str, metric_id: str, changes: Mapping[str, Any]) -> Document:
        """Change name, unit or description. Raises NotFound, Conflict."""
        try:
            changed = await self._store.change(project_id, metric_id, {**changes, "updated_at": now()})
        except AlreadyThere as error:
            raise Conflict("this service has another metric of this name; choose another") from error
        if changed is None:
            raise _missing(metric_id)
        await self._note(actor, "update", *changed)
        return changed[1]

    async def remove(self, actor: Actor, project_id: str, metric_id: str) -> None:
        """Delete a metric and its points. Raises NotFound."""
        await self._forget(actor, project_id, metric_id)
        await self._points.remove(metric_id)

    @with_its_entry
    async def _forget(self, actor: Actor, project_id: str, metric_id: str) -> None:
        document = await self._store.remove(project_id, metric_id)
        if document is None:
            raise _missing(metric_id)
        await self._note(actor, "delete", document, None)

    async def remove_all(self, project_id: str) -> None:
        """Delete every metric of a project with its points."""
        for metric_id in await self._store.ids(project_id):
            await self._points.remove(metric_id)
        await self._store.remove_all(project_id)

    async def add_points(
        self, project_id: str, metric_id: str, points: Sequence[tuple[datetime | None, float]]
    ) -> int:
        """Store (moment, value) pairs, None meaning now. A second value for a moment replaces the first."""
        metric, arrival = await self.get(project_id, metric_id), datetime.now(UTC)
        dated = [(moment or arrival, value) for moment, value in points]
        if metric["kind"] == "counter" and any(value < 0 for _, value in dated):
            raise Unprocessable("a counter only grows from zero; a value below zero needs a gauge")
        if any(moment < _EARLIEST or moment > arrival + timedelta(days=366) for moment, _ in dated):
            raise Unprocessable("timestamps must lie after 1970 and within the next year")
        await self._points.put(metric_id, [(to_microseconds(moment), moment, value) for moment, value in dated])
        newest, value = max(dated, key=lambda point: point[0])
        await self._store.note_last(project_id, metric_id, value, newest)
        return len(dated)

    async def series(
        self, metric_id: str, since: datetime, until: datetime, step: timedelta | None, aggregate: Aggregate
    ) -> Series:
        """Aggregate the points of [since, until) by step; steps start at multiples of their length since 1970."""
        if since >= until:
            raise Unprocessable("since must lie before until")
        length = step or default_step(until - since)
        if (until - since) / length > MAX_STEPS:
            raise Unprocessable(f"this window has more than {MAX_STEPS} steps; use a longer step")
        rows = await self._points.series(
            metric_id, to_microseconds(since), to_microseconds(until), length // timedelta(microseconds=1), aggregate
        )
        points = [(from_microseconds(start), value, count) for start, value, count in rows]
        return Series(since, until, length.total_seconds(), points)

    async def _note(self, actor: Actor, action: str, before: Document | None, after: Document | None) -> None:
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


def default_step(window: timedelta) -> timedelta:
    """The shortest round step that cuts a window into at most 300."""
    wanted = window.total_seconds() / _STEPS_BY_DEFAULT
    for seconds in _NICE_STEPS_S:
        if seconds >= wanted:
            return timedelta(seconds=seconds)
    weeks = -(-window // (_STEPS_BY_DEFAULT * timedelta(weeks=1)))
    return timedelta(weeks=max(1, weeks))


def _missing(metric_id: str) -> NotFound:
    return NotFound(f"there is no metric {metric_id[:64]!r}; list them with GET /api/v1/metrics")
