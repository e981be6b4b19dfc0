"""The pytest plugin in real pytest runs of a small project."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ingest_api import IngestApi

PROJECT = """
import logging
import sys
import pytest

@pytest.fixture
def broken():
    logging.warning("about to break")
    raise RuntimeError("no database")

def test_ok():
    logging.getLogger("shop.pay").warning("paid %d", 3)

def test_bad():
    print("some output")
    assert 1 == 2, "sums differ"

@pytest.mark.parametrize("n", [1, 2])
def test_many(n):
    pass

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass

@pytest.mark.xfail(reason="known")
def test_known():
    raise ValueError("still there")

def test_error(broken):
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_shop.py").write_text(PROJECT)
    return folder


def run(
    project: Path, environ: dict[str, str], *options: str, plugins: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run pytest with the plugin and these others only: all installed plugins take seconds to load."""
    loaded = [option for name in ("logloop.pytest_plugin", *plugins) for option in ("-p", name)]
    env = {**environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return _pytest(project, env, *loaded, *options)


def _pytest(project: Path, environ: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *options]
    return subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, timeout=160)


def outcomes(api: IngestApi) -> dict[str, str]:
    return {
        entry["test_id"]: entry["attributes"]["test.outcome"]
        for entry in api.entries
        if entry["attributes"].get("test.event") == "finished"
    }


EXPECTED = {
    "test_shop.py::test_ok": "passed",
    "test_shop.py::test_bad": "failed",
    "test_shop.py::test_many[1]": "passed",
    "test_shop.py::test_many[2]": "passed",
    "test_shop.py::test_skipped": "skipped",
    "test_shop.py::test_known": "xfailed",
    "test_shop.py::test_error": "error",
}


def test_each_test_s_outcome_arrives_once_with_its_reason(
    api: IngestApi, environ: dict[str, str], project: Path
) -> None:
    done = run(project, environ, "--logloop", "--logloop-service", "shop-tests", "--logloop-run-id", "run-7")
    assert done.returncode == 1
    assert outcomes(api) == EXPECTED
    assert f"logloop: {len(api.entries)} logs sent, 0 dropped, {api.url} (run run-7)" in done.stdout

    by_test = {e["test_id"]: e for e in api.entries if e["attributes"].get("test.event") == "finished"}
    bad = by_test["test_shop.py::test_bad"]
    assert bad["severity"] == "error"
    assert "sums differ" in bad["message"]
    assert "def test_bad" in bad["attributes"]["exception.stacktrace"]
    assert bad["func_id"] == "test_shop:test_bad"
    assert bad["service_id"] == "shop-tests"
    assert bad["attributes"]["test.duration_s"] >= 0
    assert "not today" in by_test["test_shop.py::test_skipped"]["message"]
    assert "no database" in by_test["test_shop.py::test_error"]["message"]
    assert {entry["attributes"]["test.run_id"] for entry in api.entries} == {"run-7"}


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_an_exception_arrives_as_type_and_message_with_its_phase(
    api: IngestApi, environ: dict[str, str], project: Path, workers: list[str]
) -> None:
    run(project, environ, "--logloop", *workers, plugins=("xdist",))
    ended = {e["test_id"]: e["attributes"] for e in api.entries if e["attributes"].get("test.event") == "finished"}

    def failure(name: str) -> list[str | None]:
        found = ended[f"test_shop.py::{name}"]
        return [found.get(f) for f in ("test.phase", "exception.type", "exception.message")]

    [phase, kind, message] = failure("test_bad")
    assert (phase, kind) == ("call", "AssertionError")
    assert message
    assert message.startswith("sums differ")
    assert failure("test_error") == ["setup", "RuntimeError", "no database"]
    assert failure("test_known") == ["call", "ValueError", "still there"]
    assert failure("test_ok") == [None, None, None]
    messages = [entry["message"] for entry in api.entries if entry["attributes"].get("test.event") == "finished"]
    assert not [message for message in messages if "[gw" in message]
    assert [m for m in messages if m.startswith("test passed: test_shop.py::test_ok (") and "\n" not in m]
    assert not ended["test_shop.py::test_bad"]["exception.stacktrace"].startswith("[gw")
    [output] = [entry for entry in api.entries if entry["message"].startswith("captured stdout")]
    assert output["attributes"]["test.phase"] == "call"


def test_logs_of_a_test_arrive_with_its_id_and_phase(api: IngestApi, environ: dict[str, str], project: Path) -> None:
    run(project, environ, "--logloop")
    [paid] = [entry for entry in api.entries if entry["message"] == "paid 3"]
    assert paid["test_id"] == "test_shop.py::test_ok"
    assert paid["func_id"] == "test_shop:test_ok"
    assert paid["attributes"]["test.phase"] == "call"
    assert paid["attributes"]["logger.name"] == "shop.pay"
    [broken] = [entry for entry in api.entries if entry["message"] == "about to break"]
    assert broken["attributes"]["test.phase"] == "setup"
    [output] = [entry for entry in api.entries if entry["message"].startswith("captured stdout")]
    assert "some output" in output["message"]


def test_start_and_finish_of_the_run_arrive(api: IngestApi, environ: dict[str, str], project: Path) -> None:
    workflow = {"GITHUB_REPOSITORY": "acme/shop", "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "2"}
    branch = {"GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "main"}
    _pytest(project, {**environ, **workflow, **branch}, "--logloop")  # pytest finds the plugin by its entry point
    events = [entry["attributes"].get("test.event") for entry in api.entries]
    assert events[0] == "run-started"
    assert events[-1] == "run-finished"
    assert api.entries[-1]["attributes"]["test.counts"] == {
        "passed": 3,
        "failed": 1,
        "skipped": 1,
        "xfailed": 1,
        "error": 1,
    }
    assert events.count("started") == len(EXPECTED)
    started = api.entries[0]["attributes"]
    found = [started.get(f"ci.{name}") for name in ("repository", "run_id", "attempt", "branch")]
    assert found == ["acme/shop", "77", 2, "main"]


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def started(api: IngestApi) -> dict[str, Any]:
    """The attributes of the newest start of a run."""
    runs = [entry["attributes"] for entry in api.entries if entry["attributes"].get("test.event") == "run-started"]
    facts: dict[str, Any] = runs[-1]
    return {name: value for name, value in facts.items() if name not in {"test.event", "test.command", "test.run_id"}}


def test_the_start_of_a_run_names_commit_branch_environment_and_shard(
    api: IngestApi, environ: dict[str, str], project: Path
) -> None:
    environ = {name: value for name, value in environ.items() if not name.startswith(("GITHUB_", "GIT_"))}
    git(project, "init", "-q", "-b", "feature/pay")
    (project / "test_shop.py").write_text("def test_ok(): pass\n")
    run(project, environ, "--logloop")
    assert started(api) == {}, "there is no commit yet"

    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "one")
    (project / "untracked.txt").write_text("x")
    run(project, {**environ, "LOGLOOP_ENVIRONMENT": "staging", "LOGLOOP_SHARD": "1/2"}, "--logloop")
    commit = git(project, "rev-parse", "HEAD")
    where = {"test.commit": commit, "test.branch": "feature/pay"}
    assert started(api) == {**where, "test.environment": "staging", "test.shard": "1/2"}

    (project / "pytest.ini").write_text("[pytest]\nlog_level = INFO\n")
    run(
        project,
        {**environ, "LOGLOOP_SHARD": "1/2"},
        "--logloop",
        "--logloop-environment",
        "qa",
        "--logloop-shard",
        "2/2",
    )
    changed = {**where, "test.commit": f"{commit}-dirty"}
    assert started(api) == {**changed, "test.environment": "qa", "test.shard": "2/2"}

    run(project, {**environ, "GITHUB_SHA": "abc", "GITHUB_REF_NAME": "main"}, "--logloop")
    assert started(api) == {"ci.commit": "abc", "ci.branch": "main"}


def test_a_git_that_fails_or_does_not_answer_changes_nothing(
    api: IngestApi, environ: dict[str, str], project: Path, tmp_path: Path
) -> None:
    environ = {name: value for name, value in environ.items() if not name.startswith("GITHUB_")}
    (project / "test_shop.py").write_text("def test_ok(): pass\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    for script in ("exec sleep 60", "exit 3"):
        (programs / "git").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "git").chmod(0o755)
        done = run(project, {**environ, "PATH": f"{programs}:{environ['PATH']}"}, "--logloop")
        assert done.returncode == 0, done.stdout
        assert started(api) == {}


RETRIED = """
import logging, pathlib
import pytest

SEEN = pathlib.Path(__file__).with_name("seen")

def test_flaky():
    number = len(SEEN.read_text()) if SEEN.exists() else 0
    SEEN.write_text("x" * (number + 1))
    logging.warning("try %d", number + 1)
    assert number == 2, f"try {number + 1} is too early"

@pytest.fixture
def broken():
    raise RuntimeError("no database")

def test_error(broken): pass
def test_ok(): pass
"""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_each_attempt_of_a_retried_test_has_an_outcome(
    api: IngestApi, environ: dict[str, str], project: Path, workers: list[str]
) -> None:
    (project / "test_shop.py").write_text(RETRIED)

    done = run(project, environ, "--logloop", "--reruns", "2", *workers, plugins=("pytest_rerunfailures", "xdist"))

    assert "4 rerun" in done.stdout
    ended = [entry for entry in api.entries if entry["attributes"].get("test.event") == "finished"]
    found = [
        (e["test_id"].partition("::")[2], e["attributes"]["test.outcome"], e["attributes"].get("test.attempt"))
        for e in ended
    ]
    assert found == [
        ("test_flaky", "failed", 1),
        ("test_flaky", "failed", 2),
        ("test_flaky", "passed", 3),
        ("test_error", "error", 1),
        ("test_error", "error", 2),
        ("test_error", "error", 3),
        ("test_ok", "passed", None),
    ]
    assert [entry["attributes"].get("test.retried") for entry in ended] == [True, True, None, True, True, None, None]
    assert "try 2 is too early" in ended[1]["attributes"]["exception.message"]
    counts = api.entries[-1]["attributes"]["test.counts"]
    assert counts == {"passed": 2, "error": 1, "rerun": 4}
    lines = {e["message"]: e["attributes"].get("test.attempt") for e in api.entries if e["message"][:4] == "try "}
    assert lines == {"try 1": None, "try 2": 2, "try 3": 3}


def test_xdist_workers_share_the_run(api: IngestApi, environ: dict[str, str], project: Path) -> None:
    done = run(project, environ, "--logloop", "-n", "2", plugins=("xdist",))
    assert done.returncode == 1
    assert outcomes(api) == EXPECTED
    assert len([entry for entry in api.entries if entry["message"] == "paid 3"]) == 1
    assert len({entry["attributes"]["test.run_id"] for entry in api.entries}) == 1
    assert f"logloop: {len(api.entries)} logs sent, 0 dropped" in done.stdout
    workers = {e["attributes"].get("test.worker_id") for e in api.entries if "test.outcome" in e["attributes"]}
    assert workers <= {"gw0", "gw1"}


def test_a_crashed_worker_s_test_is_reported(api: IngestApi, environ: dict[str, str], project: Path) -> None:
    (project / "test_shop.py").write_text("import os\ndef test_crash(): os._exit(9)\ndef test_fine(): pass\n")
    run(project, environ, "--logloop", "-n", "1", plugins=("xdist",))
    assert outcomes(api) == {"test_shop.py::test_crash": "failed", "test_shop.py::test_fine": "passed"}


def test_an_unreachable_platform_changes_neither_outcome_nor_exit_code(
    environ: dict[str, str], project: Path
) -> None:
    environ["LOGLOOP_URL"] = "http://127.0.0.1:9"
    done = run(project, environ, "--logloop", "-W", "error")
    plain = run(project, environ, "-W", "error")
    assert done.returncode == plain.returncode == 1
    assert "logloop: 0 logs sent" in done.stdout
    assert "No response from http://127.0.0.1:9" in done.stdout
    assert "logloop" not in plain.stdout


@pytest.mark.parametrize(
    ("variables", "sends"),
    [
        ({}, False),
        ({"LOGLOOP_PYTEST": "1"}, True),
        ({"LOGLOOP_PYTEST": "1", "LOGLOOP_API_KEY": ""}, False),
        ({"LOGLOOP_PYTEST": "0"}, False),
    ],
)
def test_it_does_nothing_unless_it_is_enabled(
    api: IngestApi, environ: dict[str, str], project: Path, variables: dict[str, str], sends: bool
) -> None:
    run(project, {**environ, **variables})
    assert bool(api.entries) is sends


def test_without_a_project_the_run_continues_and_its_summary_says_why_nothing_was_sent(
    environ: dict[str, str], project: Path
) -> None:
    del environ["LOGLOOP_PROJECT"]
    done = run(project, environ, "--logloop", "-W", "error")
    assert done.returncode == 1
    assert "nothing was sent" in done.stdout
    assert "LOGLOOP_PROJECT" in done.stdout


def test_blocked_sockets_and_reset_logging_do_not_stop_it(
    api: IngestApi, environ: dict[str, str], project: Path
) -> None:
    (project / "test_shop.py").write_text(
        "import logging, logging.config, socket\n"
        "def test_one(monkeypatch):\n"
        "    logging.config.dictConfig({'version': 1, 'root': {'level': 'INFO', 'handlers': []}})\n"
        "def test_two():\n"
        "    logging.info('still heard')\n"
    )
    done = run(project, environ, "--logloop", "--disable-socket", plugins=("pytest_socket",))
    assert done.returncode == 0, done.stdout
    assert "still heard" in api.messages


def test_collection_errors_are_reported(api: IngestApi, environ: dict[str, str], project: Path) -> None:
    (project / "test_shop.py").write_text("import no_such_module\n")
    run(project, environ, "--logloop")
    [entry] = [entry for entry in api.entries if entry["message"].startswith("collection failed")]
    assert "no_such_module" in entry["message"]
    assert entry["severity"] == "error"
    end = api.entries[-1]
    assert end["severity"] == "error"
    assert end["message"].startswith("test run finished: 1 error in")
    assert end["message"].endswith("(exit status 2, interrupted)")


def test_odd_records_and_mocked_clocks_cost_no_other_record(
    api: IngestApi, environ: dict[str, str], project: Path
) -> None:
    (project / "test_shop.py").write_text(
        "import logging\nfrom unittest import mock\nimport pytest\n"
        "class Mute:\n"
        "    def __repr__(self): raise RuntimeError\n"
        "ODD = ['', 'My Service', 'x' * 600, 10**5000, b'x', float('nan'), Mute()]\n"
        "@pytest.mark.parametrize('number', range(len(ODD)))\n"
        "def test_odd(number):\n"
        "    odd = ODD[number]\n"
        "    logging.warning('before %d', number)\n"
        "    fields = ('service_id', 'test_id', 'func_id', 'source', 'x')\n"
        "    logging.warning('odd', extra=dict.fromkeys(fields, odd))\n"
        "    with mock.patch('time.time', return_value=4_102_444_800.0): logging.warning('frozen')\n"
        "    logging.warning('after %d', number)\n"
    )
    done = run(project, environ, "--logloop", "--logloop-service", "My Tests", "-p", "no:logging")
    assert f"logloop: {len(api.entries)} logs sent, 0 dropped" in done.stdout
    assert "'My Tests' is not a valid service id; the entries are sent as 'My-Tests'" in done.stdout
    assert sorted(m for m in api.messages if m.startswith(("before", "after"))) == sorted(
        f"{word} {number}" for word in ("before", "after") for number in range(7)
    )
    assert (api.messages.count("odd"), api.messages.count("frozen")) == (7, 7)
    assert {entry["service_id"] for entry in api.entries if entry["message"] != "odd"} == {"My-Tests"}
    [year] = {entry["timestamp"][:4] for entry in api.entries if entry["message"] == "frozen"}
    assert abs(int(year) - datetime.now(UTC).year) <= 1
