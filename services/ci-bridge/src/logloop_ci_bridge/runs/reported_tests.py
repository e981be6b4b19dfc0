"""Finds the tests in a job's output, and what it says about coverage. Lines come without timestamps and colours."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import re2

from logloop_ci_bridge.runs.result_lines import MentionedTest, func_of, line_result
from logloop_ci_bridge.runs.result_reports import ReportReader, formats_of

_PYTEST_HEADER = re2.compile(r"^_{3,} (?:ERROR at \w+ of )?(?P<name>\S.*?) _{3,}$")
_PYTEST_RULE = re2.compile(r"^={3,} .* ={3,}$")
_PERCENT = r"(\d{1,3}(?:\.\d+)?)"
_COVERAGE = re2.compile(
    "|".join(
        (
            rf"^TOTAL\s+\d+\s+\d+(?:\s+\d+\s+\d+)?\s+{_PERCENT}%$",  # coverage.py
            rf"^(?:ok\s+\S+\s+\S+\s+)?coverage: {_PERCENT}% of statements\b",  # go
            rf"^All files\s*\|\s*{_PERCENT}\s*\|",  # istanbul: jest, vitest, nyc
            rf"^{_PERCENT}% coverage, \d+/\d+ lines covered",  # tarpaulin
            rf"^\| Total\s*\| {_PERCENT}%",  # coverlet
            rf"^\s*lines\.+: {_PERCENT}% \(\d+ of \d+ lines\)",  # lcov
        )
    )
)


@dataclass
class ReportedTests:
    """Tracks the tests through one job's output. Call `mention` with every line in order."""

    formats: frozenset[str] = frozenset()
    by_name: dict[str, str] = field(default_factory=dict)
    results: dict[str, MentionedTest] = field(default_factory=dict)
    """The result of each test by its id; a failure stays, whatever follows."""
    _block: MentionedTest | None = None
    _reader: ReportReader = field(init=False)

    def __post_init__(self) -> None:
        self._reader = ReportReader(self.formats)

    @classmethod
    def of(cls, lines: Iterable[str]) -> "ReportedTests":
        """Collect the results of all lines: pytest, for example, prints the ids of tests only after the failures."""
        found = list(lines)
        tests = cls(formats_of(found))
        for line in found:
            for result in tests._results(line):
                tests._keep(result)
        tests._reader = ReportReader(tests.formats)
        return tests

    @property
    def failed(self) -> tuple[str, ...]:
        """The ids of tests that failed."""
        return tuple(test.test_id for test in self.results.values() if test.outcome == "failed")

    def mention(self, line: str) -> MentionedTest | None:
        """Return the test that a line is about: a result, if one failed that one, or the failure block around it."""
        results = self._results(line)
        if results:
            return next((result for result in results if result.outcome == "failed"), results[0])
        header = _PYTEST_HEADER.match(line) if line.startswith("___") else None
        if header:
            test_id = self.by_name.get(header["name"])
            self._block = MentionedTest(test_id, func_of("pytest", test_id)) if test_id else None
        elif line.startswith("===") and _PYTEST_RULE.match(line):
            self._block = None
        return self._block

    def _results(self, line: str) -> list[MentionedTest]:
        alone = line_result(line)
        return [alone] if alone else list(self._reader.results(line))

    def _keep(self, result: MentionedTest) -> None:
        self.by_name[_short_name(result.test_id)] = result.test_id
        earlier = self.results.get(result.test_id)
        if earlier is None or earlier.outcome != "failed":
            self.results[result.test_id] = result


def coverage_of(line: str) -> float | None:
    """Return the coverage in percent that a line of a summary states."""
    if "%" not in line and not line.startswith("All files"):
        return None
    found = _COVERAGE.match(line)
    if found is None:
        return None
    percent = float(next(group for group in found.groups() if group is not None))
    return percent if percent <= 100 else None


def _short_name(test_id: str) -> str:
    """The name in pytest's failure header: `TestPay.test_card[visa]` for test_pay.py::TestPay::test_card[visa]."""
    _, found, rest = test_id.partition("::")
    return rest.replace("::", ".") if found else test_id
