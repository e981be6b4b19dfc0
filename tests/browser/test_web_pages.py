"""Pages of another website send logs from the browser, as SDKs in web pages do, and can do nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page

from tests.system.up_process import Up, eventually

_SEND = """async ([url, key, body, credentials]) => {
    const headers = {"Content-Type": "application/json", Authorization: `Bearer ${key}`};
    try {
        const answer = await fetch(url, {method: "POST", headers, body, credentials});
        return answer.status;
    } catch (error) {
        return String(error);
    }
}"""
_READ = """async ([url, key]) => {
    try {
        return (await fetch(url, {headers: {Authorization: `Bearer ${key}`}})).status;
    } catch (error) {
        return String(error);
    }
}"""


@pytest.fixture
def shop_page(browser: Browser, shop_origin: str) -> Iterator[Page]:
    """A page of the other website."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(shop_origin)
    yield page
    context.close()


def otlp(message: str) -> str:
    nanoseconds = int(datetime.now(UTC).timestamp() * 1e9)
    record = f'{{"timeUnixNano": "{nanoseconds}", "body": {{"stringValue": "{message}"}}}}'
    return f'{{"resourceLogs": [{{"scopeLogs": [{{"logRecords": [{record}]}}]}}]}}'


def test_a_page_of_an_allowed_origin_sends_and_sees_refusals(up: Up, shop_page: Page) -> None:
    key = up.credentials["api_key"]
    url = f"{up.url}/v1/logs"
    assert shop_page.evaluate(_SEND, [url, key, otlp("sent by a page"), "omit"]) == 200
    assert shop_page.evaluate(_SEND, [url, "llk_no_key", otlp("without a key"), "omit"]) == 401
    [found] = eventually(lambda: up.find("sent by a page"))
    assert found["message"] == "sent by a page"


def test_a_page_can_neither_send_cookies_nor_read_nor_come_from_elsewhere(
    up: Up, shop_page: Page, shop_origin: str
) -> None:
    key = up.credentials["api_key"]
    assert "Failed to fetch" in shop_page.evaluate(_SEND, [f"{up.url}/v1/logs", key, otlp("cookies"), "include"])
    assert "Failed to fetch" in shop_page.evaluate(_READ, [f"{up.url}/api/v1/logs?project_id=demo&q=a", key])
    shop_page.goto(shop_origin.replace("127.0.0.1", "localhost"))
    assert "Failed to fetch" in shop_page.evaluate(_SEND, [f"{up.url}/v1/logs", key, otlp("elsewhere"), "omit"])
