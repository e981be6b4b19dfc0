"""A new user gets from an empty project to their own first line with what the page offers."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.system.up_process import Up

SNIPPETS = ("Python", "curl", "Any process", "pytest")


@pytest.fixture
def empty_project(up: Up) -> Iterator[str]:
    with up.client(key=False) as client:
        name = f"empty-{os.urandom(4).hex()}"
        admin = _admin_key(up)
        client.post("/api/v1/projects", json={"id": name, "name": name}, headers=admin).raise_for_status()
        yield name
        client.delete(f"/api/v1/projects/{name}", headers=admin)


def _admin_key(up: Up) -> dict[str, str]:
    """Sign in as the administrator. The cookie is only for https and browsers, so it is passed by hand."""
    with up.client(key=False) as client:
        credentials = {"email": up.credentials["email"], "password": up.credentials["password"]}
        response = client.post("/api/v1/session", json=credentials).raise_for_status()
    return {"Cookie": response.headers["Set-Cookie"].partition(";")[0], "Origin": up.url}


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_runs_as_pasted_and_the_page_turns_into_the_log_list(
    open_page: Callable[..., Page], empty_project: str, name: str, tmp_path: Path
) -> None:
    page = open_page(f"/projects/{empty_project}/logs")
    page.get_by_role("button", name="Create a key for these snippets").click()
    page.get_by_role("tab", name=name, exact=True).click()
    panel = page.get_by_role("tabpanel", name=name, exact=True)
    if name != "AMQP":
        expect(panel).to_contain_text(re.compile(r"llk_\w+"))
    code = panel.locator("pre").inner_text()
    bin_folder = Path(sys.executable).parent
    env = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(tmp_path), "LOGLOOP_HOME": str(tmp_path)}
    (tmp_path / "test_first.py").write_text("def test_first():\n    print('first light')\n")
    command = [sys.executable, "-c", code] if name == "Python" else ["bash", "-ec", code]
    subprocess.run(command, env=env, cwd=tmp_path, check=True, timeout=120, capture_output=True)
    expect(page.get_by_role("table", name="Log lines")).to_be_visible()
    expect(page.get_by_text("first light" if name != "pytest" else "test passed").first).to_be_visible()
