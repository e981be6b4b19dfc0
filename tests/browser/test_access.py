"""API keys with limits and a rotation, and signing in with a second factor, as people use them."""

from collections.abc import Callable, Iterator

import httpx
import pyotp
import pytest
from logloop_chassis.clock import CLOCK
from playwright.sync_api import Page, expect

from tests.system.up_process import Up, eventually

EMAIL, PASSWORD = "second-factor@example.org", "correct horse battery 9"


@pytest.fixture
def user(up: Up, admin: httpx.Client) -> Iterator[None]:
    """A user who has changed the one-time password."""
    user_id, client = new_user(up, admin, EMAIL)
    client.close()
    yield
    admin.delete(f"/api/v1/users/{user_id}")


@pytest.fixture
def guard(up: Up, admin: httpx.Client) -> Iterator[httpx.Client]:
    """An administrator with a second factor, who ends the rule that requires one."""
    user_id, client = new_user(up, admin, "guard@example.org")
    secret = (
        client.post("/api/v1/session/two-factor", json={"password": PASSWORD}).raise_for_status().json()["secret"]
    )
    code = pyotp.TOTP(secret).at(int(CLOCK.time()))
    confirmed = client.post("/api/v1/session/two-factor/confirm", json={"code": code}).raise_for_status()
    client.headers["Cookie"] = cookie_of(confirmed)
    yield client
    client.put("/api/v1/settings/sign-in", json={"two_factor_required": False}).raise_for_status()
    client.close()
    eventually(lambda: admin.delete(f"/api/v1/users/{user_id}").is_success)


def new_user(up: Up, admin: httpx.Client, email: str) -> tuple[str, httpx.Client]:
    """Create an administrator whose password is PASSWORD. Return the id and a client with a session."""
    first = f"{PASSWORD}!"
    body = {"email": email, "name": email, "role": "admin", "password": first}
    user_id: str = admin.post("/api/v1/users", json=body).raise_for_status().json()["id"]
    client = up.client(key=False)
    client.headers["Origin"] = up.url
    begun = client.post("/api/v1/session", json={"email": email, "password": first}).raise_for_status()
    client.headers["Cookie"] = cookie_of(begun)
    change = {"old_password": first, "new_password": PASSWORD}
    client.headers["Cookie"] = cookie_of(client.put("/api/v1/session/password", json=change).raise_for_status())
    return user_id, client


def cookie_of(answer: httpx.Response) -> str:
    """The cookie of a session. It is only for https and browsers, so it is passed by hand."""
    return answer.headers["Set-Cookie"].partition(";")[0]


def sign_in(page: Page) -> None:
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def send_code(page: Page, code: str, button: str = "Sign in") -> None:
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name=button).click()


def test_a_key_gets_limits_shows_its_use_and_is_rotated(
    up: Up, open_page: Callable[..., Page], empty_project: str
) -> None:
    page = open_page(f"/projects/{empty_project}/settings/api-keys")
    page.get_by_role("button", name="New API key").click()
    page.get_by_label("What it is for").fill("checkout")
    page.get_by_label("Most a day").fill("much")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_text("Write a size such as 500 kB or 2 GB.")).to_be_visible()
    page.get_by_label("Most a day").fill("2 kB")
    page.get_by_role("button", name="Create key").click()
    key = page.get_by_role("textbox", name="API key").input_value()
    page.get_by_role("button", name="I have kept it").click()
    row = page.get_by_role("row").filter(has_text="checkout")
    expect(row).to_contain_text("2 kB a day")

    entry = {"service_id": "a", "severity": "info", "timestamp": "2026-11-22T10:00:00Z"}
    with up.client(key=False) as client:
        headers = {"Authorization": f"Bearer {key}"}
        sent = client.post("/api/v1/logs", json={**entry, "message": "placed"}, headers=headers)
        refused = client.post("/api/v1/logs", json={**entry, "message": "x" * 1900}, headers=headers)
    assert (sent.status_code, refused.status_code) == (202, 429)

    def counted() -> bool:
        page.reload()
        expect(row).to_be_visible()
        return "1 refused" in row.inner_text()

    eventually(counted)
    expect(row).to_contain_text("1 entry")

    row.get_by_role("button", name="Actions for checkout").click()
    page.get_by_role("menuitem", name="Rotate…").click()
    page.get_by_role("combobox", name="The old key stays valid for").click()
    page.get_by_role("option", name="A week").click()
    page.get_by_role("button", name="Rotate key").click()
    assert page.get_by_role("textbox", name="API key").input_value() != key
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("row").filter(has_text="replaced, ends in 7 d")).to_have_count(1)
    expect(page.get_by_role("row").filter(has_text="✓ valid")).to_have_count(1)


@pytest.mark.usefixtures("user")
def test_a_user_sets_up_a_second_factor_and_signs_in_with_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/sign-in?next=/account/two-factor", signed_in=False)
    sign_in(page)
    expect(page.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("img", name="QR code of the secret").locator("svg")).to_be_visible()
    app = pyotp.TOTP(page.locator("code").inner_text())
    send_code(page, "000000", "Turn on")
    expect(page.get_by_role("alert")).to_contain_text("the code is wrong")
    send_code(page, app.at(int(CLOCK.time()) - 30), "Turn on")
    codes = page.get_by_label("Recovery codes").locator("pre").inner_text().split("\n")
    page.get_by_role("button", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes are left")).to_be_visible()

    fresh = open_page("/sign-in?next=/account/two-factor", signed_in=False)
    sign_in(fresh)
    send_code(fresh, "000000")
    expect(fresh.get_by_role("alert")).to_contain_text("wrong code")
    send_code(fresh, codes[0])

    expect(fresh.get_by_text("9 recovery codes are left")).to_be_visible()


@pytest.mark.usefixtures("guard", "user")
def test_an_installation_that_requires_a_second_factor_leads_to_its_set_up(open_page: Callable[..., Page]) -> None:
    page = open_page("/sign-in?next=/projects", signed_in=False)
    sign_in(page)
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    settings = open_page("/projects/demo/settings/sign-in")
    settings.get_by_role("switch", name="Require two-factor sign-in").click()
    expect(settings.get_by_role("switch", name="Require two-factor sign-in")).to_be_checked()

    page.goto("/projects")
    expect(page.get_by_text("This installation requires it.")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    send_code(page, pyotp.TOTP(page.locator("code").inner_text()).at(int(CLOCK.time())), "Turn on")
    page.get_by_role("button", name="I have kept them").click()

    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
