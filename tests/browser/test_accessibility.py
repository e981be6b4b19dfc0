"""Every page passes axe (WCAG 2.2 AA), light and dark, loaded and with a failing API."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.axe import violations

ACCOUNT = ("/sign-in", "/account/password", "/account/two-factor", "/projects", "/github-app")
LOGS = (
    "/projects/demo/logs?range=all",
    "/projects/demo/logs?range=all&view=patterns",
    "/projects/demo/logs?range=all&view=json",
    "/projects/demo/logs?range=all&q=service%3Anowhere",
    "/projects/demo/logs?live=1",
    "/projects/demo/logs?range=all&analysis=new",
    "/projects/demo/analyses",
    "/projects/demo/tests",
    "/projects/demo/metrics",
    "/projects/demo/services",
)
CI = (
    "/projects/demo/ci/pipelines",
    "/projects/demo/ci/rules",
    "/projects/demo/ci/rules/new",
    "/projects/demo/ci/dispatches",
    "/projects/demo/ci/runs",
    "/projects/demo/ci/receivers",
    "/projects/demo/ci/notifications",
    "/projects/demo/ci/templates",
    "/projects/demo/ci/emulate",
    "/projects/demo/ci/approvals",
    "/projects/demo/ci/workflows",
    "/projects/demo/ci/workflows/check",
)
SETTINGS = (
    "/projects/demo/settings/models",
    "/projects/demo/settings/github",
    "/projects/demo/settings/members",
    "/projects/demo/settings/api-keys",
    "/projects/demo/settings/retention",
    "/projects/demo/settings/users",
    "/projects/demo/settings/sign-in",
    "/projects/demo/settings/audit",
    "/projects/demo/settings/dead-letters",
    "/projects/demo/settings/about",
    "/projects/demo/settings/appearance",
)


def settle(page: Page) -> None:
    page.wait_for_load_state("networkidle") if "live=1" not in page.url else page.wait_for_load_state("load")
    expect(page.locator("main")).to_be_visible()
    expect(page.locator("[role=status][aria-label=Searching]")).to_have_count(0)


@pytest.mark.parametrize(
    "paths", [ACCOUNT, LOGS, CI, SETTINGS], ids=["account", "logs and records", "ci", "settings"]
)
def test_pages_pass_axe(open_page: Callable[..., Page], paths: tuple[str, ...]) -> None:
    page = open_page("/projects/demo/logs?range=all", color_scheme="light")
    found = {}
    for path in paths:
        page.goto(path)
        settle(page)
        found[path] = violations(page)
    assert {path: items for path, items in found.items() if items} == {}


def test_opened_parts_pass_axe(open_page: Callable[..., Page]) -> None:
    page = open_page("/projects/demo/logs?range=all", color_scheme="light")
    found = {}
    page.get_by_text("Traceback (most recent call last):").click()
    expect(page.get_by_role("region", name="Details of the line")).to_be_visible()
    found["open line"] = violations(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    found["keys"] = violations(page)
    assert {path: items for path, items in found.items() if items} == {}


def test_pages_that_cannot_load_pass_axe(open_page: Callable[..., Page]) -> None:
    page = open_page("/projects/demo/logs?range=all", color_scheme="light")
    settle(page)

    def fail(route: Route) -> None:
        route.fulfill(status=503, json={"title": "Service unavailable", "detail": "The service is starting."})

    page.route("**/api/v1/logs**", fail)
    page.keyboard.press("r")
    expect(page.get_by_role("alert").first).to_contain_text("starting")
    assert violations(page) == []
    page.unroute("**/api/v1/logs**")
    expect(page.get_by_role("alert")).to_have_count(0)
