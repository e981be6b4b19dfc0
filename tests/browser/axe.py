"""Checks an open page with axe (WCAG 2.2 AA), light and dark."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

AXE = (Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """What axe finds, in the light scheme, and in the dark one what depends on colours."""
    # Playwright evaluates outside of the page's content security policy.
    page.evaluate(AXE)
    found = _run(page, RULES)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    found += [f"dark: {item}" for item in _run(page, ["color-contrast"])]
    page.emulate_media(color_scheme="light")
    return found


def _run(page: Page, rules: list[str]) -> list[str]:
    result: dict[str, Any] = page.evaluate("rules => axe.run(document, { runOnly: rules })", rules)
    return [f"{item['id']}: {item['nodes'][0]['html'][:200]}" for item in result["violations"]]
