"""The set-up of a GitHub App: the manifest, the exchange of the code, and who may complete what."""

import json
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from logloop.plain_http import WITHOUT_TLS
from logloop_chassis.clock import CLOCK
from logloop_ci_bridge.github.app_manifest import creation_page, manifest, web_url
from logloop_ci_bridge.github.app_states import AppSetup, AppStates, BadState

from tests.fakes.github import FakeGitHub, Script
from tests.fakes.github_apps import FakeInstallation
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import PREFIX, PROJECT, SECRET_KEY, FakeQuery, Running, running, settings

SETUP = AppSetup(
    by="user/ann", project_id=PROJECT, api_url="https://api.github.com", organization=None, name="Logloop"
)


class _Form(HTMLParser):
    """The form of a page: where it is posted, and its hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields, self.links = "", dict[str, str](), list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        elif tag == "input":
            self.fields[found["name"]] = found["value"]
        elif tag == "a":
            self.links.append(found["href"])


async def _begin(bridge: Running, **more: Any) -> httpx.Response:
    body = {"project_id": PROJECT, "name": "Logloop of acme", **more}
    return await bridge.client.post(f"{PREFIX}/github/apps", json=body)


async def _confirmed(bridge: Running, **more: Any) -> dict[str, str]:
    """Go through the pages as a person does. Returns what GitHub sends back."""
    begun = (await _begin(bridge, **more)).json()
    page = await bridge.client.get(begun["page"])
    form = _Form(page.text)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(form.action))
    assert f"form-action {origin};" in page.headers["content-security-policy"]
    assert "script" not in page.text
    async with httpx.AsyncClient(trust_env=False, verify=WITHOUT_TLS) as browser:
        asked = await browser.post(form.action, data=form.fields)
    assert asked.status_code == 200, asked.text
    back = urlsplit(_Form(asked.text).links[0])
    assert back.path == "/github-app"
    return {name: values[0] for name, values in parse_qs(back.query).items()}


@pytest.mark.parametrize("own", [False, True], ids=["the operator's GitHub", "another GitHub of the project"])
async def test_a_new_app_is_stored_and_its_installations_and_repositories_listed(
    bridge: Running, query: FakeQuery, github: FakeGitHub, own: bool
) -> None:
    with FakeGitHub() as other:
        used, more = (other, {"api_url": other.url}) if own else (github, {})
        returned = await _confirmed(bridge, organization="acme", **more)
        created = await bridge.post("/github/apps/complete", returned, 200)
        assert (created["project_id"], created["name"]) == (PROJECT, "Logloop of acme")
        [conversion] = used.seen("conversion")
        assert "authorization" not in conversion.headers
        assert used.seen("manifest")[0].path == "/organizations/acme/settings/apps/new"
        [app] = used.apps.created
        assert app["permissions"] == {"actions": "write", "checks": "read", "contents": "write", "metadata": "read"}
        stored = query.settings[PROJECT]
        assert (stored["app_id"], stored["private_key"]) == ("1234", app["pem"])
        assert stored["by"]["kind"] == "anonymous"
        assert app["pem"] not in json.dumps(created)

        used.apps.installations += [
            FakeInstallation(7, "acme", tuple(f"acme/repo-{number:03}" for number in range(120))),
            FakeInstallation(8, "old", suspended=True),
        ]
        found = await bridge.get("/github/installations", project_id=PROJECT)
        assert found["page"] == f"{used.url}/apps/logloop"
        assert found["items"] == [
            {"id": "7", "account": "acme", "repositories": "selected", "suspended": False},
            {"id": "8", "account": "old", "repositories": "all", "suspended": True},
        ]
        missing = await bridge.client.get(f"{PREFIX}/github/repositories", params={"project_id": PROJECT})
        assert (missing.status_code, "choose an installation" in missing.text) == (422, True)
        repositories = await bridge.get("/github/repositories", project_id=PROJECT, installation_id="7")
        assert repositories["items"] == [f"acme/repo-{number:03}" for number in range(120)]

        again = await bridge.client.post(f"{PREFIX}/github/apps/complete", json=returned)
        assert (again.status_code, "GitHub answered 404" in again.text) == (502, True)
        assert ("Not Found" in again.text) is not own, "an address that a project entered may be any"


async def test_repositories_of_a_token(bridge: Running, query: FakeQuery) -> None:
    assert (await bridge.get("/github/repositories", project_id=PROJECT))["items"] == ["acme/shop"]
    answer = await bridge.client.get(f"{PREFIX}/github/installations", params={"project_id": PROJECT})
    assert (answer.status_code, "have no GitHub App" in answer.text) == (422, True)
    query.settings[PROJECT] = {}
    params = {"project_id": PROJECT, "installation_id": "7"}
    nothing = await bridge.client.get(f"{PREFIX}/github/repositories", params=params)
    assert (nothing.status_code, "neither a GitHub App nor a token" in nothing.text) == (422, True)
    query.settings[PROJECT] = {"api_url": "https://ghes.invalid/api/v3", "token": "t"}
    unknown = await bridge.client.get(f"{PREFIX}/github/repositories", params=params)
    assert (unknown.status_code, "cannot be resolved" in unknown.text) == (422, True)


async def test_a_failure_of_github_or_query_stores_nothing(
    bridge: Running, query: FakeQuery, github: FakeGitHub
) -> None:
    before = dict(query.settings)
    github.script("conversion", Script(200, {"id": 1}), Script(500, {"message": "sorry"}), Script(200, [1]))
    for _ in range(3):
        answer = await bridge.client.post(f"{PREFIX}/github/apps/complete", json=await _confirmed(bridge))
        assert answer.status_code == 503
    query.unavailable = True
    answer = await bridge.client.post(f"{PREFIX}/github/apps/complete", json=await _confirmed(bridge))
    assert answer.status_code in (502, 503)
    query.unavailable = False
    assert query.settings == before


async def test_a_private_api_address_is_refused(bridge: Running) -> None:
    for address in ("http://10.0.0.1/api/v3", "https://169.254.169.254/", "https://[fd00::1]/api/v3"):
        answer = await _begin(bridge, api_url=address)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "body.api_url"


@pytest.fixture
async def guarded(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub
) -> AsyncIterator[Running]:
    """A ci-bridge that requires credentials, with two administrators of the project."""
    configured = settings(emptied_amqp_url, mongo_url, query.url, github.url, no_auth=False)
    async with running(configured, fresh_database()) as started:
        from logloop_chassis.crypto import KeyHasher

        for name in ("ann", "bob"):
            document = {"_id": f"key{name}0000", "name": name, "project_id": PROJECT, "scopes": ["admin"]}
            secret = KeyHasher(SECRET_KEY).hash("s" * 32)
            await started.resources.database["api_keys"].insert_one({**document, "hash": secret})
        yield started


def _as(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer llk_key{name}0000_{'s' * 32}"}


async def test_a_forged_or_foreign_callback_is_refused_and_the_code_not_used(
    guarded: Running, github: FakeGitHub, query: FakeQuery
) -> None:
    before = dict(query.settings)
    begun = await guarded.client.post(
        f"{PREFIX}/github/apps", json={"project_id": PROJECT, "name": "Evil"}, headers=_as("bob")
    )
    own = begun.json()["state"]
    forged = AppStates("x" * 40).issue(SETUP.model_copy(update={"by": "key/keyann0000"}))
    for state in (own, forged, "x.y.z", own[:-2]):
        body = {"code": "a" * 20, "state": state}
        answer = await guarded.client.post(f"{PREFIX}/github/apps/complete", json=body, headers=_as("ann"))
        assert answer.status_code == 422, answer.text
        page = await guarded.client.get(f"{PREFIX}/github/apps/{state}", headers=_as("ann"))
        assert page.status_code == 422
    assert github.count("conversion") == 0
    assert query.settings == before
    assert (await guarded.client.get(begun.json()["page"], headers=_as("bob"))).status_code == 200


def test_a_state_expires_and_holds_for_its_person_only(monkeypatch: pytest.MonkeyPatch) -> None:
    states = AppStates(SECRET_KEY)
    state = states.issue(SETUP)
    assert states.read(state, "user/ann") == SETUP
    with pytest.raises(BadState, match="somebody else"):
        states.read(state, "user/bob")
    later = CLOCK.time() + 3601
    monkeypatch.setattr(CLOCK, "time", lambda: later)
    with pytest.raises(BadState, match="older than an hour"):
        states.read(state, "user/ann")


@pytest.mark.parametrize(
    ("api", "page"),
    [
        ("https://api.github.com", "https://github.com/settings/apps/new?state=s"),
        ("https://ghes.example.org/api/v3", "https://ghes.example.org/settings/apps/new?state=s"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com/settings/apps/new?state=s"),
    ],
)
def test_the_page_of_each_kind_of_github(api: str, page: str) -> None:
    assert creation_page(api, None, "s") == page
    assert creation_page(api, "acme", "s") == page.replace("/settings", "/organizations/acme/settings")
    assert page.startswith(web_url(api))


def test_only_a_public_address_gets_webhooks() -> None:
    public = manifest("Logloop", "https://logs.example.org/")
    assert public["hook_attributes"] == {"url": "https://logs.example.org/api/v1/ci/webhooks/github"}
    assert public["default_events"] == ["push", "workflow_run"]
    assert public["redirect_url"] == "https://logs.example.org/github-app"
    for private in ("http://127.0.0.1:8080", "https://localhost", "https://10.0.0.1"):
        assert "hook_attributes" not in manifest("Logloop", private)
