"""A suite that fails in three ways is explained: a regression, a flaky test, a failure of the infrastructure."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import new_project
from tests.system.up_process import Up, eventually

EXAMPLE = Path(__file__).parents[2] / "examples" / "failing-suite"
REGRESSED = "tests/test_payment.py::test_a_slow_provider_is_replaced"
ALSO = "tests/test_checkout.py::test_a_cart_is_paid_although_a_provider_is_slow"
FLAKY = "tests/test_cart.py::test_tags_keep_their_order"
OUTCOMES = 7 * 13


@dataclass(frozen=True)
class Suite:
    """The repository of the example after its runs, which are reported to a project."""

    folder: Path
    project: str
    environ: dict[str, str]

    def logloop(self, *arguments: str, expect: int = 0) -> str:
        """Run the command line and return what it prints."""
        return self._run(["-m", "logloop.cli", *arguments], expect)

    def pytest(self, run_id: str, *arguments: str, expect: int) -> str:
        """Run pytest in the repository and return what it prints."""
        options = ["-q", "-p", "no:cacheprovider", "--logloop", "--logloop-run-id", run_id]
        return self._run(["-m", "pytest", *options, *arguments], expect)

    def git(self, *arguments: str) -> str:
        """Run git in the repository and return what it prints."""
        done = subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def _run(self, arguments: list[str], expect: int) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def suite(up: Up, admin: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The example, played once."""
    folder = tmp_path_factory.mktemp("example") / "shop"
    for project in new_project(admin):
        body = {"name": "tests", "project_id": project, "scopes": ["ingest", "read"]}
        key = admin.post("/api/v1/api-keys", json=body).raise_for_status().json()["key"]
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
        environ = {
            **plain,
            "LOGLOOP_URL": up.url,
            "LOGLOOP_API_KEY": key,
            "LOGLOOP_PROJECT": project,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": "logloop.pytest_plugin",
        }
        subprocess.run(
            [sys.executable, str(EXAMPLE / "play.py"), str(folder)],
            env=environ,
            check=True,
            capture_output=True,
            timeout=170,
        )

        eventually(partial(_is_stored, admin, project))
        yield Suite(folder, project, environ)


def _is_stored(admin: httpx.Client, project: str) -> bool:
    runs = admin.get("/api/v1/test-runs", params={"project_id": project}).raise_for_status().json()["items"]
    return sum(sum(run["counts"].values()) for run in runs) == OUTCOMES


def explained(suite: Suite, run_id: str) -> dict[str, dict[str, Any]]:
    """Return the groups of a run's failures by the kind of their verdict."""
    found = json.loads(suite.logloop("test", "explain", "--run-id", run_id, "--json"))
    return {group["verdict"]["kind"]: group for group in found["groups"]}


def test_each_kind_of_failure_is_told_from_the_others(suite: Suite) -> None:
    working, broken = suite.git("rev-parse", "HEAD~1"), suite.git("rev-parse", "HEAD")
    regression = explained(suite, "broken-2")["regressed"]
    assert sorted(regression["tests"]) == [ALSO, REGRESSED], "one cause, two tests"
    assert regression["verdict"]["first_bad_commit"] == broken
    assert regression["verdict"]["last_good_commit"] == working
    assert "'trying the next provider'" in regression["signature"]["title"]
    assert explained(suite, "working-4")["flaky"]["tests"] == [FLAKY]
    flaky = json.loads(suite.logloop("test", "flaky", "--json"))["items"]
    assert [item["test_id"] for item in flaky] == [FLAKY], "a run without a database makes no test flaky"
    groups = explained(suite, "no-database-1")
    assert len(groups["infrastructure"]["tests"]) == 6
    assert sorted(groups["regressed"]["tests"]) == [ALSO, REGRESSED]


def test_the_difference_to_the_green_runs_is_printed_with_its_lines(suite: Suite) -> None:
    printed = suite.logloop("test", "diff", REGRESSED, "--run-id", "broken-2")
    assert "- tests info trying the next provider" in printed
    assert "+ tests info trying pay-eu once more after attempt 1" in printed
    suite.logloop("test", "diff", REGRESSED, "--run-id", "working-2", expect=1)


def test_a_generated_test_fails_on_the_broken_commit_and_passes_on_the_working_one(suite: Suite) -> None:
    suite.logloop("test", "generate", REGRESSED, "--run-id", "broken-2", "--out", "tests")
    generated = "tests/test_logs_of_a_slow_provider_is_replaced.py"
    suite.logloop("test", "generate", REGRESSED, "--run-id", "broken-2", "--out", generated, expect=2)
    printed = suite.pytest("check-1", generated, "tests/test_payment.py", expect=1)
    assert "trying pay-eu once more after attempt <*>" in printed
    assert "2 failed" in printed, "the test, and the check of its logs, which runs after it"
    suite.git("checkout", "--quiet", "HEAD~1", "--", "shop")
    try:
        suite.pytest("check-2", generated, "tests/test_payment.py", expect=0)
    finally:
        suite.git("checkout", "--quiet", "HEAD", "--", "shop")


def test_the_page_explains_each_failure_and_its_generated_test_fails_until_the_commit_is_reverted(
    suite: Suite, admin: httpx.Client, open_page: Callable[..., Page]
) -> None:
    def groups(run_id: str) -> Page:
        params = {"project_id": suite.project, "run_id": run_id}
        [run] = admin.get("/api/v1/test-runs", params=params).raise_for_status().json()["items"]
        return open_page(f"/projects/{suite.project}/tests?view=groups&in={run['id']}")

    page = groups("no-database-1")
    expect(page.get_by_text("Infrastructure")).to_be_visible()
    expect(page.get_by_text("one cause, 6 tests")).to_be_visible()
    page = groups("working-4")
    expect(page.get_by_text("Flaky", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=FLAKY)).to_be_visible()

    page = groups("broken-2")
    expect(page.get_by_text("one cause, 2 tests")).to_be_visible()
    page.get_by_role("button", name=ALSO).click()
    panel = page.get_by_role("region", name=f"Test {ALSO}")
    expect(panel).to_contain_text("Regressed")
    expect(panel).to_contain_text(f"first bad commit {suite.git('rev-parse', 'HEAD')[:10]}")
    expect(panel).to_contain_text("the green runs continue with 'trying the next provider'")
    panel.get_by_role("button", name="Generate a test…").click()
    with page.expect_download() as saved:
        page.get_by_role("dialog").get_by_role("link", name="Download").click()
    generated = f"tests/{saved.value.suggested_filename}"
    saved.value.save_as(suite.folder / generated)
    suite.pytest("check-3", generated, "tests/test_checkout.py", expect=1)
    suite.git("checkout", "--quiet", "HEAD~1", "--", "shop")
    try:
        suite.pytest("check-4", generated, "tests/test_checkout.py", expect=0)
    finally:
        suite.git("checkout", "--quiet", "HEAD", "--", "shop")
