"""Takes the pictures of docs/tour.md, light and dark, from a platform that has run `logloop demo`.

`python -m scripts.pictures`, while `logloop up` runs on this machine. It signs in with the credentials file, adds two
metrics, a receiver and the runs of examples/failing-suite to the project of the demo, and replaces what is in
docs/images.
"""

import base64
import json
import math
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from logloop.local.home import home_folder
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import FLAGS, find_chromium

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs/images"
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_PROJECT = "/projects/demo"
_QUALITY = 82

PAGES = {
    "logs": "/logs?range=1h&q=severity%3Aerror",
    "live": "/logs?live=1",
    "patterns": "/logs?range=1h&view=patterns",
    "analyses": "/analyses",
    "ci": "/ci",
    "rules": "/ci/rules",
    "new-rule": "/ci/rules/new",
    "pipelines": "/ci/pipelines",
    "templates": "/ci/templates",
    "workflows": "/ci/workflows",
    "workflow-check": "/ci/workflows/check",
    "emulate": "/ci/emulate",
    "approvals": "/ci/approvals",
    "dispatches": "/ci/dispatches",
    "runs": "/ci/runs",
    "chains": "/ci/chains",
    "receivers": "/ci/receivers",
    "notifications": "/ci/notifications",
    "tests": "/tests?test=tests/test_payment.py::test_a_slow_provider_is_replaced",
    "test-groups": "/tests?view=groups",
    "metrics": "/metrics?range=3h",
    "services": "/services",
    "models": "/settings/models",
    "github": "/settings/github",
    "members": "/settings/members",
    "api-keys": "/settings/api-keys",
    "users": "/settings/users",
    "audit": "/settings/audit",
    "dead-letters": "/settings/dead-letters",
    "appearance": "/settings/appearance",
}
OPENED = {
    "analysis": ("/api/v1/logs/analyses?project_id=demo&limit=1", "/analyses/{id}"),
    "rule": ("/api/v1/ci/rules?project_id=demo&limit=1", "/ci/rules/{id}"),
    "run": ("/api/v1/ci/runs?project_id=demo&limit=1", "/ci/runs/{run_id}"),
    "chain": ("/api/v1/ci/chains?project_id=demo&limit=1", "/ci/chains/{id}"),
    "context": ("/api/v1/logs?project_id=demo&q=severity%3Aerror&limit=1", "/logs?around={id}&range=24h"),
    "logs-analysis": (
        "/api/v1/logs/analyses?project_id=demo&limit=1",
        "/logs?range=1h&q=severity%3Aerror&analysis={id}",
    ),
}


def main() -> int:
    """Write all pictures. Returns 1 when no platform or no browser is there."""
    credentials_file, program = home_folder() / "credentials.json", find_chromium()
    if program is None or not credentials_file.exists():
        print("start `logloop up`, run `logloop demo`, and install chromium first")
        return 1
    credentials = json.loads(credentials_file.read_text())
    FOLDER.mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, str(ROOT / "examples/failing-suite/play.py")],
        env={**os.environ, "LOGLOOP_PROJECT": "demo"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for scheme in SCHEMES:
            _take_all(browser, credentials, scheme)
        browser.close()
    return 0


def _take_all(browser: Browser, credentials: dict[str, str], scheme: Scheme) -> None:
    context = browser.new_context(
        base_url=credentials["url"], viewport={"width": 1280, "height": 800}, color_scheme=scheme
    )
    page = context.new_page()
    page.goto("/sign-in")
    _take(page, "sign-in", scheme)
    page.get_by_label("E-mail").fill(credentials["email"])
    page.get_by_label("Password").first.fill(credentials["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/projects/**")
    if scheme == "light":
        _add_metrics(page)
        _add_receiver(page)
    for name, path in PAGES.items():
        page.goto(_PROJECT + path)
        _take(page, name, scheme)
    for name, (request, path) in OPENED.items():
        page.goto(_PROJECT + path.format_map(_first(page, request)))
        _take(page, name, scheme)
    page.goto(f"{_PROJECT}/logs")
    page.keyboard.press("Control+k")
    _take(page, "palette", scheme)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{_PROJECT}/logs?range=1h&q=severity%3Aerror")
    _take(page, "phone", scheme)
    context.close()


def _first(page: Page, request: str) -> dict[str, Any]:
    """Return the first item of a list."""
    response = page.request.get(request)
    if not response.ok:
        raise RuntimeError(f"{request}: {response.text()}")
    item: dict[str, Any] = response.json()["items"][0]
    return item


def _add_metrics(page: Page) -> None:
    """Add a day of two metrics, unless an earlier run did."""
    if page.request.get("/api/v1/metrics?project_id=demo").json()["items"]:
        return
    now = datetime.now(UTC)
    for name, unit, level in (("http.request.duration", "ms", 120.0), ("queue.depth", "1", 40.0)):
        metric = _post(page, "/api/v1/metrics", {"project_id": "demo", "name": name, "unit": unit})
        points = [
            {
                "timestamp": (now - timedelta(minutes=minute)).isoformat(),
                "value": level * (1 + 0.4 * math.sin(minute / 17) + 0.1 * math.sin(minute / 3)),
            }
            for minute in range(180)
        ]
        _post(page, f"/api/v1/metrics/{metric['id']}/points", points)


def _add_receiver(page: Page) -> None:
    """Add a receiver, unless an earlier run did. No rule uses it, so nothing is sent."""
    if page.request.get("/api/v1/ci/receivers?project_id=demo").json()["items"]:
        return
    address = "https://alerts.example.org/logloop"
    receiver = {"project_id": "demo", "name": "On call", "kind": "webhook", "url": address}
    _post(page, "/api/v1/ci/receivers", receiver)


def _post(page: Page, path: str, body: object) -> Any:
    response = page.request.post(path, data=json.dumps(body), headers={
        "Content-Type": "application/json", "Origin": page.url.split("/projects")[0],
    })  # fmt: skip
    if not response.ok:
        raise RuntimeError(f"{path}: {response.text()}")
    return response.json()


def _take(page: Page, name: str, scheme: Scheme) -> None:
    if name != "live":
        page.wait_for_load_state("networkidle")
    page.locator("main").wait_for()
    page.wait_for_timeout(700)  # the chart and opened panels settle
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
    (FOLDER / f"{name}-{scheme}.webp").write_bytes(base64.b64decode(taken["data"]))
    print(f"{name}-{scheme}.webp")


if __name__ == "__main__":
    sys.exit(main())
