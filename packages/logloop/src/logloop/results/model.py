"""What the readers of all formats return: results of tests, in the order of the file."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

Outcome = Literal["passed", "failed", "skipped", "error", "xfailed", "xpassed"]
FAILING = frozenset({"failed", "error"})
MAX_BYTES = 64 * 1024 * 1024
MAX_TESTS = 100_000
MAX_ID = 512
SEPARATOR = " > "
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_COLOURS = re.compile("\x1b\\[[0-9;:]*m")


class InvalidResults(ValueError):
    """A file does not hold results in the expected format, or exceeds a limit. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one attempt of a test.

    `retried`: the test ran again because of this failure. `ended_at` is in UTC; None when the file does not say it.
    `reason` says why the test failed or was skipped, `kind` is the type of the exception. `output` holds pairs of
    stream (stdout or stderr) and text.
    """

    test_id: str
    outcome: Outcome
    attempt: int = 1
    retried: bool = False
    ended_at: datetime | None = None
    duration_s: float | None = None
    reason: str = ""
    kind: str | None = None
    stacktrace: str | None = None
    output: tuple[tuple[str, str], ...] = ()

    @property
    def fails(self) -> bool:
        """Return whether the test failed and was not tried again."""
        return self.outcome in FAILING and not self.retried


@dataclass(slots=True)
class Results:
    """The results in one file. `output` is that of the whole run, by stream."""

    format: str
    results: list[Result] = field(default_factory=list)
    started_at: datetime | None = None
    output: list[tuple[str, str]] = field(default_factory=list)
    _times: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        """Add a result. Its id is made valid, and its attempt counts the results with this id.

        Raises InvalidResults when there are too many.
        """
        if len(self.results) >= MAX_TESTS:
            raise InvalidResults(f"there are more than {MAX_TESTS:,} results; split the file")
        test_id = valid_id(result.test_id)
        self._times[test_id] += 1
        self.results.append(replace(result, test_id=test_id, attempt=self._times[test_id]))


def valid_id(text: str) -> str:
    """Return a text as the id of a test: one line, at most 512 characters, not empty."""
    return _CONTROL.sub(" ", clean(text)).strip()[:MAX_ID] or "unnamed test"


def clean(text: str) -> str:
    """Return a text without colours and without what UTF-8 cannot encode."""
    return _COLOURS.sub("", text).encode("utf-8", "replace").decode()


def seconds(value: object, unit_s: float = 1.0) -> float | None:
    """Return a duration from a number or its text; None when it is not one. `unit_s` is the unit in seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.replace(",", "") if isinstance(value, str) else value) * unit_s  # Surefire: 1,234.5
    except (ValueError, OverflowError):
        return None
    return round(number, 6) if 0 <= number < 1e9 else None


def moment(value: object) -> datetime | None:
    """Return a time in UTC from ISO 8601, or from milliseconds since 1970; None when it is not one.

    A time without offset is one of this machine's zone.
    """
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip()).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def exception_in(text: str) -> tuple[str | None, str]:
    """Return type and message from the first line of a failure, such as `TypeError: x is not a function`."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    found = re.match(r"((?:[A-Za-z_][\w.$]*)?(?:Error|Exception|Failure))(?: \[\w+\])?(?::\s*|$)", line)
    return (found.group(1), line[found.end() :]) if found else (None, line)
