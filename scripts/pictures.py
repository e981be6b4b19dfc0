"""Takes pictures of the pages, light and dark, from a platform that has run `logloop demo`.

`python -m scripts.pictures`, while `logloop up` runs on this machine. It signs in with the credentials file.
"""

import json
import sys
from pathlib import Path

from logloop.local.home import home_folder
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import FLAGS, find_chromium

FOLDER = Path(__file__).parent.parent / "docs/images"
SIZE = {"width": 1280, "height": 800}
PAGES = {
    "logs": "/projects/demo/logs?range=all",
    "patterns": "/projects/demo/logs?range=all&view=patterns",
    "live": "/projects/demo/logs?live=1",
    "analyses": "/projects/demo/analyses",
    "rules": "/projects/demo/ci/rules",
    "new-rule": "/projects/demo/ci/rules/new",
    "dispatches": "/projects/demo/ci/dispatches",
    "chains": "/projects/demo/ci/chains",
    "tests": "/projects/demo/tests",
    "services": "/projects/demo/services",
    "models": "/projects/demo/settings/models",
    "audit": "/projects/demo/settings/audit",
}


def main() -> int:
    """Write all pictures. Returns 1 when no platform or no browser is there."""
    credentials_file = home_folder() / "credentials.json"
    program = find_chromium()
    if program is None or not credentials_file.exists():
        print("start `logloop up`, run `logloop demo`, and install chromium first")
        return 1
    credentials = json.loads(credentials_file.read_text())
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for scheme in ("light", "dark"):
            _take_all(browser, credentials, scheme)
        browser.close()
    return 0


def _take_all(browser: Browser, credentials: dict[str, str], scheme: str) -> None:
    context = browser.new_context(base_url=credentials["url"], viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/sign-in")
    _take(page, "sign-in", scheme)
    page.get_by_label("E-mail").fill(credentials["email"])
    page.get_by_label("Password").first.fill(credentials["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/projects/**")
    for name, path in PAGES.items():
        page.goto(path)
        _take(page, name, scheme)
    page.goto("/projects/demo/analyses")
    page.locator("tbody tr a").first.click()
    _take(page, "analysis", scheme)
    address = page.url.rsplit("/", 1)[-1]
    page.goto(f"/projects/demo/logs?range=all&q=severity%3Aerror&analysis={address}")
    _take(page, "logs-analysis", scheme)
    context.close()


def _take(page: Page, name: str, scheme: str) -> None:
    if name != "live":
        page.wait_for_load_state("networkidle")
    page.locator("main").wait_for()
    page.wait_for_timeout(700)  # the chart and opened panels settle
    page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
    print(f"{name}-{scheme}.png")


if __name__ == "__main__":
    sys.exit(main())
