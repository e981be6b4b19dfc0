"""Reads the JSON report of jest (`--json`) and vitest (`--reporter=json`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePath, PureWindowsPath
from typing import Any

from logloop.results.model import (
    SEPARATOR,
    InvalidResults,
    Outcome,
    Result,
    Results,
    clean,
    exception_in,
    moment,
    seconds,
)

_OUTCOMES: dict[str, Outcome] = {
    "passed": "passed",
    "failed": "failed",
    **dict.fromkeys(("pending", "skipped", "todo", "disabled", "focused"), "skipped"),
}


def read(data: bytes, folder: PurePath) -> Results:
    """Return the results in a report. Paths of test files become relative to `folder`. Raises InvalidResults."""
    try:
        report = json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise InvalidResults(f"the JSON cannot be read: {error}") from error
    files = report.get("testResults") if isinstance(report, dict) else None
    if not isinstance(files, list):
        raise InvalidResults(
            "the JSON has no list `testResults`; write it with jest --json or vitest --reporter=json"
        )
    results = Results("jest", started_at=moment(report.get("startTime")))
    for file in files:
        if isinstance(file, dict):
            _read_file(file, folder, results)
    return results


def _read_file(file: dict[str, Any], folder: PurePath, results: Results) -> None:
    path = _relative(_text(file.get("name")), folder)
    tests = [item for item in _list(file.get("assertionResults")) if isinstance(item, dict)]
    at = moment(file.get("startTime"))
    for test in tests:
        duration_s = seconds(test.get("duration"), 0.001)
        at = _later(at, duration_s)
        for result in _attempts(test, path, at, duration_s):
            results.add(result)
    if file.get("status") == "failed" and not any(test.get("status") == "failed" for test in tests):
        ended_at = moment(file.get("endTime"))
        results.add(_failed(path, _text(file.get("message")), "error", ended_at, None))


def _attempts(test: dict[str, Any], path: str, at: datetime | None, duration_s: float | None) -> Iterator[Result]:
    """Yield the results of a test; with jest.retryTimes, first those that made it run again."""
    titles = [_text(title) for title in [*_list(test.get("ancestorTitles")), test.get("title")]]
    test_id = SEPARATOR.join(title for title in [path, *titles] if title)
    for reason in _list(test.get("retryReasons")):
        yield _failed(test_id, _text(reason), "failed", at, None, retried=True)
    outcome = _OUTCOMES.get(_text(test.get("status")))
    if outcome == "failed":
        messages = "\n\n".join(_text(message) for message in _list(test.get("failureMessages")))
        yield _failed(test_id, messages, "failed", at, duration_s)
    elif outcome is not None:
        yield Result(test_id, outcome, ended_at=at, duration_s=duration_s)


def _failed(
    test_id: str,
    text: str,
    outcome: Outcome,
    at: datetime | None,
    duration_s: float | None,
    *,
    retried: bool = False,
) -> Result:
    text = clean(text).strip()
    kind, message = exception_in(text)
    return Result(
        test_id,
        outcome,
        retried=retried,
        ended_at=at,
        duration_s=duration_s,
        reason=message,
        kind=kind,
        stacktrace=text or None,
    )


def _later(at: datetime | None, duration_s: float | None) -> datetime | None:
    try:
        return None if at is None else at + timedelta(seconds=duration_s or 0.0)
    except OverflowError:
        return None


def _relative(path: str, folder: PurePath) -> str:
    kind = PureWindowsPath if "\\" in path else PurePath
    try:
        return kind(path).relative_to(folder).as_posix() if path else ""
    except ValueError:
        return kind(path).as_posix()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
