"""A new user gets from an empty project to their own first line with what the page offers."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.system.clients.client import NODE, NODE_MODULES

SNIPPETS = ("Python", "OpenTelemetry", "Node.js", "Elasticsearch", "curl", "Any process", "pytest")
PROGRAMS = {"Python", "OpenTelemetry", "Elasticsearch"}


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
    if name == "Node.js":
        (tmp_path / "node_modules").symlink_to(NODE_MODULES)
        command = [NODE, "--input-type=module", "--eval", code]
    else:
        command = [sys.executable, "-c", code] if name in PROGRAMS else ["bash", "-ec", code]
    subprocess.run(command, env=env, cwd=tmp_path, check=True, timeout=120, capture_output=True)
    expect(page.get_by_role("table", name="Log lines")).to_be_visible()
    expect(page.get_by_text("first light" if name != "pytest" else "test passed").first).to_be_visible()
