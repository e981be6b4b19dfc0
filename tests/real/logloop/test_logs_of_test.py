"""The fixture `logs_of_test` in real pytest runs: tests that check what other tests have logged."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ingest_api import Answer, IngestApi, Request

CHECKS = """
TEST = "test_shop.py::test_pay"

def test_logs_of_pay(logs_of_test):
    logs = logs_of_test(TEST)
    logs.never("checkout", "warn", "gave up after <*> tries")
    logs.follows("checkout", after="paying <*>", then="paid <*>")
    logs.follows("stock", after=None, then="reserved <*>")
"""
SHOP = """
import logging

def test_pay():
    logging.warning("paying 3 EUR")
    logging.warning("{outcome}")

def test_other():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_a_check.py").write_text(CHECKS)
    (folder / "test_shop.py").write_text(SHOP.format(outcome="paid 3 EUR"))
    return folder


@pytest.fixture
def reading(api: IngestApi) -> IngestApi:
    """A platform from which the stored entries can be read, besides a line of another service and another run."""

    def search(_: Request) -> Answer:
        own = [entry for entry in api.entries if entry.get("test_id") == "test_shop.py::test_pay"]
        if not own:
            return Answer(200, {"items": [], "next_cursor": None})
        plain = {**own[0], "attributes": None}
        more = [
            {**plain, "service_id": "stock", "message": "reserved item 9"},
            {**plain, "message": "gave up after 3 tries", "attributes": {"test.run_id": "another"}},
        ]
        items = [_stored(number, entry) for number, entry in enumerate([*own, *more])]
        return Answer(200, {"items": items, "next_cursor": None})

    api.answers["GET", "/api/v1/logs"] = search
    return api


def _stored(number: int, entry: dict[str, Any]) -> dict[str, Any]:
    return {"func_id": None, "source": None, **entry, "id": f"log-{number}"}


def run(project: Path, environ: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "logloop.pytest_plugin", "-vv", "-rs"]
    env = {**environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run([*command, *options], cwd=project, env=env, capture_output=True, text=True, timeout=160)


def test_checks_run_after_the_tests_and_read_the_lines_of_this_run(
    reading: IngestApi, environ: dict[str, str], project: Path
) -> None:
    done = run(project, environ, "--logloop")
    assert done.returncode == 0, done.stdout
    assert done.stdout.index("test_shop.py::test_other") < done.stdout.index("test_a_check.py::test_logs_of_pay")
    [asked] = {request.params["q"] for request in reading.requests if request.method == "GET"}
    assert asked == 'test_id:"test_shop.py::test_pay"'


@pytest.mark.usefixtures("reading")
def test_a_violated_check_says_what_was_logged_instead(environ: dict[str, str], project: Path) -> None:
    (project / "test_shop.py").write_text(SHOP.format(outcome="refused by the bank"))
    done = run(project, environ, "--logloop")
    assert done.returncode == 1
    assert "checkout did not log 'paid <*>' after 'paying <*>', but 'refused by the bank'" in done.stdout


@pytest.mark.usefixtures("reading")
def test_checks_are_skipped_with_the_reason_when_there_are_no_logs_to_check(
    environ: dict[str, str], project: Path
) -> None:
    done = run(project, environ)
    assert "the logs of this run are not sent to a platform; use --logloop" in done.stdout
    done = run(project, environ, "--logloop", "test_a_check.py")
    assert "test_shop.py::test_pay did not run in this session, so there are no logs to check" in done.stdout


def test_a_key_that_may_not_read_fails_the_check_and_says_so(
    api: IngestApi, environ: dict[str, str], project: Path
) -> None:
    api.answers["GET", "/api/v1/logs"] = Answer(403, {"title": "Forbidden", "detail": "the key lacks the scope read"})
    done = run(project, environ, "--logloop")
    assert done.returncode == 1
    assert "the logs of test_shop.py::test_pay cannot be read: " in done.stdout
    assert "the key lacks the scope read" in done.stdout
