"""Finds in a workflow what act ignores or gets wrong, before it runs."""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from logloop_contracts.emulation import Finding

from logloop_emulator.workflow import Job, Workflow

RUNNERS = (
    "ubuntu-latest",
    "ubuntu-24.04",
    "ubuntu-22.04",
    "ubuntu-slim",
    "self-hosted",
    "linux",
    "Linux",
    "x64",
    "X64",
)
"""The labels that a run on this machine can stand for."""
_MATRIX = re.compile(r"^\$\{\{\s*matrix\.([\w-]+)\s*\}\}$")
_SECRET = re.compile(r"\bsecrets\.([A-Za-z_]\w*)")
_CHECKOUT = re.compile(r"^actions/checkout@")


def check_workflow(workflow: Workflow, *, network: bool, secrets: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """Yield what keeps an emulated run from proving anything about the run on GitHub."""
    if "concurrency" in workflow.definition:
        yield _warning("concurrency", "`concurrency` is ignored: emulated runs do not wait for or cancel each other")
    names = set(_SECRET.findall(json.dumps(workflow.definition, default=str))) - secrets - {"GITHUB_TOKEN"}
    if names:
        yield _warning("missing-secret", f"the emulation has no value for secrets: {', '.join(sorted(names))}")
    for job in workflow.jobs.values():
        yield from _check_job(job, network=network)


def _check_job(job: Job, *, network: bool) -> Iterator[Finding]:
    definition = job.definition
    for key, reason in (
        ("services", "service containers are not started"),
        ("container", "the job does not run in its container"),
    ):
        if definition.get(key):
            yield _error(key, f"`{key}` needs Docker: {reason}", job.id)
    if "concurrency" in definition:
        yield _warning("concurrency", "`concurrency` is ignored", job.id)
    if "environment" in definition:
        yield _warning("environment", "protection rules and variables of `environment` are not applied", job.id)
    if isinstance(definition.get("timeout-minutes"), str):
        yield _warning("job-timeout", "`timeout-minutes` is an expression and is not enforced", job.id)
    called = definition.get("uses")
    if called:
        yield from _check_uses(str(called), job.id, network=network)
    else:
        yield from _check_runner(job)
    for step in job.steps:
        if step.uses:
            yield from _check_uses(step.uses, job.id, network=network)


def _check_runner(job: Job) -> Iterator[Finding]:
    labels = _labels(job)
    if labels is None:
        yield _error("unmapped-runner", "`runs-on` cannot be determined before the run; name the runner", job.id)
        return
    unmapped = sorted({label for label in labels if label not in RUNNERS})
    if unmapped:
        yield _error("unmapped-runner", f"`runs-on: {', '.join(unmapped)}` cannot run on this machine", job.id)
    if not labels:
        yield _error("unmapped-runner", "the job has no `runs-on`", job.id)


def _labels(job: Job) -> list[str] | None:
    """Return the labels of a job with those of its matrix, None if they depend on the run."""
    declared = job.definition.get("runs-on")
    if isinstance(declared, dict):
        declared = declared.get("labels") or declared.get("group")
    found: list[str] = []
    for label in declared if isinstance(declared, list) else [declared] if declared else []:
        if "${{" not in str(label):
            found.append(str(label))
            continue
        values = _matrix_values(job, str(label).strip())
        if values is None:
            return None
        found += values
    return found


def _matrix_values(job: Job, expression: str) -> list[str] | None:
    match = _MATRIX.match(expression)
    strategy: Any = job.definition.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, dict) else None
    if match is None or not isinstance(matrix, dict):
        return None
    values = matrix.get(match[1])
    included = [entry[match[1]] for entry in matrix.get("include") or () if match[1] in entry]
    if not isinstance(values, list) and not included:
        return None
    return [str(value) for value in (*(values or ()), *included)]


def _check_uses(uses: str, job_id: str, *, network: bool) -> Iterator[Finding]:
    if uses.startswith("docker://"):
        yield _error("docker-action", f"`uses: {uses}` needs Docker", job_id)
    elif _CHECKOUT.match(uses):
        yield _warning("checkout", f"`{uses}` is replaced by a copy of the files; its options are ignored", job_id)
    elif not uses.startswith("./") and not network:
        yield _error("remote-action", f"`uses: {uses}` is on GitHub, and this run has no network", job_id)


def _finding(level: Literal["error", "warning"], code: str, message: str, job: str | None) -> Finding:
    return Finding(level=level, code=code, message=message, job=job)


def _error(code: str, message: str, job: str | None = None) -> Finding:
    return _finding("error", code, message, job)


def _warning(code: str, message: str, job: str | None = None) -> Finding:
    return _finding("warning", code, message, job)
