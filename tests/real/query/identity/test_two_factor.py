"""Two-factor sign-in on the real database: set-up, codes that work once, recovery, and when it is required."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from logloop_chassis.clock import CLOCK
from logloop_chassis.ids import utc_now
from logloop_query.identity.throttle import PER_ACCOUNT_AND_ADDRESS
from logloop_query.reset_password import _reset

from tests.infra import Infra
from tests.real.query.records_app import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    SECRET_KEY,
    Running,
    cookie_of,
    make_user,
    running,
)

SESSION = "/api/v1/session"
CODE = f"{SESSION}/code"
OWN = f"{SESSION}/two-factor"
RULES = "/api/v1/settings/sign-in"
CREDENTIALS = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        yield app


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass for the check of codes."""
    passed = [0.0]

    class Clock:
        def time(self) -> float:
            return CLOCK.time() + passed[0]

    monkeypatch.setattr("logloop_query.identity.two_factor.CLOCK", Clock())

    def advance(seconds: float) -> None:
        passed[0] += seconds

    return advance


class App:
    """The authenticator app of a user, with the clock of the service."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret)

    def code(self, after_s: float = 0) -> str:
        return self._totp.at(int(CLOCK.time() + after_s))


async def set_up(client: httpx.AsyncClient, password: str = ADMIN_PASSWORD) -> tuple[App, list[str]]:
    """Set up a second factor with the code of the step before, and use the new session."""
    begun = await client.post(OWN, json={"password": password})
    assert begun.status_code == 200, begun.text
    app = App(begun.json()["secret"])
    confirmed = await client.post(f"{OWN}/confirm", json={"code": app.code(-30)})
    assert confirmed.status_code == 200, confirmed.text
    client.headers["Cookie"] = cookie_of(confirmed)
    codes: list[str] = confirmed.json()["recovery_codes"]
    return app, codes


async def waiting(query: Running, credentials: dict[str, str] | None = None, **options: Any) -> str:
    """The token of a sign-in that waits for a code."""
    answer = await query.client(**options).post(SESSION, json=credentials or CREDENTIALS)
    assert answer.status_code == 202, answer.text
    assert "set-cookie" not in answer.headers
    token: str = answer.json()["token"]
    return token


async def test_a_user_signs_in_with_a_password_and_a_code(query: Running) -> None:
    admin = await query.signed_in()
    app, codes = await set_up(admin)
    assert (await admin.get(OWN)).json() | {"since": ""} == {
        "enabled": True,
        "required": False,
        "since": "",
        "recovery_codes_left": 10,
    }
    assert len(set(codes)) == 10

    token = await waiting(query)
    signed_in = await query.client().post(CODE, json={"token": token, "code": app.code()})

    assert signed_in.status_code == 201, signed_in.text
    assert signed_in.json()["email"] == ADMIN_EMAIL
    again = query.client(headers={"Cookie": cookie_of(signed_in)})
    assert (await again.get(SESSION)).status_code == 200


async def test_the_set_up_ends_sessions_that_had_no_second_factor(query: Running) -> None:
    admin, elsewhere = await query.signed_in(), await query.signed_in()

    await set_up(admin)

    assert (await elsewhere.get(SESSION)).status_code == 401
    assert (await admin.get(SESSION)).status_code == 200


async def test_a_code_works_once_and_no_code_of_an_earlier_step_after_it(
    query: Running, later: Callable[[float], None]
) -> None:
    app, _ = await set_up(await query.signed_in())
    tokens = [await waiting(query) for _ in range(4)]
    client = query.client()

    replayed = await client.post(CODE, json={"token": tokens[0], "code": app.code(-30)})
    first = await client.post(CODE, json={"token": tokens[1], "code": app.code(30)})
    earlier = await client.post(CODE, json={"token": tokens[2], "code": app.code()})
    later(90)
    next_one = await client.post(CODE, json={"token": tokens[3], "code": app.code(90)})

    assert [replayed.status_code, first.status_code, earlier.status_code] == [401, 201, 401]
    assert next_one.status_code == 201


@pytest.mark.parametrize("off_s", [-90, 90])
async def test_a_clock_that_differs_too_much_gives_no_valid_code(query: Running, off_s: int) -> None:
    app, _ = await set_up(await query.signed_in())

    answer = await query.client().post(CODE, json={"token": await waiting(query), "code": app.code(off_s)})

    assert answer.status_code == 401


async def test_a_recovery_code_works_once(query: Running) -> None:
    admin = await query.signed_in()
    _, codes = await set_up(admin)
    typed = codes[3].replace("-", " ").upper()

    answers = [
        await query.client().post(CODE, json={"token": await waiting(query), "code": text})
        for text in (typed, codes[3], codes[4])
    ]

    assert [answer.status_code for answer in answers] == [201, 401, 201]
    assert (await admin.get(OWN)).json()["recovery_codes_left"] == 8


async def test_the_token_of_a_sign_in_works_once_and_for_five_minutes(
    query: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, codes = await set_up(await query.signed_in())
    used, expired = await waiting(query), await waiting(query)
    client = query.client()

    assert (await client.post(CODE, json={"token": used, "code": codes[0]})).status_code == 201
    assert (await client.post(CODE, json={"token": used, "code": codes[1]})).status_code == 401
    monkeypatch.setattr("logloop_query.identity.pending.utc_now", lambda: utc_now() + timedelta(minutes=6))
    late = await client.post(CODE, json={"token": expired, "code": codes[1]})

    assert (late.status_code, "took too long" in late.json()["detail"]) == (401, True)


async def test_guesses_of_codes_are_limited(query: Running) -> None:
    _, codes = await set_up(await query.signed_in())
    token = await waiting(query)

    guesses = [
        await query.client().post(CODE, json={"token": token, "code": f"{number:06}"})
        for number in range(PER_ACCOUNT_AND_ADDRESS)
    ]
    refused = await query.client().post(CODE, json={"token": await waiting(query), "code": codes[0]})

    assert {answer.status_code for answer in guesses} <= {401}
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1


async def test_a_new_password_ends_a_sign_in_that_waits_for_a_code(query: Running) -> None:
    admin = await query.signed_in()
    user_id, password = await make_user(query, admin, "ada@example.org")
    ada = await query.signed_in("ada@example.org", password)
    _, codes = await set_up(ada, password)
    token = await waiting(query, {"email": "ada@example.org", "password": password})

    assert (await admin.post(f"/api/v1/users/{user_id}/password", json={})).status_code == 200

    assert (await query.client().post(CODE, json={"token": token, "code": codes[0]})).status_code == 401


async def test_another_site_cannot_complete_a_sign_in(query: Running) -> None:
    _, codes = await set_up(await query.signed_in())
    client = query.client(headers={"Sec-Fetch-Site": "cross-site"})

    answer = await client.post(CODE, json={"token": await waiting(query), "code": codes[0]})

    assert answer.status_code == 403


async def test_the_database_contains_no_secret_and_no_recovery_code(query: Running) -> None:
    admin = await query.signed_in()
    begun = await admin.post(OWN, json={"password": ADMIN_PASSWORD})
    secret = begun.json()["secret"]
    stored = query.resources.database["users"]
    assert secret not in repr(await stored.find_one({"email": ADMIN_EMAIL}))
    app = App(secret)
    codes = (await admin.post(f"{OWN}/confirm", json={"code": app.code()})).json()["recovery_codes"]
    token = await waiting(query)

    document = repr(await stored.find_one({"email": ADMIN_EMAIL}))

    assert secret not in document
    assert not any(code in document or code.replace("-", "") in document for code in codes)
    assert token not in repr(await query.resources.database["pending_sign_ins"].find({}).to_list())


async def test_the_set_up_needs_the_password_and_a_code(query: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = await query.signed_in()

    assert (await admin.post(OWN, json={"password": "wrong password"})).status_code == 403
    assert (await admin.post(f"{OWN}/confirm", json={"code": "123456"})).status_code == 409
    setup = (await admin.post(OWN, json={"password": ADMIN_PASSWORD})).json()
    app = App(setup["secret"])
    assert setup["uri"].startswith("otpauth://totp/Logloop:")
    assert setup["qr_svg"].startswith("<svg")
    wrong = f"{(int(app.code()) + 1) % 10**6:06}"
    assert (await admin.post(f"{OWN}/confirm", json={"code": wrong})).status_code == 403
    assert (await admin.get(OWN)).json()["enabled"] is False
    monkeypatch.setattr("logloop_query.identity.two_factor.utc_now", lambda: utc_now() + timedelta(minutes=16))
    assert (await admin.post(f"{OWN}/confirm", json={"code": app.code()})).status_code == 409


async def test_turning_it_off_needs_the_password_and_a_code(query: Running) -> None:
    admin = await query.signed_in()
    _, codes = await set_up(admin)
    off = f"{OWN}/turn-off"

    wrong_password = await admin.post(off, json={"password": "wrong password", "code": codes[0]})
    wrong_code = await admin.post(off, json={"password": ADMIN_PASSWORD, "code": "000000"})
    right = await admin.post(off, json={"password": ADMIN_PASSWORD, "code": codes[1]})

    assert [wrong_password.status_code, wrong_code.status_code, right.status_code] == [403, 403, 204]
    assert await query.signed_in() is not None
    actions = [item["action"] for item in (await admin.get("/api/v1/audit")).json()["items"]]
    assert {"user.two_factor.on", "user.two_factor.off"} <= set(actions)


async def test_new_recovery_codes_replace_the_earlier_ones(query: Running) -> None:
    admin = await query.signed_in()
    _, codes = await set_up(admin)

    renewed = await admin.post(f"{OWN}/recovery-codes", json={"password": ADMIN_PASSWORD, "code": codes[0]})

    assert renewed.status_code == 200, renewed.text
    new = renewed.json()["recovery_codes"]
    tries = {text: await waiting(query) for text in (codes[1], new[0])}
    answers = [await query.client().post(CODE, json={"token": tries[text], "code": text}) for text in tries]
    assert [answer.status_code for answer in answers] == [401, 201]


async def test_an_administrator_resets_the_second_factor_of_a_user(query: Running) -> None:
    admin = await query.signed_in()
    user_id, password = await make_user(query, admin, "ada@example.org")
    ada = await query.signed_in("ada@example.org", password)
    await set_up(ada, password)
    assert (await admin.get(f"/api/v1/users/{user_id}")).json()["has_two_factor"] is True
    assert (await ada.delete(f"/api/v1/users/{user_id}/two-factor")).status_code == 403

    reset = await admin.delete(f"/api/v1/users/{user_id}/two-factor")

    assert reset.status_code == 204
    assert (await ada.get(SESSION)).status_code == 401
    assert await query.signed_in("ada@example.org", password) is not None
    entry = (await admin.get("/api/v1/audit")).json()["items"][1]
    assert (entry["action"], entry["resource"]["id"]) == ("user.two_factor.reset", user_id)


async def test_a_command_resets_the_second_factor_of_an_administrator(
    query: Running, infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up(await query.signed_in())
    for name, value in (
        ("SECRET_KEY", SECRET_KEY),
        ("MONGO_URL", infra.mongo_url),
        ("MONGO_DATABASE", query.resources.settings.mongo_database),
    ):
        monkeypatch.setenv(f"LOGLOOP_{name}", value)

    password = await _reset(ADMIN_EMAIL, two_factor=True)

    assert await query.signed_in(ADMIN_EMAIL, password) is not None


async def test_an_installation_that_requires_it_allows_nothing_else_first(query: Running) -> None:
    admin = await query.signed_in()
    _, password = await make_user(query, admin, "ada@example.org", role="admin")
    ada = await query.signed_in("ada@example.org", password)
    assert (await ada.put(RULES, json={"two_factor_required": True})).status_code == 200

    open_session, new = ada, await query.signed_in()

    for client in (open_session, new):
        me = (await client.get(SESSION)).json()
        refused = await client.get("/api/v1/projects")
        assert me["must_set_up_two_factor"] is True
        assert (refused.status_code, "two-factor" in refused.json()["detail"]) == (403, True)
    _, codes = await set_up(new)
    assert (await new.get("/api/v1/projects")).status_code == 200
    off = await new.post(f"{OWN}/turn-off", json={"password": ADMIN_PASSWORD, "code": codes[0]})
    assert (off.status_code, "requires" in off.json()["detail"]) == (409, True)

    assert (await new.put(RULES, json={"two_factor_required": False})).status_code == 200
    assert (await open_session.get("/api/v1/projects")).status_code == 200
