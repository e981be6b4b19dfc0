"""Signing in with an identity provider: roles by group, links, and what goes wrong, on the real database."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from logloop_chassis.ids import utc_now
from logloop_query.reset_password import _reset

from tests.fakes.oidc import ADA, CLIENT_ID, CLIENT_SECRET, OidcProvider, oidc_provider, other_key, shared_key
from tests.infra import Infra
from tests.real.query.records_app import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    SECRET_KEY,
    Running,
    make_project,
    make_user,
    running,
)

SESSION = "/api/v1/session"
START = f"{SESSION}/sign-on/start"
CALLBACK = f"{SESSION}/sign-on/callback"
SETTINGS = "/api/v1/settings/sign-on"
RULES = "/api/v1/settings/sign-in"


@pytest.fixture
async def query(infra: Infra, amqp_url: str) -> AsyncIterator[Running]:
    async with running(amqp_url, infra.mongo_url) as app:
        yield app


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running_provider:
        yield running_provider


@pytest.fixture
async def admin(query: Running, provider: OidcProvider) -> httpx.AsyncClient:
    """An administrator who has set the provider up: developers are members of the project shop."""
    client = await query.signed_in()
    await make_project(client, "shop")
    await set_up(client, provider)
    return client


async def set_up(admin: httpx.AsyncClient, provider: OidcProvider, **changes: Any) -> httpx.Response:
    settings = {
        "name": "Acme",
        "issuer": provider.url,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "admin_groups": ["operators"],
        "group_roles": [
            {"group": "developers", "project_id": "shop", "role": "member"},
            {"group": "readers", "project_id": "shop", "role": "viewer"},
        ],
        **changes,
    }
    answer = await admin.put(SETTINGS, json=settings)
    assert answer.status_code == 200, answer.text
    return answer


class Browser:
    """A browser with its own cookies."""

    def __init__(self, query: Running, **options: Any) -> None:
        self.client = query.client(**options)
        self.cookies: dict[str, str] = {}

    async def get(self, url: str) -> httpx.Response:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        answer = await self.client.get(url, headers=headers)
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if "max-age=0" in header.lower():
                del self.cookies[name]
        return answer

    async def start(self, target: str | None = None) -> httpx.Response:
        return await self.get(START + (f"?next={target}" if target else ""))

    async def back(self, code: str, state: str, **more: str) -> httpx.Response:
        return await self.get(str(httpx.URL(CALLBACK, params={"code": code, "state": state, **more})))

    async def sign_in(self, provider: OidcProvider, target: str | None = None) -> httpx.Response:
        started = await self.start(target)
        assert started.status_code == 303, started.text
        return await self.back(*provider.code_for(started.headers["location"]))

    async def me(self) -> dict[str, Any]:
        answer = await self.get(SESSION)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def problem_of(answer: httpx.Response) -> str:
    """The reason with which a browser is led to the sign-in page."""
    assert answer.status_code == 303, answer.text
    assert "logloop=" not in answer.headers.get("set-cookie", "").replace("__Host-logloop-sign-on=", "")
    parts = urlsplit(answer.headers["location"])
    assert (parts.scheme, parts.netloc, parts.path) == ("", "", "/sign-in")
    return parse_qs(parts.query)["problem"][0]


async def test_a_person_signs_in_with_the_roles_of_the_groups(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    browser = Browser(query)

    answer = await browser.sign_in(provider, "/projects/shop/logs?range=1d")

    assert answer.headers["location"] == "/projects/shop/logs?range=1d"
    assert answer.headers["cache-control"] == "no-store"
    me = await browser.me()
    assert (me["email"], me["name"], me["is_admin"], me["has_password"]) == (
        "ada@example.org",
        "Ada Lovelace",
        False,
        False,
    )
    assert [(item["project_id"], item["role"]) for item in me["projects"]] == [("shop", "member")]
    actions = [item["action"] for item in (await admin.get("/api/v1/audit")).json()["items"]]
    assert actions[:2] == ["session.begin", "user.create"]


async def test_groups_are_read_again_at_each_sign_in(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    first, second = Browser(query), Browser(query)
    await first.sign_in(provider)
    provider.person |= {"groups": ["operators", "developers"], "email": "ada@other.example.org"}

    await second.sign_in(provider)

    me = await second.me()
    assert (me["is_admin"], me["email"]) == (True, "ada@other.example.org")
    assert (await first.get(SESSION)).status_code == 401
    users = (await admin.get("/api/v1/users")).json()["items"]
    assert len([user for user in users if user["name"] == "Ada Lovelace"]) == 1


async def test_a_person_who_loses_every_group_is_signed_out(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    first = Browser(query)
    await first.sign_in(provider)
    provider.person["groups"] = ["gardeners"]

    assert problem_of(await Browser(query).sign_in(provider)) == "no-group"

    assert (await first.get(SESSION)).status_code == 401
    entry = (await admin.get("/api/v1/audit")).json()["items"][0]
    assert (entry["action"], entry["changed"]) == ("session.refuse", ["sign_on.no-group"])


async def test_the_highest_role_of_several_groups_counts(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    await set_up(admin, provider, groups_claim="realm.roles")
    provider.person["realm"] = {"roles": ["developers", "readers"]}
    browser = Browser(query)

    await browser.sign_in(provider)

    assert [item["role"] for item in (await browser.me())["projects"]] == ["member"]


Change = Callable[[OidcProvider], object]


def claims(**values: Any) -> Change:
    return lambda provider: provider.claims.update(values)


def stated(**values: Any) -> Change:
    return lambda provider: provider.metadata.update(values)


def person(**values: Any) -> Change:
    return lambda provider: provider.person.update(values)


def field(name: str, value: Callable[[], Any]) -> Change:
    return lambda provider: setattr(provider, name, value())


def sign_with_a_shared_secret(provider: OidcProvider) -> None:
    provider.signing, provider.algorithm = shared_key(), "HS256"


NOW = utc_now().timestamp()


FAULTS: tuple[tuple[Change, str], ...] = (
    (claims(nonce="another"), "token-invalid"),
    (claims(nonce=None), "token-invalid"),
    (claims(exp=int(NOW) - 3600), "token-invalid"),
    (claims(exp=None), "token-invalid"),
    (claims(iat=int(NOW) + 3600), "token-invalid"),
    (claims(iss="http://127.0.0.1:1"), "token-invalid"),
    (claims(aud="another client"), "token-invalid"),
    (claims(aud=[CLIENT_ID, "another"], azp="another"), "token-invalid"),
    (claims(at_hash="bm90IHRoZSBoYXNo"), "token-invalid"),
    (field("signing", other_key), "token-invalid"),
    (sign_with_a_shared_secret, "token-invalid"),
    (field("userinfo", lambda: {**ADA, "sub": "eve"}), "token-invalid"),
    (field("client_secret", lambda: "another secret"), "client-refused"),
    (stated(issuer="http://127.0.0.1:1"), "provider-down"),
    (stated(token_endpoint="javascript:alert(1)"), "provider-down"),
    (claims(email="ada@elsewhere.example.org"), "email-unverified"),
    (stated(jwks_uri="http://169.254.169.254/latest/meta-data"), "provider-down"),
    (person(email_verified=False), "email-unverified"),
    (person(email_verified="true"), "email-unverified"),
    (person(email=None), "email-unverified"),
    (person(email=ADMIN_EMAIL), "email-taken"),
    (person(groups=["gardeners"]), "no-group"),
    (person(groups=None), "no-group"),
    (person(groups={"developers": True}), "no-group"),
)


async def test_what_goes_wrong_leads_to_the_sign_in_page_with_a_reason(
    query: Running, admin: httpx.AsyncClient
) -> None:
    wrong = []
    for number, (change, expected) in enumerate(FAULTS):
        with oidc_provider() as provider:
            await set_up(admin, provider)
            browser = Browser(query)
            code, state = provider.code_for((await browser.start()).headers["location"])
            change(provider)
            problem = problem_of(await browser.back(code, state))
        entry = (await admin.get("/api/v1/audit?limit=1")).json()["items"][0]
        recorded = (entry["action"], entry["changed"]) == ("session.refuse", [f"sign_on.{expected}"])
        if problem != expected or not recorded or (await browser.get(SESSION)).status_code != 401:
            wrong.append(f"{number}: {problem} instead of {expected}, recorded: {recorded}")
    assert wrong == []


@pytest.mark.usefixtures("admin")
async def test_a_clock_that_differs_by_seconds_is_tolerated(query: Running, provider: OidcProvider) -> None:
    now = int(utc_now().timestamp())
    provider.claims |= {"exp": now - 30, "iat": now + 30}

    assert (await Browser(query).sign_in(provider)).headers["location"] == "/"


@pytest.mark.usefixtures("admin")
async def test_a_provider_that_is_down_is_named_at_the_start_and_at_the_end(
    query: Running, provider: OidcProvider
) -> None:
    browser = Browser(query)
    code, state = provider.code_for((await browser.start()).headers["location"])
    provider.is_down = True

    assert problem_of(await browser.back(code, state)) == "provider-down"
    assert problem_of(await browser.start("/projects")) == "provider-down"


@pytest.mark.usefixtures("admin")
async def test_a_sign_in_ends_once_and_in_the_browser_that_began_it(query: Running, provider: OidcProvider) -> None:
    browser, other = Browser(query), Browser(query)
    code, state = provider.code_for((await browser.start()).headers["location"])
    stolen_code, stolen_state = provider.code_for((await browser.start()).headers["location"])
    await other.start()

    assert problem_of(await other.back(stolen_code, stolen_state)) == "expired"
    browser = Browser(query)
    code, state = provider.code_for((await browser.start()).headers["location"])
    cookies = dict(browser.cookies)
    assert (await browser.back(code, state)).headers["location"] == "/"
    browser.cookies |= cookies
    assert problem_of(await browser.back(code, state)) == "expired"
    assert problem_of(await browser.back(code, "unknown")) == "expired"


@pytest.mark.usefixtures("admin")
async def test_a_code_of_another_sign_in_is_refused(query: Running, provider: OidcProvider) -> None:
    browser, attacker = Browser(query), Browser(query)
    stolen, _ = provider.code_for((await attacker.start()).headers["location"])
    _, state = provider.code_for((await browser.start()).headers["location"])

    assert problem_of(await browser.back(stolen, state)) == "code-refused"


@pytest.mark.usefixtures("admin")
async def test_an_error_or_issuer_of_another_provider_is_refused(query: Running, provider: OidcProvider) -> None:
    browser = Browser(query)
    code, state = provider.code_for((await browser.start()).headers["location"])
    assert problem_of(await browser.back(code, state, iss="http://127.0.0.1:1")) == "expired"
    _, state = provider.code_for((await browser.start()).headers["location"])
    assert problem_of(await browser.back("", state, error="access_denied")) == "declined"


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize(
    "target",
    [
        "//evil.example.org",
        "https://evil.example.org",
        "/\\evil.example.org",
        "/%0d%0aSet-Cookie:a=b",
        "javascript:a",
    ],
)
async def test_a_sign_in_leads_to_no_other_site(query: Running, provider: OidcProvider, target: str) -> None:
    assert (await Browser(query).sign_in(provider, target)).headers["location"] == "/"


async def test_an_address_links_to_an_existing_user_only_when_that_is_allowed(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    user_id, password = await make_user(query, admin, "ada@example.org")
    assert problem_of(await Browser(query).sign_in(provider)) == "email-taken"
    await set_up(admin, provider, link_by_email=True)
    browser = Browser(query)

    await browser.sign_in(provider)

    assert (await browser.me())["id"] == user_id
    assert await query.signed_in("ada@example.org", password) is not None
    provider.person["sub"] = "eve-2"  # another person to whom the provider gave the address later
    assert problem_of(await Browser(query).sign_in(provider)) == "email-taken"


async def test_the_last_administrator_is_not_demoted_by_groups(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    await set_up(admin, provider, link_by_email=True)
    provider.person["email"] = ADMIN_EMAIL

    assert problem_of(await Browser(query).sign_in(provider)) == "last-administrator"
    assert (await admin.get(SESSION)).json()["is_admin"] is True


async def test_a_disabled_user_cannot_sign_in(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    browser = Browser(query)
    await browser.sign_in(provider)
    user_id = (await browser.me())["id"]
    assert (await admin.patch(f"/api/v1/users/{user_id}", json={"disabled": True})).status_code == 200

    assert problem_of(await Browser(query).sign_in(provider)) == "disabled"


async def test_passwords_are_left_to_administrators_on_the_machine_itself(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    _, password = await make_user(query, admin, "bob@example.org")
    assert (await admin.put(RULES, json={"only_provider": True})).status_code == 200
    assert (await admin.delete(SETTINGS)).status_code == 409

    async def status(email: str, secret: str, ip: str) -> int:
        body = {"email": email, "password": secret}
        return (await query.client(ip=ip).post(SESSION, json=body)).status_code

    assert await status(ADMIN_EMAIL, ADMIN_PASSWORD, "203.0.113.7") == 403
    assert await status("nobody@example.org", "wrong", "203.0.113.7") == 403
    assert await status("bob@example.org", password, "127.0.0.1") == 401
    assert await status(ADMIN_EMAIL, ADMIN_PASSWORD, "127.0.0.1") == 201
    assert (await Browser(query).sign_in(provider)).headers["location"] == "/"
    offer = (await query.client().get(f"{SESSION}/sign-on")).json()
    assert offer == {"provider": "Acme", "only_provider": True}


async def test_a_command_allows_passwords_again(
    query: Running, admin: httpx.AsyncClient, infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await admin.put(RULES, json={"only_provider": True, "two_factor_required": False})).status_code == 200
    for name, value in (
        ("SECRET_KEY", SECRET_KEY),
        ("MONGO_URL", infra.mongo_url),
        ("MONGO_DATABASE", query.resources.settings.mongo_database),
    ):
        monkeypatch.setenv(f"LOGLOOP_{name}", value)

    password = await _reset(ADMIN_EMAIL, allow_passwords=True)

    assert await query.signed_in(ADMIN_EMAIL, password) is not None


async def test_the_provider_takes_the_place_of_a_one_time_password(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    new = {"email": "ada@example.org", "name": "Ada", "password": "a one-time password"}
    assert (await admin.post("/api/v1/users", json=new)).status_code == 201
    await set_up(admin, provider, link_by_email=True)
    browser = Browser(query)

    await browser.sign_in(provider)

    me = await browser.me()
    assert (me["must_change_password"], me["has_password"]) == (False, False)
    credentials = {"email": "ada@example.org", "password": "a one-time password"}
    assert (await query.client().post(SESSION, json=credentials)).status_code == 401


@pytest.mark.usefixtures("admin")
async def test_sign_ins_that_are_only_begun_are_limited_by_address(
    query: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logloop_query.identity.throttle.PER_ADDRESS", 2)
    browser = Browser(query)
    answers = [await browser.start() for _ in range(3)]

    assert [urlsplit(answer.headers["location"]).path for answer in answers[:2]] == ["/authorization"] * 2
    assert problem_of(answers[2]) == "too-many"
    assert urlsplit((await Browser(query, ip="203.0.113.8").start()).headers["location"]).path == "/authorization"


async def test_passwords_stay_while_no_provider_is_set_up(query: Running) -> None:
    admin = await query.signed_in()

    assert (await admin.put(RULES, json={"only_provider": True})).status_code == 409
    assert (await query.client().get(f"{SESSION}/sign-on")).json() == {"provider": None, "only_provider": False}
    assert problem_of(await Browser(query).start()) == "off"


@pytest.mark.usefixtures("admin")
async def test_signing_out_leads_to_the_provider(query: Running, provider: OidcProvider) -> None:
    browser = Browser(query)
    await browser.sign_in(provider)
    headers = {"Cookie": f"__Host-logloop={browser.cookies['__Host-logloop']}", "Sec-Fetch-Site": "same-origin"}

    answer = await browser.client.delete(SESSION, headers=headers)

    assert answer.status_code == 200
    url = urlsplit(answer.json()["provider_url"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{provider.url}/end_session"
    fields = parse_qs(url.query)
    assert fields["post_logout_redirect_uri"] == ["http://127.0.0.1:8080/sign-in"]
    assert fields["id_token_hint"][0].count(".") == 2
    assert (await browser.get(SESSION)).status_code == 401


async def test_a_user_of_the_provider_has_no_password_here(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    browser = Browser(query)
    await browser.sign_in(provider)
    user_id = (await browser.me())["id"]
    headers = {"Cookie": f"__Host-logloop={browser.cookies['__Host-logloop']}", "Sec-Fetch-Site": "same-origin"}

    reset = await admin.post(f"/api/v1/users/{user_id}/password", json={})
    change = {"old_password": "", "new_password": "a new password"}
    changed = await browser.client.put(f"{SESSION}/password", json=change, headers=headers)
    factor = await browser.client.post(f"{SESSION}/two-factor", json={"password": ""}, headers=headers)
    guessed = await query.client().post(SESSION, json={"email": "ada@example.org", "password": ""})

    assert [reset.status_code, changed.status_code, factor.status_code, guessed.status_code] == [409, 409, 403, 401]


async def test_the_secret_is_write_only_and_goes_to_one_issuer(
    query: Running, admin: httpx.AsyncClient, provider: OidcProvider
) -> None:
    read = await admin.get(SETTINGS)
    assert CLIENT_SECRET not in read.text
    assert read.json()["provider"]["has_client_secret"] is True
    assert read.json()["redirect_uri"] == f"http://127.0.0.1:8080{CALLBACK}"
    stored = await query.resources.database["sign_in_settings"].find({}).to_list()
    assert CLIENT_SECRET not in repr(stored)
    settings = read.json()["provider"]
    body = {name: settings[name] for name in ("name", "client_id", "group_roles", "admin_groups")}

    kept = await admin.put(SETTINGS, json={**body, "issuer": provider.url})
    moved = await admin.put(SETTINGS, json={**body, "issuer": "http://127.0.0.1:1"})
    private = await admin.put(SETTINGS, json={**body, "issuer": "http://10.0.0.1", "client_secret": "x"})

    assert kept.json()["provider"]["has_client_secret"] is True
    assert (moved.status_code, "client_secret again" in moved.json()["detail"]) == (422, True)
    assert (private.status_code, "LOGLOOP_EGRESS_ALLOW" in private.json()["detail"]) == (422, True)


async def test_the_provider_is_tested_by_discovery(admin: httpx.AsyncClient, provider: OidcProvider) -> None:
    found = (await admin.post(f"{SETTINGS}/test")).json()
    provider.is_down = True
    down = (await admin.post(f"{SETTINGS}/test")).json()

    assert (found["ok"], provider.url in found["detail"]) == (True, True)
    assert (down["ok"], "503" in down["detail"]) == (False, True)


@pytest.mark.usefixtures("admin")
async def test_nothing_secret_of_a_sign_in_is_stored_in_clear(query: Running, provider: OidcProvider) -> None:
    browser = Browser(query)
    started = await browser.start()
    binding = browser.cookies["__Host-logloop-sign-on"]
    code, state = provider.code_for(started.headers["location"])
    pending = repr(await query.resources.database["pending_sign_ins"].find({}).to_list())
    await browser.back(code, state)
    sessions = repr(await query.resources.database["sessions"].find({}).to_list())

    assert binding not in pending
    assert state not in pending
    assert "eyJ" not in sessions  # the beginning of every JWT
    assert browser.cookies["__Host-logloop"] not in sessions
