"""Results of tests that several lines state together: jest, vitest, mocha, TAP and JUnit XML.

Their lines look like those of other programs, so a format counts only when its summary or header is in the output.
"""

import html
from collections.abc import Iterable, Iterator, Sequence

import re2

from logloop_ci_bridge.runs.result_lines import MAX_ID, MentionedTest, TestOutcome, qualified

_SEPARATOR = " > "
_MARKS: dict[str, TestOutcome] = {
    **dict.fromkeys("✓✔√", "passed"),
    **dict.fromkeys("✕×✗✖", "failed"),
    **dict.fromkeys("○↓✎-", "skipped"),
}
_MARKED = re2.compile(rf"^(?P<indent>\s+)(?P<mark>[{''.join(_MARKS)}]) (?P<name>\S.*)$")
_NUMBERED = re2.compile(r"^(?P<indent>\s+)\d+\) (?P<name>\S.*)$")
_HEADING = re2.compile(r"^(?P<indent>\s{2,})(?P<name>\S.*)$")
_DURATION = re2.compile(r"(?: \([\d.]+ ?m?s\)| [\d.]+ ?m?s)$")
_JEST_FILE = re2.compile(r"^(?:PASS|FAIL) (?P<file>\S+\.[cm]?[jt]sx?)\b")
_JEST_BLOCK = re2.compile(r"^  ● (?P<name>\S.*)$")
_JEST_NOTES = ("Test suite failed to run", "Console", "Deprecation Warning", "Validation Warning")
_VITEST_FILE = re2.compile(r"^ [✓❯×↓] (?:\|[^|]*\| )?(?P<file>\S+\.[cm]?[jt]sx?) \(\d+ tests?\b")
_VITEST_FAILED = re2.compile(r"^ FAIL  (?:\|[^|]*\| )?(?P<name>\S+\.[cm]?[jt]sx? > .*)$")
_IN_FILE = re2.compile(r"^\S+\.[cm]?[jt]sx? > ")
_TAP = re2.compile(r"^\s*(?P<result>ok|not ok) \d+(?: -)?(?: (?P<name>.*?))?(?:\s+# (?P<directive>SKIP|TODO)\b.*)?$")
_SIGNS = (
    ("jest", re2.compile(r"^Tests: +(?:\d+ \w+, )*\d+ total$")),
    ("vitest", re2.compile(r"^ +Tests  (?:\d+ \w+ \| )*\d+ \w+ \(\d+\)$")),
    ("mocha", re2.compile(r"^  \d+ passing \([\d.]+m?s\)$")),
    ("tap", re2.compile(r"^(?:TAP version 1[34]|1\.\.\d+(?: #.*)?)$")),
)
_JUNIT = re2.compile(r"<testcase\b(?P<attributes>[^>]*)>|<(?P<problem>failure|error|skipped)\b|(?P<end></testcase>)")
_ATTRIBUTE = re2.compile(r"\b(?P<name>name|classname)=(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")


def formats_of(lines: Iterable[str]) -> frozenset[str]:
    """Return the formats whose summary or header is in the output."""
    return frozenset(name for line in lines if _may_be_sign(line) for name, sign in _SIGNS if sign.match(line))


def _may_be_sign(line: str) -> bool:
    """Return whether a line may be a summary or header, which few are: each line of a job is tested."""
    return "Tests" in line or " passing (" in line or line.startswith(("TAP version", "1.."))


class ReportReader:
    """Reads the lines of a job in order."""

    def __init__(self, formats: frozenset[str]) -> None:
        self._formats = formats
        self._file = ""
        self._headings: list[tuple[int, str]] = []
        self._ended = False
        self._case: MentionedTest | None = None

    def results(self, line: str) -> Sequence[MentionedTest]:
        """Return the results that a line completes."""
        if self._case is not None or "<testcase" in line:
            return list(self._junit(line))
        if "tap" in self._formats and (found := _TAP.match(line)):
            return self._tap(found["result"], found["name"] or "", found["directive"])
        if self._formats & {"jest", "vitest", "mocha"}:
            found_test = self._tree(line)
            return () if found_test is None else (found_test,)
        return ()

    def _tap(self, result: str, name: str, directive: str | None) -> Sequence[MentionedTest]:
        outcome: TestOutcome = "skipped" if directive else "passed" if result == "ok" else "failed"
        return (MentionedTest(name[:MAX_ID], None, outcome),) if name.strip() else ()

    def _tree(self, line: str) -> MentionedTest | None:
        """Read a line of a report that shows suites by indentation."""
        if _may_be_sign(line) and any(sign.match(line) for _, sign in _SIGNS):
            self._ended = True
        if self._ended or self._begins_file(line):
            return None
        if "jest" in self._formats and (block := _JEST_BLOCK.match(line)):
            name = block["name"]
            named = not name.startswith(_JEST_NOTES)
            return self._test(name.replace(" › ", _SEPARATOR), "failed") if named else None
        if "vitest" in self._formats and (failed := _VITEST_FAILED.match(line)):
            return MentionedTest(failed["name"][:MAX_ID], None, "failed")
        marked = _MARKED.match(line)
        numbered = _NUMBERED.match(line) if "mocha" in self._formats else None
        found = marked or numbered
        if found:
            outcome = _MARKS[marked["mark"]] if marked else "failed"
            return self._test(self._path(len(found["indent"]), found["name"]), outcome)
        heading = _HEADING.match(line)
        if heading:
            self._headings = [item for item in self._headings if item[0] < len(heading["indent"])]
            self._headings.append((len(heading["indent"]), heading["name"]))
        return None

    def _begins_file(self, line: str) -> bool:
        found = None
        if "jest" in self._formats:
            found = _JEST_FILE.match(line)
        if found is None and "vitest" in self._formats:
            found = _VITEST_FILE.match(line)
        if found is None:
            return False
        self._file, self._headings = found["file"], []
        return True

    def _path(self, indent: int, name: str) -> str:
        name = _DURATION.sub("", name).removeprefix("skipped ").removeprefix("todo ")
        above = [text for level, text in self._headings if level < indent]
        return _SEPARATOR.join([*above, name])

    def _test(self, name: str, outcome: TestOutcome) -> MentionedTest:
        own = self._file and not _IN_FILE.match(name)
        test_id = f"{self._file}{_SEPARATOR}{name}" if own else name
        return MentionedTest(test_id[:MAX_ID], None, outcome)

    def _junit(self, line: str) -> Iterator[MentionedTest]:
        for found in _JUNIT.finditer(line):
            attributes, problem = found["attributes"], found["problem"]
            if attributes is not None:
                self._case = _case(attributes)
                if not attributes.endswith("/"):
                    continue
            if self._case is None:
                continue
            if problem is not None:
                outcome: TestOutcome = "skipped" if problem == "skipped" else "failed"
                yield MentionedTest(self._case.test_id, self._case.func_id, outcome)
            else:
                yield MentionedTest(self._case.test_id, self._case.func_id, "passed")
            self._case = None


def _case(attributes: str) -> MentionedTest | None:
    """Return the test of a `testcase` element."""
    values = {
        found["name"]: html.unescape(found["double"] if found["double"] is not None else found["single"])
        for found in _ATTRIBUTE.finditer(attributes)
    }
    name, suite = values.get("name", ""), values.get("classname", "")
    if not name.strip():
        return None
    test_id = f"{suite}.{name}" if suite else name
    return MentionedTest(test_id[:MAX_ID], qualified(test_id))
