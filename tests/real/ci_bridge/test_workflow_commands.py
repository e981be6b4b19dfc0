"""The commands for workflow files and the kill switch, as a person runs them."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from logloop_chassis.testing import wait_until

from tests.emulation import refusal
from tests.fakes.github import FakeGitHub
from tests.forked_command import run_command
from tests.infra import fresh_database
from tests.real.ci_bridge.bridge_app import (
    PROJECT,
    REPOSITORY,
    FakeQuery,
    Process,
    Running,
    running,
    settings,
)

EXAMPLES = Path(__file__).parents[3] / "examples" / "workflows"
PROBE = "on: workflow_dispatch\njobs: {probe: {runs-on: ubuntu-latest, steps: [{run: exit 3}]}}\n"
Cli = Callable[..., subprocess.CompletedProcess[str]]
BAD = """\
on: {repository_dispatch: {types: [a]}}
env:
  LOGLOOP_WHEN: log.sev == "error"
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.client_payload.message }}"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone of the repository with the example workflows."""
    folder = tmp_path / "shop" / ".github" / "workflows"
    folder.mkdir(parents=True)
    for path in EXAMPLES.glob("*.yml"):
        (folder / path.name).write_text(path.read_text())
    root = folder.parents[1]
    for command in (["init", "--quiet"], ["remote", "add", "origin", f"git@github.com:{REPOSITORY}.git"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return root


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Runs `logloop ci …` without a platform, unless a URL is given."""

    def run(*arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("LOGLOOP_")}
        env = {**own, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "LOGLOOP_HOME": str(tmp_path)}
        if url:
            env |= {"LOGLOOP_URL": url, "LOGLOOP_PROJECT": PROJECT}
        return run_command(["ci", *arguments], env)

    return run


def test_lint_prints_one_line_for_each_violation_without_a_platform(cli: Cli, checkout: Path, tmp_path: Path) -> None:
    clean = cli("lint", str(checkout))
    assert (clean.returncode, clean.stdout) == (0, "")
    assert "not compared with pipelines and templates" in clean.stderr

    bad = tmp_path / "bad.yml"
    bad.write_text(BAD)
    found = cli("lint", "--offline", str(bad))
    assert found.returncode == 6
    first, second = found.stdout.splitlines()
    assert first.startswith(f"{bad}:3:20: undeclared reference to 'log.sev'")
    assert second.startswith(f"{bad}:8:24: ")
    assert "template-injection" in second
    as_json = json.loads(cli("lint", "--offline", "--json", str(bad)).stdout)
    assert [item["line"] for item in as_json["violations"]] == [3, 8]
    assert cli("lint", str(tmp_path / "missing.yml")).returncode == 2
    (tmp_path / "empty").mkdir()
    assert cli("lint", str(tmp_path / "empty")).returncode == 1


@pytest.fixture
def query() -> Iterator[FakeQuery]:
    """A fake query without credentials: nothing is read from GitHub or sent to it."""
    with FakeQuery() as fake:
        yield fake


def _log(message: str, second: int) -> dict[str, object]:
    """A stored log of the last hour, as query exports it."""
    at = datetime.now(UTC).replace(microsecond=second).isoformat()
    own = {"id": f"log{second}", "project_id": PROJECT, "service_id": "checkout"}
    return {**own, "message": message, "severity": "error", "timestamp": at}


async def test_files_are_compared_sent_evaluated_and_started(
    emptied_amqp_url: str, mongo_url: str, query: FakeQuery, github: FakeGitHub, cli: Cli, checkout: Path
) -> None:
    database, diagnose = fresh_database(), str(checkout / ".github" / "workflows" / "diagnose.yml")
    configured = settings(emptied_amqp_url, mongo_url, query.url, github.url)
    async with running(configured, database) as bridge:
        with Process(configured, database) as process:
            await wait_until(process.is_ready)
            url = process.url
            alone = cli("lint", str(checkout), url=url)
            assert alone.returncode == 6
            assert f"{diagnose}:12:5: no pipeline of the project starts this workflow" in alone.stdout
            for name, event in (("diagnose", "timeout-burst"), ("repair", "repair")):
                await bridge.pipeline(name=name, workflow=f"{name}.yml", event_type=f"logloop.checkout.{event}")
            assert cli("lint", str(checkout), url=url).returncode == 0

            planned = cli("rules", "sync", str(checkout), "--dry-run", url=url)
            assert planned.returncode == 0, planned.stderr
            assert len(planned.stdout.splitlines()) == 2
            assert "would be created\tdiagnose.yml in acme/shop" in planned.stdout
            assert await bridge.items("/rules") == []
            assert "created\tdiagnose.yml" in cli("rules", "sync", str(checkout), url=url).stdout
            [rule, _] = await bridge.items("/rules")
            off = cli("rules", "update", rule["id"], "--set", "enabled=false", url=url)
            assert off.returncode == 0, off.stderr
            refused = cli("rules", "update", rule["id"], "--set", "window=1h", url=url)
            assert (refused.returncode, "edit it in the file" in refused.stderr) == (6, True)

            query.logs = [_log(f"timeout {number}", number) for number in range(4)]
            quiet = cli("when", diagnose, url=url)
            assert quiet.returncode == 1
            assert quiet.stdout.splitlines()[-1] == "no\t-\tstats.count > 5\t-"
            assert 'yes\t4\tlog.message.contains("timeout")' in quiet.stdout
            query.logs = [_log(f"timeout {number}", number) for number in range(9)]
            started = cli("when", diagnose, "--dispatch", url=url)
            assert (started.returncode, "started: dispatch" in started.stderr) == (0, True), started.stderr
            [dispatch] = await bridge.items("/dispatches")
            assert dispatch["event_type"] == "logloop.checkout.timeout-burst"

            run_id = await _reported_run(bridge)
            tried = cli("when", diagnose, "--run", run_id, url=url)
            assert tried.returncode == 0, tried.stderr
            assert tried.stdout.splitlines()[-1].startswith(
                '18\tyes\trun.conclusion == "failure"\trun.conclusion = failure'
            )
            assert "line 18: would start logloop.checkout.repair" in tried.stderr
            assert "the run is of another workflow" in tried.stderr
            assert cli("when", diagnose, "--run", "1", url=url).returncode == 1

            if not refusal():
                probe = checkout / ".github" / "workflows" / "probe.yml"
                probe.write_text(PROBE)
                compared = cli("emulate", str(probe), "--compare", run_id, url=url)
                assert compared.returncode == 7, compared.stderr
                assert "job\tprobe\tprobe\t-\tfailure" in compared.stdout
                assert "outputs are not compared" not in compared.stderr, "the other run was emulated too"
                own = compared.stderr.partition("stored as run ")[2].partition(";")[0]
                again = cli("emulate", str(probe), "--compare", own, url=url)
                assert (again.returncode, "no differences" in again.stderr) == (0, True), again.stdout

            paused = cli("pause", "--reason", "careful", url=url)
            assert (paused.returncode, paused.stdout.startswith("paused\tproject\t")) == (0, True)
            assert "careful" in cli("status", url=url).stdout
            held = cli("when", diagnose, "--dispatch", url=url)
            assert (held.returncode, "is paused by" in held.stderr) == (6, True)
            assert cli("resume", url=url).stdout == "running\n"


async def _reported_run(bridge: Running) -> str:
    """A failed run that somebody emulated and reported; its id, once its output is collected."""
    at = datetime.now(UTC).isoformat()
    own = {"project_id": PROJECT, "service_id": "checkout", "workflow": "on: push", "event": {"event_type": "x"}}
    job = {"id": "build", "name": "build", "conclusion": "failure", "log": "broken"}
    result = {"conclusion": "failure", "started_at": at, "completed_at": at, "jobs": [job]}
    run_id = str((await bridge.post("/emulations", {**own, "result": result}, 202))["run_id"])

    async def collected() -> bool:
        return bool((await bridge.get(f"/runs/{run_id}"))["logs"] == "collected")

    await wait_until(collected)
    return run_id
