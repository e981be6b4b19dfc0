"""The commands of `logloop test` as real processes against a scripted platform."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ingest_api import Answer, IngestApi, Request, wait_until
from tests.forked_command import run_command
from tests.unit.logloop.results import samples

COMMAND = [sys.executable, "-W", "error", "-m", "logloop.cli", "test"]


@pytest.fixture(autouse=True)
def _outside_of_workflows_and_repositories(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in environ if name.startswith(("GITHUB_", "GIT_"))]:
        del environ[name]
    monkeypatch.chdir(tmp_path)


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command(["test", *arguments], environ)


def outcomes(api: IngestApi) -> list[tuple[str, str]]:
    return [
        (entry["test_id"], entry["attributes"]["test.outcome"])
        for entry in api.entries
        if "test.outcome" in entry["attributes"]
    ]


# -- import


def test_imported_results_arrive_as_those_of_the_pytest_plugin(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "results.xml"
    path.write_bytes(samples.PYTEST)

    done = run(
        environ, "import", str(path), "--commit", "c1", "--branch", "main", "--environment", "qa", "--shard", "1/2"
    )

    assert (done.returncode, done.stdout) == (0, "")
    assert "1 error, 1 failed, 1 passed, 1 skipped, 1 xfailed; 8 logs sent" in done.stderr
    begun, *_, ended = api.entries
    where = {"test.commit": "c1", "test.branch": "main", "test.environment": "qa", "test.shard": "1/2"}
    assert begun["attributes"].items() >= {"test.event": "run-started", **where}.items()
    assert (begun["timestamp"], begun["source"]) == ("2026-11-22T10:00:00.500000+00:00", "junit")
    assert ended["attributes"]["test.event"] == "run-finished"
    assert ended["attributes"]["test.counts"] == {"passed": 1, "failed": 1, "error": 1, "skipped": 1, "xfailed": 1}
    [failed, output] = [entry for entry in api.entries if "test_bad" in entry.get("test_id", "")]
    assert failed["attributes"].items() >= {"test.event": "finished", "test.duration_s": 0.25}.items()
    assert failed["severity"] == "error"
    assert "sums differ" in failed["attributes"]["exception.stacktrace"]
    assert (output["message"], output["attributes"]["test.event"]) == ("captured stdout:\nsome output\n", "stdout")
    assert {entry["attributes"]["test.run_id"] for entry in api.entries} == {begun["attributes"]["test.run_id"]}


def test_files_that_are_imported_again_are_the_same_run_and_add_nothing(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    one, two = tmp_path / "one.xml", tmp_path / "two.tap"
    one.write_bytes(samples.SUREFIRE)
    two.write_bytes(samples.TAP)

    first = json.loads(run(environ, "import", str(one), str(two), "--json").stdout)
    again = json.loads(run(environ, "import", str(one), str(two), "--json").stdout)
    assert first["run_id"] == again["run_id"]
    assert len(api.entries) == first["sent"]

    run(environ, "import", str(one), str(two), "--commit", "c2")
    assert len(api.entries) == first["sent"] + 1, "only the start of the run differs"
    attempts = [
        (entry["test_id"], entry["attributes"]["test.attempt"], entry["attributes"].get("test.retried"))
        for entry in api.entries
        if entry.get("test_id") == "com.acme.PayTest.flaky" and "test.outcome" in entry["attributes"]
    ]
    assert attempts == [(attempts[0][0], 1, True), (attempts[0][0], 2, True), (attempts[0][0], 3, None)]


def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    odd = tmp_path / "odd.txt"
    odd.write_text("hello")
    for arguments, said in (
        ([str(odd)], "odd.txt: the format is not recognised"),
        ([str(odd), "--format", "junit"], "odd.txt: the XML is not well-formed"),
        ([str(odd), "--format", "xunit"], "'xunit' is not a format; use junit, tap, go, jest"),
        ([str(tmp_path / "none.xml")], "none.xml: No such file"),
    ):
        done = run(environ, "import", *arguments)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert api.entries == []


# -- run


def test_a_run_of_pytest_reports_itself_and_keeps_its_exit_code(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_a.py").write_text("def test_ok(): pass\ndef test_bad(): assert 0\n")
    environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-p logloop.pytest_plugin"}
    pytest_command = [sys.executable, "-m", "pytest", "-q"]

    done = run(
        environ,
        "run",
        "--run-id",
        "r7",
        "--service",
        "s",
        "--environment",
        "qa",
        "--shard",
        "2",
        "--",
        *pytest_command,
    )

    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "nothing was reported" not in done.stderr
    assert outcomes(api) == [("test_a.py::test_ok", "passed"), ("test_a.py::test_bad", "failed")]
    begun = api.entries[0]
    assert begun["service_id"] == "s"
    found = [begun["attributes"][f"test.{name}"] for name in ("run_id", "environment", "shard")]
    assert found == ["r7", "qa", "2"]


def test_the_results_that_a_command_writes_are_reported(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "junit.xml").write_bytes(samples.PYTEST)
    (tmp_path / "old.xml").write_bytes(samples.SUREFIRE)
    os.utime(tmp_path / "old.xml", (1, 1))

    done = run(environ, "run", "--junit", "*.xml", "--", "sh", "-c", "touch junit.xml; echo $LOGLOOP_PYTEST; exit 3")

    assert (done.returncode, done.stdout) == (3, "0\n")
    assert len(outcomes(api)) == 5, "old.xml is of an earlier run"
    assert api.entries[0]["attributes"]["test.command"].startswith("sh -c")


def test_the_output_of_a_command_is_shown_and_reported(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "out.json").write_bytes(samples.GO)
    (tmp_path / "out.tap").write_bytes(samples.TAP)

    go = run(environ, "run", "--go", "--", "cat", "out.json")
    started_at = datetime.now(UTC)
    tap = run(environ, "run", "--tap", "--", "sh", "-c", "cat out.tap; sleep 0.3")

    assert (go.stdout, tap.stdout) == (samples.GO.decode(), samples.TAP.decode())
    assert (go.returncode, tap.returncode) == (0, 0)
    assert ("acme/pay.TestSum", "failed") in outcomes(api)
    assert ("cart > adds", "passed") in outcomes(api)
    ended = api.entries[-1]
    assert datetime.fromisoformat(ended["timestamp"]) >= started_at
    assert ended["attributes"]["test.duration_s"] >= 0.3, "TAP has no times, so those of the command count"


def test_what_prevents_the_report_is_said_and_changes_no_exit_code(
    api: IngestApi, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "old.xml").write_bytes(samples.PYTEST)
    os.utime(tmp_path / "old.xml", (1, 1))
    for arguments, said in (
        (["--", "false"], "nothing was reported. Install logloop"),
        (["--junit", "none.xml", "--", "false"], "the command did not write none.xml"),
        (["--junit", "old.xml", "--", "false"], "old.xml is older than this run"),
        (["--go", "--", "false"], "no line of `go test -json`"),
    ):
        done = run(environ, "run", *arguments)
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    api.answers["POST", "/api/v1/logs"] = Answer(403, {"title": "Forbidden", "detail": "no scope"})
    refused = run(environ, "run", "--junit", "new.xml", "--", "sh", "-c", "cp old.xml new.xml; exit 4")
    assert (refused.returncode, "were not reported. Forbidden: no scope" in refused.stderr) == (4, True)
    del environ["LOGLOOP_PROJECT"]
    unset = run(environ, "run", "--", "sh", "-c", "exit 5")
    assert (unset.returncode, "will not be reported. No project is set" in unset.stderr) == (5, True)


def test_a_command_that_cannot_start_or_is_killed_exits_as_in_a_shell(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "plain.txt").write_text("x")

    codes = [
        run(environ, "run", "--", *words).returncode
        for words in (["no-such-program"], ["./plain.txt"], ["sh", "-c", "kill -9 $$"])
    ]

    assert codes == [127, 126, 137]
    assert run(environ, "run", "--go", "--tap", "--", "true").returncode == 2


def test_a_signal_reaches_the_command(environ: dict[str, str], tmp_path: Path) -> None:
    script = "trap 'echo ended; exit 9' TERM; touch started; while :; do sleep 0.1; done"
    process = subprocess.Popen(
        [*COMMAND, "run", "--", "sh", "-c", script], env=environ, stdout=subprocess.PIPE, text=True
    )
    wait_until((tmp_path / "started").exists)

    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=100)[0] == "ended\n"
    assert process.returncode == 9


# -- lists and quarantine


def in_quarantine(*tests: str) -> Answer:
    until = "2026-12-20T10:00:00.000000Z"
    items = [{"test_id": test, "quarantined_until": until, "quarantine_reason": "SHOP-17"} for test in tests]
    return Answer(200, {"items": items, "next_cursor": None})


def test_flaky_tests_are_listed(api: IngestApi, environ: dict[str, str]) -> None:
    item: dict[str, Any] = {"test_id": "t", "flakiness": 0.5, "flips": 3, "failures": 2, "runs": 7}
    item |= {"same_commit": True, "last_failure_at": "2026-11-22T10:00:00Z", "owner": None, "quarantined_until": None}
    body = {"items": [item, {**item, "test_id": "u"}], "partial": True, "outcomes_read": 100_000}
    api.answers["GET", "/api/v1/flaky-tests"] = Answer(200, body)

    done = run(environ, "flaky", "--since", "7d", "-n", "1")

    assert done.stdout == "t\t0.5\t3\t2\t7\ttrue\t2026-11-22T10:00:00Z\t-\t-\n"
    assert "only the newest 100000 outcomes" in done.stderr
    assert api.requests[-1].params == {"project_id": "shop", "since": "7d"}
    api.answers["GET", "/api/v1/flaky-tests"] = Answer(200, {**body, "items": [], "partial": False})
    assert run(environ, "flaky").returncode == 1


def test_a_test_is_put_in_quarantine_and_out_of_it(api: IngestApi, environ: dict[str, str]) -> None:
    def change(request: Request) -> Answer:
        return Answer(200, {"test_id": "a.py::t", **json.loads(request.body)})

    api.answers["PATCH", "/api/v1/tests/a.py%3A%3At"] = change
    api.answers["GET", "/api/v1/tests"] = in_quarantine("a.py::t")

    added = run(environ, "quarantine", "add", "a.py::t", "--reason", "SHOP-17", "--until", "2w", "--json")
    listed = run(environ, "quarantine")
    removed = run(environ, "quarantine", "remove", "a.py::t")

    body = json.loads(added.stdout)
    ahead = datetime.fromisoformat(body["quarantined_until"]) - datetime.now(UTC)
    assert (body["quarantine_reason"], round(ahead / timedelta(days=1))) == ("SHOP-17", 14)
    assert listed.stdout.startswith("a.py::t\t2026-12-20T10:00:00.000000Z\tSHOP-17\t")
    assert removed.returncode == 0
    assert json.loads(api.requests[-1].body) == {"quarantined_until": None}
    assert run(environ, "quarantine", "add", "t", "--reason", "r", "--until", "soon").returncode == 2


def test_only_failures_in_quarantine_pass_the_check(api: IngestApi, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_bytes(samples.SUREFIRE)
    (tmp_path / "ok.tap").write_bytes(b"1..1\nok 1 - a\n")
    (tmp_path / "none.tap").write_bytes(b"1..0\n")
    api.answers["GET", "/api/v1/tests"] = in_quarantine("com.acme.PayTest.bad")
    tolerated = run(environ, "quarantine", "check", "r.xml")
    passed = run(environ, "quarantine", "check", "ok.tap")
    empty = run(environ, "quarantine", "check", "none.tap")
    api.answers["GET", "/api/v1/tests"] = in_quarantine("com.acme.PayTest.flaky")
    failing = run(environ, "quarantine", "check", "r.xml", "--json")

    assert (tolerated.returncode, passed.returncode, empty.returncode, failing.returncode) == (0, 0, 1, 1)
    assert tolerated.stdout.startswith("tolerated\tcom.acme.PayTest.bad\terror\t2026-12-20T10:00:00.000000Z\tSHOP-17")
    assert "1 failing test, all in quarantine" in tolerated.stderr
    assert "no test failed" in passed.stderr
    assert [item["verdict"] for item in json.loads(failing.stdout)["items"]] == ["failing"]


def test_the_check_waits_for_the_end_of_a_reported_run(api: IngestApi, environ: dict[str, str]) -> None:
    states = iter([None, {"finished_at": None}, {"counts": {"passed": 1, "failed": 1}}, {}])

    def runs(_request: Request) -> Answer:
        changed = next(states, {})
        whole = {"id": "f" * 32, "source": "pytest", "finished_at": "x", "reported": 3}
        item = None if changed is None else {**whole, "counts": {"passed": 1, "failed": 2}, **changed}
        return Answer(200, {"items": [item] if item else [], "next_cursor": None})

    def outcomes_of(request: Request) -> Answer:
        failed = request.params["outcome"] == "failed"
        items = [{"test_id": "t", "outcome": "failed", "retried": again} for again in (True, False)] if failed else []
        return Answer(200, {"outcomes": {"items": items, "next_cursor": None}})

    api.answers["GET", "/api/v1/test-runs"] = runs
    api.answers["GET", f"/api/v1/test-runs/{'f' * 32}"] = outcomes_of
    api.answers["GET", "/api/v1/tests"] = in_quarantine()

    done = run({**environ, "LOGLOOP_RUN_ID": "r7"}, "quarantine", "check")
    api.answers["GET", "/api/v1/test-runs"] = Answer(200, {"items": [], "next_cursor": None})
    unknown = run(environ, "quarantine", "check", "--run-id", "r8", "--wait", "0")

    assert (done.returncode, done.stdout) == (1, "failing\tt\tfailed\t-\t-\n")
    assert (unknown.returncode, "run r8 is not known" in unknown.stderr) == (1, True)
    assert run(environ, "quarantine", "check").returncode == 2
