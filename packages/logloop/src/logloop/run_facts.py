"""What is known about a run of tests from outside: the workflow that runs it, or the commit that is checked out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GIT_SECONDS = 2.0
DIRTY = "-dirty"
_WORKFLOW_VARIABLES = {
    "ci.repository": ("GITHUB_REPOSITORY",),
    "ci.run_id": ("GITHUB_RUN_ID",),
    "ci.attempt": ("GITHUB_RUN_ATTEMPT",),
    "ci.workflow": ("GITHUB_WORKFLOW",),
    "ci.branch": ("GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
    "ci.commit": ("GITHUB_SHA",),
}


def run_attributes(folder: Path, given: Mapping[str, str | None]) -> dict[str, Any]:
    """Return attributes for the first entry of a run.

    `given` holds commit, branch, environment and shard as the user states them; None stands for not stated. The
    environment and the shard then come from LOGLOOP_ENVIRONMENT and LOGLOOP_SHARD. Outside a workflow on GitHub, the
    commit and the branch come from git in `folder`.
    """
    found = workflow_attributes()
    if not found:
        found = checkout_attributes(folder)
    for name in ("environment", "shard"):
        if value := os.environ.get(f"LOGLOOP_{name.upper()}"):
            found[f"test.{name}"] = value
    for name, stated in given.items():
        if stated:
            found[f"test.{name}"] = stated
            found.pop(f"ci.{name}", None)
    return found


def workflow_attributes() -> dict[str, Any]:
    """Return where this run belongs when a workflow on GitHub runs it; empty elsewhere."""
    found: dict[str, Any] = {}
    for name, variables in _WORKFLOW_VARIABLES.items():
        if value := next((os.environ[each] for each in variables if os.environ.get(each)), None):
            found[name] = int(value) if name == "ci.attempt" and value.isdecimal() else value
    return found


def checkout_attributes(folder: Path) -> dict[str, Any]:
    """Return the commit, with `-dirty` when tracked files are changed, and the branch that is checked out.

    Empty without git, outside a repository, before its first commit, and when git does not answer within 2 s.
    """
    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=GIT_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return {}
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    facts = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# ") and " " in line[2:])
    commit, branch = facts.get("branch.oid", "("), facts.get("branch.head", "(")
    if commit.startswith("("):  # (initial)
        return {}
    changed = any(not line.startswith("#") for line in lines)
    found = {"test.commit": commit + (DIRTY if changed else "")}
    if not branch.startswith("("):  # (detached)
        found["test.branch"] = branch
    return found
