"""Tests that explain themselves: a failed test beside its green runs, a check made of it, and failures by cause."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import new_project
from tests.browser.failing_tests import CART, PROVIDERS, RETRIES, send_new_failure, send_runs


@pytest.fixture(scope="module")
def runs(admin: httpx.Client) -> Iterator[str]:
    """A project with runs of tests: three green ones, then two red ones on another commit."""
    for project in new_project(admin):
        send_runs(admin, project)
        yield project


@pytest.fixture
def panel(open_page: Callable[..., Page], runs: str) -> Locator:
    """The panel of the failed test, with its newest run compared."""
    page = open_page(f"/projects/{runs}/tests?{urlencode({'test': RETRIES})}", color_scheme="light")
    panel = page.get_by_role("region", name=f"Test {RETRIES}")
    expect(lines(panel)).to_be_visible()
    return panel


def lines(panel: Locator) -> Locator:
    return panel.get_by_role("table", name="Green run and this run, line by line")


def row(panel: Locator, text: str) -> Locator:
    return lines(panel).get_by_role("row").filter(has_text=text)


def expect_open_line(page: Page, text: str) -> None:
    """Expect Logs to show the details of a line."""
    expect(page.get_by_role("region", name="Details of the line")).to_be_visible()
    opened = page.get_by_role("table", name="Log lines").get_by_role("row").filter(has=page.get_by_role("region"))
    expect(opened).to_contain_text(text)


def test_a_failed_test_shows_its_verdict_and_the_first_difference_from_green_runs(panel: Locator) -> None:
    expect(panel).to_contain_text("Regressed")
    expect(panel).to_contain_text("first bad commit 4f1c2ab7d3")
    expect(panel).to_contain_text("It has failed twice in a row since commit 4f1c2ab7d3 and passed on 91be07d2c4.")
    expect(panel).to_contain_text("the green runs continue with 'switching to pay-us'")
    expect(lines(panel)).to_contain_text("one of 3 green runs")

    first = row(panel, "first difference")
    expect(first).to_be_in_viewport()
    expect(first).to_contain_text("switching to pay-us")
    expect(first).to_contain_text("no such line")
    equal = row(panel, "calling pay-eu, try 1 of 2")
    expect(equal.get_by_role("cell")).to_have_count(2)
    changed = row(panel, "balance of account demo")
    expect(changed.locator("b")).to_have_text(["371", "500"])


def test_equal_lines_unfold_and_keys_and_pills_move_between_differences(panel: Locator) -> None:
    page = panel.page
    expect(panel.get_by_text("shelf E loaded")).to_have_count(0)
    panel.get_by_role("button", name="9 equal lines").click()
    expect(panel.get_by_text("shelf E loaded")).to_have_count(2)

    panel.get_by_role("button", name="Line 2, of this run: calling pay-eu, try 2 of 2").click()
    current = lines(panel).locator("[data-current]")
    expect(current).to_contain_text("calling pay-eu, try 2 of 2")
    page.keyboard.press("n")
    expect(current).to_contain_text("switching to pay-us")
    page.keyboard.press("Enter")
    expect_open_line(page, "switching to pay-us")
    page.go_back()
    row(panel, "giving up").get_by_role("link").click()
    expect_open_line(page, "pay-eu did not answer in 3000 ms, giving up")


def test_the_address_holds_the_run_and_what_is_shown_of_it(panel: Locator) -> None:
    page = panel.page
    panel.get_by_text("Lines", exact=True).click()
    expect(panel.get_by_role("table", name="Log lines")).to_contain_text("giving up")
    page.reload()
    expect(panel.get_by_role("table", name="Log lines")).to_contain_text("giving up")
    run = panel.get_by_role("slider", name="Run")
    run.press("ArrowLeft")
    expect(run).to_have_attribute("aria-valuetext", re.compile("^failed after .*, commit 4f1c2ab7d3$"))
    run.press("ArrowLeft")
    expect(run).to_have_attribute("aria-valuetext", re.compile("^passed after .*, commit 91be07d2c4$"))
    expect(panel.get_by_role("table", name="Log lines")).to_contain_text("charged: 129.00 EUR")
    expect(panel.get_by_text("Comparison", exact=True)).to_have_count(0)
    for _ in range(3):
        page.go_back()
    expect(lines(panel)).to_be_visible()


def test_a_generated_check_can_be_copied_and_says_what_it_finds(panel: Locator) -> None:
    page = panel.page
    panel.get_by_role("button", name="Generate a test…").click()
    drawer = page.get_by_role("dialog", name="A test of the logs")
    source = drawer.get_by_role("region", name="Source of test_logs_of_charge_retries_once_on_timeout.py")
    expect(source).to_contain_text("logs.follows(")
    expect(drawer).to_contain_text("payment did not log 'switching to pay-us'")
    expect(drawer).to_contain_text("It passes on 3 green runs.")
    expect(drawer).to_contain_text("pytest --logloop tests test_logs_of_charge_retries_once_on_timeout.py")
    with page.expect_download() as saved:
        drawer.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename == "test_logs_of_charge_retries_once_on_timeout.py"
    assert saved.value.path().read_text() == source.text_content()
    assert violations(page) == []


def test_failures_of_a_run_are_grouped_by_cause_and_lead_to_their_comparison(
    open_page: Callable[..., Page], runs: str
) -> None:
    page = open_page(f"/projects/{runs}/tests?view=runs", color_scheme="light")
    page.get_by_role("link", name="2", exact=True).first.click()
    expect(page.get_by_text("one cause, 2 tests")).to_be_visible()
    expect(page.get_by_role("heading", level=2)).to_contain_text("switching to pay-us")
    expect(page.get_by_text("Regressed")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name=PROVIDERS).click()
    panel = page.get_by_role("region", name=f"Test {PROVIDERS}")
    expect(row(panel, "first difference")).to_contain_text("switching to pay-us")
    assert violations(page) == []


def test_failures_that_cannot_be_compared_are_grouped_by_how_they_failed(
    open_page: Callable[..., Page], runs: str
) -> None:
    page = open_page(f"/projects/{runs}/tests", color_scheme="light")
    page.route(
        "**/api/v1/analyzer/test-runs/**",
        lambda route: route.fulfill(status=503, json={"title": "Unavailable", "detail": "The analyzer is away."}),
    )
    page.get_by_role("button", name="Groups", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The analyzer is away.")
    expect(page.get_by_role("heading", level=2)).to_contain_text("AssertionError: assert calls")
    expect(page.get_by_role("button", name=PROVIDERS)).to_be_visible()
    assert violations(page) == []
    with page.expect_request("**/api/v1/analyzer/test-runs/**"):
        page.get_by_role("button", name="Try now").click()
    page.unroute("**/api/v1/analyzer/test-runs/**")
    # The page also tries by itself, so the button may be gone by now.
    expect(page.get_by_text("Regressed")).to_be_visible()


def test_a_test_that_never_passed_says_why_it_is_not_compared(
    open_page: Callable[..., Page], admin: httpx.Client, runs: str
) -> None:
    test = send_new_failure(admin, runs)
    page = open_page(f"/projects/{runs}/tests?{urlencode({'test': test})}")
    panel = page.get_by_role("region", name=f"Test {test}")
    expect(panel).to_contain_text("Nothing to compare with: there is no run in which the test passed.")
    expect(panel.get_by_role("table", name="Log lines")).to_contain_text("test failed")
    panel.get_by_role("button", name="Generate a test…").click()
    expect(page.get_by_role("dialog")).to_contain_text("There is no run in which the test passed.")


def test_a_test_is_put_in_quarantine_and_leaves_it(open_page: Callable[..., Page], runs: str) -> None:
    until = str((datetime.now(UTC) + timedelta(days=1)).date())
    page = open_page(f"/projects/{runs}/tests")
    name = CART.partition("::")[2]
    page.get_by_role("button", name=f"Actions for {CART}").click()
    page.get_by_role("menuitem", name="Change…").click()
    drawer = page.get_by_role("dialog", name="Test")
    drawer.get_by_label("Owner").fill("checkout")
    drawer.get_by_label("In quarantine until").fill(until)
    drawer.get_by_label("Reason of the quarantine").fill("waits for the new clock")
    drawer.get_by_role("button", name="Save").click()
    table = page.get_by_role("table", name="tests")
    expect(table.get_by_role("row").filter(has_text=name)).to_contain_text(f"in quarantine until {until}")

    page.get_by_role("button", name="Quarantine", exact=True).click()
    row = page.get_by_role("table", name="tests in quarantine").get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("waits for the new clock")
    expect(row).to_contain_text("checkout")
    assert violations(page) == []
    row.get_by_role("button", name=f"Actions for {CART}").click()
    page.get_by_role("menuitem", name="End the quarantine").click()
    expect(page.get_by_text("No test is in quarantine.")).to_be_visible()


def test_a_phone_shows_both_runs_in_one_column(open_page: Callable[..., Page], runs: str) -> None:
    address = f"/projects/{runs}/tests?{urlencode({'test': RETRIES})}"
    page = open_page(address, color_scheme="light", viewport={"width": 390, "height": 844})
    panel = page.get_by_role("region", name=f"Test {RETRIES}")
    first = row(panel, "first difference")
    expect(first).to_be_in_viewport()
    expect(first.get_by_role("cell")).to_have_count(1)
    expect(lines(panel)).not_to_contain_text("no such line")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
