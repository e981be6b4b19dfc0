"""Results of tests that one line of output states: pytest, unittest, go, cargo, Gradle and dotnet."""

import re
from dataclasses import dataclass
from typing import Literal

import orjson
import re2

TestOutcome = Literal["passed", "failed", "skipped"]
MAX_ID = 512

_OUTCOMES: dict[str, TestOutcome] = {
    "PASSED": "passed",
    "XPASS": "passed",
    "ok": "passed",
    "PASS": "passed",
    "pass": "passed",
    "Passed": "passed",
    "FAILED": "failed",
    "FAIL": "failed",
    "ERROR": "failed",
    "fail": "failed",
    "Failed": "failed",
    "SKIPPED": "skipped",
    "SKIP": "skipped",
    "XFAIL": "skipped",
    "ignored": "skipped",
    "skip": "skipped",
    "Skipped": "skipped",
}
_HINTS = ("PASS", "FAIL", "ERROR", "SKIP", "XFAIL", " ... ", "Passed ", "Failed ", "Skipped ")
_NODE = r"(?P<id>[\w./\\-]+\.py(?:::[^\s\[]+(?:\[.*?\])?)?)"
_RESULT = r"(?P<result>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)"
_DOTNET = r"(?P<id>[\w+`]+(?:\.[\w+`]+)+(?:\(.*\))?)"
# RE2, whose time is linear in the line: programs may print anything.
_FORMATS = (
    ("pytest", rf"^(?:\[gw\d+\] \[ *\d+%\] )?{_RESULT} {_NODE}(?: - .*)?$"),
    ("pytest", rf"^{_NODE} {_RESULT}(?: .*)?$"),
    ("go", r"^\s*--- (?P<result>PASS|FAIL|SKIP): (?P<id>\S+) \([\d.]+s\)$"),
    ("go", r"^=== (?P<result>PASS|FAIL|SKIP): \S+ (?P<id>Test\S*) \([\d.]+s\)$"),
    ("cargo", r"^test (?P<id>[\w:]+) \.\.\. (?P<result>ok|FAILED|ignored)"),
    ("unittest", r"^(?P<result>FAIL|ERROR): \w+ \((?P<id>[\w.]+)\)$"),
    ("gradle", r"^(?P<id>[\w.$]+ > [\w .,()\[\]]+) (?P<result>PASSED|FAILED|SKIPPED)$"),
    ("dotnet", rf"^\s+(?P<result>Passed|Failed|Skipped) {_DOTNET} \[[< ]*[\d.,]+ m?s\]$"),
    ("dotnet", rf"^\[xUnit\.net [\d:.]+\]\s+{_DOTNET} \[(?P<result>FAIL|SKIP)\]$"),
)
_PATTERNS = tuple((tool, re2.compile(pattern)) for tool, pattern in _FORMATS)
_ANY = re2.compile("|".join(re.sub(r"\?P<\w+>", "?:", pattern) for _, pattern in _FORMATS))
"""Matches a line that any of them matches. Most lines that contain a hint are not results."""


@dataclass(frozen=True, slots=True)
class MentionedTest:
    """A test that a line is about."""

    test_id: str
    func_id: str | None = None
    outcome: TestOutcome | None = None


def line_result(line: str) -> MentionedTest | None:
    """Return the result that a line states alone."""
    if line.startswith("{") and '"Test":' in line:
        return _go_json(line)
    if not any(hint in line for hint in _HINTS) or not _ANY.match(line):
        return None
    for tool, pattern in _PATTERNS:
        match = pattern.match(line)
        if match:
            test_id = match["id"][:MAX_ID]
            return MentionedTest(test_id, func_of(tool, test_id), _OUTCOMES[match["result"]])
    return None


def _go_json(line: str) -> MentionedTest | None:
    """Return the result in a line of `go test -json`."""
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    action, test, package = event.get("Action"), event.get("Test"), event.get("Package")
    if action not in ("pass", "fail", "skip") or not isinstance(test, str):
        return None
    func = func_of("go", test)
    return MentionedTest(
        test[:MAX_ID], f"{package}.{func}"[:MAX_ID] if isinstance(package, str) else func, _OUTCOMES[action]
    )


def func_of(tool: str, test_id: str) -> str | None:
    """Return the function of a test, such as `tests.test_pay:TestPay.test_card` for the node id of pytest."""
    if tool == "pytest":
        path, found, rest = test_id.partition("::")
        if not found or not path.endswith(".py"):
            return None
        module = path.removesuffix(".py").replace("/", ".").replace("\\", ".").strip(".")
        return f"{module}:{rest.partition('[')[0].replace('::', '.')}"[:MAX_ID]
    if tool == "go":
        return test_id.partition("/")[0]
    if tool == "cargo":
        return test_id
    if tool == "gradle":
        suite, _, name = test_id.partition(" > ")
        return qualified(f"{suite}.{name}")
    return qualified(test_id)


def qualified(dotted: str) -> str | None:
    """Return `com.acme:PayTest.card` for `com.acme.PayTest.card(visa)`: the first name in upper case is a class.

    Without a class, the last name is the function. None if it is not a dotted name.
    """
    name = dotted.partition("(")[0].partition("[")[0]
    parts = name.split(".")
    if len(parts) < 2 or not all(part.replace("$", "_").replace("+", "_").isidentifier() for part in parts):
        return None
    at = next((number for number, part in enumerate(parts) if part[0].isupper()), len(parts) - 1)
    module, rest = ".".join(parts[:at]), ".".join(parts[at:])
    return (f"{module}:{rest}" if module else rest)[:MAX_ID]
