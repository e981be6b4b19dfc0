"""Checks workflow files: their conditions here, their payload on the platform, and injection with zizmor."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logloop.errors import LogloopError
from logloop.workflows.checkout import repository_of

if TYPE_CHECKING:
    from logloop.api.client import Client

_FILES_IN_REQUEST = 50
_ZIZMOR_SECONDS = 120
_ZIZMOR_CRASHED = 3
"""zizmor exits with 0, or with 11 to 14 for findings; lower codes are errors of its own."""
_INJECTION = "template-injection"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong in a file. Line and column count from 1."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


@dataclass
class LintResult:
    """The findings, and what could not be checked."""

    findings: set[Finding] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def lint(files: Sequence[Path], client: Client | None, repository: str | None) -> LintResult:
    """Check workflow files. Without a client, nothing is compared with the platform.

    Raises OSError, and ImportError without the extra `lint`.
    """
    from logloop_contracts.workflow_files.file_conditions import read_workflow

    result = LintResult()
    texts = {str(path): path.read_text("utf-8", "replace") for path in files}
    for path, text in texts.items():
        result.findings |= {
            Finding(path, item.line, item.column, item.message) for item in read_workflow(path, text).violations
        }
    if client is not None:
        _compare(texts, client, repository or repository_of(files[0]), result)
    _find_injections(files, result)
    return result


def _compare(texts: Mapping[str, str], client: Client, repository: str | None, result: LintResult) -> None:
    """Add what only the platform knows: pipelines, templates and other rules."""
    if repository is None:
        result.notes.append("pipelines are not compared: name the repository with --repository owner/name")
    sent = [{"path": path, "text": text} for path, text in texts.items()]
    try:
        project = client.connection.require_project()
        for start in range(0, len(sent), _FILES_IN_REQUEST):
            part = sent[start : start + _FILES_IN_REQUEST]
            body = {"project_id": project, "repository": repository, "files": part}
            found = client.request("POST", "/ci/workflows/check", body=body)
            result.findings |= set(_read(found["violations"]))
    except LogloopError as error:
        result.notes.append(f"not compared with pipelines and templates: {error}")


def _read(violations: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for item in violations:
        yield Finding(item["path"], item["line"], item["column"], item["message"])


def _find_injections(files: Sequence[Path], result: LintResult) -> None:
    """Add what zizmor finds: text of a log that becomes a part of a script."""
    zizmor = shutil.which("zizmor") or shutil.which("zizmor", path=str(Path(sys.executable).parent))
    if zizmor is None:
        result.notes.append("template injection is not checked: install zizmor, or logloop[lint]")
        return
    command = [zizmor, "--offline", "--quiet", "--no-progress", "--format=json-v1", *(str(path) for path in files)]
    try:
        done = subprocess.run(  # noqa: S603  # a program on PATH, with paths as separate arguments
            command, capture_output=True, text=True, timeout=_ZIZMOR_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        result.notes.append(f"template injection is not checked: zizmor took over {_ZIZMOR_SECONDS} s")
        return
    if 0 < done.returncode <= _ZIZMOR_CRASHED:
        reason = next(iter(done.stderr.strip().splitlines()), f"zizmor ended with {done.returncode}")
        result.notes.append(f"template injection is not checked: {reason}")
        return
    try:
        result.findings |= set(_injections(json.loads(done.stdout or "[]")))
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        result.notes.append(f"template injection is not checked: zizmor's output cannot be read ({error!r})")


def _injections(findings: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for finding in findings:
        if finding["ident"] != _INJECTION:
            continue
        primary = next(item for item in finding["locations"] if item["symbolic"]["kind"] == "Primary")
        start = primary["concrete"]["location"]["start_point"]
        local = primary["symbolic"]["key"]["Local"]
        path = local["verbatim_path"] if "verbatim_path" in local else local["given_path"]  # older versions
        message = f"{finding['desc']} ({_INJECTION}): pass the value through `env` instead"
        yield Finding(path, start["row"] + 1, start["column"] + 1, message)
