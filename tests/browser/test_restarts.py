"""While a service is away, an open page says so in one sentence, keeps what was typed, and recovers by itself."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.relay import Relay
from tests.system.up_process import Up, eventually

STARTING = "The service is starting or does not respond"
PATIENCE = "Trying again by itself; nothing you typed is lost."


@contextlib.contextmanager
def away(up: Up, program: str) -> Iterator[None]:
    """Kill a program of the platform, and kill it again whenever it is restarted."""
    done = threading.Event()

    def kill() -> None:
        while not done.wait(0.05):
            with contextlib.suppress(StopIteration, psutil.NoSuchProcess):
                up.child(program).kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        done.set()
        killer.join()


@pytest.fixture(autouse=True)
def _ready_again(up: Up) -> Iterator[None]:
    yield
    for service in ("ingest", "analyzer", "ci-bridge", "query"):
        eventually(partial(_responds, up, service))
    eventually(up.is_ready)


def _responds(up: Up, service: str) -> bool:
    with up.client() as client:
        return client.get(f"/api/v1/openapi/{service}.json").status_code == 200


def expect_one_sentence(page: Page, text: str) -> None:
    """The page says what is wrong, in the place that needs the service, and that it tries again."""
    notice = page.get_by_role("alert").filter(has_text=text)
    expect(notice).to_have_count(1)
    expect(notice).to_contain_text(PATIENCE)


def test_the_log_viewer_outlives_a_restart_of_query(logs: Page, up: Up) -> None:
    box = logs.get_by_role("combobox", name="Filter")
    with away(up, "logloop_query"):
        box.fill("severity:error")
        box.press("Enter")
        box.fill("typed and not sent")
        expect_one_sentence(logs, STARTING)
        expect(logs.get_by_text("Traceback (most recent call last):")).to_be_visible()
    expect(logs.get_by_role("alert")).to_have_count(0)
    expect(box).to_have_value("typed and not sent")


def test_the_log_viewer_outlives_a_restart_of_the_gateway(logs: Page, up: Up) -> None:
    box = logs.get_by_role("combobox", name="Filter")
    with away(up, "caddy"):
        box.fill("severity:error")
        box.press("Enter")
        box.fill("typed and not sent")
        expect_one_sentence(logs, "Logloop does not respond. Check that it runs.")
    expect(logs.get_by_role("alert")).to_have_count(0)
    expect(box).to_have_value("typed and not sent")


def test_a_question_outlives_a_restart_of_the_analyzer(logs: Page, up: Up) -> None:
    page = logs
    with away(up, "logloop_analyzer"):
        page.get_by_role("button", name="Analyze A").click()
        panel = page.get_by_role("complementary", name="Analyze")
        panel.get_by_role("textbox").fill("Why?")
        panel.get_by_role("button", name="Analyze", exact=True).click()
        expect(panel).to_contain_text("Waiting for the analyzer.")
        expect(panel).to_contain_text("Why?")
    expect(panel.get_by_role("region", name="Measured")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_rule_outlives_a_restart_of_ci_bridge(open_page: Callable[..., Page], up: Up) -> None:
    page = open_page("/projects/demo/ci/rules/new")
    name = page.get_by_role("textbox", name="Name")
    expect(name).to_be_visible()
    with away(up, "logloop_ci_bridge"):
        name.fill("Typed during the restart")
        expect_one_sentence(page, STARTING)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(name).to_have_value("Typed during the restart")


def test_a_page_about_ingest_outlives_its_restart(open_page: Callable[..., Page], up: Up) -> None:
    page = open_page("/projects/demo/settings/dead-letters")
    with away(up, "logloop_ingest"):
        page.reload()
        expect(page.get_by_text(f"The dead letters of ingest are unknown: {STARTING}")).to_be_visible()
        expect(page.get_by_text("Every message was handled")).to_be_hidden()
    expect(page.get_by_text("dead letters of ingest are unknown")).to_be_hidden()
    expect(page.get_by_text("Every message was handled")).to_be_visible()


def test_pages_outlive_an_outage_of_the_broker(open_page: Callable[..., Page], logs: Page, broker: Relay) -> None:
    letters = open_page("/projects/demo/settings/dead-letters")
    panel = logs.get_by_role("complementary", name="Analyze")
    with broker.away():
        # Logs are searched all the same, and a question waits until it can be answered.
        box = logs.get_by_role("combobox", name="Filter")
        box.fill("severity:error")
        box.press("Enter")
        expect(logs.get_by_text("Traceback (most recent call last):")).to_be_visible()
        logs.get_by_role("button", name="Analyze A").click()
        panel.get_by_role("textbox").fill("Why?")
        panel.get_by_role("button", name="Analyze", exact=True).click()

        letters.reload()
        expect_one_sentence(letters, "RabbitMQ is unavailable")
        expect(panel).to_contain_text("Waiting for the analyzer.")
        expect(panel).to_contain_text("Why?")
        expect(logs.get_by_role("alert")).to_have_count(0)
    expect(panel.get_by_role("region", name="Measured")).to_be_visible()
    expect(letters.get_by_text("Every message was handled")).to_be_visible()
    expect(letters.get_by_role("alert")).to_have_count(0)
