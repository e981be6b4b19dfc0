"""Patterns are corrected as a person does it: merged, named, pinned, split, and brought back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.system.up_process import eventually

LEFT = [f"it was {name} who left" for name in ("anna", "bert", "carl", "dora", "emil", "frida")]
COLD = ["cache of shop is cold", "cache of stock is cold"]


@pytest.fixture
def project(admin: httpx.Client, empty_project: str) -> str:
    """A project with one line of each of the patterns above."""
    same = {"project_id": empty_project, "service_id": "web", "severity": "info"}
    entries = [{**same, "timestamp": datetime.now(UTC).isoformat(), "message": text} for text in (*LEFT, *COLD)]
    admin.post("/api/v1/logs", json=entries).raise_for_status()

    def stored() -> bool:
        found = admin.get("/api/v1/logs/patterns", params={"project_id": empty_project}).raise_for_status().json()
        return bool(found["total"] == len(entries))

    eventually(stored)
    return empty_project


def edits(admin: httpx.Client, project: str) -> list[tuple[Any, ...]]:
    found = admin.get("/api/v1/pattern-edits", params={"project_id": project}).raise_for_status().json()
    return sorted((item["template"], item["action"], item["name"], item["pinned"]) for item in found["items"])


def pattern_rows(page: Page) -> Locator:
    return page.get_by_role("table", name="Patterns").locator("tbody tr")


def choose(page: Page, pattern: str, action: str) -> None:
    page.get_by_role("button", name=f"Actions for {pattern}").click()
    page.get_by_role("menuitem", name=action).click()
    expect(page.get_by_role("menu")).to_have_count(0)


def test_patterns_are_merged_named_pinned_and_brought_back(
    open_page: Callable[..., Page], admin: httpx.Client, project: str
) -> None:
    page = open_page(f"/projects/{project}/logs?range=all&view=patterns", color_scheme="light")
    expect(pattern_rows(page)).to_have_count(3)
    choose(page, COLD[0], "Merge with…")
    page.get_by_role("checkbox", name=f"Merge {COLD[1]}").press("Space")
    assert violations(page) == []
    page.get_by_role("button", name="Merge…").click()
    dialog = page.get_by_role("dialog", name="Merge 2 patterns")
    template = dialog.get_by_role("textbox", name="Template")
    expect(template).to_have_value("cache of <*> is cold")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    assert violations(page) == []
    template.fill("<*> <*>")
    expect(dialog.get_by_role("alert")).to_contain_text("at least one word")
    template.fill("cache <*>k<*>")
    expect(dialog).to_contain_text("1 of the selected patterns do not fit")
    template.fill("cache <*>")
    expect(dialog).to_contain_text("Unites 2 patterns")
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(pattern_rows(page)).to_have_count(2)
    expect(pattern_rows(page).nth(1)).to_contain_text("2 patterns, merged by hand")

    choose(page, "cache <*>", "Rename…")
    page.get_by_role("textbox", name="Name").fill("cold cache")
    page.keyboard.press("Enter")
    choose(page, "cold cache", "Pin")
    expect(pattern_rows(page).first).to_contain_text("cold cache")
    assert edits(admin, project) == [("cache <*>", "merge", "cold cache", True)]

    page.get_by_role("button", name="Edited patterns").click()
    listed = page.get_by_role("dialog", name="Edited patterns")
    expect(listed).to_contain_text("merged · named cold cache · pinned")
    assert violations(page) == []
    listed.get_by_role("button", name="Undo").click()
    expect(listed).to_contain_text("Nobody has edited a pattern")
    page.keyboard.press("Escape")
    expect(pattern_rows(page)).to_have_count(3)
    assert edits(admin, project) == []


def test_a_split_by_keyboard_is_undone_in_place(
    open_page: Callable[..., Page], admin: httpx.Client, project: str
) -> None:
    page = open_page(f"/projects/{project}/logs?range=all&view=patterns")
    expect(pattern_rows(page).first).to_contain_text("6 patterns")
    page.get_by_role("button", name="Actions for it was <*> who left").press("Enter")
    page.get_by_role("menuitem", name="Rename…").wait_for()
    page.get_by_role("menuitem", name="Split").press("Enter")
    expect(pattern_rows(page)).to_have_count(8)
    assert edits(admin, project) == [("it was <*> who left", "split", None, False)]
    page.get_by_role("button", name="Undo").click()
    expect(pattern_rows(page)).to_have_count(3)
    assert edits(admin, project) == []
