"""Reads TAP 13 and 14 (Test Anything Protocol), as node --test, Test::More, bats and tape print it.

A subtest is indented by 4 spaces and followed by the test point that sums it up. Only tests without subtests are
results, unless the sum fails although every subtest passed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from logloop.results.model import (
    MAX_ID,
    MAX_TESTS,
    SEPARATOR,
    InvalidResults,
    Outcome,
    Result,
    Results,
    clean,
    exception_in,
    seconds,
)

MAX_DEPTH = 50
INDENT = 4
MAX_LINES = 2_000
"""Lines of a YAML block that are kept."""
MAX_COMMENTS = 20_000
"""Characters of comments on a failed test that are kept, to the end of a line."""
_POINT = re.compile(r"(?P<not>not )?ok\b(?: +(?P<number>\d{1,9})\b)?(?: +- +| +)?(?P<rest>.*)")
_DIRECTIVE = re.compile(r"(?:^|\s)#\s*(?P<name>skip|todo)(?P<more>\S*)\s*(?P<reason>.*)$", re.IGNORECASE)
_PLAN = re.compile(r"1\.\.(?P<count>\d{1,9})\s*(?:#\s*(?P<reason>.*))?$")
_SUMMARY = re.compile(r"# (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms|failed|ok)\b")
_FIELD = re.compile(r"(?P<indent> *)(?P<name>[A-Za-z_]\w*): *(?P<value>.*)$")
_QUOTED = re.compile(r"'((?:[^']|'')*)'|\"(.*)\"")


@dataclass(slots=True)
class _Level:
    """A stream of test points: that of the file, or of a subtest."""

    results: list[Result] = field(default_factory=list)
    points: int = 0
    planned: int | None = None


class _Reader:
    def __init__(self) -> None:
        self.levels = [_Level()]
        self.found = 0
        self.bailed: str | None = None
        self._yaml: list[str] | None = None
        self._yaml_end = ""
        self._place: tuple[list[Result], int] | None = None
        self._after_point = False

    def line(self, line: str) -> None:
        if self._yaml is not None:
            self._in_yaml(line, self._yaml)
            return
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        after_point, self._after_point = self._after_point, False
        if text.rstrip() == "---" and after_point:
            self._yaml, self._yaml_end = [], " " * indent + "..."
        elif text.startswith("Bail out!"):
            self.bailed = self.bailed or text.removeprefix("Bail out!").strip() or "no reason given"
        elif found := _PLAN.match(text):
            self._level(indent).planned = int(found["count"])
        elif found := _POINT.match(text):
            self._point(indent, found)
        elif text.startswith("#") and not text.startswith("# Subtest") and not _SUMMARY.match(text):
            self._comment(text)

    def _level(self, indent: int) -> _Level:
        depth = indent // INDENT
        if depth > MAX_DEPTH:
            raise InvalidResults(f"subtests are nested more than {MAX_DEPTH} levels deep")
        while len(self.levels) <= depth:
            self.levels.append(_Level())
        return self.levels[depth]

    def _point(self, indent: int, found: re.Match[str]) -> None:
        level = self._level(indent)
        self.found += 1
        if self.found > MAX_TESTS:
            raise InvalidResults(f"there are more than {MAX_TESTS:,} results; split the file")
        level.points += 1
        result = _result(found, level.points)
        below = [item for deeper in self.levels[indent // INDENT + 1 :] for item in deeper.results]
        del self.levels[indent // INDENT + 1 :]
        for item in below:
            name = f"{result.test_id}{SEPARATOR}{item.test_id}"[: 4 * MAX_ID]
            tolerated = item.outcome == "failed" and result.outcome == "xfailed"
            level.results.append(replace(item, test_id=name, outcome="xfailed" if tolerated else item.outcome))
        explained = result.outcome != "failed" or any(item.fails for item in below)
        self._place, self._after_point = None, True
        if not below or not explained:
            self._place = level.results, len(level.results)
            level.results.append(result)

    def _in_yaml(self, line: str, block: list[str]) -> None:
        if line.rstrip() != self._yaml_end:
            if len(block) < MAX_LINES:
                block.append(line)
            return
        self._yaml = None
        if self._place is not None:
            results, at = self._place
            results[at] = _explained(results[at], block)

    def _comment(self, text: str) -> None:
        if self._place is None:
            return
        results, at = self._place
        last, line = results[at], clean(text.removeprefix("#").strip())
        said = last.stacktrace or ""
        if last.outcome == "failed" and len(said) < MAX_COMMENTS:
            results[at] = replace(last, stacktrace=f"{said}\n{line}".strip("\n"), reason=last.reason or line)


def _result(found: re.Match[str], position: int) -> Result:
    rest, reason = found["rest"], ""
    failed = found["not"] is not None
    outcome: Outcome = "failed" if failed else "passed"
    directive = _DIRECTIVE.search(rest)
    if directive is not None:
        rest, reason = rest[: directive.start()], directive["reason"].strip()
        if directive["name"].lower() == "skip":
            outcome = "skipped"
        elif not directive["more"]:
            outcome = "xfailed" if failed else "xpassed"
    name = re.sub(r"\\([\\#])", r"\1", clean(rest).strip())
    return Result(name or f"test {found['number'] or position}", outcome, reason=clean(reason))


def _explained(result: Result, block: Sequence[str]) -> Result:
    """Return a result with what its YAML block says."""
    fields = _fields(block)
    duration_s = seconds(fields.get("duration_ms"), 0.001)
    if result.outcome not in {"failed", "xfailed"}:
        return replace(result, duration_s=duration_s)
    text = fields.get("error") or fields.get("message") or ""
    kind, message = exception_in(text)
    return replace(
        result,
        duration_s=duration_s,
        reason=text.strip() or result.reason,
        kind=kind if kind is not None else _class_name(fields.get("name")),
        stacktrace=clean("\n".join(block)) if message or block else result.stacktrace,
    )


def _class_name(text: str | None) -> str | None:
    return text if text and re.fullmatch(r"[A-Za-z_][\w.$]*", text) else None


def _fields(block: Sequence[str]) -> dict[str, str]:
    """Return the scalars at the top of a YAML block. Block scalars (`|-`) keep their lines."""
    fields: dict[str, list[str]] = {}
    lines: list[str] | None = None
    top: int | None = None
    for line in block:
        found = _FIELD.match(line)
        if found and (top is None or len(found["indent"]) <= top):
            top = len(found["indent"])
            value = clean(found["value"].strip())
            is_block = not value or value[0] in "|>"
            lines = [] if is_block else None
            fields[found["name"]] = [_unquoted(value)] if lines is None else lines
        elif lines is not None:
            lines.append(clean(line.strip()))
    return {name: "\n".join(said).strip() for name, said in fields.items()}


def _unquoted(value: str) -> str:
    found = _QUOTED.fullmatch(value)
    if found is None:
        return value
    return found[1].replace("''", "'") if found[1] is not None else found[2]


def read(data: bytes) -> Results:
    """Return the results in TAP output. Other lines are skipped. Raises InvalidResults.

    `Bail out!` and planned tests that did not run are results with the outcome error.
    """
    reader = _Reader()
    for line in data.decode("utf-8-sig", "replace").splitlines():
        reader.line(line)
    top = reader.levels[0]
    if not reader.found and top.planned is None and reader.bailed is None:
        raise InvalidResults("there is no TAP in it: no line begins with ok, not ok or a plan such as 1..3")
    results = Results("tap")
    for level in reader.levels:
        for result in level.results:
            results.add(result)
    if reader.bailed is not None:
        results.add(Result("Bail out!", "error", reason=clean(reader.bailed)))
    elif top.planned is not None and top.planned > top.points:
        reason = f"{top.points} of {top.planned} planned tests ran"
        results.add(Result(f"plan 1..{top.planned}", "error", reason=reason))
    return results
