"""Reads the output of `go test -json`, also with what compilers print between its lines.

Tests without subtests are results, and those that fail although no subtest failed. A package that fails for another
reason (it does not build, it panics, TestMain exits) is a result with the outcome error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from logloop.results.model import InvalidResults, Outcome, Result, Results, clean, moment, seconds

MAX_OUTPUT = 100_000
_ENDS: dict[str, Outcome] = {"pass": "passed", "bench": "passed", "fail": "failed", "skip": "skipped"}
_FRAME = re.compile(r"\s*(?:=== (?:RUN|PAUSE|CONT|NAME)\b|--- (?:PASS|FAIL|SKIP|BENCH): )")
_SUMMARY = re.compile(r"(?:FAIL|PASS|ok)\b|exit status \d+|coverage: ")
_PLACE = re.compile(r"\s*[\w.-]+\.go:\d+: ?")
_UNBUILT = ("[build failed]", "[setup failed]")


@dataclass(slots=True)
class _Test:
    """A test, or a package (`name` is empty), while it runs."""

    package: str
    name: str
    lines: list[str] = field(default_factory=list)
    size: int = 0
    started_at: datetime | None = None
    outcome: Outcome | None = None

    def print(self, text: str) -> None:
        if self.size < MAX_OUTPUT:
            self.lines.append(text[: MAX_OUTPUT - self.size])
            self.size += len(text)

    def text(self) -> str:
        """Return what the test itself printed."""
        kept = "".join(line for line in self.lines if not _FRAME.match(line) and not _SUMMARY.match(line))
        return clean(kept).strip("\n")


class _Reader:
    def __init__(self) -> None:
        self.results = Results("go")
        self.events = 0
        self._running: dict[tuple[str, str], _Test] = {}
        self._failed: set[tuple[str, str]] = set()
        self._parents: set[tuple[str, str]] = set()
        self._builds: dict[str, _Test] = {}
        self._compiler = _Test("", "")

    def line(self, line: str) -> None:
        try:
            event = json.loads(line) if line.startswith("{") else None
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict) or not isinstance(event.get("Action"), str):
            self._compiler.print(f"{line}\n")
            return
        self.events += 1
        self._event(event)

    def _event(self, event: dict[str, Any]) -> None:
        action, output = event["Action"], event.get("Output")
        if action == "build-output":
            name = str(event.get("ImportPath"))
            self._builds.setdefault(name, _Test(name, "")).print(str(output))
            return
        package, name = _text(event.get("Package")), _text(event.get("Test"))
        key = package, name
        test = self._running.setdefault(key, _Test(package, name))
        at = moment(event.get("Time"))
        if at is not None:
            test.started_at = test.started_at or at
            self.results.started_at = min(self.results.started_at or at, at)
        if action == "run":
            self._parents.update((package, parent) for parent in _parents(name))
        elif action == "output" and isinstance(output, str):
            test.print(output)
        elif action in _ENDS:
            self._running.pop(key)
            self._end(test, _ENDS[action], at, event)

    def _end(self, test: _Test, outcome: Outcome, at: datetime | None, event: dict[str, Any]) -> None:
        duration_s = seconds(event.get("Elapsed"))
        if not test.name:
            self._end_package(test, outcome, at, event)
            return
        below = (test.package, test.name) in self._failed
        if outcome == "failed":
            above = {(test.package, parent) for parent in ("", *_parents(test.name))}
            self._failed |= above
        if (test.package, test.name) in self._parents and (outcome != "failed" or below):
            return
        self._add(test, outcome, at, duration_s)

    def _add(self, test: _Test, outcome: Outcome, at: datetime | None, duration_s: float | None) -> None:
        text = test.text()
        fails = outcome in {"failed", "error"}
        panic = next((line for line in text.splitlines() if line.startswith("panic: ")), None)
        first = next((line for line in text.splitlines() if line.strip()), "")
        reason = panic.removeprefix("panic: ") if panic else _PLACE.sub("", first, count=1).strip()
        self.results.add(
            Result(
                f"{test.package}.{test.name}".strip(".") or "go test",
                outcome,
                ended_at=at,
                duration_s=duration_s,
                reason=reason if outcome != "passed" else "",
                kind="panic" if panic and fails else None,
                stacktrace=text if fails and text else None,
                output=(("stdout", text),) if text and not fails else (),
            )
        )

    def _end_package(self, test: _Test, outcome: Outcome, at: datetime | None, event: dict[str, Any]) -> None:
        unfinished = [item for (package, name), item in self._running.items() if package == test.package and name]
        for item in unfinished:
            del self._running[item.package, item.name]
            if (item.package, item.name) not in self._parents:
                item.print("the test did not end")
                self._failed.add((test.package, ""))
                self._add(item, "error", at, None)
        if outcome != "failed" or (test.package, "") in self._failed:
            return
        build = self._builds.get(_text(event.get("FailedBuild")))
        printed = "".join(test.lines)
        if build is None and any(mark in printed for mark in _UNBUILT):
            build, self._compiler = self._compiler, _Test("", "")
        if build is not None:
            test.lines[:0] = build.lines
        self._add(test, "error", at, seconds(event.get("Elapsed")))

    def finish(self) -> None:
        """Report what was running when the output ended."""
        for test in list(self._running.values()):
            if test.name and (test.package, test.name) not in self._parents:
                test.print("the output ends before the test")
                self._add(test, "error", None, None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _parents(name: str) -> Iterator[str]:
    """Yield the tests around a subtest: `TestA/b/c` is in `TestA` and `TestA/b`."""
    at = name.find("/")
    while at > 0:
        yield name[:at]
        at = name.find("/", at + 1)


def read(data: bytes) -> Results:
    """Return the results in the output of `go test -json`. Raises InvalidResults."""
    reader = _Reader()
    for line in data.decode("utf-8-sig", "replace").splitlines():
        reader.line(line)
    if not reader.events:
        raise InvalidResults("there is no line of `go test -json` in it; run go test with -json")
    reader.finish()
    return reader.results
