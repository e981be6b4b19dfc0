"""The web page in a real browser: a new user signs in and sees logs."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.infra import Infra, fresh_database, memory_folder
from tests.system.up_process import Up, eventually

# Without these flags Chromium contacts its vendor's servers at every start.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=30_000)  # of a busy machine
MARKUP = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"


@pytest.fixture(scope="module")
def up(infra: Infra) -> Iterator[Up]:
    vhost = infra.fresh_vhost()
    external = {"LOGLOOP_AMQP_URL": vhost, "LOGLOOP_MONGO_URL": infra.mongo_url}
    with memory_folder() as folder:
        up = Up(folder / "home", LOGLOOP_MONGO_DATABASE=fresh_database(), **external).wait_ready()
        for message in ("the disk of db-1 is full", "all is well", f"markup stays text {MARKUP}"):
            assert up.accepts(message)
        eventually(lambda: up.find("markup stays text"))
        yield up
        up.stop()
    infra.delete_vhost(vhost)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "no browser found; `make test` installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, up: Up) -> Iterator[Page]:
    """The page before sign-in. A script error or a request to another host fails the test."""
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.extend([request.url] * (not request.url.startswith(up.url))))
    page.goto(up.url)
    yield page
    assert problems == []
    context.close()


def sign_in(page: Page, up: Up) -> None:
    page.get_by_label("E-mail").fill(up.credentials["email"])
    page.get_by_label("Password", exact=True).fill(up.credentials["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("searchbox", name="Search logs")).to_be_visible()


def messages(page: Page) -> list[str]:
    return page.locator("#rows td.message").all_inner_texts()


def test_a_wrong_password_shows_an_error_and_the_right_one_shows_the_logs(page: Page, up: Up) -> None:
    page.get_by_label("E-mail").fill(up.credentials["email"])
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    sign_in(page, up)
    expect(page.locator("#rows tr")).to_have_count(3)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_log_text_is_not_rendered_as_markup(page: Page, up: Up) -> None:
    sign_in(page, up)
    expect(page.locator("#rows tr")).to_have_count(3)
    assert any(MARKUP in message for message in messages(page))
    assert page.locator("#rows img").count() == 0
    assert page.title() == "Logloop"


def test_a_search_filters_the_list_and_its_url_restores_the_search(page: Page, up: Up) -> None:
    sign_in(page, up)
    page.get_by_role("searchbox").fill('"disk of db-1"')
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#rows tr")).to_have_count(1)
    page.goto(page.url)
    expect(page.locator("#rows tr")).to_have_count(1)
    assert messages(page) == ["the disk of db-1 is full"]


def test_an_invalid_search_shows_why(page: Page, up: Up) -> None:
    sign_in(page, up)
    page.get_by_role("searchbox").fill("severity:error AND (")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("invalid search")


def test_a_log_opens_with_all_its_fields(page: Page, up: Up) -> None:
    sign_in(page, up)
    page.get_by_role("button", name="the disk of db-1 is full").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("service_id")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_new_logs_appear_live_without_a_reload(page: Page, up: Up) -> None:
    sign_in(page, up)
    page.get_by_role("button", name="Live").click()
    expect(page.get_by_role("status")).to_contain_text("Live: waiting")
    assert up.accepts("fresh while you look")
    expect(page.locator("#rows tr").first).to_contain_text("fresh while you look", timeout=10_000)


def test_live_that_is_pressed_during_a_search_stays_on(page: Page, up: Up) -> None:
    sign_in(page, up)
    expect(page.get_by_role("status")).to_contain_text("shown")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/logs?*", hold)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Live").click()
    page.evaluate("document.querySelector('#rows tr').dataset.old = ''")
    held[0].continue_()
    expect(page.locator("#rows tr[data-old]")).to_have_count(0)  # the result is shown
    expect(page.get_by_role("status")).to_contain_text("Live: waiting")


def test_the_histogram_counts_the_listed_logs(page: Page, up: Up) -> None:
    sign_in(page, up)
    page.get_by_role("searchbox").fill('"all is well"')
    page.keyboard.press("Enter")
    expect(page.locator("#histogram-caption")).to_contain_text("1 logs")
    expect(page.locator("#histogram rect")).to_have_count(1)


def test_a_link_to_a_log_opens_it_after_sign_in(page: Page, up: Up) -> None:
    log = up.find("the disk of db-1 is full")[0]
    page.goto(f"{up.url}/projects/demo/logs/{log['id']}")
    sign_in(page, up)
    expect(page.get_by_role("dialog")).to_contain_text("the disk of db-1 is full")
    page.goto(page.url)
    expect(page.locator("#rows tr")).to_have_count(1)


def test_a_link_to_an_analysis_shows_the_report_and_its_evidence(page: Page, up: Up) -> None:
    now = datetime.now(UTC).isoformat()
    entry = {
        "project_id": "demo",
        "service_id": "db-1",
        "severity": "error",
        "message": "disk full",
        "timestamp": now,
    }
    with up.client() as client:
        assert client.post("/api/v1/logs", json=entry).status_code == 202
        eventually(lambda: up.find("disk full"))
        request = {"project_id": "demo", "q": "service:db-1", "since": "1h", "question": "Is the disk full?"}
        analysis = client.post("/api/v1/logs/analyses", json=request).json()["id"]
    page.goto(f"{up.url}/projects/demo/analyses/{analysis}")
    page.get_by_label("E-mail").fill(up.credentials["email"])
    page.get_by_label("Password", exact=True).fill(up.credentials["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Is the disk full?")).to_be_visible()
    # The report may not be ready yet: the page waits for it.
    page.locator("#report-claims a").first.click(timeout=30_000)
    expect(page.get_by_role("dialog")).to_contain_text("disk full")


def test_a_click_on_a_histogram_bar_narrows_the_time_range_and_the_range_menu_widens_it(page: Page, up: Up) -> None:
    sign_in(page, up)
    page.locator("#histogram rect").last.click(force=True)
    chosen = page.locator("#range option:checked")
    expect(chosen).to_contain_text(" 20")
    page.reload()
    expect(chosen).to_contain_text(" 20")
    page.get_by_label("Time range").select_option("last hour")
    expect(page).to_have_url(f"{up.url}/?project=demo&since=1h")


def test_sign_out_ends_the_session(page: Page, up: Up) -> None:
    sign_in(page, up)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    page.reload()
    expect(page.get_by_label("E-mail")).to_be_visible()
