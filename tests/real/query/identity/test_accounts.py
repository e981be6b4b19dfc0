"""Signing in, sessions, users and the first start, on the real database."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from logloop.local.processes import clean_env
from logloop_chassis.ids import utc_now
from logloop_chassis.testing import wait_until
from logloop_query.identity.throttle import PER_ACCOUNT, PER_ACCOUNT_AND_ADDRESS
from logloop_query.settings import FirstStartSettings
from pydantic import SecretStr

from tests.infra import Infra, fresh_database
from tests.real.query.records_app import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    Running,
    cookie_of,
    make_key,
    make_project,
    running,
)

SESSION = "/api/v1/session"
FIRST_KEY = "llk_0123456789_" + "s" * 32


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        yield app


async def test_the_first_administrator_can_sign_in(query: Running) -> None:
    admin = await query.signed_in()

    me = (await admin.get(SESSION)).json()

    assert (me["email"], me["is_admin"], me["kind"]) == (ADMIN_EMAIL, True, "user")
    assert me["must_change_password"] is False


async def test_the_session_cookie_is_secure_where_the_address_allows_it(query: Running) -> None:
    for base_url, name, secure in (
        ("http://localhost", "__Host-logloop", True),
        ("http://127.0.0.1:8080", "__Host-logloop", True),
        ("https://logs.example.org", "__Host-logloop", True),
        ("http://logs.example.org", "logloop_session", False),
    ):
        client = query.client(base_url=base_url)

        answer = await client.post(SESSION, json={"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD})

        first, *flags = [part.strip() for part in answer.headers["set-cookie"].split(";")]
        assert first.startswith(f"{name}=")
        assert len(first.partition("=")[2]) >= 43
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(flags)
        assert ("Secure" in flags) is secure
        assert not any(flag.lower().startswith("domain") for flag in flags)


async def test_signing_in_again_ends_the_previous_session(query: Running) -> None:
    admin = await query.signed_in()

    again = await admin.post(SESSION, json={"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD})

    assert (await admin.get(SESSION)).status_code == 401
    admin.headers["Cookie"] = cookie_of(again)
    assert (await admin.get(SESSION)).status_code == 200


async def test_the_database_contains_no_session_token_and_no_password(query: Running) -> None:
    admin = await query.signed_in()
    token = admin.headers["Cookie"].partition("=")[2]

    stored = repr([await query.resources.database[name].find().to_list() for name in ("sessions", "users", "audit")])

    assert token not in stored
    assert ADMIN_PASSWORD not in stored
    assert "$argon2id$" in stored


async def test_signing_out_everywhere_ends_every_session(query: Running) -> None:
    here, there = await query.signed_in(), await query.signed_in()

    assert (await here.delete(f"{SESSION}?everywhere=true")).status_code == 204

    assert (await here.get(SESSION)).status_code == 401
    assert (await there.get(SESSION)).status_code == 401


async def test_every_failed_sign_in_gets_the_same_response(query: Running) -> None:
    admin = await query.signed_in()
    made = await admin.post(
        "/api/v1/users", json={"email": "eve@example.org", "name": "Eve", "password": "long enough"}
    )
    await admin.patch(f"/api/v1/users/{made.json()['id']}", json={"disabled": True})
    attempts = [
        {"email": "nobody@example.org", "password": "whatever it is"},
        {"email": ADMIN_EMAIL, "password": "whatever it is"},
        {"email": "eve@example.org", "password": "long enough"},
    ]

    answers = [await query.client().post(SESSION, json=attempt) for attempt in attempts]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


async def test_guesses_are_rejected_after_ten_failures_from_one_address(query: Running) -> None:
    guesser = query.client(ip="198.51.100.1")
    wrong = {"email": ADMIN_EMAIL, "password": "wrong password"}

    answers = [await guesser.post(SESSION, json=wrong) for _ in range(PER_ACCOUNT_AND_ADDRESS)]
    refused = await guesser.post(SESSION, json={"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD})

    assert {answer.status_code for answer in answers} == {401}
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 600
    assert (await query.signed_in()) is not None


async def test_the_right_password_works_again_after_the_window(
    query: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"email": ADMIN_EMAIL, "password": "wrong password"}
    for _ in range(PER_ACCOUNT_AND_ADDRESS):
        await query.client().post(SESSION, json=wrong)
    refused = await query.client().post(SESSION, json=wrong)

    monkeypatch.setattr(
        "logloop_query.identity.throttle.utc_now",
        lambda: utc_now() + timedelta(seconds=int(refused.headers["retry-after"])),
    )

    assert refused.status_code == 429
    assert (await query.signed_in()) is not None


async def test_parallel_guesses_are_counted_before_the_password_is_checked(query: Running) -> None:
    guesser = query.client(ip="198.51.100.2")
    wrong = {"email": "ada@example.org", "password": "wrong password"}

    answers = await asyncio.gather(*(guesser.post(SESSION, json=wrong) for _ in range(PER_ACCOUNT_AND_ADDRESS + 5)))

    assert [answer.status_code for answer in answers].count(429) == 5


async def test_wrong_logins_behind_an_address_lock_nobody_else_out(
    query: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query.records.identity.accounts._passwords, "verify", _right_password)
    neighbour = query.client(ip="198.51.100.3")
    for number in range(70):  # many accounts and many guesses behind one address
        wrong = {"email": f"guess{number % 7}@example.org", "password": "wrong password"}
        assert (await neighbour.post(SESSION, json=wrong)).status_code == 401
    admin = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    assert (await neighbour.post(SESSION, json=admin)).status_code == 201


async def test_guesses_from_many_addresses_are_bounded_and_do_not_lock_the_owner_out(
    query: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query.records.identity.accounts._passwords, "verify", _right_password)
    admin = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    at_home = query.client(ip="203.0.113.9")
    assert (await at_home.post(SESSION, json=admin)).status_code == 201
    statuses = []
    for number in range(PER_ACCOUNT + 5):
        guesser = query.client(ip=f"198.51.100.{number % 250}")
        answer = await guesser.post(SESSION, json={**admin, "password": "wrong password"})
        statuses.append(answer.status_code)
    assert statuses == [401] * PER_ACCOUNT + [429] * 5
    assert (await at_home.post(SESSION, json=admin)).status_code == 201


async def _right_password(stored: str | None, password: str) -> bool:
    return stored is not None and password == ADMIN_PASSWORD


async def test_a_cookie_sent_from_another_site_is_rejected(query: Running) -> None:
    admin = await query.signed_in()
    elsewhere: list[dict[str, str]] = [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {},
    ]
    for headers in elsewhere:
        other_site = query.client(headers={"Cookie": admin.headers["Cookie"], **headers})

        answer = await other_site.post("/api/v1/projects", json={"id": "stolen", "name": "stolen"})

        assert answer.status_code == 403
    assert (await admin.get("/api/v1/projects/stolen")).status_code == 404


async def test_another_site_cannot_sign_in_its_visitors(query: Running) -> None:
    credentials = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}

    cross = await query.client(headers={"Origin": "https://evil.example"}).post(SESSION, json=credentials)

    assert cross.status_code == 403


async def test_json_sent_as_plain_text_is_rejected(query: Running) -> None:
    admin = await query.signed_in()

    answer = await admin.post(
        "/api/v1/projects", content='{"id": "shop", "name": "Shop"}', headers={"Content-Type": "text/plain"}
    )

    assert answer.status_code == 422


async def test_a_new_user_must_change_the_one_time_password_first(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    made = await admin.post(
        "/api/v1/users",
        json={"email": "Ada@Example.org", "name": "Ada", "projects": [{"project_id": "shop", "role": "member"}]},
    )
    one_time = made.json()["one_time_password"]
    ada = await query.signed_in("ada@example.org", one_time)
    before = (await ada.get(SESSION)).json()
    too_early = await ada.get("/api/v1/projects")

    wrong = await ada.put(f"{SESSION}/password", json={"old_password": "no", "new_password": "a better password"})
    changed = await ada.put(
        f"{SESSION}/password", json={"old_password": one_time, "new_password": "a better password"}
    )

    assert before["must_change_password"] is True
    assert (too_early.status_code, "one-time password" in too_early.json()["detail"]) == (403, True)
    assert before["projects"] == [{"project_id": "shop", "name": "Shop", "role": "member"}]
    assert wrong.status_code == 403
    assert changed.json()["must_change_password"] is False
    assert (await ada.get(SESSION)).status_code == 401
    ada.headers["Cookie"] = cookie_of(changed)
    assert (await ada.get("/api/v1/projects")).json()["items"][0]["id"] == "shop"


async def test_a_reset_password_signs_the_user_out(query: Running) -> None:
    admin = await query.signed_in()
    made = await admin.post(
        "/api/v1/users", json={"email": "ada@example.org", "name": "Ada", "password": "long enough"}
    )
    ada = await query.signed_in("ada@example.org", "long enough")

    reset = await admin.post(f"/api/v1/users/{made.json()['id']}/password", json={})

    assert (await ada.get(SESSION)).status_code == 401
    assert (await query.signed_in("ada@example.org", reset.json()["one_time_password"])) is not None


async def test_a_new_role_ends_the_sessions_of_the_user(query: Running) -> None:
    admin = await query.signed_in()
    made = await admin.post(
        "/api/v1/users", json={"email": "ada@example.org", "name": "Ada", "password": "long enough"}
    )
    ada = await query.signed_in("ada@example.org", "long enough")

    await admin.patch(f"/api/v1/users/{made.json()['id']}", json={"role": "viewer"})

    assert (await ada.get(SESSION)).status_code == 401


async def test_the_last_administrator_cannot_be_removed(query: Running) -> None:
    admin = await query.signed_in()
    me = (await admin.get(SESSION)).json()["id"]

    refused = [
        await admin.delete(f"/api/v1/users/{me}"),
        await admin.patch(f"/api/v1/users/{me}", json={"role": "member"}),
        await admin.patch(f"/api/v1/users/{me}", json={"disabled": True}),
    ]

    assert [answer.status_code for answer in refused] == [409, 409, 409]
    assert (await admin.get(SESSION)).json()["is_admin"] is True


async def test_two_users_cannot_share_an_address(query: Running) -> None:
    admin = await query.signed_in()

    again = await admin.post("/api/v1/users", json={"email": ADMIN_EMAIL.upper(), "name": "Twin"})

    assert again.status_code == 409


async def test_using_a_session_extends_it(query: Running) -> None:
    admin = await query.signed_in()
    sessions = query.resources.database["sessions"]
    soon = utc_now() + timedelta(minutes=1)
    await sessions.update_many({}, {"$set": {"idle_expires_at": soon}})

    assert (await admin.get(SESSION)).status_code == 200

    async def extended() -> bool:
        session = await sessions.find_one({})
        return session is not None and session["idle_expires_at"] > soon + timedelta(hours=11)

    await wait_until(extended)


async def test_an_idle_session_expires(query: Running) -> None:
    admin = await query.signed_in()
    await query.resources.database["sessions"].update_many(
        {}, {"$set": {"idle_expires_at": utc_now() - timedelta(seconds=1)}}
    )

    assert (await admin.get(SESSION)).status_code == 401


async def test_two_instances_that_start_together_create_one_administrator(
    infra: Infra, amqp_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database, wanted = fresh_database(), FirstStartSettings()

    async def start() -> int:
        async with running(amqp_url, infra.mongo_url, database=database, first_start=wanted) as app:
            return await app.resources.database["users"].count_documents({})

    counts = list(await asyncio.gather(start(), start(), start()))

    printed = capsys.readouterr().out
    password = printed.partition("One-time password:")[2].split()[0]
    assert counts == [1, 1, 1]
    assert printed.count(password) == printed.count("One-time password:") >= 1
    async with running(amqp_url, infra.mongo_url, database=database, first_start=wanted) as app:
        admin = await app.signed_in(password=password)
        assert (await admin.get(SESSION)).json()["must_change_password"] is True
        assert password in capsys.readouterr().out, "each start shows the password until it is changed"
        change = {"old_password": password, "new_password": "a password of my own"}
        assert (await admin.put(f"{SESSION}/password", json=change)).status_code == 200
    async with running(amqp_url, infra.mongo_url, database=database, first_start=wanted) as app:
        assert "One-time password:" not in capsys.readouterr().out


async def test_an_administrator_who_cannot_sign_in_gets_a_new_password_from_a_command(
    infra: Infra, query: Running
) -> None:
    admin = await query.signed_in()
    settings = query.resources.settings
    env = clean_env(
        "LOGLOOP_",
        LOGLOOP_AMQP_URL=infra.amqp_url,
        LOGLOOP_MONGO_URL=infra.mongo_url,
        LOGLOOP_MONGO_DATABASE=settings.mongo_database,
        LOGLOOP_SECRET_KEY=settings.secret_key.get_secret_value(),
    )

    async def reset(email: str) -> tuple[int | None, str, str]:
        command = (sys.executable, "-m", "logloop_query.reset_password", email)
        process = await asyncio.create_subprocess_exec(*command, env=env, stdout=PIPE, stderr=PIPE)
        printed, told = await process.communicate()
        return process.returncode, printed.decode().strip(), told.decode()

    code, password, _ = await reset(ADMIN_EMAIL.upper())
    assert code == 0
    assert (await admin.get(SESSION)).status_code == 401, "the sessions of the user have ended"
    again = await query.signed_in(password=password)
    assert (await again.get(SESSION)).json()["must_change_password"] is True

    code, _, told = await reset("nobody@example.org")
    assert (code, "no user has the e-mail address nobody@example.org" in told) == (1, True)


async def test_the_first_start_creates_the_requested_project_and_key(infra: Infra, amqp_url: str) -> None:
    wanted = FirstStartSettings(
        admin_password=SecretStr(ADMIN_PASSWORD), first_project="demo", first_api_key=SecretStr(FIRST_KEY)
    )
    async with running(amqp_url, infra.mongo_url, first_start=wanted) as app:
        me = (await app.with_key(FIRST_KEY).get(SESSION)).json()

        assert (me["kind"], [item["project_id"] for item in me["projects"]]) == ("key", ["demo"])
        assert (await app.with_key(FIRST_KEY[:-1] + "x").get(SESSION)).status_code == 401


async def test_a_key_is_shown_once_and_its_use_is_recorded(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    key = await make_key(admin, "shop", "read")
    key_id = key.split("_")[1]

    assert (await query.with_key(key).get("/api/v1/services?project_id=shop")).status_code == 200

    stored = await query.resources.database["api_keys"].find_one({"_id": key_id})
    assert key.split("_")[2] not in repr(stored)

    async def noted() -> bool:
        return (await admin.get(f"/api/v1/api-keys/{key_id}")).json()["last_used_at"] is not None

    await wait_until(noted)
    assert key.split("_")[2] not in (await admin.get("/api/v1/api-keys")).text


async def test_the_revoking_instance_rejects_a_key_at_once(query: Running) -> None:
    admin = await query.signed_in()
    await make_project(admin, "shop")
    key = await make_key(admin, "shop", "read")
    assert (await query.with_key(key).get(SESSION)).status_code == 200

    revoked = await admin.delete(f"/api/v1/api-keys/{key.split('_')[1]}")

    assert revoked.json()["revoked_at"] is not None
    assert (await query.with_key(key).get(SESSION)).status_code == 401
