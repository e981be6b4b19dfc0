"""Members of a project, which its administrators manage, on the real database."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.infra import Infra
from tests.real.query.records_app import Running, make_key, make_project, make_user, running

MEMBERS = "/api/v1/projects/shop/members"


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        admin = await app.signed_in()
        for project in ("shop", "bank"):
            await make_project(admin, project)
        yield app


async def test_an_administrator_of_a_project_adds_changes_and_removes_members(query: Running) -> None:
    admin = await query.signed_in()
    _, password = await make_user(query, admin, "boss@example.org", projects=[_role("shop", "admin")])
    ada, ada_password = await make_user(query, admin, "ada@example.org", projects=[_role("bank", "viewer")])
    boss = await query.signed_in("boss@example.org", password)
    her = await query.signed_in("ada@example.org", ada_password)

    added = await boss.post(MEMBERS, json={"email": "ADA@example.org", "role": "member"})

    assert added.status_code == 201, added.text
    assert added.json() == {
        "user_id": ada,
        "email": "ada@example.org",
        "name": "ada@example.org",
        "role": "member",
        "is_admin": False,
        "disabled": False,
    }
    assert await _roles(her) == {"bank": "viewer", "shop": "member"}, "a new right ends no session"
    raised = await boss.patch(f"{MEMBERS}/{ada}", json={"role": "admin"})
    assert raised.json()["role"] == "admin"
    assert await _roles(her) == {"bank": "viewer", "shop": "admin"}
    assert (await boss.patch(f"{MEMBERS}/{ada}", json={"role": "viewer"})).status_code == 200
    assert (await her.get("/api/v1/session")).status_code == 401, "a lower role ends the sessions"
    again = await query.signed_in("ada@example.org", ada_password)
    assert (await boss.delete(f"{MEMBERS}/{ada}")).status_code == 204
    assert (await again.get("/api/v1/session")).status_code == 401
    assert await _roles(await query.signed_in("ada@example.org", ada_password)) == {"bank": "viewer"}

    trail = (await boss.get("/api/v1/audit?project_id=shop")).json()["items"]
    changes = [(item["action"], item["resource"]["id"]) for item in trail if item["action"].startswith("member.")]
    assert changes == [(f"member.{what}", ada) for what in ("remove", "update", "update", "add")]


async def test_members_of_other_projects_stay_out_of_sight_and_reach(query: Running) -> None:
    admin = await query.signed_in()
    stranger, _ = await make_user(query, admin, "stranger@example.org", projects=[_role("bank", "admin")])
    client = query.with_key(await make_key(admin, "shop", "admin"))

    listed = (await client.get(MEMBERS)).json()["items"]

    assert [(item["email"], item["is_admin"]) for item in listed] == [("admin@logloop.local", True)]
    for answer in (
        await client.patch(f"{MEMBERS}/{stranger}", json={"role": "viewer"}),
        await client.delete(f"{MEMBERS}/{stranger}"),
        await client.get("/api/v1/projects/bank/members"),
    ):
        assert answer.status_code == 404, answer.text
    assert (await admin.get(f"/api/v1/users/{stranger}")).json()["projects"] == [_role("bank", "admin")]


async def test_what_cannot_be_a_member_is_refused_with_the_reason(query: Running) -> None:
    admin = await query.signed_in()
    me = (await admin.get("/api/v1/session")).json()["id"]
    await make_user(query, admin, "ada@example.org", projects=[_role("shop", "viewer")])
    client = query.with_key(await make_key(admin, "shop", "admin"))

    for answer, status, reason in (
        (await client.post(MEMBERS, json={"email": "nobody@example.org"}), 422, "administrator of the installation"),
        (await client.post(MEMBERS, json={"email": "ada@example.org"}), 409, "change the role"),
        (await client.post(MEMBERS, json={"email": "admin@logloop.local"}), 409, "may do everything already"),
        (await client.delete(f"{MEMBERS}/{me}"), 409, "may do everything already"),
        (await client.patch(f"{MEMBERS}/{me}", json={"role": "owner"}), 422, "role"),
    ):
        assert (answer.status_code, reason in answer.text) == (status, True), answer.text


def _role(project: str, role: str) -> dict[str, Any]:
    return {"project_id": project, "role": role}


async def _roles(client: httpx.AsyncClient) -> dict[str, str]:
    session = (await client.get("/api/v1/session")).json()
    return {item["project_id"]: item["role"] for item in session["projects"]}
