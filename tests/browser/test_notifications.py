"""A receiver is set up, a rule notifies it, and what failed is sent again."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.shop import EXCEPTION, SERVICE, send_exceptions
from tests.real.ci_bridge.receivers import HttpReceiver


@pytest.fixture
def hook() -> Iterator[HttpReceiver]:
    with HttpReceiver() as started:
        yield started


def test_a_rule_notifies_a_receiver_that_is_set_up_in_the_browser(
    open_page: Callable[..., Page], admin: httpx.Client, empty_project: str, hook: HttpReceiver
) -> None:
    page = open_page(f"/projects/{empty_project}/ci/receivers")
    expect(page.get_by_text("No receiver yet")).to_be_visible()
    page.get_by_role("button", name="New receiver…").click()
    form = page.get_by_role("dialog", name="New receiver")
    form.get_by_role("textbox", name="Name").fill("On call")
    form.get_by_label("Address").fill("http://10.0.0.1/hook")
    form.get_by_role("textbox", name="JSON body").fill('{ "summary": "{{titel}}" }')
    form.get_by_role("button", name="Create receiver").click()
    expect(form.get_by_text("the template uses unknown names: titel")).to_be_visible()
    form.get_by_role("textbox", name="JSON body").fill('{ "summary": "{{title}}", "lines": "{{lines}}" }')
    form.get_by_role("button", name="Preview the message").click()
    expect(form.get_by_role("region", name="Preview")).to_contain_text("payment timed out")
    form.get_by_role("button", name="Create receiver").click()
    expect(form.get_by_text("10.0.0.1 is not a public address")).to_be_visible()
    form.get_by_label("Address").fill(hook.url)
    form.get_by_role("combobox", name="Send").click()
    page.get_by_role("option", name="At once").click()
    form.get_by_role("switch", name="Quiet hours").click()
    form.get_by_label("From", exact=True).fill("03:00")
    form.get_by_label("Until").fill("03:00")
    form.get_by_role("button", name="Create receiver").click()
    expect(form.get_by_text("quiet hours must end at another time")).to_be_visible()
    form.get_by_role("switch", name="Quiet hours").click()
    form.get_by_role("button", name="Create receiver").click()
    expect(form).to_be_hidden()

    row = page.get_by_role("table", name="receivers").get_by_role("row", name="On call")
    expect(row).to_contain_text("127.0.0.1")
    assert "key=hidden" not in page.content()
    row.get_by_role("button", name="Actions for On call").click()
    page.get_by_role("menuitem", name="Test…").click()
    test = page.get_by_role("dialog", name="Test On call?")
    assert hook.posts == []
    hook.statuses.append(400)
    hook.answer = b"invalid_payload"
    test.get_by_role("button", name="Send a test message").click()
    expect(test.get_by_role("status")).to_contain_text("the receiver answered 400: invalid_payload")
    test.get_by_role("button", name="Send another one").click()
    expect(test.get_by_role("status")).to_contain_text("It took the message: status 200")
    test.get_by_role("button", name="Close", exact=True).last.click()

    page.goto(f"/projects/{empty_project}/ci/rules/new?service={SERVICE}&severity=error&text=KeyError")
    expect(page.get_by_text("Choose a pipeline, or another action")).to_be_visible()
    page.get_by_role("combobox", name="Receivers to notify").click()
    page.get_by_role("option", name="On call").click()
    page.keyboard.press("Escape")
    page.get_by_role("switch", name="Start an analysis").click()
    page.get_by_role("textbox", name="Time before the match").fill("20m")
    source = page.get_by_role("textbox", name="Settings (JSON, as the API takes them)")
    expect(source).to_have_value(re.compile(r'"before": "20m"'))
    expect(source).not_to_have_value(re.compile("pipeline_id"))
    source.fill(source.input_value().replace('"before": "20m"', '"before": "10m"').replace('"30s"', '"0s"'))
    expect(page.get_by_role("textbox", name="Time before the match")).to_have_value("10m")
    page.get_by_role("button", name="Save and switch on…").click()
    question = page.get_by_role("dialog", name=re.compile("^Switch on"))
    expect(question).to_contain_text("it starts an analysis and notifies a receiver")
    question.get_by_role("button", name="Save and switch on").click()
    page.wait_for_url(lambda url: "/ci/rules/" in url and "/new" not in url)

    hook.statuses.append(404)
    hook.answer = b"no_service"
    send_exceptions(admin, empty_project, 8)
    evaluations = page.get_by_role("table", name="Evaluations")
    expect(evaluations.get_by_role("link", name="an analysis")).to_be_visible()
    expect(evaluations).to_contain_text("message to On call")
    expect(evaluations).to_contain_text("failed")
    evaluations.get_by_role("link", name="message to On call").click()
    drawer = page.get_by_role("dialog", name="Notification", exact=True)
    expect(drawer).to_contain_text("the receiver answered 404: no_service")
    lines = drawer.get_by_role("table", name="Matching lines").get_by_role("row")
    expect(lines).to_have_count(8)
    drawer.get_by_role("button", name="Send it again…").click()
    again = page.get_by_role("dialog", name="Send this notification again?")
    again.get_by_role("button", name="Send it again").click()
    expect(drawer).to_contain_text("sent")
    assert hook.posts[-1].raw == hook.posts[-2].raw
    assert [line["message"] for line in hook.posts[-1].body["lines"]] == [
        f"{EXCEPTION}(item={number + 1})" for number in range(8)
    ]
    drawer.get_by_role("link", name="these lines in Logs").click()
    expect(page.get_by_role("table", name="Log lines")).to_contain_text(EXCEPTION)
    page.go_back()
    lines.first.get_by_role("link").click()
    expect(page.get_by_role("region", name="Details of the line")).to_contain_text(SERVICE)
