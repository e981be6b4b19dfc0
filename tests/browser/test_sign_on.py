"""Signing in through the pages of a certified OpenID Connect provider, and what a person sees when it fails."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import new_project
from tests.system.up_process import Up

ROOT = Path(__file__).parents[2]
SECRET = "a secret that only the client has"
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"email": "ada@acme.example", "email_verified": True, "name": "Ada", "groups": ["developers"]},
    "grace": {"email": "grace@acme.example", "email_verified": True, "name": "Grace", "groups": ["operators"]},
    "eve": {"email": "eve@acme.example", "email_verified": True, "name": "Eve", "groups": ["gardeners"]},
    "bob": {"email": "bob@acme.example", "email_verified": False, "name": "Bob", "groups": ["developers"]},
}


@pytest.fixture(scope="module")
def issuer(up: Up) -> Iterator[str]:
    node = ROOT / ".tools/node/bin/node"
    program = str(node) if node.exists() else shutil.which("node")
    if program is None or not (ROOT / "web/node_modules/oidc-provider").exists():
        pytest.skip("the packages of the web app are not installed; `make test` installs them")
    client = {
        "client_id": "logloop",
        "client_secret": SECRET,
        "redirect_uris": [f"{up.url}/api/v1/session/sign-on/callback"],
        "post_logout_redirect_uris": [f"{up.url}/sign-in"],
    }
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", program, ROOT / "tests/browser/identity_provider/provider.mjs"],
        env={"IDENTITY_PROVIDER": json.dumps({"client": client, "people": PEOPLE})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:"), f"the provider did not start: {process.wait()}"
    yield url
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def project(admin: httpx.Client) -> Iterator[str]:
    yield from new_project(admin)


@pytest.fixture
def settings(issuer: str, project: str, admin: httpx.Client) -> Iterator[dict[str, Any]]:
    """The settings of the provider, in use during a test."""
    body = {
        "name": "Acme",
        "issuer": issuer,
        "client_id": "logloop",
        "client_secret": SECRET,
        "admin_groups": ["operators"],
        "group_roles": [{"group": "developers", "project_id": project, "role": "member"}],
    }
    admin.put("/api/v1/settings/sign-on", json=body).raise_for_status()
    yield body
    admin.put("/api/v1/settings/sign-in", json={}).raise_for_status()
    admin.delete("/api/v1/settings/sign-on")
    for user in admin.get("/api/v1/users").raise_for_status().json()["items"]:
        if user["email"].endswith("@acme.example"):
            admin.delete(f"/api/v1/users/{user['id']}").raise_for_status()


@pytest.fixture
def visit(up: Up, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a new browser, which may go to the provider."""
    contexts: list[BrowserContext] = []

    def open_(path: str) -> Page:
        contexts.append(browser.new_context(base_url=up.url))
        page = contexts[-1].new_page()
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


def sign_in(page: Page, person: str) -> None:
    """Sign in at the pages of the provider."""
    page.get_by_role("link", name="Sign in with Acme").click()
    page.get_by_placeholder("Enter any login").fill(person)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_an_administrator_sets_the_provider_up_and_tests_it(
    issuer: str, project: str, admin: httpx.Client, open_page: Callable[..., Page], visit: Callable[..., Page]
) -> None:
    page = open_page("/projects/demo/settings/sign-in")
    page.get_by_label("Name").fill("Acme")
    page.get_by_label("Issuer").fill(issuer)
    page.get_by_label("Client id").fill("logloop")
    page.get_by_label("Client secret", exact=True).fill(SECRET)
    roles = page.get_by_label("Groups of projects")
    roles.fill("developers = shop")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("not “developers = shop”")).to_be_visible()
    roles.fill(f"developers = {project}: member")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text(f"{issuer} responds as an OpenID Connect provider")).to_be_visible()
    expect(page.get_by_label("Client secret", exact=True)).to_have_value("")

    expect(visit("/sign-in").get_by_role("link", name="Sign in with Acme")).to_be_visible()

    page.get_by_role("button", name="Delete the provider…").click()
    page.get_by_role("button", name="Delete the provider", exact=True).click()
    expect(page.get_by_role("button", name="Delete the provider…")).to_have_count(0)
    assert admin.get("/api/v1/session/sign-on").json()["provider"] is None


@pytest.mark.usefixtures("settings")
def test_a_provider_that_the_environment_states_is_shown_and_cannot_be_changed(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/projects/demo/settings/sign-in")

    def from_environment(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "from_environment": True})

    page.route("**/api/v1/settings/sign-on", from_environment)
    page.reload()
    expect(page.get_by_text("Change it there, and restart the service.")).to_be_visible()
    expect(page.get_by_label("Client id")).to_have_value("logloop")
    expect(page.get_by_label("Client id")).not_to_be_editable()
    expect(page.get_by_label("Client secret")).to_have_value("stated, and never shown")
    expect(page.get_by_label("Link by e-mail address")).to_be_disabled()
    expect(page.get_by_role("button", name="Test connection")).to_be_enabled()
    expect(page.get_by_role("button", name="Delete the provider…")).to_have_count(0)
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


@pytest.mark.usefixtures("settings")
def test_a_person_signs_in_at_the_provider_and_out_again(
    up: Up, project: str, visit: Callable[..., Page], issuer: str
) -> None:
    page = visit(f"/projects/{project}/services")
    sign_in(page, "ada")

    expect(page).to_have_url(f"{up.url}/projects/{project}/services")
    page.get_by_role("button", name="Account of ada@acme.example").click()
    expect(page.get_by_role("menuitem", name="Change password")).to_have_count(0)
    page.get_by_role("menuitem", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Do you want to sign-out")).to_be_visible()
    assert page.url.startswith(f"{issuer}/session/end")
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_role("link", name="Sign in with Acme")).to_be_visible()
    assert page.url.startswith(f"{up.url}/sign-in")


@pytest.mark.usefixtures("settings")
def test_groups_decide_who_administers(up: Up, visit: Callable[..., Page]) -> None:
    page = visit("/sign-in?next=/projects/demo/settings/users")
    sign_in(page, "grace")

    expect(page.get_by_role("cell", name="grace@acme.example", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{up.url}/projects/demo/settings/users")


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("person", "says"), [("eve", "None of your groups may use this"), ("bob", "not verified your e-mail address")]
)
def test_a_person_who_may_not_sign_in_reads_why(visit: Callable[..., Page], person: str, says: str) -> None:
    page = visit("/sign-in")
    sign_in(page, person)

    expect(page.get_by_role("alert")).to_contain_text(says)
    expect(page.get_by_role("link", name="Sign in with Acme")).to_be_visible()


def test_a_wrong_secret_and_a_stopped_sign_in_are_explained(
    settings: dict[str, Any], admin: httpx.Client, visit: Callable[..., Page]
) -> None:
    page = visit("/sign-in")
    page.get_by_role("link", name="Sign in with Acme").click()
    page.get_by_role("link", name="[ Cancel ]").click()
    expect(page.get_by_role("alert")).to_contain_text("was stopped at the identity provider")

    wrong = {**settings, "client_secret": "a wrong secret"}
    admin.put("/api/v1/settings/sign-on", json=wrong).raise_for_status()
    page = visit("/sign-in")
    sign_in(page, "ada")
    expect(page.get_by_role("alert")).to_contain_text("does not accept the client id or secret")


@pytest.mark.usefixtures("settings")
def test_passwords_can_be_switched_off(open_page: Callable[..., Page], visit: Callable[..., Page]) -> None:
    page = open_page("/projects/demo/settings/sign-in")
    page.get_by_role("switch", name="Only the identity provider signs people in").click()
    expect(page.get_by_role("switch", name="Only the identity provider signs people in")).to_be_checked()

    visitor = visit("/sign-in")

    expect(visitor.get_by_role("link", name="Sign in with Acme")).to_be_visible()
    expect(visitor.get_by_label("Password", exact=True)).to_have_count(0)
    visitor.get_by_role("button", name="Administrator on this machine").click()
    expect(visitor.get_by_label("Password", exact=True)).to_be_visible()
