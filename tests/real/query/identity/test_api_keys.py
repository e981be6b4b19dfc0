"""Limits, use and rotation of API keys, on the real database."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from logloop_chassis.ids import utc_now
from logloop_contracts.key_usage import KEY_USAGE, usage_day, usage_id

from tests.infra import Infra
from tests.real.query.records_app import Running, make_project, running

KEYS = "/api/v1/api-keys"


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        yield app


@pytest.fixture
async def admin(query: Running) -> httpx.AsyncClient:
    client = await query.signed_in()
    await make_project(client, "shop")
    return client


async def create(admin: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    body = {"name": "checkout", "project_id": "shop", "scopes": ["read"], **fields}
    answer = await admin.post(KEYS, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def works(query: Running, key: str) -> bool:
    return (await query.with_key(key).get("/api/v1/services?project_id=shop")).status_code == 200


async def test_limits_are_set_with_a_key_and_changed_later(query: Running, admin: httpx.AsyncClient) -> None:
    key = await create(admin, max_bytes_per_s=2048, daily_quota_bytes=10_000)
    path = f"{KEYS}/{key['id']}"

    changed = await admin.patch(path, json={"daily_quota_bytes": None, "name": "cart"})

    assert changed.status_code == 200, changed.text
    read = (await admin.get(path)).json()
    assert (read["max_bytes_per_s"], read["daily_quota_bytes"], read["name"]) == (2048, None, "cart")
    assert read["scopes"] == ["read"]
    principal = await query.resources.authenticator.authenticate_token(key["key"])
    assert principal.sending is not None
    assert (principal.sending.max_bytes_per_s, principal.sending.daily_quota_bytes) == (2048, None)
    entry = (await admin.get("/api/v1/audit?project_id=shop")).json()["items"][0]
    assert (entry["action"], entry["changed"]) == ("api_key.update", ["daily_quota_bytes", "name"])


@pytest.mark.parametrize("limits", [{"max_bytes_per_s": 0}, {"daily_quota_bytes": -1}, {"scopes": ["admin"]}])
async def test_a_change_that_makes_no_sense_is_refused(admin: httpx.AsyncClient, limits: dict[str, Any]) -> None:
    key = await create(admin)

    assert (await admin.patch(f"{KEYS}/{key['id']}", json=limits)).status_code == 422


async def test_a_key_shows_what_was_sent_on_the_last_seven_days(query: Running, admin: httpx.AsyncClient) -> None:
    key, other = await create(admin), await create(admin)
    now = utc_now()
    for days_ago in (0, 6, 7):
        day = usage_day(now - timedelta(days=days_ago))
        counts = {"counted_as": key["id"], "day": day, "entries": 2, "bytes": 300, "refused": 1}
        await query.resources.database[KEY_USAGE].insert_one({"_id": usage_id(key["id"], day), **counts})

    listed = {item["id"]: item["usage"] for item in (await admin.get(f"{KEYS}?project_id=shop")).json()["items"]}

    assert listed[other["id"]] == []
    assert [item["day"] for item in listed[key["id"]]] == [usage_day(now), usage_day(now - timedelta(days=6))]
    assert (await admin.get(f"{KEYS}/{key['id']}")).json()["usage"] == listed[key["id"]]
    assert listed[key["id"]][0] == {"day": usage_day(now), "entries": 2, "bytes": 300, "refused": 1}


async def test_a_rotated_key_works_beside_the_new_one_until_the_grace_period_ends(
    query: Running, admin: httpx.AsyncClient
) -> None:
    old = await create(admin, max_bytes_per_s=2048)

    answer = await admin.post(f"{KEYS}/{old['id']}/rotate")

    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert new["key"] != old["key"]
    kept = ("name", "project_id", "scopes", "max_bytes_per_s", "daily_quota_bytes", "expires_at")
    assert {name: new[name] for name in kept} == {name: old[name] for name in kept}
    replaced = (await admin.get(f"{KEYS}/{old['id']}")).json()
    ends = datetime.fromisoformat(replaced["expires_at"])
    assert timedelta(hours=23) < ends - utc_now() <= timedelta(hours=24)
    assert (replaced["replaced_by"], new["replaces"]) == (new["id"], old["id"])
    assert await works(query, old["key"])
    assert await works(query, new["key"])
    both = [await query.resources.authenticator.authenticate_token(key["key"]) for key in (old, new)]
    assert both[0].sending == both[1].sending
    entry = (await admin.get("/api/v1/audit?project_id=shop")).json()["items"][0]
    assert (entry["action"], entry["resource"]["id"]) == ("api_key.rotate", old["id"])
    assert entry["changed"] == ["expires_at", "replaced_by"]


async def test_without_a_grace_period_the_old_key_ends_at_once(query: Running, admin: httpx.AsyncClient) -> None:
    old = await create(admin)
    assert await works(query, old["key"])

    new = (await admin.post(f"{KEYS}/{old['id']}/rotate", json={"grace_hours": 0})).json()

    assert not await works(query, old["key"])
    assert await works(query, new["key"])


async def test_a_key_that_expires_is_replaced_by_one_that_lives_as_long(admin: httpx.AsyncClient) -> None:
    lifetime = timedelta(hours=10)
    old = await create(admin, expires_at=(utc_now() + lifetime).isoformat())

    new = (await admin.post(f"{KEYS}/{old['id']}/rotate", json={"grace_hours": 48})).json()

    begins, ends = (datetime.fromisoformat(new[name]) for name in ("created_at", "expires_at"))
    assert abs(ends - begins - lifetime) < timedelta(minutes=5)
    assert (await admin.get(f"{KEYS}/{old['id']}")).json()["expires_at"] == old["expires_at"]


async def test_only_a_valid_key_that_has_no_successor_is_rotated(admin: httpx.AsyncClient) -> None:
    replaced, revoked, other = [await create(admin) for _ in range(3)]
    new = (await admin.post(f"{KEYS}/{replaced['id']}/rotate")).json()
    await admin.delete(f"{KEYS}/{revoked['id']}")

    again = await admin.post(f"{KEYS}/{replaced['id']}/rotate")
    ended = await admin.post(f"{KEYS}/{revoked['id']}/rotate")
    too_long = await admin.post(f"{KEYS}/{other['id']}/rotate", json={"grace_hours": 721})

    assert (again.status_code, new["id"] in again.json()["detail"]) == (409, True)
    assert ended.status_code == 409
    assert too_long.status_code == 422
