"""Workflow files: what they state, what is wrong and where, and the rules that only the file changes."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.shop import EXCEPTION, SERVICE

FOLDER = ".github/workflows"
CONDITION = f'log.service_id == "{SERVICE}" && log.message.contains("KeyError")'
DIAGNOSE = f"""\
name: Diagnose
on: {{repository_dispatch: {{types: [shop.diagnose]}}}}
env:
  LOGLOOP_WHEN: {CONDITION}
  LOGLOOP_COOLDOWN: 15m
jobs:
  diagnose: {{runs-on: ubuntu-latest, steps: [{{run: echo diagnosed}}]}}
"""
BROKEN = DIAGNOSE.replace("log.service_id", "log.servise_id")
PLACE = "Line 4, column"


@pytest.fixture(scope="module")
def files(admin: httpx.Client, shop: str) -> None:
    """A repository with a file that states a rule, and one with a violation."""
    pipeline = {"service_id": SERVICE, "repository": "acme/files", "event_type": "shop.diagnose"}
    for name in ("diagnose.yml", "broken.yml"):
        body = {"project_id": shop, "name": f"Run {name}", "workflow": name, **pipeline}
        admin.post("/api/v1/ci/pipelines", json=body).raise_for_status()
    sent = [{"path": f"{FOLDER}/diagnose.yml", "text": DIAGNOSE}, {"path": f"{FOLDER}/broken.yml", "text": BROKEN}]
    own = {"project_id": shop, "repository": "acme/files", "commit": "5d4e1c7"}
    admin.put("/api/v1/ci/workflows", json={**own, "files": sent}).raise_for_status()


@pytest.mark.usefixtures("files")
def test_a_file_shows_its_violations_and_owns_its_rule(open_page: Callable[..., Page], shop: str) -> None:
    page = open_page(f"/projects/{shop}/ci/workflows")
    repository = page.get_by_role("region", name="acme/files")
    expect(repository.get_by_role("row").filter(has_text="broken.yml")).to_contain_text("1 violation")
    expect(repository.get_by_role("row").filter(has_text="diagnose.yml")).to_contain_text("in force")
    repository.get_by_role("link", name="broken.yml").click()
    wrong = page.get_by_role("status").filter(has_text=PLACE)
    expect(wrong).to_contain_text("servise_id")
    expect(wrong.locator("pre")).to_have_text(re.compile(r"LOGLOOP_WHEN: log\.servise_id[\s\S]*\n +\^$"))
    assert violations(page) == []

    page.go_back()
    repository.get_by_role("button", name="Read again").click()
    expect(repository).to_contain_text("it is read at its next turn")
    repository.get_by_role("link", name="diagnose.yml").click()
    page.get_by_role("table", name="Conditions").get_by_role("link", name="its rule").click()
    expect(page.get_by_role("main")).to_contain_text("states this rule")
    expect(page.get_by_role("textbox", name="Condition (CEL)")).to_have_attribute("readonly", "")
    expect(page.get_by_role("button", name=re.compile("^Save"))).to_have_count(0)
    page.get_by_role("button", name="Test on stored lines").click()
    expect(page.get_by_role("region", name="Back-test")).to_contain_text("It would have fired")
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("button", name="Switch on…")).to_be_visible()

    page.get_by_role("link", name="Rules", exact=True).first.click()
    row = page.get_by_role("table", name="rules").get_by_role("row").filter(has_text="diagnose.yml:4")
    expect(row).to_contain_text("off")
    row.get_by_role("link", name="diagnose.yml:4").click()
    expect(page.get_by_role("heading", name=f"{FOLDER}/diagnose.yml")).to_be_visible()


@pytest.mark.usefixtures("files")
def test_a_file_is_checked_and_back_tested_before_it_is_sent(open_page: Callable[..., Page], shop: str) -> None:
    page = open_page(f"/projects/{shop}/ci/workflows")
    page.get_by_role("link", name="Check a file").click()
    source = page.get_by_role("textbox", name="Workflow: type or paste it")
    source.fill(BROKEN)
    expect(page.get_by_role("main")).to_contain_text("1 violation")
    expect(page.get_by_role("status").filter(has_text=PLACE).locator("pre")).to_contain_text("^")
    source.fill(DIAGNOSE.replace("15m", "20m"))
    page.get_by_role("combobox", name="Repository").click()
    page.get_by_role("option", name="acme/files").click()
    expect(page.get_by_role("main")).to_contain_text("the file changes diagnose.yml")
    expect(page.get_by_role("main")).to_contain_text("no violation")
    expect(page.get_by_role("table", name="Conditions")).to_contain_text(CONDITION)
    page.get_by_role("button", name="Test on stored lines").click()
    expect(page.get_by_role("region", name="Back-test")).to_contain_text(EXCEPTION)
