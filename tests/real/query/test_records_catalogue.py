"""Projects, services and tests: created, listed, changed, registered by their logs, and removed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from logloop_chassis.ids import utc_now
from logloop_chassis.testing import wait_until
from logloop_query.outcomes import OutcomeSummary

from tests.infra import Infra, fresh_database
from tests.real.query.records_app import Running, make_key, make_project, running

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        yield app


async def test_a_project_is_created_and_changed_and_its_retention_is_applied(query: Running) -> None:
    admin = await query.signed_in()

    made = await admin.post("/api/v1/projects", json={"id": "shop", "name": "Shop", "retention_days": 7})
    again = await admin.post("/api/v1/projects", json={"id": "shop", "name": "Shop"})
    changed = await admin.patch("/api/v1/projects/shop", json={"retention_days": 3})

    assert (made.status_code, again.status_code) == (201, 409)
    assert (changed.json()["retention_days"], changed.json()["name"]) == (3, "Shop")
    assert query.logs.retention == {"shop": 3}
    query.logs.retention.clear()
    await admin.patch("/api/v1/projects/shop", json={"retention_days": 3})
    assert query.logs.retention == {"shop": 3}, "repeating a request that was cut short applies it"
    assert await query.records.projects.retention_days("shop") == 3


async def test_an_invalid_project_is_rejected_with_the_name_of_the_field(query: Running) -> None:
    admin = await query.signed_in()
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("body.id", {"id": "Shop", "name": "x"}),
        ("body.id", {"id": "-shop", "name": "x"}),
        ("body.id", {"id": "a" * 64, "name": "x"}),
        ("body.name", {"id": "shop", "name": ""}),
        ("body.name", {"id": "shop", "name": " "}),
        ("body.retention_days", {"id": "shop", "name": "x", "retention_days": 0}),
        ("body.retention_days", {"id": "shop", "name": "x", "retention_days": 3651}),
        ("body.state", {"id": "shop", "name": "x", "state": "deleting"}),
        ("body.name", {"id": "shop", "name": "x\u0000y"}),
    ]

    answers = [await admin.post("/api/v1/projects", json=body) for _, body in wrong]

    assert [answer.status_code for answer in answers] == [422] * len(wrong)
    assert [answer.json()["errors"][0]["field"] for answer in answers] == [field for field, _ in wrong]


async def test_pages_of_a_list_have_no_gaps_or_repeats(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    names = sorted(f"s{number}" for number in range(7))
    for name in reversed(names):
        await admin.post("/api/v1/services", json={"project_id": "shop", "id": name, "name": name})

    seen, cursor = [], None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = (await admin.get("/api/v1/services", params={"project_id": "shop", "limit": 3, **more})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == names


async def test_the_first_log_of_a_service_registers_it(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    registry = query.records.registry

    await asyncio.gather(
        *(registry.register("shop", {"cart", "pay/api:v2"}, {"t.py::test[a/b]"}, AT) for _ in range(5))
    )
    await registry.register("shop", {"cart"}, set(), AT + timedelta(hours=1))

    services = (await admin.get("/api/v1/services?project_id=shop")).json()["items"]
    assert [(item["id"], item["name"]) for item in services] == [("cart", "cart"), ("pay/api:v2", "pay/api:v2")]
    assert services[0]["first_seen_at"] == "2026-11-22T10:00:00.000000Z"
    test = (await admin.get("/api/v1/tests/t.py%3A%3Atest%5Ba%2Fb%5D?project_id=shop")).json()
    assert (test["test_id"], test["last_run_at"]) == ("t.py::test[a/b]", "2026-11-22T10:00:00.000000Z")
    assert (await admin.get("/api/v1/services/pay%2Fapi%3Av2?project_id=shop")).json()["id"] == "pay/api:v2"


async def test_logs_do_not_overwrite_the_description_of_a_service(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    body = {"project_id": "shop", "id": "cart", "name": "Cart", "labels": {"team": "a"}, "repository": "acme/shop"}
    await admin.post("/api/v1/services", json=body)

    await query.records.registry.register("shop", {"cart"}, set(), AT)

    cart = (await admin.get("/api/v1/services/cart?project_id=shop")).json()
    assert (cart["name"], cart["labels"], cart["repository"]) == ("Cart", {"team": "a"}, "acme/shop")
    assert cart["last_seen_at"] == "2026-11-22T10:00:00.000000Z"


async def test_a_deleted_service_is_registered_again_by_its_next_log(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    registry = query.records.registry
    await registry.register("shop", {"cart"}, set(), AT)

    await admin.delete("/api/v1/services/cart?project_id=shop")
    gone = await admin.get("/api/v1/services/cart?project_id=shop")
    await registry.register("shop", {"cart"}, set(), AT)

    assert gone.status_code == 404
    assert (await admin.get("/api/v1/services/cart?project_id=shop")).status_code == 200


async def _fill(admin: Any) -> str:
    await make_project(admin, "shop")
    await make_project(admin, "keep")
    for project in ("shop", "keep"):
        await admin.post("/api/v1/services", json={"project_id": project, "id": "cart", "name": "Cart"})
        await admin.post("/api/v1/tests", json={"project_id": project, "test_id": "t"})
        metric = (await admin.post("/api/v1/metrics", json={"project_id": project, "name": "m"})).json()
        await admin.post(f"/api/v1/metrics/{metric['id']}/points", json={"value": 1})
        await admin.post("/api/v1/logs/analyses", json={"project_id": project})
        await admin.post("/api/v1/saved-views", json={"project_id": project, "name": "v"})
        await admin.put(f"/api/v1/settings/llm?project_id={project}", json={"provider": "none"})
        await make_key(admin, project, "ingest")
    member = {"project_id": "shop", "role": "member"}
    await admin.post(
        "/api/v1/users",
        json={"email": "ada@example.org", "name": "Ada", "password": "long enough", "projects": [member]},
    )
    return await make_key(admin, "shop", "read")


async def test_deleting_a_project_deletes_everything_in_it_and_nothing_else(query: Running) -> None:
    admin = await query.signed_in()
    key = await _fill(admin)
    query.records.project_deletion.settle = timedelta(0)

    answer = await admin.delete("/api/v1/projects/shop")

    assert (answer.status_code, answer.json()["state"]) == (202, "deleting")
    assert (await query.with_key(key).get("/api/v1/session")).status_code == 401

    async def gone() -> bool:
        return (await admin.get("/api/v1/projects/shop")).status_code == 404

    await wait_until(gone)
    assert query.logs.deleted[-1] == "shop"
    assert set(query.logs.deleted) == {"shop"}
    database = query.resources.database
    left = {
        name: await database[name].count_documents({"project_id": {"$in": ["shop", "keep"]}})
        for name in ("services", "tests", "metrics", "analyses", "saved_views", "settings", "api_keys")
    }
    assert left == dict.fromkeys(left, 1)
    assert await database["metric_points"].count_documents({}) == 1
    users = (await admin.get("/api/v1/users")).json()["items"]
    assert all(user["projects"] == [] for user in users)


async def test_a_project_that_is_being_deleted_accepts_no_new_records(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    await admin.delete("/api/v1/projects/shop")

    refused = [
        await admin.post("/api/v1/services", json={"project_id": "shop", "id": "x", "name": "x"}),
        await admin.post("/api/v1/metrics", json={"project_id": "shop", "name": "x"}),
        await admin.post("/api/v1/logs/analyses", json={"project_id": "shop"}),
        await admin.post("/api/v1/api-keys", json={"project_id": "shop", "name": "x", "scopes": ["read"]}),
        await admin.post("/api/v1/projects", json={"id": "shop", "name": "x"}),
        await admin.patch("/api/v1/projects/shop", json={"name": "x"}),
        await admin.post("/api/v1/projects/shop/members", json={"email": "x@example.org"}),
    ]

    assert [answer.status_code for answer in refused] == [409] * 7
    assert (await admin.get("/api/v1/projects/shop/members")).status_code == 200, "reading is still possible"
    assert (await admin.get("/api/v1/projects/shop")).json()["state"] == "deleting"


async def test_another_instance_finishes_an_interrupted_deletion(infra: Infra, amqp_url: str) -> None:
    database = fresh_database()
    async with running(amqp_url, infra.mongo_url, database=database) as first:
        admin = await first.signed_in()
        await _fill(admin)
        await admin.delete("/api/v1/projects/shop")
    async with running(amqp_url, infra.mongo_url, database=database) as second:
        second.records.project_deletion.settle = timedelta(0)
        projects = second.resources.database["projects"]
        await projects.update_many({}, {"$set": {"deletion_leased_until": AT}})
        second.records.project_deletion.wake.set()

        async def gone() -> bool:
            return await projects.find_one({"_id": "shop"}) is None

        await wait_until(gone)
        assert "shop" in second.logs.deleted


async def test_a_test_shows_its_newest_outcome_and_the_number_of_runs(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    await admin.post("/api/v1/tests", json={"project_id": "shop", "test_id": "t::known", "name": "knows"})
    registry = query.records.registry
    later = OutcomeSummary("$t::new", 2, "failed", AT + timedelta(hours=1), "cart", "$f")
    earlier = OutcomeSummary("$t::new", 1, "passed", AT, "cart", None)

    await registry.record_outcomes("shop", [later, OutcomeSummary("t::known", 1, "passed", AT, "cart", None)])
    await registry.record_outcomes("shop", [earlier])

    tests = (await admin.get("/api/v1/tests?project_id=shop")).json()["items"]
    shown = [(item["name"], item["last_status"], item["runs"], item["service_id"], item["func_id"]) for item in tests]
    assert shown == [("$t::new", "failed", 3, "cart", "$f"), ("knows", "passed", 1, "cart", None)]
    assert tests[0]["last_run_at"] == "2026-11-22T11:00:00.000000Z"
    failed = (await admin.get("/api/v1/tests?project_id=shop&last_status=failed")).json()["items"]
    assert [item["test_id"] for item in failed] == ["$t::new"]


async def test_a_test_has_an_owner_and_a_quarantine_that_ends_by_itself(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    await query.records.registry.register("shop", set(), {"t::a", "t::b", "t::c"}, AT)
    until = (utc_now() + timedelta(days=14)).isoformat()
    quarantine = {"quarantined_until": until, "quarantine_reason": "waits for SHOP-17"}

    test = (await admin.patch("/api/v1/tests/t::a?project_id=shop", json={"owner": " Ada ", **quarantine})).json()
    await admin.patch("/api/v1/tests/t::b?project_id=shop", json=quarantine)

    assert (test["owner"], test["quarantine_reason"]) == ("Ada", "waits for SHOP-17")
    assert datetime.fromisoformat(test["quarantined_until"]) == datetime.fromisoformat(until)
    assert await _tests(admin, "&quarantined=true") == ["t::a", "t::b"]
    assert await _tests(admin, "&quarantined=false") == ["t::c"]

    ended = (await admin.patch("/api/v1/tests/t::b?project_id=shop", json={"quarantined_until": None})).json()
    await query.resources.database["tests"].update_one(
        {"id": "t::a"}, {"$set": {"quarantined_until": utc_now() - timedelta(seconds=1)}}
    )
    over = (await admin.get("/api/v1/tests/t::a?project_id=shop")).json()

    for shown, owner in ((ended, None), (over, "Ada")):
        found = [shown[name] for name in ("quarantined_until", "quarantine_reason", "owner")]
        assert found == [None, None, owner]
    assert await _tests(admin, "&quarantined=true") == []


async def _tests(admin: httpx.AsyncClient, query: str) -> list[str]:
    return [item["test_id"] for item in (await admin.get(f"/api/v1/tests?project_id=shop{query}")).json()["items"]]


async def test_a_quarantine_without_reason_or_near_end_is_refused(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    cases: list[tuple[int | None, str | None, str]] = [
        (14, None, "needs quarantine_reason"),
        (91, "slow", "at most 90 days"),
        (-1, "slow", "in the future"),
        (None, "slow", "needs quarantined_until"),
        (14, "x" * 501, "500"),
        (14, "  ", "1 character"),
    ]
    for days, reason, said in cases:
        until = None if days is None else (utc_now() + timedelta(days=days)).isoformat()
        body = {"project_id": "shop", "test_id": "t", "quarantined_until": until, "quarantine_reason": reason}

        answer = await admin.post("/api/v1/tests", json=body)

        assert (answer.status_code, said in answer.text) == (422, True), answer.text
