"""Records and logs together: what stored logs register, and what records do with stored logs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from logloop_chassis.http.paging import encode_cursor
from logloop_chassis.messaging.connections import publishing_broker, stop_quietly
from logloop_chassis.messaging.publisher import Publisher
from logloop_chassis.testing import wait_until
from logloop_contracts import LogEntry
from logloop_contracts.channels import HEADER_COUNT, HEADER_KEY_IDS, HEADER_PROJECT, HEADER_SCHEMA, LOGS
from logloop_contracts.log_batch import decode, encode, entries_to_batch, new_batch_id
from logloop_query.app import create_app
from logloop_query.run_reports import reports_in
from logloop_query.settings import QuerySettings
from pydantic import SecretStr

from tests.infra import Infra, fresh_database
from tests.real.query.records_app import (
    ADMIN_PASSWORD,
    SECRET_KEY,
    FakeLogs,
    Running,
    make_key,
    make_project,
)


@dataclass
class Platform:
    """A complete query service with project `shop`, and a publisher instead of ingest."""

    query: Running
    admin: httpx.AsyncClient
    publisher: Publisher

    async def send(self, *entries: LogEntry, key_id: str = "") -> None:
        batch = encode(entries_to_batch(entries, new_batch_id()))
        await self.send_batch(batch, entries[0].project_id, key_id)

    async def send_batch(self, batch: bytes, project_id: str = "shop", key_id: str = "") -> None:
        count = decode(batch).num_rows
        headers: dict[str, Any] = {HEADER_PROJECT: project_id, HEADER_COUNT: count, HEADER_SCHEMA: 1}
        await self.publisher.publish_bytes(
            LOGS.exchange.name,
            project_id,
            batch,
            headers={**headers, HEADER_KEY_IDS: key_id},
            message_id=new_batch_id(),
            content_type=LOGS.content_type,
        )

    async def logs(self, project_id: str = "shop") -> list[dict[str, Any]]:
        answer = await self.admin.get("/api/v1/logs", params={"project_id": project_id, "since": "1d"})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


def line(message: str, **fields: Any) -> LogEntry:
    values = {
        "project_id": "shop",
        "service_id": "cart",
        "severity": "info",
        "timestamp": datetime.now(UTC),
        **fields,
    }
    return LogEntry(message=message, **values)


@pytest.fixture
async def platform(infra: Infra, emptied_amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Platform]:
    monkeypatch.setenv("LOGLOOP_ADMIN_PASSWORD", ADMIN_PASSWORD)
    app = create_app(
        QuerySettings(
            amqp_url=SecretStr(emptied_amqp_url),
            mongo_url=SecretStr(infra.mongo_url),
            mongo_database=fresh_database(),
            secret_key=SecretStr(SECRET_KEY),
            persist_linger=0.02,
        )
    )
    publisher = Publisher(publishing_broker(emptied_amqp_url, "ingest"), "ingest")
    async with app.router.lifespan_context(app):
        query = Running(app, FakeLogs())
        await publisher.broker.start()
        await wait_until(lambda: _ready(query))
        admin = await query.signed_in()
        await make_project(admin, "shop")
        yield Platform(query, admin, publisher)
        await stop_quietly(publisher.broker)


async def _ready(query: Running) -> bool:
    return (await query.client().get("/readyz")).status_code == 200


async def test_stored_logs_register_their_service_test_outcome_and_key(platform: Platform) -> None:
    key = await make_key(platform.admin, "shop", "ingest")
    outcome = {"test.event": "finished", "test.outcome": "failed"}
    ended = line("test failed", test_id="t.py::pays", func_id="pay", severity="error", attributes=outcome)

    await platform.send(line("hello"), ended, key_id=key.split("_")[1])

    async def registered() -> bool:
        found = await platform.admin.get("/api/v1/tests/t.py%3A%3Apays?project_id=shop")
        return bool(found.status_code == 200 and found.json()["func_id"])  # written last

    await wait_until(registered)
    test = (await platform.admin.get("/api/v1/tests/t.py%3A%3Apays?project_id=shop")).json()
    assert (test["last_status"], test["runs"], test["service_id"], test["func_id"]) == ("failed", 1, "cart", "pay")
    assert (await platform.admin.get("/api/v1/services/cart?project_id=shop")).status_code == 200

    async def used() -> bool:
        found = (await platform.admin.get(f"/api/v1/api-keys/{key.split('_')[1]}")).json()
        return found["last_used_at"] is not None

    await wait_until(used)


async def test_the_overview_of_a_project_and_its_lists_count_what_is_stored(platform: Platform) -> None:
    old, now = datetime.now(UTC) - timedelta(days=3), datetime.now(UTC)
    await platform.send(
        line("hello", service_id="web", timestamp=now),
        line("failed", severity="error", test_id="t::a", timestamp=now),
        line("done", test_id="t::a", timestamp=now, attributes={"test.outcome": "passed"}),
        line("early", severity="error", test_id="t::b", timestamp=old),
    )
    await make_key(platform.admin, "shop", "read")
    metric = {"project_id": "shop", "name": "m"}
    assert (await platform.admin.post("/api/v1/metrics", json=metric)).status_code == 201
    member = {"email": "ada@example.org", "name": "Ada", "projects": [{"project_id": "shop", "role": "viewer"}]}
    assert (await platform.admin.post("/api/v1/users", json=member)).status_code == 201

    async def registered() -> dict[str, Any] | None:
        found: dict[str, Any] = (await platform.admin.get("/api/v1/projects/shop/overview")).json()
        return found if found["tests"]["by_last_status"].get("passed") else None

    overview = await wait_until(registered)
    stored = overview.pop("logs")
    assert overview == {
        "project_id": "shop",
        "services": 2,
        "tests": {"total": 2, "by_last_status": {"none": 1, "passed": 1}},
        "metrics": 1,
        "members": 1,
        "api_keys": 1,
        "last_24h": {"total": 3, "by_severity": {"error": 1, "info": 2}, "partial": False},
    }
    assert (stored["total"], stored["bytes"] > 100) == (4, True)
    assert [datetime.fromisoformat(stored[end]) for end in ("first_at", "last_at")] == [old, now]

    for path, key, expected in (
        ("services", "id", {"cart": (2, 1), "web": (1, 0)}),
        ("tests", "test_id", {"t::a": (2, 1), "t::b": (0, 0)}),
    ):
        page = (await platform.admin.get(f"/api/v1/{path}?project_id=shop&with_counts=true")).json()
        shown = {item[key]: (item["last_24h"]["logs"], item["last_24h"]["errors"]) for item in page["items"]}
        assert (shown, page["counts_partial"]) == (expected, False)
        plain = (await platform.admin.get(f"/api/v1/{path}?project_id=shop")).json()
        assert ([item["last_24h"] for item in plain["items"]], plain["counts_partial"]) == ([None, None], None)


async def test_the_overview_of_an_empty_project_has_no_times(platform: Platform) -> None:
    overview = (await platform.admin.get("/api/v1/projects/shop/overview")).json()

    assert overview["logs"] == {"total": 0, "bytes": 0, "first_at": None, "last_at": None}
    assert overview["last_24h"] == {"total": 0, "by_severity": {}, "partial": False}
    assert (await platform.admin.get("/api/v1/projects/none/overview")).status_code == 404


def _run_logs(number: int, *outcomes: str) -> list[LogEntry]:
    """The logs of a run in which `t::a`, `t::b`, … had these outcomes."""
    at = datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=number)
    run = {"test.run_id": f"nightly-{number}"}
    where = {"ci.repository": "acme/shop", "ci.run_id": f"7{number}", "ci.attempt": 1, "ci.branch": "main"}
    where |= {"ci.commit": f"c{number}", "test.environment": "staging", "test.shard": "1/2"}
    logs = [line("started", source="pytest", timestamp=at, attributes={**run, "test.event": "run-started", **where})]
    for name, outcome in zip("abc", outcomes, strict=False):
        found = {"test.event": "finished", "test.outcome": outcome, "test.duration_s": 0.5, **run}
        if outcome == "failed":
            found |= {"exception.type": "AssertionError", "exception.message": f"assert {number} == 0"}
        logs.append(line(f"test {outcome}", source="pytest", test_id=f"t::{name}", timestamp=at, attributes=found))
    ended = {**run, "test.event": "run-finished", "test.duration_s": 9.5}
    return [*logs, line("finished", source="pytest", timestamp=at + timedelta(seconds=9), attributes=ended)]


async def test_reported_outcomes_become_test_runs_once_however_often_they_are_delivered(platform: Platform) -> None:
    results = [("passed", "passed"), ("failed", "passed", "skipped"), ("passed", "error")]
    bodies = [
        encode(entries_to_batch(_run_logs(number, *outcomes), new_batch_id()))
        for number, outcomes in enumerate(results)
    ]
    for body in bodies * 3:
        await platform.send_batch(body)
    listed = "/api/v1/test-runs?project_id=shop"

    async def all_there() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await platform.admin.get(listed)).json()["items"]
        return items if [sum(item["counts"].values()) for item in items] == [2, 3, 2] else []

    await wait_until(all_there)
    for body in bodies:
        await platform.query.records.registry.record_test_runs("shop", reports_in([decode(body)]))
    newest, middle, oldest = await wait_until(all_there)

    assert [run["run_id"] for run in (newest, middle, oldest)] == ["nightly-2", "nightly-1", "nightly-0"]
    assert (middle["counts"]["failed"], middle["counts"]["skipped"], newest["counts"]["error"]) == (1, 1, 1)
    assert (middle["duration_s"], middle["services"], middle["branch"]) == (9.5, ["cart"], "main")
    assert middle["workflow_run"] == {"repository": "acme/shop", "run_id": "71", "attempt": 1, "workflow": None}
    assert middle["finished_at"] > middle["started_at"]
    await _check_lists(platform, listed, [newest, middle, oldest])
    details = (await platform.admin.get(f"/api/v1/test-runs/{middle['id']}?limit=2")).json()
    [first, second] = details["outcomes"]["items"]
    assert (first["test_id"], first["outcome"], first["duration_s"]) == ("t::a", "failed", 0.5)
    assert first["failure_pattern"] == "AssertionError: assert <*>"
    assert (await platform.admin.get(f"/api/v1/logs/{first['log_id']}")).json()["test_id"] == "t::a"
    assert second["failure_pattern"] is None
    cursor = details["outcomes"]["next_cursor"]
    rest = (await platform.admin.get(f"/api/v1/test-runs/{middle['id']}?limit=2&cursor={cursor}")).json()
    assert [item["test_id"] for item in rest["outcomes"]["items"]] == ["t::c"]
    failed = (await platform.admin.get(f"/api/v1/test-runs/{middle['id']}?outcome=failed")).json()
    assert [item["test_id"] for item in failed["outcomes"]["items"]] == ["t::a"]

    history = (await platform.admin.get("/api/v1/test-history?project_id=shop&test_id=t::a")).json()
    assert [item["outcome"] for item in history["items"]] == ["passed", "failed", "passed"]
    assert [item["test_run_id"] for item in history["items"]] == [newest["id"], middle["id"], oldest["id"]]
    assert history["flakiness"] == 1.0
    facts = ("run_id", "source", "branch", "commit", "environment", "run_started_at", "attempt")
    of_newest = ["nightly-2", "pytest", "main", "c2", "staging", newest["started_at"], 1]
    assert [history["items"][0][name] for name in facts] == of_newest
    assert (newest["environment"], newest["shard"], newest["commit"]) == ("staging", "1/2", "c2")
    last_two = (await platform.admin.get("/api/v1/test-history?project_id=shop&test_id=t::b&limit=2")).json()
    assert (last_two["flakiness"], len(last_two["items"])) == (1.0, 2)
    await _check_flaky(platform)
    await _delete_shop(platform)


async def _check_flaky(platform: Platform) -> None:
    """`t::a` passed and failed on one commit in a retry; `t::b` broke once."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    run = {"test.run_id": "retried", "test.commit": "c9", "test.event": "finished"}
    attempts = [
        line("m", test_id="t::a", timestamp=at, attributes={**run, "test.outcome": outcome, "test.attempt": number})
        for number, outcome in enumerate(("failed", "passed"), 1)
    ]
    await platform.send(*attempts)
    until = (at + timedelta(days=3)).isoformat()
    care = {"owner": "Ada", "quarantined_until": until, "quarantine_reason": "flaky"}
    assert (await platform.admin.patch("/api/v1/tests/t::a?project_id=shop", json=care)).status_code == 200

    async def found() -> list[dict[str, Any]]:
        answer = await platform.admin.get("/api/v1/flaky-tests?project_id=shop&since=2h")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items if items and items[0]["runs"] == 5 else []

    [flaky] = await wait_until(found)
    assert datetime.fromisoformat(flaky.pop("last_failure_at")) == at
    assert datetime.fromisoformat(flaky.pop("quarantined_until")) == datetime.fromisoformat(until)
    assert flaky == {
        "test_id": "t::a",
        "owner": "Ada",
        "runs": 5,
        "failures": 2,
        "flips": 4,
        "flakiness": 1.0,
        "same_commit": True,
    }
    for since, status in (("1h", 200), ("91d", 422), ("soon", 422)):
        answer = await platform.admin.get(f"/api/v1/flaky-tests?project_id=shop&since={since}")
        assert answer.status_code == status, answer.text


async def _check_lists(platform: Platform, listed: str, runs: list[dict[str, Any]]) -> None:
    """Filters and pages of the list of runs."""
    newest, middle, oldest = runs
    for query, expected in (
        ("&failed=true", [newest, middle]),
        ("&failed=false", [oldest]),
        ("&branch=main&service_id=cart&limit=3", runs),
        ("&branch=other", []),
        ("&commit=c1&environment=staging", [middle]),
        ("&commit=c9", []),
        ("&run_id=nightly-0", [oldest]),
        ("&run_id=nightly", []),
        ("&environment=production", []),
        ("&service_id=web", []),
    ):
        assert (await platform.admin.get(listed + query)).json()["items"] == expected, query
    page = (await platform.admin.get(listed + "&limit=2")).json()
    rest = (await platform.admin.get(f"{listed}&limit=2&cursor={page['next_cursor']}")).json()
    assert (page["items"], rest["items"]) == ([newest, middle], [oldest])
    far = await platform.admin.get(f"{listed}&cursor={encode_cursor(2**62, 'x')}")
    assert far.status_code == 422


async def _delete_shop(platform: Platform) -> None:
    """Delete the project and check that it leaves no runs."""
    platform.query.records.project_deletion.settle = timedelta(0)
    await platform.admin.delete("/api/v1/projects/shop")

    async def gone() -> bool:
        return (await platform.admin.get("/api/v1/projects/shop")).status_code == 404

    await wait_until(gone)
    database = platform.query.resources.database
    assert [await database[name].count_documents({}) for name in ("test_runs", "test_outcomes")] == [0, 0]


async def test_deleting_a_project_deletes_only_its_logs(platform: Platform) -> None:
    await make_project(platform.admin, "keep")
    await platform.send(line("one"))
    await platform.send(line("two", project_id="keep"))
    await wait_until(lambda: _both(platform))
    platform.query.records.project_deletion.settle = timedelta(0)

    await platform.admin.delete("/api/v1/projects/shop")

    async def gone() -> bool:
        return (await platform.admin.get("/api/v1/projects/shop")).status_code == 404

    await wait_until(gone)
    segments = platform.query.resources.database["segments"]
    assert await segments.count_documents({"project_id": "shop"}) == 0
    assert [item["message"] for item in await platform.logs("keep")] == ["two"]


async def _both(platform: Platform) -> bool:
    return bool(await platform.logs()) and bool(await platform.logs("keep"))


async def test_a_shorter_retention_applies_to_stored_logs(platform: Platform) -> None:
    await platform.send(line("one"))
    segments = platform.query.resources.database["segments"]
    before = await wait_until(lambda: segments.find_one({"project_id": "shop"}))
    assert before is not None

    await platform.admin.patch("/api/v1/projects/shop", json={"retention_days": 3})

    after = await segments.find_one({"project_id": "shop"})
    assert after is not None
    assert before["expires_at"] - after["expires_at"] == timedelta(days=27)


async def test_an_analysis_checks_its_search_text_with_the_real_syntax(platform: Platform) -> None:
    wrong = await platform.admin.post("/api/v1/logs/analyses", json={"project_id": "shop", "q": "severity:(error"})
    right = await platform.admin.post("/api/v1/logs/analyses", json={"project_id": "shop", "q": "severity:error"})
    listed = await platform.admin.get("/api/v1/logs/analyses?project_id=shop")

    assert (wrong.status_code, right.status_code, listed.status_code) == (422, 202, 200)
    assert len(listed.json()["items"]) == 1


async def test_each_path_has_one_operation(platform: Platform) -> None:
    """`/logs/analyses` is not taken for a log id."""
    paths = await platform.query.client().get("/openapi.json")
    operations = [
        described["operationId"] for methods in paths.json()["paths"].values() for described in methods.values()
    ]

    assert len(operations) == len(set(operations))
    answers = await asyncio.gather(
        platform.admin.get("/api/v1/logs/analyses?project_id=shop"),
        platform.admin.get("/api/v1/logs/histogram?project_id=shop"),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
