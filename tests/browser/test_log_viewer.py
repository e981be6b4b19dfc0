"""The log viewer as a person uses it: reading, filtering, following links, by mouse and by key."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.corpus import CORPUS_RANGE, TRACE, corpus
from tests.system.up_process import Up


def rows(page: Page) -> str | None:
    return page.get_by_role("table", name="Log lines").get_attribute("aria-rowcount")


def filter_by(page: Page, text: str) -> None:
    box = page.get_by_role("combobox", name="Filter")
    box.fill(text)
    box.press("Enter")


def expect_rows(page: Page, count: int) -> None:
    expect(page.get_by_role("table", name="Log lines")).to_have_attribute("aria-rowcount", str(count))


def test_a_wrong_password_shows_an_error_and_the_right_one_opens_the_page_that_was_asked_for(
    open_page: Callable[..., Page], up: Up
) -> None:
    page = open_page(f"/projects/demo/logs?q=severity%3Aerror&{CORPUS_RANGE}", signed_in=False)
    page.get_by_label("E-mail").fill(up.credentials["email"])
    page.get_by_label("Password").first.fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.get_by_label("Password").first.fill(up.credentials["password"])
    page.get_by_role("button", name="Sign in").click()
    expect_rows(page, sum(entry["severity"] == "error" for entry in corpus()))


def test_the_newest_line_is_in_view_and_earlier_ones_load_while_scrolling_up(logs: Page) -> None:
    expect(logs.get_by_text("Traceback (most recent call last):")).to_be_in_viewport()
    expect_rows(logs, 500)
    logs.get_by_role("rowgroup", name="Lines").evaluate("list => list.scrollTo(0, 0)")
    expect_rows(logs, len(corpus()))
    expect(logs.get_by_text("No more lines before")).to_be_attached()


def test_a_line_opens_with_its_fields_and_a_field_narrows_the_filter(logs: Page) -> None:
    logs.get_by_text("Traceback (most recent call last):").click()
    details = logs.get_by_role("region", name="Details of the line")
    expect(details).to_contain_text("TimeoutError: pay-eu")
    details.get_by_role("button", name="Only lines with this service_id").click()
    expect_rows(logs, sum(entry["service_id"] == "payment" for entry in corpus()))
    expect(logs.locator("[data-chip='service:payment']")).to_be_visible()


def test_a_count_includes_and_excludes_a_value(logs: Page) -> None:
    panel = logs.get_by_role("region", name="Service")
    panel.get_by_role("button", name="cart", exact=True).click()
    expect_rows(logs, sum(entry["service_id"] == "cart" for entry in corpus()))
    logs.get_by_role("button", name="Remove service:cart").click()
    panel.get_by_role("button", name="cart", exact=True).hover()
    panel.get_by_role("button", name="Without cart").click()
    expect(logs.locator("[data-chip='-service:cart']")).to_be_visible()


def test_what_the_filter_asks_of_messages_is_marked(logs: Page) -> None:
    filter_by(logs, "traceBACK service:payment")
    expect(logs.get_by_role("rowgroup", name="Lines").locator("mark").first).to_have_text("Traceback")
    filter_by(logs, "service:payment")
    expect(logs.locator("mark")).to_have_count(0)


def test_an_invalid_filter_is_explained_at_its_position_and_the_lines_stay(logs: Page) -> None:
    filter_by(logs, "severity:error AND (")
    expect(logs.get_by_role("alert")).to_contain_text("Column")
    logs.get_by_role("combobox", name="Filter").blur()
    expect(logs.get_by_role("alert")).to_contain_text("last valid filter")
    expect_rows(logs, 500)


def test_nothing_found_says_what_each_term_costs(logs: Page) -> None:
    filter_by(logs, "service:cart service:payment")
    expect(logs.get_by_text(f"0 of {len(corpus())} lines match")).to_be_visible()
    cart = sum(entry["service_id"] == "cart" for entry in corpus())
    expect(logs.get_by_text(f"{cart} lines")).to_be_visible()


def test_a_trace_whose_id_looks_like_a_number_survives_the_address(logs: Page) -> None:
    filter_by(logs, f"attributes.trace_id:{TRACE}")
    traced = sum("trace_id" in entry["attributes"] for entry in corpus())
    expect_rows(logs, traced)
    logs.reload()
    expect_rows(logs, traced)


def test_patterns_show_and_lead_to_their_lines(logs: Page) -> None:
    logs.get_by_text("Patterns", exact=True).click()
    expect(logs.get_by_text(f"in {len(corpus())} lines")).to_be_visible()
    logs.get_by_role("button", name="Only lines of this pattern").first.click()
    expect(logs.locator("[data-chip^='pattern:']")).to_be_visible()


def test_a_link_to_a_log_shows_it_among_the_lines_around_it(open_page: Callable[..., Page], up: Up) -> None:
    log = up.find("Traceback (most recent call last)")[0]
    page = open_page(f"/projects/demo/logs/{log['id']}")
    expect(page.get_by_text("Around 20")).to_be_visible()
    expect(page.get_by_role("region", name="Details of the line")).to_contain_text("TimeoutError: pay-eu")
    page.get_by_role("button", name="Back to the search").click()
    expect(page.get_by_role("combobox", name="Filter")).to_be_visible()


def test_back_undoes_each_step_and_the_address_restores_it(logs: Page, open_page: Callable[..., Page]) -> None:
    filter_by(logs, "severity:error")
    errors = sum(entry["severity"] == "error" for entry in corpus())
    expect_rows(logs, errors)
    logs.get_by_text("Patterns", exact=True).click()
    expect(logs.get_by_text(f"in {errors} lines")).to_be_visible()
    again = open_page(logs.url)
    expect(again.get_by_text(f"in {errors} lines")).to_be_visible()
    logs.go_back()
    expect_rows(logs, errors)
    logs.go_back()
    expect_rows(logs, 500)


def test_an_investigation_by_keyboard_alone(logs: Page) -> None:
    logs.keyboard.press("/")
    logs.keyboard.type("severity:error ")
    logs.keyboard.type("service:payment")
    logs.keyboard.press("Enter")
    wanted = sum(entry["severity"] == "error" and entry["service_id"] == "payment" for entry in corpus())
    expect_rows(logs, wanted)
    logs.keyboard.press("Escape")
    logs.keyboard.press("k")
    logs.keyboard.press("Enter")
    expect(logs.get_by_role("region", name="Details of the line")).to_be_visible()
    logs.keyboard.press("c")
    expect(logs.get_by_text("Around 20")).to_be_visible()
    logs.keyboard.press("?")
    expect(logs.get_by_role("dialog", name="Keys")).to_be_visible()
    logs.keyboard.press("Escape")
    expect(logs.get_by_role("dialog", name="Keys")).to_be_hidden()
    logs.keyboard.press("Control+k")
    expect(logs.get_by_role("combobox", name="Command")).to_be_focused()
    logs.keyboard.type("dark theme")
    logs.keyboard.press("Enter")
    expect(logs.locator("html")).to_have_attribute("data-theme", "dark")


def test_signing_out_ends_the_session_and_a_lost_session_asks_in_place(
    open_page: Callable[..., Page], up: Up
) -> None:
    page = open_page("/sign-in", signed_in=False)
    for _ in range(2):
        page.get_by_label("E-mail").fill(up.credentials["email"])
        page.get_by_label("Password").first.fill(up.credentials["password"])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("combobox", name="Filter")).to_be_visible()
        if page.get_by_label("Account of").is_visible():
            break
    page.get_by_role("combobox", name="Filter").fill("typed and not sent")
    page.context.clear_cookies()
    page.get_by_role("combobox", name="Filter").press("Enter")
    dialog = page.get_by_role("dialog", name="Your session ended")
    dialog.get_by_label("Password").first.fill(up.credentials["password"])
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("combobox", name="Filter")).to_have_value("typed and not sent")
    page.get_by_label("Account of").click()
    page.get_by_role("menuitem", name="Sign out", exact=True).click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    page.goto("/projects/demo/logs")
    expect(page.get_by_label("E-mail")).to_be_visible()
