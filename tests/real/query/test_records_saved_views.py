"""Saved views: who sees and changes them, their limits, and what becomes of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from logloop_chassis.database.client import Database
from logloop_query.saved_views import saved_views

from tests.infra import Infra
from tests.real.query.records_app import Running, make_project, make_user, running

VIEWS = "/api/v1/saved-views"


@dataclass
class Team:
    """Project shop with an administrator of the project, two members and a viewer."""

    admin: httpx.AsyncClient
    boss: httpx.AsyncClient
    ann: httpx.AsyncClient
    ben: httpx.AsyncClient
    guest: httpx.AsyncClient
    ids: dict[str, str]
    database: Database


@pytest.fixture
async def team(infra: Infra, amqp_url: str) -> AsyncIterator[Team]:
    async with running(amqp_url, infra.mongo_url) as query:
        admin = await query.signed_in()
        await make_project(admin, "shop")
        clients, ids = {}, {}
        for name, role in (("boss", "admin"), ("ann", "member"), ("ben", "member"), ("guest", "viewer")):
            ids[name], clients[name] = await _member(query, admin, name, role)
        yield Team(admin, **clients, ids=ids, database=query.resources.database)


async def _member(query: Running, admin: httpx.AsyncClient, name: str, role: str) -> tuple[str, httpx.AsyncClient]:
    email = f"{name}@example.org"
    projects = [{"project_id": "shop", "role": role}]
    user_id, password = await make_user(query, admin, email, role="viewer", projects=projects)
    return user_id, await query.signed_in(email, password)


async def save(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post(VIEWS, json={"project_id": "shop", "name": "errors", **fields})
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def names(client: httpx.AsyncClient, **params: Any) -> list[str]:
    answer = await client.get(VIEWS, params={"project_id": "shop", **params})
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def test_a_view_is_saved_read_and_changed_as_it_was_sent(team: Team) -> None:
    sent = {
        "name": "failed payments",
        "q": "severity:error service:checkout",
        "range": "2026-11-22T10:00:00Z/",
        "options": {
            "view": "patterns",
            "columns": ["attributes.http.status"],
            "facets": ["severity"],
            "collapse": True,
        },
    }

    view = await save(team.ann, **sent)

    assert {name: view[name] for name in sent} == sent
    assert (view["shared"], view["owner"]) == (
        False,
        {"kind": "user", "id": team.ids["ann"], "name": "ann@example.org"},
    )
    assert (await team.ann.get(f"{VIEWS}/{view['id']}")).json() == view
    changed = await team.ann.patch(f"{VIEWS}/{view['id']}", json={"range": "1h", "options": {"view": "lines"}})
    assert changed.json()["range"] == "1h"
    assert changed.json()["options"] == {"view": "lines", "columns": [], "facets": [], "collapse": False}
    assert changed.json()["name"] == "failed payments"
    assert (await team.ann.delete(f"{VIEWS}/{view['id']}")).status_code == 204
    assert (await team.ann.get(f"{VIEWS}/{view['id']}")).status_code == 404


async def test_only_its_owner_sees_a_personal_view(team: Team) -> None:
    view = await save(team.ann, name="mine")
    path = f"{VIEWS}/{view['id']}"

    for other in (team.ben, team.guest, team.boss, team.admin):
        assert await names(other) == []
        assert (await other.get(path)).status_code == 404
        assert (await other.patch(path, json={"name": "x"})).status_code == 404
        assert (await other.delete(path)).status_code == 404
    assert await names(team.ann) == ["mine"]


async def test_everybody_in_the_project_sees_a_shared_view_and_its_owner_and_administrators_change_it(
    team: Team,
) -> None:
    view = await save(team.ann, name="ours", shared=True)
    path = f"{VIEWS}/{view['id']}"

    for other in (team.ben, team.guest):
        assert await names(other) == ["ours"]
        assert (await other.patch(path, json={"name": "x"})).status_code == 403
        assert (await other.delete(path)).status_code == 403
    assert (await team.guest.post(VIEWS, json={"project_id": "shop", "name": "x"})).status_code == 403
    assert (await team.ann.patch(path, json={"name": "by ann"})).json()["name"] == "by ann"
    assert (await team.boss.patch(path, json={"name": "by boss"})).json()["name"] == "by boss"
    assert (await team.boss.delete(path)).status_code == 204
    assert await names(team.ann) == []


async def test_a_list_has_pages(team: Team) -> None:
    for number in range(5):
        await save(team.ann, name=f"v{number}", shared=number % 2 == 0)
    await save(team.ben, name="hidden")

    first = (await team.ann.get(VIEWS, params={"project_id": "shop", "limit": 3})).json()

    rest = await names(team.ann, cursor=first["next_cursor"])
    assert [item["name"] for item in first["items"]] + rest == [f"v{number}" for number in range(5)]


async def test_an_invalid_view_is_rejected_with_its_field(team: Team) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("body.name", {"name": " "}),
        ("body.range", {"range": "yesterday"}),
        ("body.options.view", {"options": {"view": "No view"}}),
        ("body.options.columns", {"options": {"columns": ["x"] * 51}}),
        ("body.options.width", {"options": {"width": 3}}),
        ("body.owner", {"owner": "ben"}),
    ]
    own = await save(team.ann)
    for field, fields in wrong:
        for answer in (
            await team.ann.post(VIEWS, json={"project_id": "shop", "name": "x", **fields}),
            await team.ann.patch(f"{VIEWS}/{own['id']}", json=fields),
        ):
            assert answer.status_code == 422, fields
            assert answer.json()["errors"][0]["field"].startswith(field)
    assert (await team.ann.post(VIEWS, json={"project_id": "shop", "name": "x", "q": "(("})).status_code == 422
    assert (await team.ann.patch(f"{VIEWS}/{own['id']}", json={"q": "(("})).status_code == 422


async def test_the_number_of_views_is_limited(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MAX_PERSONAL", 2)
    monkeypatch.setattr(saved_views, "MAX_SHARED", 1)
    await save(team.ann)
    own = await save(team.ann)
    await save(team.ann, shared=True)

    for fields in ({}, {"shared": True}):
        answer = await team.ann.post(VIEWS, json={"project_id": "shop", "name": "x", **fields})
        assert answer.status_code == 409, fields
    assert (await team.ann.patch(f"{VIEWS}/{own['id']}", json={"shared": True})).status_code == 409
    await save(team.ben)


async def test_the_personal_views_of_a_deleted_user_are_deleted_and_shared_ones_stay(team: Team) -> None:
    await save(team.ann, name="mine")
    await save(team.ann, name="ours", shared=True)
    await save(team.ben, name="other")

    assert (await team.admin.delete(f"/api/v1/users/{team.ids['ann']}")).status_code == 204

    assert await names(team.ben) == ["ours", "other"]
    owner = (await team.boss.get(VIEWS, params={"project_id": "shop"})).json()["items"][0]["owner"]
    assert owner["name"] == "ann@example.org"
    stored = team.database["saved_views"]
    assert sorted([view["name"] async for view in stored.find({})]) == ["other", "ours"]
