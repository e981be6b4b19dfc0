"""Metric points and series, compared with a plain computation."""

import math
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.infra import Infra
from tests.real.query.records_app import make_project, running

START = datetime(2026, 11, 22, 9, 59, 30, tzinfo=UTC)
ORACLE: dict[str, Callable[[Sequence[float]], float]] = {
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
    "sum": sum,
    "count": len,
    "last": lambda values: values[-1],
    "p95": lambda values: sorted(values)[math.ceil(len(values) * 0.95 - 1e-9) - 1],
}


@dataclass
class Shop:
    """An administrator of a project with one gauge."""

    admin: httpx.AsyncClient
    metric: str

    async def series(self, **params: Any) -> dict[str, Any]:
        answer = await self.admin.get(f"/api/v1/metrics/{self.metric}/series", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def shop(infra: Infra, amqp_url: str) -> AsyncIterator[Shop]:
    async with running(amqp_url, infra.mongo_url) as query:
        admin = await query.signed_in()
        await make_project(admin, "shop")
        made = await admin.post("/api/v1/metrics", json={"project_id": "shop", "name": "latency", "unit": "ms"})
        yield Shop(admin, made.json()["id"])


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.parametrize("seed", range(3))
async def test_every_aggregate_equals_the_plain_computation(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)
    points = {
        START + timedelta(microseconds=chance.randrange(600_000_000)): chance.uniform(-1e3, 1e3) for _ in range(400)
    }
    step = chance.choice([1, 7, 60, 90, 3600])
    since, until = START + timedelta(seconds=50), START + timedelta(seconds=500)
    body = [{"timestamp": _text(moment), "value": value} for moment, value in points.items()]
    chance.shuffle(body)
    sent = await shop.admin.post(f"/api/v1/metrics/{shop.metric}/points", json=body)
    assert sent.json() == {"accepted": len(points)}

    buckets: dict[int, list[float]] = defaultdict(list)
    for moment, value in sorted(points.items()):
        if since <= moment < until:
            buckets[int(moment.timestamp()) // step * step].append(value)
    for aggregate, compute in ORACLE.items():
        found = await shop.series(since=_text(since), until=_text(until), step=f"{step}s", aggregate=aggregate)
        expected = [
            (_text(datetime.fromtimestamp(start, UTC)), pytest.approx(compute(values)), len(values))
            for start, values in sorted(buckets.items())
        ]
        assert [(item["timestamp"], item["value"], item["count"]) for item in found["points"]] == expected


async def test_repeating_a_request_changes_nothing_and_a_second_value_replaces_the_first(shop: Shop) -> None:
    url = f"/api/v1/metrics/{shop.metric}/points"
    points = [{"timestamp": _text(START + timedelta(microseconds=n)), "value": n} for n in range(3)]
    for _ in range(2):
        await shop.admin.post(url, json=points)
    await shop.admin.post(url, json={"timestamp": _text(START), "value": 10})

    found = await shop.series(since=_text(START), until=_text(START + timedelta(seconds=1)), aggregate="sum")

    assert [(item["value"], item["count"]) for item in found["points"]] == [(13.0, 3)]


async def test_a_metric_shows_its_newest_point_when_an_older_one_arrives_late(shop: Shop) -> None:
    url = f"/api/v1/metrics/{shop.metric}/points"
    await shop.admin.post(url, json={"timestamp": _text(START), "value": 5})
    await shop.admin.post(url, json={"timestamp": _text(START - timedelta(hours=1)), "value": 6})

    metric = (await shop.admin.get(f"/api/v1/metrics/{shop.metric}")).json()

    assert (metric["last_at"], metric["last_value"]) == (_text(START), 5.0)


async def test_a_point_without_a_time_gets_the_current_time(shop: Shop) -> None:
    await shop.admin.post(f"/api/v1/metrics/{shop.metric}/points", json={"value": 2.5})

    found = await shop.series(since="5m", aggregate="last")

    assert [item["value"] for item in found["points"]] == [2.5]


async def test_invalid_points_are_rejected(shop: Shop) -> None:
    bodies: dict[str, Any] = {
        "empty": [],
        "nan": {"value": "NaN"},
        "before 1970": {"value": 1, "timestamp": "1969-12-31T23:59:59Z"},
        "far future": {"value": 1, "timestamp": "2199-01-01T00:00:00Z"},
        "no offset": {"value": 1, "timestamp": "2026-11-22T10:00:00"},
        "unknown member": {"value": 1, "labels": {}},
        "too many": [{"value": 1}] * 10_001,
    }

    answers = {
        name: (await shop.admin.post(f"/api/v1/metrics/{shop.metric}/points", json=body)).status_code
        for name, body in bodies.items()
    }

    assert answers == dict.fromkeys(bodies, 422)


async def test_a_counter_rejects_a_negative_value(shop: Shop) -> None:
    made = await shop.admin.post(
        "/api/v1/metrics", json={"project_id": "shop", "name": "requests", "kind": "counter"}
    )

    answer = await shop.admin.post(f"/api/v1/metrics/{made.json()['id']}/points", json={"value": -1})

    assert answer.status_code == 422


async def test_an_invalid_series_is_rejected(shop: Shop) -> None:
    wrong = [
        {"since": "now", "until": "1h"},
        {"since": "400d", "step": "1s"},
        {"step": "0s"},
        {"step": "5 minutes"},
        {"since": "soon"},
        {"aggregate": "median"},
    ]

    answers = [await shop.admin.get(f"/api/v1/metrics/{shop.metric}/series", params=params) for params in wrong]

    assert [answer.status_code for answer in answers] == [422] * len(wrong)


async def test_a_metric_name_is_unique_in_its_service(shop: Shop) -> None:
    again = await shop.admin.post("/api/v1/metrics", json={"project_id": "shop", "name": "latency"})
    elsewhere = await shop.admin.post(
        "/api/v1/metrics", json={"project_id": "shop", "name": "latency", "service_id": "cart"}
    )
    renamed = await shop.admin.patch(f"/api/v1/metrics/{shop.metric}", json={"name": "duration"})

    assert (again.status_code, elsewhere.status_code, renamed.json()["name"]) == (409, 201, "duration")


async def test_deleting_a_metric_deletes_its_points(shop: Shop) -> None:
    await shop.admin.post(f"/api/v1/metrics/{shop.metric}/points", json={"value": 1})

    await shop.admin.delete(f"/api/v1/metrics/{shop.metric}")

    assert (await shop.admin.get(f"/api/v1/metrics/{shop.metric}/series")).status_code == 404
