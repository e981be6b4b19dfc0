"""The kill switch: who may use it asks first, and every page of CI says what is paused, by whom and why."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations

TABS = ("Pipelines", "Rules", "Workflows", "Chains", "Dispatches", "Runs", "Templates", "Approvals")


@pytest.fixture
def project(admin: httpx.Client, empty_project: str) -> str:
    """A project with a rule that is on."""
    body = {"project_id": empty_project, "name": "Diagnose", "service_id": "checkout", "repository": "acme/shop"}
    pipeline = admin.post("/api/v1/ci/pipelines", json=body).raise_for_status().json()
    rule = {
        "project_id": empty_project,
        "name": "Errors",
        "condition": 'log.severity == "error"',
        "action": {"pipeline_id": pipeline["id"]},
    }
    admin.post("/api/v1/ci/rules", json=rule).raise_for_status()
    return empty_project


def is_paused(admin: httpx.Client, project: str) -> bool:
    return bool(admin.get("/api/v1/ci/pause", params={"project_id": project}).raise_for_status().json()["paused"])


def banner(page: Page, what: str) -> Locator:
    return page.get_by_role("status").filter(has_text=f"{what} is paused")


def test_a_pause_of_a_project_is_seen_on_every_page_of_ci_until_it_is_resumed(
    open_page: Callable[..., Page], admin: httpx.Client, project: str
) -> None:
    page = open_page(f"/projects/{project}/ci/rules")
    page.get_by_role("button", name="Pause…").click()
    question = page.get_by_role("dialog", name=f"Pause {project}?")
    expect(question).to_contain_text("A rule that matches is recorded as blocked")
    assert not is_paused(admin, project)
    question.get_by_label("Reason").fill("a workflow <b>misbehaves</b>")
    question.get_by_role("button", name="Pause project").click()

    paused = banner(page, "This project")
    expect(paused).to_contain_text("a workflow <b>misbehaves</b>")
    expect(paused).to_contain_text("Held here: 1 rule and 0 waiting dispatches.")
    assert is_paused(admin, project)
    assert violations(page) == []
    for tab in TABS:
        page.get_by_role("navigation", name="CI").get_by_role("link", name=tab).click()
        expect(paused).to_be_visible()

    paused.get_by_role("button", name="Resume…").click()
    question = page.get_by_role("dialog", name=f"Resume {project}?")
    expect(question).to_contain_text("Rules fire again")
    question.get_by_role("button", name="Cancel").click()
    assert is_paused(admin, project)
    paused.get_by_role("button", name="Resume…").click()
    question.get_by_role("button", name="Resume").click()
    expect(paused).to_have_count(0)
    assert not is_paused(admin, project)


def test_an_administrator_of_the_installation_pauses_every_project(
    open_page: Callable[..., Page], admin: httpx.Client, project: str
) -> None:
    page = open_page(f"/projects/{project}/ci/rules")
    page.get_by_role("button", name="Pause…").click()
    page.get_by_text("every project").click()
    question = page.get_by_role("dialog", name="Pause everything?")
    try:
        question.get_by_role("button", name="Pause everything").click()
        expect(banner(page, "Every project")).to_contain_text("without a reason")
        page.goto("/projects/demo/ci/runs")
        expect(banner(page, "Every project")).to_be_visible()
        banner(page, "Every project").get_by_role("button", name="Resume…").click()
        page.get_by_role("dialog").get_by_role("button", name="Resume").click()
        expect(banner(page, "Every project")).to_have_count(0)
        assert not is_paused(admin, project)
    finally:
        admin.delete("/api/v1/ci/pause")
