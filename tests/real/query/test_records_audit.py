"""The audit trail: one entry per change, chained so that tampering is detected."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from logloop_chassis.crypto import issue_service_token

from tests.infra import Infra
from tests.real.query.records_app import SECRET_KEY, Running, make_project, running

AUDIT = "/api/v1/audit"


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        yield app


def _as_service(query: Running, project_id: str) -> httpx.AsyncClient:
    return query.with_key(issue_service_token(SECRET_KEY, "ci-bridge", project_id))


async def _entries(admin: httpx.AsyncClient, **params: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = (await admin.get(AUDIT, params=params)).json()["items"]
    return items


async def test_each_change_adds_one_entry_with_the_names_of_the_changed_fields(query: Running) -> None:
    admin = await query.signed_in()
    me = (await admin.get("/api/v1/session")).json()["id"]
    await make_project(admin, "shop")
    await admin.post("/api/v1/services", json={"project_id": "shop", "id": "cart", "name": "Cart"})
    await admin.patch("/api/v1/services/cart?project_id=shop", json={"name": "Basket", "description": "secret text"})
    await admin.delete("/api/v1/services/cart?project_id=shop")
    key = {"provider": "openai", "model": "m", "api_key": "sk-very-secret"}
    await admin.put("/api/v1/settings/llm?project_id=shop", json=key)

    entries = await _entries(admin, project_id="shop")

    assert [entry["action"] for entry in reversed(entries)] == [
        "project.create",
        "service.create",
        "service.update",
        "service.delete",
        "settings.llm.update",
    ]
    update = entries[2]
    assert update["changed"] == ["description", "name"]
    assert update["actor"] == {"kind": "user", "id": me, "name": "Administrator"}
    assert update["ip"] == "203.0.113.7"
    assert "secret" not in repr(entries)
    assert (await _entries(admin, action="session.begin"))[0]["resource"] == {"kind": "user", "id": me}


async def test_the_chain_holds_under_parallel_changes_and_shows_tampering(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    services = [{"project_id": "shop", "id": f"s{number}", "name": "x"} for number in range(20)]
    await asyncio.gather(*(admin.post("/api/v1/services", json=service) for service in services))

    intact = (await admin.get(f"{AUDIT}/verification")).json()
    trail = query.resources.database["audit"]
    await trail.update_one({"_id": 5}, {"$set": {"actor.name": "somebody else"}})
    changed = (await admin.get(f"{AUDIT}/verification")).json()
    await trail.delete_one({"_id": 5})
    removed = (await admin.get(f"{AUDIT}/verification")).json()

    assert (intact["intact"], intact["entries"]) == (True, 23)
    assert (changed["intact"], changed["broken_at"], changed["entries"]) == (False, 5, 4)
    assert (removed["intact"], removed["broken_at"]) == (False, 6)


async def test_two_instances_write_one_chain(query: Running, infra: Infra, amqp_url: str) -> None:
    database = query.resources.settings.mongo_database
    async with running(amqp_url, infra.mongo_url, database=database) as other:
        here, there = await query.signed_in(), await other.signed_in()
        await asyncio.gather(
            *(
                make_project(client, f"{name}{number}")
                for number in range(10)
                for client, name in ((here, "h"), (there, "t"))
            )
        )

        found = (await here.get(f"{AUDIT}/verification")).json()

    assert (found["intact"], found["entries"]) == (True, 23)


async def test_the_trail_is_read_in_pages_newest_first(query: Running) -> None:
    admin = await query.signed_in()
    for number in range(5):
        await make_project(admin, f"p{number}")

    numbers, cursor = [], None
    while True:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = (await admin.get(AUDIT, params={"limit": "2", **more})).json()
        numbers += [entry["number"] for entry in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert numbers == [7, 6, 5, 4, 3, 2, 1]


async def test_the_trail_cannot_be_changed_over_http(query: Running) -> None:
    admin = await query.signed_in()

    answers = [await admin.request(method, AUDIT) for method in ("POST", "PUT", "PATCH", "DELETE")]

    assert {answer.status_code for answer in answers} == {405}


async def test_what_another_service_changed_is_kept_once_and_only_services_report(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    change = {
        "id": "01JD0000000000000000000000",
        "at": "2026-11-27T10:00:00Z",
        "actor_kind": "user",
        "actor_id": "u1",
        "actor_name": "Ada",
        "ip": "203.0.113.9",
        "action": "rule.update",
        "kind": "rule",
        "record_id": "r1",
        "project_id": "shop",
        "changed": ["window", "condition"],
    }
    service = _as_service(query, "shop")
    reports = await asyncio.gather(*(service.post("/internal/audit", json=change) for _ in range(5)))
    assert {answer.status_code for answer in reports} == {204}
    for stranger in (admin, _as_service(query, "other")):
        assert (await stranger.post("/internal/audit", json={**change, "id": "x"})).status_code == 404

    [entry] = await _entries(admin, action="rule.update")
    assert entry["resource"] == {"kind": "rule", "id": "r1"}
    assert (entry["ip"], entry["changed"]) == ("203.0.113.9", ["condition", "window"])
    assert str(entry["at"]).startswith("2026-11-27T10:00:00")
    assert (await admin.get(f"{AUDIT}/verification")).json()["intact"]
