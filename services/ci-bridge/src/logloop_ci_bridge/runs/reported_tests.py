"""Finds the tests in a job's output, in the formats of pytest, unittest, go, cargo and Gradle.

Lines come without timestamps and colours.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import re2

TestOutcome = Literal["passed", "failed", "skipped"]

_OUTCOMES: dict[str, TestOutcome] = {
    "PASSED": "passed",
    "XPASS": "passed",
    "ok": "passed",
    "PASS": "passed",
    "FAILED": "failed",
    "FAIL": "failed",
    "ERROR": "failed",
    "SKIPPED": "skipped",
    "SKIP": "skipped",
    "XFAIL": "skipped",
    "ignored": "skipped",
}
_HINTS = ("PASS", "FAIL", "ERROR", "SKIP", "XFAIL", " ... ")
_NODE = r"(?P<id>[\w./\\-]+\.py(?:::[^\s\[]+(?:\[.*?\])?)?)"
_RESULT = r"(?P<result>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)"
# RE2, whose time is linear in the line: programs may print anything.
_PATTERNS = tuple(
    re2.compile(pattern)
    for pattern in (
        rf"^(?:\[gw\d+\] \[ *\d+%\] )?{_RESULT} {_NODE}(?: - .*)?$",
        rf"^{_NODE} {_RESULT}(?: .*)?$",
        r"^\s*--- (?P<result>PASS|FAIL|SKIP): (?P<id>\S+) \([\d.]+s\)$",
        r"^test (?P<id>[\w:]+) \.\.\. (?P<result>ok|FAILED|ignored)",
        r"^(?P<result>FAIL|ERROR): \w+ \((?P<id>[\w.]+)\)$",
        r"^(?P<id>[\w.$]+ > [\w .,()\[\]]+) (?P<result>PASSED|FAILED|SKIPPED)$",
    )
)
_PYTEST_HEADER = re2.compile(r"^_{3,} (?:ERROR at \w+ of )?(?P<name>\S.*?) _{3,}$")
_PYTEST_RULE = re2.compile(r"^={3,} .* ={3,}$")


@dataclass(frozen=True, slots=True)
class MentionedTest:
    """A test that a line is about."""

    test_id: str
    func_id: str | None = None
    outcome: TestOutcome | None = None


@dataclass
class ReportedTests:
    """Tracks the tests through one job's output. Call `mention` with every line in order."""

    by_name: dict[str, str] = field(default_factory=dict)
    failed: dict[str, None] = field(default_factory=dict)
    _block: MentionedTest | None = None

    @classmethod
    def of(cls, lines: Iterable[str]) -> "ReportedTests":
        """Collect the test ids of all lines: pytest prints them only after the failures."""
        tests = cls()
        for line in lines:
            mention = _result(line)
            if mention is not None:
                tests.by_name[_short_name(mention.test_id)] = mention.test_id
                if mention.outcome == "failed":
                    tests.failed[mention.test_id] = None
        return tests

    def mention(self, line: str) -> MentionedTest | None:
        """Return the test that a line is about: its result, or the failure block around the line."""
        mention = _result(line)
        if mention is not None:
            return mention
        header = _PYTEST_HEADER.match(line) if line.startswith("___") else None
        if header:
            test_id = self.by_name.get(header["name"])
            self._block = MentionedTest(test_id, func_of(test_id)) if test_id else None
        elif line.startswith("===") and _PYTEST_RULE.match(line):
            self._block = None
        return self._block


def _result(line: str) -> MentionedTest | None:
    if not any(hint in line for hint in _HINTS):
        return None
    for pattern in _PATTERNS:
        match = pattern.match(line)
        if match:
            test_id = match["id"][:512]
            return MentionedTest(test_id, func_of(test_id), _OUTCOMES[match["result"]])
    return None


def _short_name(test_id: str) -> str:
    """The name in pytest's failure header: `TestPay.test_card[visa]` for test_pay.py::TestPay::test_card[visa]."""
    _, found, rest = test_id.partition("::")
    return rest.replace("::", ".") if found else test_id


def func_of(test_id: str) -> str | None:
    """Return `tests.test_pay:TestPay.test_card` for a pytest node id, None for the names of other tools."""
    path, found, rest = test_id.partition("::")
    if not found or not path.endswith(".py"):
        return None
    module = path.removesuffix(".py").replace("/", ".").replace("\\", ".").strip(".")
    return f"{module}:{rest.partition('[')[0].replace('::', '.')}"[:512]
