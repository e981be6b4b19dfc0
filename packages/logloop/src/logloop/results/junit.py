"""Reads JUnit XML, as Surefire, Gradle, pytest, jest-junit and many others write it.

The file is read as a stream. A document type is refused, so no entity can expand or name another file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from logloop.results.model import FAILING, SEPARATOR, InvalidResults, Outcome, Result, Results, clean, moment, seconds

MAX_DEPTH = 200
_OWN: dict[str, Outcome] = {"failure": "failed", "error": "error", "skipped": "skipped"}
_EARLIER: dict[str, Outcome] = {"flakyFailure": "failed", "flakyError": "error"}
_LATER: dict[str, Outcome] = {"rerunFailure": "failed", "rerunError": "error"}
_PROBLEMS = {**_OWN, **_EARLIER, **_LATER}
_STREAMS = {"system-out": "stdout", "system-err": "stderr"}
_TEXTS = _PROBLEMS.keys() | _STREAMS.keys() | {"stackTrace"}


@dataclass(slots=True)
class _Problem:
    tag: str
    kind: str | None
    message: str
    text: str = ""
    output: list[tuple[str, str]] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        if self.tag == "skipped" and self.kind == "pytest.xfail":
            return "xfailed"
        return _PROBLEMS[self.tag]


@dataclass(slots=True)
class _Case:
    test_id: str
    duration_s: float | None
    skipped: bool
    problems: list[_Problem] = field(default_factory=list)
    output: list[tuple[str, str]] = field(default_factory=list)


class _Suite:
    """A test suite. Its tests are taken to run one after the other from its timestamp on."""

    def __init__(self, name: str, started_at: datetime | None) -> None:
        self.name = name
        self.started_at = started_at
        self._passed_s = 0.0

    def end_of(self, duration_s: float | None) -> datetime | None:
        self._passed_s += duration_s or 0.0
        if self.started_at is None:
            return None
        try:
            return self.started_at + timedelta(seconds=self._passed_s)
        except OverflowError:
            return None


class _Target:
    """Receives the events of the XML parser."""

    def __init__(self) -> None:
        self.results = Results("junit")
        self._depth = 0
        self._suites: list[_Suite] = []
        self._case: _Case | None = None
        self._problem: _Problem | None = None
        self._texts: list[list[str]] = []

    def doctype(self, *_declaration: str | None) -> None:
        raise InvalidResults("the XML has a document type, which results of tests do not need; remove <!DOCTYPE …>")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = _local(tag)
        self._depth += 1
        if self._depth == 1 and name not in {"testsuites", "testsuite"}:
            raise InvalidResults(f"the XML begins with <{name[:40]}>, not with <testsuites> or <testsuite>")
        if self._depth > MAX_DEPTH:
            raise InvalidResults(f"the elements are nested more than {MAX_DEPTH} levels deep")
        if name in {"testsuites", "testsuite"}:
            self._start_suite(attributes)
        elif name == "testcase":
            self._case = _case(attributes, [suite.name for suite in self._suites])
        elif name in _PROBLEMS:
            self._problem = _Problem(name, attributes.get("type"), attributes.get("message", ""))
            if self._case is not None:
                self._case.problems.append(self._problem)
        if name in _TEXTS:
            self._texts.append([])

    def _start_suite(self, attributes: Mapping[str, str]) -> None:
        around = self._suites[-1].started_at if self._suites else None
        started_at = moment(attributes.get("timestamp")) or around
        self._suites.append(_Suite(attributes.get("name", "").strip(), started_at))
        if started_at is not None:
            self.results.started_at = min(self.results.started_at or started_at, started_at)

    def data(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def end(self, tag: str) -> None:
        name = _local(tag)
        self._depth -= 1
        text = clean("".join(self._texts.pop())) if name in _TEXTS else ""
        if name in _STREAMS:
            self._output().append((_STREAMS[name], text))
        elif name in _TEXTS and self._problem is not None:
            self._problem.text = text if text.strip() else self._problem.text
            if name in _PROBLEMS:
                self._end_problem(self._problem)
        elif name == "testcase" and self._case is not None:
            self._add(self._case, self._suites[-1])
            self._case = self._problem = None
        elif name in {"testsuites", "testsuite"}:
            self._suites.pop()

    def _end_problem(self, problem: _Problem) -> None:
        """Report a problem of a whole suite, such as a fixture that failed."""
        self._problem = None
        if self._case is None and problem.outcome in FAILING:
            suite = self._suites[-1]
            case = _Case(suite.name or "test suite", None, skipped=False)
            self.results.add(_failed(case, problem, suite.end_of(None), retried=False))

    def _output(self) -> list[tuple[str, str]]:
        if self._problem is not None:
            return self._problem.output
        return self.results.output if self._case is None else self._case.output

    def _add(self, case: _Case, suite: _Suite) -> None:
        ended_at = suite.end_of(case.duration_s)
        own = next((problem for problem in case.problems if problem.tag in _OWN), None)
        for problem in (item for item in case.problems if item.tag in _EARLIER):
            self.results.add(_failed(case, problem, ended_at, retried=True))
        later = [problem for problem in case.problems if problem.tag in _LATER]
        if own is None:
            outcome: Outcome = "skipped" if case.skipped else "passed"
            output = tuple(case.output)
            self.results.add(
                Result(case.test_id, outcome, ended_at=ended_at, duration_s=case.duration_s, output=output)
            )
        else:
            self.results.add(_failed(case, own, ended_at, retried=bool(later), output=case.output))
        for number, problem in enumerate(later, 1):
            self.results.add(_failed(case, problem, ended_at, retried=number < len(later)))


def _case(attributes: Mapping[str, str], suites: Sequence[str]) -> _Case:
    name, group = attributes.get("name", "").strip(), attributes.get("classname", "").strip()
    if group == "test":  # node --test writes this for every test
        test_id = SEPARATOR.join([*filter(None, suites), name])
    else:
        test_id = name if group in {"", name} else f"{group}.{name}"
    skipped = attributes.get("status", "").lower() in {"skipped", "disabled", "notrun", "ignored"}
    return _Case(test_id, seconds(attributes.get("time")), skipped)


def _failed(
    case: _Case,
    problem: _Problem,
    ended_at: datetime | None,
    *,
    retried: bool,
    output: list[tuple[str, str]] | None = None,
) -> Result:
    """Return the result of an attempt that failed or was skipped."""
    message = clean(problem.message) or problem.text.strip().partition("\n")[0]
    fails = problem.outcome in FAILING
    own = problem.tag in _OWN
    return Result(
        case.test_id,
        problem.outcome,
        retried=retried,
        ended_at=ended_at,
        duration_s=case.duration_s if own else None,
        reason=message,
        kind=clean(problem.kind) if fails and problem.kind else None,
        stacktrace=problem.text if fails and problem.text.strip() else None,
        output=(*(output or ()), *problem.output),
    )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def read(data: bytes) -> Results:
    """Return the results in JUnit XML. Raises InvalidResults."""
    target: Any = _Target()
    parser = ET.XMLParser(target=target)  # noqa: S314 - the target refuses document types
    try:
        parser.feed(data)
        parser.close()
    except InvalidResults:
        raise
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InvalidResults(f"the XML is not well-formed: {error}") from error
    found: Results = target.results
    return found
