"""Workflows run with act: their jobs, steps, outputs and what makes them differ from GitHub."""

import os
import subprocess
from pathlib import Path

import pytest
from logloop_emulator.workspace import BadCheckout, copy_checkout

from tests.real.emulator.conftest import Emulate

FULL = """
on: {repository_dispatch: {types: [go]}}
env: {TOKEN: "${{ secrets.TOKEN }}"}
jobs:
  build:
    runs-on: ${{ matrix.os }}
    strategy: {matrix: {os: [ubuntu-latest, ubuntu-24.04]}}
    outputs: {version: "${{ steps.v.outputs.version }}"}
    steps:
      - uses: actions/checkout@v4
      - {name: Version, id: v, run: "echo version=$(cat version.txt) >> $GITHUB_OUTPUT"}
      - {name: Skipped, if: false, run: echo no}
  use:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo "${{ needs.build.outputs.version }} count=${{ github.event.client_payload.count }} $GITHUB_REPOSITORY"
          echo "::error file=a.py,line=3::token $TOKEN"
      - run: exit 42
      - {name: Always, if: always(), run: echo cleaned}
  never:
    needs: use
    runs-on: ubuntu-latest
    steps: [{run: echo never}]
"""


def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "version.txt").write_text("1.2.3\n")
    return folder


def test_a_workflow_runs_on_a_copy_of_the_checkout_with_its_event_and_secrets(
    emulate: Emulate, tmp_path: Path
) -> None:
    folder = checkout(tmp_path)
    result = emulate(text=FULL, checkout=folder, secrets={"TOKEN": "very-secret"}, payload={"count": 12})
    jobs = {job.name: job for job in result.jobs}
    assert result.conclusion == "failure"
    assert {name: job.conclusion for name, job in jobs.items()} == {
        "build (ubuntu-latest)": "success",
        "build (ubuntu-24.04)": "success",
        "use": "failure",
        "never": "skipped",
    }
    assert jobs["build (ubuntu-latest)"].outputs == {"version": "1.2.3"}
    assert [step.conclusion for step in jobs["build (ubuntu-24.04)"].steps] == ["success"] * 3 + ["skipped"]
    assert "1.2.3 count=12 acme/shop" in jobs["use"].log
    assert [step.exit_code for step in jobs["use"].steps] == [None, 0, 42, 0]
    assert jobs["use"].annotations[0].path == "a.py"
    assert "very-secret" not in result.model_dump_json()
    assert {finding.code for finding in result.findings} == {"checkout", "skipped-job"}
    assert sorted(path.name for path in folder.rglob("*")) == ["version.txt"]


def test_an_error_before_the_run_starts_nothing(emulate: Emulate, tmp_path: Path) -> None:
    result = emulate(text=FULL.replace("[go]", "[other]"), checkout=checkout(tmp_path))
    assert (result.conclusion, result.jobs) == ("startup_failure", [])
    assert "types-filter" in {finding.code for finding in result.findings}


def test_a_workflow_that_act_refuses_is_not_green(emulate: Emulate) -> None:
    text = "on: repository_dispatch\nunknown: 1\njobs: {j: {runs-on: ubuntu-latest, steps: [{uses: ./missing}]}}"
    result = emulate(text=text)
    assert result.conclusion == "failure"


def test_a_run_whose_only_job_is_skipped_is_skipped_and_not_green(emulate: Emulate) -> None:
    text = "on: repository_dispatch\njobs: {j: {if: false, runs-on: ubuntu-latest, steps: [{run: echo x}]}}"
    result = emulate(text=text)
    assert (result.conclusion, [job.conclusion for job in result.jobs]) == ("skipped", ["skipped"])
    assert "nothing-ran" in {finding.code for finding in result.findings}


def test_the_time_limit_of_a_job_is_enforced(emulate: Emulate) -> None:
    text = (
        "on: repository_dispatch\n"
        "jobs: {j: {runs-on: ubuntu-latest, timeout-minutes: 0.03, steps: [{run: sleep 50}]}}"
    )
    result = emulate(text=text)
    assert [job.conclusion for job in result.jobs] == ["timed_out"]
    assert "job-timeout" in {finding.code for finding in result.findings}
    assert result.conclusion == "failure"


def test_a_run_can_be_stopped(emulate: Emulate) -> None:
    ticks = iter([True, True])
    result = emulate("sleep 50", tick=lambda _: next(ticks, False))
    assert result.conclusion == "cancelled"


def test_the_copy_has_what_git_does_not_ignore_and_no_link_that_leaves_the_checkout(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for name in ("kept/a.txt", "ignored/b.txt", ".github/workflows/w.yml"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    (source / ".gitignore").write_text("ignored\n")
    (source / "inner").symlink_to("kept/a.txt")
    subprocess.run(["git", "init", "--quiet", source], check=True)
    copy_checkout(source, target)
    assert (target / "inner").read_text() == "kept/a.txt"
    assert not (target / "ignored").exists()
    assert not (target / ".git").exists()
    (source / "outer").symlink_to("/etc")
    with pytest.raises(BadCheckout, match="outer is a symbolic link"):
        copy_checkout(source, tmp_path / "again")


def test_a_linked_folder_in_a_checkout_without_git_is_found_too(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "outer").symlink_to(os.fspath(tmp_path), target_is_directory=True)
    with pytest.raises(BadCheckout, match="outer"):
        copy_checkout(source, tmp_path / "target")
