"""Each role sees the controls that it may use, and no other; an address that it may not use says who may."""

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import RANGE, SERVICE, SINCE, UNTIL, send_exceptions
from tests.system.up_process import Up, eventually

ROLES = ("viewer", "member", "admin")
TEST = "tests/test_cart.py::test_total"
SERVICES = ("auth", "cart", "checkout", "gateway", "payments", "worker")
PASSWORD = "correct horse battery 9"
CHANGES = re.compile(
    r"(?i)^(actions for|add|again|analyze|approve|ask|change|condition|connect|create|delete|edit|emulate|new|ollama"
    r"|pause|read again|reject|remove the|resume|retry|revoke|rule from|save(?!d)|send|start|stop|switch|.* is on$"
    r"|days that|role of|token|webhook secret|description$)"
)
"""The names of controls that start or change something."""
CONTROLS = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea:not([readonly]), [role=menuitem]")]
  .filter(item => item.checkVisibility() && !item.disabled)
  .map(item => item.getAttribute("aria-label") ?? item.labels?.[0]?.innerText ?? item.innerText)
  .map(name => name.trim().split("\\n")[0])"""
RULE_FORM = {
    "Analyze its lines…",
    "Condition",
    "Condition (CEL)",
    "Description",
    "Start an analysis of the time around it",
    "Starts a day",
    "Starts an hour",
}
PAUSE = "Pause…"
ABOUT_REPORT = {"Again", "Ask a follow-up", "Create rule from 1…", "Start workflow…"}


@dataclass(frozen=True)
class Expected:
    """What a page offers to members and to administrators of the project, and what it says to viewers."""

    says: str
    member: frozenset[str] | set[str] = frozenset()
    admin: frozenset[str] | set[str] = frozenset()

    def controls(self, role: str) -> set[str]:
        return set() if role == "viewer" else set(self.member) if role == "member" else {*self.member, *self.admin}


def address_of(role: str) -> str:
    """The address of the user with a role in the project."""
    return f"{role}-of-the-shop@example.org"


PAGES = {
    "logs?q=currency&range=1d&open={line}": Expected(
        "Copy message",
        {"Analyze", "Analyze this line", "Delete…", "Edit…", "Rule from this…", "Save this view…"},
        {"Delete the view Errors"},
    ),
    f"logs?{RANGE}&analysis=new": Expected(
        "A member or an administrator can request one", {"Analyze"}, {"Connect a model"}
    ),
    f"logs?{RANGE}&analysis={{analysis}}": Expected(
        "What broke?", {"Analyze", "Edit and send…", *ABOUT_REPORT}, {"Connect a model"}
    ),
    "analyses": Expected("What broke?", {"Analyze logs…", "Delete What broke?"}),
    "analyses/{analysis}": Expected("What broke?", ABOUT_REPORT),
    "ci/pipelines": Expected("Diagnose", {"Actions for Diagnose", "Emulate a workflow…", "New pipeline…", PAUSE}),
    "ci/rules": Expected("Exceptions", {"Actions for Exceptions", "Exceptions is on", "New rule", PAUSE}),
    "ci/rules/{rule}": Expected(
        "Members and administrators of the project change its rules.",
        {"Save", "Remove the condition on log.severity", PAUSE, *RULE_FORM},
    ),
    "ci/rules/new": Expected(
        "Members and administrators of the project create its rules.",
        {"Save switched off", "Remove the condition on stats.count", PAUSE, *RULE_FORM},
    ),
    "ci/dispatches": Expected("recorded only", {"Start a pipeline", PAUSE}),
    "ci/chains/{chain}": Expected("in Logs", {"rule from this", PAUSE}),
    "ci/receivers": Expected("On call", {"Actions for On call", "New receiver…", PAUSE}),
    "ci/notifications?open={notification}": Expected("the receiver answered 404", {"Send it again…", PAUSE}),
    "ci/templates": Expected("Details", {"Actions for Details", "New template…", PAUSE}),
    "ci/workflows": Expected("acme/shop", {"Read again", PAUSE}),
    "ci/workflows/{file}": Expected("states no condition", {"Emulate…", PAUSE}),
    "ci/workflows/check": Expected("nothing is stored or started", {PAUSE}),
    "ci/emulate": Expected("Members and administrators of the project emulate workflows.", {"Emulate…", PAUSE}),
    "ci/approvals?open={request}": Expected("probe.yml", {PAUSE}, {"Approve…", "Reject…"}),
    f"tests?test={quote(TEST, safe='')}": Expected("test_total", {"Analyze", f"Actions for {TEST}"}),
    "metrics": Expected("queue.length", {"Actions for queue.length", "New metric"}),
    "services": Expected("payments", {"New service", *(f"Actions for {name}" for name in SERVICES)}),
    "settings/models": Expected("Administrators of the project change these settings.", admin={"Ollama"}),
    "settings/github": Expected(
        "Administrators of the project change these settings.",
        admin={"Create the App on GitHub…", "Webhook secret"},
    ),
    "settings/retention": Expected(
        "Administrators of the project change how long logs are kept.", admin={"Days that logs are kept"}
    ),
    "settings/api-keys": Expected(
        "Administrators of the project see and change its API keys.", admin={"New API key", "Create the first key"}
    ),
    "settings/audit": Expected("Administrators of the project see its audit trail."),
    "settings/members": Expected(
        "Administrators of the project see and change its members.",
        admin={"Add", "Add a user", f"Actions for {address_of('admin')}", f"Role of {address_of('admin')}"},
    ),
    "settings/users": Expected("Administrators of the installation see and change its users."),
    "settings/sign-in": Expected("Administrators of the installation see and change how people sign in."),
    "settings/dead-letters": Expected("Administrators of the installation see its dead letters."),
}


@pytest.fixture(scope="module")
def records(up: Up, admin: httpx.Client, shop: str) -> dict[str, str]:
    """One record of each kind in the project; returns the ids that addresses need."""

    def create(path: str, **body: Any) -> dict[str, Any]:
        created: dict[str, Any] = admin.post(path, json={"project_id": shop, **body}).raise_for_status().json()
        return created

    pipeline = create("/api/v1/ci/pipelines", name="Diagnose", service_id=SERVICE, repository="acme/shop")
    create("/api/v1/ci/templates", name="Details", event_type="shop.details", fields=[{"name": "service"}])
    unknown = f"{up.url}/api/v1/unknown?key=hidden"
    receiver = create("/api/v1/ci/receivers", name="On call", kind="webhook", url=unknown, group_wait="0s")
    rule = create(
        "/api/v1/ci/rules",
        name="Exceptions",
        condition='log.severity == "error"',
        filter={"services": [SERVICE]},
        action={"pipeline_id": pipeline["id"], "notify": [receiver["id"]]},
    )
    files = {"repository": "acme/shop", "files": [{"path": ".github/workflows/a.yml", "text": "on: push"}]}
    admin.put("/api/v1/ci/workflows", json={"project_id": shop, **files}).raise_for_status()
    file = admin.get("/api/v1/ci/workflows", params={"project_id": shop}).json()["items"][0]
    probe = {"service_id": SERVICE, "file": "probe.yml", "workflow": "on: push", "event": {"event_type": "a"}}
    assert admin.post("/api/v1/ci/emulations", json={"project_id": shop, **probe}).status_code == 403
    request = admin.get("/api/v1/ci/emulations/requests", params={"project_id": shop}).json()["items"][0]
    create("/api/v1/metrics", name="queue.length")
    create("/api/v1/tests", test_id=TEST, service_id=SERVICE)
    create("/api/v1/saved-views", name="Errors", shared=True, q="severity:error")
    analysis = create(
        "/api/v1/logs/analyses", since=SINCE.isoformat(), until=UNTIL.isoformat(), q="", question="What broke?"
    )
    send_exceptions(admin, shop, 1)
    chains = {"project_id": shop}
    chain = eventually(lambda: admin.get("/api/v1/ci/chains", params=chains).json()["items"])[0]
    failed = {"project_id": shop, "state": "failed"}
    notification = eventually(lambda: admin.get("/api/v1/ci/notifications", params=failed).json()["items"])[0]
    path = f"/api/v1/logs/analyses/{analysis['id']}"
    eventually(lambda: admin.get(path).json()["status"] == "completed")
    line = admin.get("/api/v1/logs", params={"project_id": shop, "q": "currency"}).json()["items"][0]
    ids = {
        "rule": rule,
        "analysis": analysis,
        "chain": chain,
        "line": line,
        "file": file,
        "notification": notification,
    }
    return {"request": request["sha256"], **{name: record["id"] for name, record in ids.items()}}


@pytest.fixture
def session_of(up: Up, browser: Browser, admin: httpx.Client, shop: str) -> Iterator[Callable[[str], Any]]:
    """Sign in as a user with a role in the project."""
    users = []

    def sign_in(role: str) -> Any:
        first, password = f"{PASSWORD}!", PASSWORD
        email = address_of(role)
        membership = {"project_id": shop, "role": role}
        body = {"email": email, "name": role, "password": first, "projects": [membership]}
        users.append(admin.post("/api/v1/users", json=body).raise_for_status().json()["id"])
        context = browser.new_context(base_url=up.url, extra_http_headers={"Origin": up.url})
        request = context.request
        assert request.post("/api/v1/session", data={"email": email, "password": first}).ok
        change = {"old_password": first, "new_password": password}
        assert request.put("/api/v1/session/password", data=change).ok
        assert request.post("/api/v1/session", data={"email": email, "password": password}).ok
        state = context.storage_state()
        context.close()
        return state

    yield sign_in
    for user in users:
        admin.delete(f"/api/v1/users/{user}")


def controls(page: Page) -> set[str]:
    """The names of the visible controls that change or start something."""
    return {name for name in page.evaluate(CONTROLS) if CHANGES.match(name)}


def controls_once(page: Page, wanted: set[str]) -> set[str]:
    """The controls when they are the wanted ones, or what they are after a while."""
    with contextlib.suppress(AssertionError):
        eventually(lambda: controls(page) == wanted, timeout_s=15)
    return controls(page)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_the_controls_that_it_may_use(
    open_page: Callable[..., Page],
    session_of: Callable[[str], Any],
    shop: str,
    records: dict[str, str],
    role: str,
) -> None:
    page = open_page(storage_state=session_of(role))
    found, wanted = {}, {}
    for path, expected in PAGES.items():
        page.goto(f"/projects/{shop}/{path.format(**records)}")
        if role == "viewer":
            expect(page.locator("main, [role=dialog]").get_by_text(expected.says).first).to_be_visible()
            page.wait_for_load_state("networkidle")
            assert "key=hidden" not in page.content()
        if path.startswith("logs?q="):
            page.get_by_role("button", name="Saved views").click()
            expect(page.get_by_role("menuitem", name="Errors")).to_be_visible()
        wanted[path] = expected.controls(role)
        found[path] = controls_once(page, wanted[path])
    assert found == wanted
