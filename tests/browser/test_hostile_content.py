"""Text of logs and records is never run or rendered as markup, wherever it is shown."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.system.up_process import Up, eventually

ESC = "\x1b"
PAYLOADS = (
    "<img src=x onerror=\"document.title='run'\">",
    "<script>document.title='run'</script>",
    "<svg/onload=\"document.title='run'\">",
    "javascript:document.title='run'",
    "[x](javascript:document.title='run')",
    "{{constructor.constructor('document.title=1')()}}",
    f"{ESC}]8;;javascript:alert(1){ESC}\\click{ESC}]8;;{ESC}\\ {ESC}[31mred{ESC}[0m",
    "\u202eevil\u202c <b>bold</b>",
    '{"html": "<img src=x onerror=alert(1)>"}',
)


@pytest.fixture(scope="module")
def hostile(up: Up) -> str:
    """Return the id of a log whose fields all hold markup. A rule notifies a receiver of such logs."""
    with up.client() as client:
        receiver = {"name": "<b>bold</b>", "kind": "webhook", "url": "http://127.0.0.1:9/", "group_wait": "1h"}
        created = client.post("/api/v1/ci/receivers", json={"project_id": "demo", **receiver}).raise_for_status()
        rule = {
            "name": PAYLOADS[0],
            "filter": {"services": ["hostile"]},
            "action": {"notify": [created.json()["id"]]},
        }
        client.post("/api/v1/ci/rules", json={"project_id": "demo", **rule}).raise_for_status()
        entries = [
            {
                "project_id": "demo",
                "service_id": "hostile",
                "severity": "error",
                "timestamp": datetime.now(UTC).isoformat(),
                "message": f"payload {number} {payload}",
                "source": payload[:100],
                "func_id": payload[:100],
                "attributes": {"markup": payload, f"key{number}<b>": payload, "trace_id": f"t{number}"},
            }
            for number, payload in enumerate(PAYLOADS)
        ]
        assert client.post("/api/v1/logs", json=entries).status_code == 202
        params = {"project_id": "demo", "q": "service:hostile"}
        eventually(lambda: len(client.get("/api/v1/logs", params=params).json()["items"]) == len(PAYLOADS))
        items = client.get("/api/v1/logs", params=params).json()["items"]
    return str(items[0]["id"])


def assert_inert(page: Page) -> None:
    assert page.title() != "run"
    assert page.locator("main img, main script, main b:text('bold')").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("view", ["lines", "json", "patterns"])
def test_markup_in_logs_stays_text_in_each_view(open_page: Callable[..., Page], view: str) -> None:
    page = open_page(f"/projects/demo/logs?q=service%3Ahostile&range=all&view={view}&cols=markup&cols=func_id")
    expect(page.get_by_text("payload").first).to_be_visible()
    expect(page.get_by_text("<script>").first).to_be_attached()
    assert_inert(page)
    assert ESC not in page.inner_text("main")


def test_markup_in_the_fields_of_a_line_stays_text(open_page: Callable[..., Page], hostile: str) -> None:
    page = open_page(f"/projects/demo/logs/{hostile}")
    details = page.get_by_role("region", name="Details of the line")
    expect(details).to_contain_text("markup")
    assert_inert(page)
    details.get_by_role("button", name="JSON").click()
    expect(details).to_contain_text('"attributes"')
    assert_inert(page)


@pytest.mark.usefixtures("hostile")
def test_markup_in_a_notification_stays_text(open_page: Callable[..., Page], up: Up) -> None:
    with up.client() as client:
        params = {"project_id": "demo"}
        eventually(lambda: client.get("/api/v1/ci/notifications", params=params).json()["items"])
    page = open_page("/projects/demo/ci/notifications")
    page.get_by_role("table", name="notifications").get_by_text("<b>bold</b>").click()
    lines = page.get_by_role("dialog", name="Notification", exact=True).get_by_role("table", name="Matching lines")
    expect(lines.get_by_text("<script>")).to_be_visible()
    assert_inert(page)
    page.goto("/projects/demo/ci/receivers")
    expect(page.get_by_role("table", name="receivers")).to_contain_text("<b>bold</b>")
    assert_inert(page)


def test_markup_in_the_address_stays_text(open_page: Callable[..., Page]) -> None:
    for address in (
        "/projects/demo/logs?q=%3Cimg%20src%3Dx%20onerror%3D%22document.title%3D'run'%22%3E",
        "/projects/%3Cscript%3Ealert(1)%3C%2Fscript%3E/logs",
        "/sign-in?next=javascript:document.title='run'",
        "/sign-in?next=//evil.example",
        "/github-app?code=%3Cscript%3Ealert(1)%3C%2Fscript%3E&state=%3Cimg%20src%3Dx%3E",
    ):
        page = open_page(address)
        expect(page.locator("main")).to_be_visible()
        assert_inert(page)


def test_markup_in_workflows_and_reasons_stays_text(
    open_page: Callable[..., Page], admin: httpx.Client, empty_project: str
) -> None:
    text = "on: push\nenv:\n  LOGLOOP_WHEN: >-\n" + "".join(f"    {payload}\n" for payload in PAYLOADS[:6])
    own = {"project_id": empty_project}
    files = {"repository": "acme/shop", "files": [{"path": ".github/workflows/a.yml", "text": text}]}
    admin.put("/api/v1/ci/workflows", json={**own, **files}).raise_for_status()
    probe = {"service_id": "hostile", "workflow": text, "event": {"event_type": "a"}}
    assert admin.post("/api/v1/ci/emulations", json={**own, **probe}).status_code == 403
    admin.put("/api/v1/ci/pause", json={**own, "reason": PAYLOADS[0]}).raise_for_status()
    file = admin.get("/api/v1/ci/workflows", params=own).json()["items"][0]
    request = admin.get("/api/v1/ci/emulations/requests", params=own).json()["items"][0]
    for path in (f"workflows/{file['id']}", f"approvals?open={request['sha256']}", f"emulate?file={file['id']}"):
        page = open_page(f"/projects/{empty_project}/ci/{path}")
        expect(page.get_by_role("status", include_hidden=True).filter(has_text="is paused")).to_contain_text(
            PAYLOADS[0]
        )
        expect(page.locator("main, [role=dialog]").filter(has_text="LOGLOOP_WHEN").first).to_be_attached()
        assert_inert(page)
        assert page.locator("[role=dialog] img, [role=dialog] script").count() == 0
