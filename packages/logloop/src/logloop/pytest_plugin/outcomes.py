"""Derives outcome, reason and exception of a test from pytest's reports."""

from __future__ import annotations

import re
from typing import Any

import pytest

MAX_REASON_CHARS = 4_000
RERUN: Any = "rerun"
"""Outcome that pytest-rerunfailures gives to a failure after which the test runs again."""


def attempt_of(reports: list[pytest.TestReport]) -> dict[str, Any]:
    """Return attributes that say which attempt of a retried test this is; empty for other tests."""
    number, again = getattr(reports[-1], "rerun", 0) + 1, is_retried(reports)
    found = {"test__attempt": number} if number > 1 or again else {}
    return {**found, "test__retried": True} if again else found


def is_retried(reports: list[pytest.TestReport]) -> bool:
    """Return whether a test runs again after these reports."""
    return any(report.outcome == RERUN for report in reports)


def outcome_of(reports: list[pytest.TestReport]) -> tuple[str, pytest.TestReport]:
    """Return passed, failed, error, skipped, xfailed or xpassed, and the report that decides it."""
    for report in reports:
        if report.failed or report.outcome == RERUN:
            return ("failed" if report.when not in {"setup", "teardown"} else "error"), report
    for report in reports:
        if hasattr(report, "wasxfail"):
            return ("xfailed" if report.skipped else "xpassed"), report
        if report.skipped:
            return "skipped", report
    call = next((report for report in reports if report.when == "call"), reports[-1])
    return "passed", call


def exception_of(report: pytest.TestReport) -> dict[str, str]:
    """Return type and message of the exception, parsed from pytest's summary line: xdist workers send no more."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message)[:MAX_REASON_CHARS] if crash is not None else reason_of(report)
    if text.startswith("assert "):  # pytest omits the type
        return {"exception__type": "AssertionError", "exception__message": text}
    named = re.match(r"([A-Za-z_][\w.]*)(?:: |$)", text)
    if crash is None or named is None:
        return {"exception__message": text}
    return {"exception__type": named.group(1), "exception__message": text[named.end() :]}


def reason_of(report: pytest.TestReport) -> str:
    """Return why a test failed or was skipped; empty when it passed."""
    if xfail := getattr(report, "wasxfail", None):
        return str(xfail)
    longrepr: Any = report.longrepr
    if isinstance(longrepr, tuple) and len(longrepr) == 3:
        return str(longrepr[2])
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)[:MAX_REASON_CHARS]
    return text_of(report)[-MAX_REASON_CHARS:]


def text_of(report: pytest.TestReport) -> str:
    """Return the failure as pytest shows it, without the worker line that xdist prepends."""
    return re.sub(r"\A\[gw\d+\] [^\n]*\n?", "", report.longreprtext) if report.longrepr else ""
