"""Test runs and builds: pytest, Go, Rust, Google Test, Gradle and TAP results; commands in GitHub Actions logs."""

from __future__ import annotations

import re

from logloop.lines.formats.table import DIGITS, pattern
from logloop.lines.parsed import Context, ParsedLine

_OUTCOMES = "FAILED|ERROR|PASSED|SKIPPED|XFAIL|XPASS"
_FAILED = frozenset({"FAILED", "ERROR", "FAIL", "FAILURE", "not ok", "failed", "TIMEOUT", "[E]"})
_WORDS = {
    "FAIL": "failed",
    "FAILURE": "failed",
    "PASS": "passed",
    "SKIP": "skipped",
    "OK": "passed",
    "ok": "passed",
    "not ok": "failed",
    "[E]": "failed",
}


def _result(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    """Name the test and its outcome."""
    outcome = match["outcome"].strip()
    parsed.message = parsed.message.rstrip()
    parsed.test_id = match["test"]
    parsed.attributes = {"test.outcome": _WORDS.get(outcome, outcome.lower())}
    parsed.severity = "error" if outcome in _FAILED else "info"
    return parsed


def _tap(parsed: ParsedLine, match: re.Match[str], context: Context) -> ParsedLine:
    """A skipped test is reported as ok, and one that is yet to be written as not ok."""
    parsed = _result(parsed, match, context)
    directive = (match["directive"] or "")[:4].lower()
    if directive in {"skip", "todo"}:
        parsed.attributes["test.outcome"] = "skipped" if directive == "skip" else "expected_failure"
        parsed.severity = "info"
    return parsed


def _command(parsed: ParsedLine, match: re.Match[str], _context: Context) -> ParsedLine:
    parsed.severity_text = None
    details = match["details"] or ""
    for pair in details.split(","):
        name, found, value = pair.strip().partition("=")
        if found:
            parsed.attributes[f"ci.{name}"] = value
    parsed.attributes.pop("details", None)
    return parsed


FORMATS = (
    pattern(
        "pytest",
        rf"(?P<message>(?P<outcome>{_OUTCOMES}) (?P<test>\S+\.py(?:::[^\s\[]+(?:\[.*?\])?)*)(?: - .*)?)\s*",
        "FAILED tests/test_pay.py::test_card - AssertionError: assert 1 == 2",
        "ERROR tests/test_pay.py",
        starts="FEPSX",
        adapt=_result,
    ),
    pattern(
        "pytest",
        rf"(?P<message>(?P<test>[^\s:]+\.py::.+?) (?P<outcome>{_OUTCOMES})(?:\s+\(.*\))?\s*(?:\[ *\d+%\])?)\s*",
        "tests/test_pay.py::TestA::test_b[x y] PASSED     [ 10%]",
        adapt=_result,
        needs=".py::",
    ),
    pattern(
        "go-test",
        r"(?P<message>\s*--- (?P<outcome>FAIL|PASS|SKIP): (?P<test>\S+) \([\d.]+s\))",
        "--- FAIL: TestCharge (0.00s)",
        starts="-",
        adapt=_result,
    ),
    pattern(
        "rust-test",
        r"(?P<message>test (?P<test>[\w:]+) \.\.\. (?P<outcome>ok|FAILED|ignored))",
        "test pay::card_is_refused ... FAILED",
        starts="t",
        adapt=_result,
    ),
    pattern(
        "google-test",
        r"(?P<message>\[ +(?P<outcome>OK|FAILED|SKIPPED) +\] (?P<test>[\w./]+)(?:,.*)?(?: \(\d+ ms\))?)",
        "[  FAILED  ] Pay.Refuses (3 ms)",
        starts="[",
        adapt=_result,
    ),
    pattern(
        "junit",
        r"(?P<message>(?P<test>[\w.$]+ > [^>]+?(?: > [^>]+?)?) (?P<outcome>FAILED|PASSED|SKIPPED))\s*",
        "PayTest > refusesExpiredCards() FAILED",
        adapt=_result,
        needs=" > ",
    ),
    pattern(
        "junit",
        r"(?P<message>(?:\[(?:ERROR|INFO|WARNING)\] +)?(?P<test>[\w.$]+(?:\([\w.$]+\))?)(?: +--)? +Time elapsed: [\d.,]+ s(?:ec)?"
        r" +<<< (?P<outcome>FAILURE|ERROR)!.*)",
        "[ERROR] com.example.PayTest.refusesCards  Time elapsed: 0.01 s  <<< FAILURE!",
        adapt=_result,
        needs="<<< ",
    ),
    pattern(
        "xctest",
        r"(?P<message>Test Case '-?\[?(?P<test>[\w.]+[ .]\w+)\]?' (?P<outcome>passed|failed|skipped) \(.*)",
        "Test Case '-[PayTests testRefuses]' failed (0.003 seconds).",
        starts="T",
        adapt=_result,
    ),
    pattern(
        "jest",
        r"(?P<message> ?(?P<outcome>PASS|FAIL) +(?P<test>\S+\.[cm]?[jt]sx?(?: > .+?)?)(?: \([\d.]+ m?s\))?)\s*",
        "FAIL src/pay.test.ts",
        " FAIL  src/pay.test.ts > charge > refuses expired cards",
        starts="PF ",
        adapt=_result,
    ),
    pattern(
        "dart-test",
        r"(?P<message>\d\d:\d\d \+\d+(?: ~\d+)?(?: -\d+)?: (?P<test>.+?) (?P<outcome>\[E\]))",
        "00:01 +3 -1: refuses expired cards [E]",
        starts=DIGITS,
        adapt=_result,
    ),
    pattern(
        "bazel",
        r"(?P<message>(?P<test>//[\w./:+-]+) +(?:\(cached\) )?(?P<outcome>PASSED|FAILED|TIMEOUT|FLAKY)(?:,? .*)?)",
        "//shop:pay_test                                FAILED in 0.3s",
        starts="/",
        adapt=_result,
    ),
    pattern(
        "tap",
        r"(?P<message>(?P<outcome>not ok|ok) \d+ (?:- )?(?P<test>[^#]+?)(?: # (?P<directive>.*))?)",
        "not ok 3 - refuses expired cards",
        starts="no",
        adapt=_tap,
    ),
    pattern(
        "workflow-command",
        r"(?P<message>##\[(?P<level>error|warning|notice|debug)(?P<details>)\].*)",
        "##[error]Process completed with exit code 1.",
        starts="#",
        adapt=_command,
    ),
    pattern(
        "workflow-command",
        r"(?P<message>::(?P<level>error|warning|notice|debug)(?: (?P<details>[^:]*(?::[^:]+)*?))?::.*)",
        "::error file=app.js,line=1::Missing semicolon",
        starts=":",
        adapt=_command,
    ),
)
