"""A GitHub App is created, stored, installed and used, as a person does it in the browser."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fakes.github import FakeGitHub
from tests.fakes.github_apps import FakeInstallation
from tests.system.up_process import Up


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        fake.workflow("acme/shop", "diagnose.yml")
        yield fake


def test_an_app_is_created_on_github_and_its_installation_and_repository_chosen(
    up: Up, browser: Browser, session: Any, admin: httpx.Client, empty_project: str, github: FakeGitHub
) -> None:
    # The page of GitHub is at another host, which the other tests forbid.
    context = browser.new_context(base_url=up.url, storage_state=session)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    settings = f"/projects/{empty_project}/settings/github"
    page.goto(settings)
    page.get_by_role("textbox", name="API address").fill("http://10.0.0.1/api/v3")
    page.get_by_role("button", name="Create the App on GitHub…").click()
    expect(page.get_by_role("alert")).to_contain_text("10.0.0.1 is not a public address")
    page.get_by_role("textbox", name="API address").fill(github.url)
    page.get_by_role("textbox", name="Organization").fill("acme")
    page.get_by_role("button", name="Create the App on GitHub…").click()
    expect(page.get_by_role("heading", name="Create the GitHub App")).to_be_visible()
    expect(page.get_by_text("actions: write, checks: read, contents: write, metadata: read")).to_be_visible()
    assert github.requests == []
    page.get_by_role("button", name="Continue on 127.0.0.1").click()
    page.get_by_role("link", name="Create GitHub App").click()
    expect(page.get_by_text(f"The App Logloop {empty_project} is stored")).to_be_visible()
    assert "code=" not in page.url
    page.reload()
    assert github.count("conversion") == 1

    github.apps.installations.append(FakeInstallation(7, "acme", ("acme/api", "acme/shop")))
    page.get_by_role("link", name="To the GitHub settings").click()
    expect(page.get_by_role("heading", name="Installations of Logloop")).to_be_visible()
    page.get_by_role("radio", name="acme").check()
    page.get_by_role("combobox", name="Default repository").fill("acme/sh")
    page.get_by_role("option", name="acme/shop").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Works")).to_be_visible()
    stored = admin.get("/api/v1/settings", params={"project_id": empty_project}).json()["github"]
    assert (stored["app_id"], stored["installation_id"], stored["default_repository"]) == ("1234", "7", "acme/shop")
    assert stored["has_private_key"]
    assert "PRIVATE KEY" not in page.content()

    page.get_by_text("Fine-grained token", exact=True).click()
    expect(page.get_by_text("Saving removes the stored App")).to_be_visible()
    page.get_by_label("Token", exact=True).fill(github.token)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Works")).to_be_visible()
    stored = admin.get("/api/v1/settings", params={"project_id": empty_project}).json()["github"]
    assert (stored["has_token"], stored["app_id"], stored["has_private_key"]) == (True, None, False)
    context.close()
    assert problems == []


def test_a_forged_callback_stores_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page("/github-app?code=aaaaaaaaaaaaaaaaaaaa&state=forged.state.text")
    expect(page.get_by_role("alert")).to_contain_text("this set-up was not begun here")
