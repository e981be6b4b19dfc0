"""Each state that a click can reach is in the address: a copy of the address shows it, and Back undoes the click."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.corpus import CORPUS_RANGE
from tests.system.up_process import eventually

Act = Callable[[Page], object]

STATE = """() => {
  const shown = element => element.checkVisibility() && !element.closest("footer");
  const name = element => (element.getAttribute("aria-label") ?? element.innerText).trim();
  const parts = [];
  const add = (selector, describe) => {
    for (const element of document.querySelectorAll(selector)) if (shown(element)) parts.push(describe(element));
  };
  add("main h1, main h2, [role=dialog] h2", name);
  add("main [data-chip]", element => element.dataset.chip);
  add("main [aria-pressed=true], main [aria-current], nav [aria-current]", element => `on: ${name(element)}`);
  add("main input:not([type=radio]):not([type=checkbox])", element => `${name(element)}=${element.value}`);
  add("main input:checked", element => `checked: ${element.labels?.[0]?.innerText || name(element)}`);
  add("main section[aria-label], main aside[aria-label]", element => `part: ${element.ariaLabel}`);
  add("main [role=table]", element => `${element.ariaRowCount} rows`);
  add("main [role=columnheader]", name);
  add("main table[aria-label]", element => `${element.ariaLabel}: ${element.rows.length} rows`);
  add("main [aria-label^='Time range']", name);
  return parts;
}"""
"""What a page shows, in words: headings, chips, what is chosen, fields, parts and how many rows they have."""


@dataclass(frozen=True)
class Walk:
    """A start, and clicks that each lead to another state."""

    name: str
    start: str
    clicks: tuple[Act, ...]


def button(name: str) -> Act:
    return lambda page: page.locator("main").get_by_role("button", name=name, exact=True).first.click()


def pick(label: str, choice: str) -> Act:
    """Choose from a list."""

    def act(page: Page) -> None:
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=choice).click()

    return act


def text(name: str) -> Act:
    return lambda page: page.locator("main").get_by_text(name, exact=True).first.click()


def view(name: str) -> Act:
    return lambda page: page.get_by_role("radiogroup", name="View").get_by_text(name, exact=True).click()


def draw(metric: str) -> Act:
    return lambda page: page.get_by_role("checkbox", name=metric).click()


def link(name: str) -> Act:
    return lambda page: page.get_by_role("link", name=name).first.click()


def filter_for(words: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_role("combobox", name="Filter").fill(words)
        page.get_by_role("combobox", name="Filter").press("Enter")

    return act


def choose_range(name: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_role("button", name="Time range").click()
        page.get_by_role("button", name=name, exact=True).click()

    return act


def leave_out(value: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_role("region", name="Service").get_by_role("button", name=value, exact=True).hover()
        page.get_by_role("button", name=f"Without {value}").click()

    return act


def open_line(words: str) -> Act:
    return lambda page: page.get_by_role("table", name="Log lines").get_by_text(words).first.click()


def count_by(attribute: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_role("button", name="Any attribute").click()
        page.get_by_role("menuitem", name=attribute).click()

    return act


CI_TABS = (
    "Rules",
    "Workflows",
    "Chains",
    "Dispatches",
    "Runs",
    "Receivers",
    "Notifications",
    "Templates",
    "Approvals",
)
WALKS = (
    Walk(
        "filter",
        f"logs?{CORPUS_RANGE}",
        (
            filter_for("severity:error"),
            leave_out("checkout"),
            count_by("host"),
            button("web-1"),
            button("cart"),
            button("Remove severity:error"),
        ),
    ),
    Walk(
        "lines",
        f"logs?q=service%3Apayment&{CORPUS_RANGE}",
        (
            open_line("Traceback"),
            button("Show host as a column"),
            view("JSON"),
            button("Collapse repeats"),
            view("Patterns"),
            view("Lines"),
        ),
    ),
    Walk(
        "context",
        f"logs?{CORPUS_RANGE}",
        (open_line("Traceback"), button("Context"), text("All services"), button("Back to the search")),
    ),
    Walk("range", "logs?range=1h", (choose_range("Last 7 days"), button("Live L"), button("Stop L"))),
    Walk("analyze", f"logs?{CORPUS_RANGE}", (button("Analyze A"), button("Close the panel"))),
    Walk("tests", "tests", (text("test_kept"), button("Groups"), button("Runs"), button("Quarantine"))),
    Walk(
        "metrics",
        "metrics",
        (draw("queue.length"), pick("How points are summed up", "max"), choose_range("Last 7 days")),
    ),
    Walk("dispatches", "ci/dispatches", (pick("State", "failed"), pick("State", "Every state"))),
    Walk("runs", "ci/runs", (pick("Result", "failure"),)),
    Walk("notifications", "ci/notifications", (pick("State", "failed"), pick("State", "Every state"))),
    Walk("ci", "ci/pipelines", tuple(link(name) for name in CI_TABS)),
    Walk(
        "settings",
        "settings/models",
        (
            text("Default of the installation"),
            *(link(name) for name in ("GitHub", "Members", "API keys", "Retention", "Users", "Audit trail")),
            text("Installation"),
            link("Dead letters"),
            link("About"),
            link("Appearance"),
        ),
    ),
)


@pytest.fixture(scope="module", autouse=True)
def _records(admin: httpx.Client) -> None:
    """A metric and a test, which the walks choose."""
    admin.post("/api/v1/metrics", json={"project_id": "demo", "name": "queue.length"}).raise_for_status()
    test = {"project_id": "demo", "test_id": "tests/test_queue.py::test_kept"}
    admin.post("/api/v1/tests", json=test).raise_for_status()


def shown(page: Page) -> list[str]:
    """What the page shows when it has stopped changing."""
    expect(page.locator("main")).to_be_visible()
    if "live=1" in page.url:
        expect(page.get_by_text("lines/s").first).to_be_visible()
    else:
        page.wait_for_load_state("networkidle")
    expect(page.locator("[role=status][aria-label^=Reading], [role=status][aria-label=Searching]")).to_have_count(0)
    found: list[str] = page.evaluate(STATE)
    return found


def expect_shown(page: Page, wanted: list[str]) -> None:
    with contextlib.suppress(AssertionError):
        eventually(lambda: page.evaluate(STATE) == wanted, timeout_s=20)
    assert page.evaluate(STATE) == wanted, page.url


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
def test_a_copied_address_shows_the_same_and_back_undoes_each_click(
    open_page: Callable[..., Page], walk: Walk
) -> None:
    page = open_page(f"/projects/demo/{walk.start}")
    copy = open_page("/projects/demo/settings/about")
    states = [shown(page)]
    for click in walk.clicks:
        before = page.url
        click(page)
        expect(page).not_to_have_url(before)
        copy.goto(page.url)
        states.append(shown(copy))
        assert states[-1] != states[-2], page.url
        expect_shown(page, states[-1])
    for state in reversed(states[:-1]):
        page.go_back()
        expect_shown(page, state)
