"""Parses the output of a CI job: timestamps, commands, colours, steps, tests and severities.

Lines have the format of GitHub's job logs; a line in another format is kept as it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from logloop_contracts.log_entry import MAX_MESSAGE_BYTES, Severity

from logloop_ci_bridge.github.gateway import Annotation, Job, Step
from logloop_ci_bridge.runs.problem_matchers import MatcherDraft, Matching, Problem
from logloop_ci_bridge.runs.reported_tests import ReportedTests, coverage_of
from logloop_ci_bridge.runs.result_lines import MentionedTest

_TIMED = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z ?(.*)$", re.DOTALL)
_COMMAND = re.compile(r"^(?:##\[(\w+|add-matcher)\]|\[(command)\])(.*)$", re.DOTALL)
_WORKFLOW_COMMAND = re.compile(r"^::(error|warning|notice|debug|group|endgroup)(?: ([^:]*))?::(.*)$", re.DOTALL)
# CSI and OSC sequences, then the other control characters except the tab.
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LEVELS = {
    "error": Severity.ERROR,
    "failure": Severity.ERROR,
    "warning": Severity.WARN,
    "notice": Severity.INFO,
    "debug": Severity.DEBUG,
}
_ERROR_LINE = re.compile(
    r"^(?:\[?(?:ERROR|FATAL|CRITICAL|SEVERE)\b|FAILED\b|E {3}|npm ERR!|error(?:\[\w+\])?: |\w*(?:Error|Exception): "
    r"|Traceback \(most recent call last\)|panic: |fatal: )"
)
_WARN_LINE = re.compile(r"^(?:\[?(?:WARN|WARNING)\b|warning(?:\[\w+\])?: |npm WARN)", re.IGNORECASE)
_LEVEL_AFTER_TIME = re.compile(r"^[\d:.,TZ/+ -]{8,35}\s*[\[|]?\s*(ERROR|FATAL|CRITICAL|WARN|WARNING|INFO|DEBUG)\b")
_WORD_LEVELS = {
    "ERROR": Severity.ERROR,
    "FATAL": Severity.ERROR,
    "CRITICAL": Severity.ERROR,
    "WARN": Severity.WARN,
    "WARNING": Severity.WARN,
    "INFO": Severity.INFO,
    "DEBUG": Severity.DEBUG,
}
_PIECE = MAX_MESSAGE_BYTES // 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CiLine:
    """One line of a job. `number` counts the raw lines from 1."""

    number: int
    timestamp: datetime
    severity: Severity
    message: str
    step: str | None = None
    test_id: str | None = None
    func_id: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedJob:
    """The lines of a job in order, the annotations and end of the job as lines, and the results of tests."""

    lines: tuple[CiLine, ...]
    ending: tuple[CiLine, ...]
    tests: tuple[MentionedTest, ...]

    @property
    def failed_tests(self) -> tuple[str, ...]:
        """The ids of the tests that failed."""
        return tuple(test.test_id for test in self.tests if test.outcome == "failed")


def parse_job(
    job: Job,
    raw: bytes | None,
    annotations: Sequence[Annotation] = (),
    matchers: Sequence[MatcherDraft] = (),
) -> ParsedJob:
    """Parse the whole output of a job. `raw` is None when GitHub does not have it."""
    text = (raw or b"").decode("utf-8", "replace").removeprefix("\ufeff")
    plain = [_timed(line) for line in text.split("\n")]
    tests = ReportedTests.of(clean for _, clean in plain)
    by_message = {annotation.message.strip(): annotation for annotation in annotations}
    lines = tuple(_lines(job, plain, tests, by_message, Matching(matchers)))
    ending = (*_unseen_annotations(job, annotations, lines), _job_end(job, lines))
    return ParsedJob(lines, ending, tuple(tests.results.values()))


def clean_text(text: str) -> str:
    """Return text without colours and control characters; of a line redrawn with carriage returns, the last state."""
    text = _ANSI.sub("", text.rstrip("\r"))
    if "\r" in text:
        text = next((part for part in reversed(text.split("\r")) if part.strip()), "")
    return _CONTROL.sub("", text)


def _timed(line: str) -> tuple[datetime | None, str]:
    match = _TIMED.match(line.removeprefix("\ufeff"))
    if match is None:
        return None, clean_text(line)
    second, fraction, rest = match.groups()
    try:
        moment = datetime.fromisoformat(f"{second}.{(fraction or '0')[:6]:0<6}+00:00")
    except ValueError:
        return None, clean_text(line)
    return moment, clean_text(rest)


class _Steps:
    """Finds the step of a line.

    Start times of steps are whole seconds, so within that second the step begins with its first line.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = sorted(
            (step for step in steps if step.started_at and step.conclusion != "skipped"), key=lambda step: step.number
        )
        self._at = 0

    def at(self, moment: datetime, line: str) -> str | None:
        """Return the name of the step."""
        while self._at + 1 < len(self._steps) and self._begins(self._steps[self._at + 1], moment, line):
            self._at += 1
            if _opens_step(line):
                break
        return self._steps[self._at].name if self._steps else None

    @staticmethod
    def _begins(following: Step, moment: datetime, line: str) -> bool:
        assert following.started_at is not None
        second = moment.replace(microsecond=0)
        return second > following.started_at or (second == following.started_at and _opens_step(line))


def _opens_step(line: str) -> bool:
    return line.startswith(("##[group]Run ", "Post job cleanup.", "Cleaning up orphan processes"))


def _lines(
    job: Job,
    plain: Sequence[tuple[datetime | None, str]],
    tests: ReportedTests,
    by_message: dict[str, Annotation],
    matching: Matching,
) -> Iterator[CiLine]:
    steps = _Steps(job.steps)
    moment = job.started_at or _EPOCH
    group: str | None = None
    for number, (stamp, text) in enumerate(plain, start=1):
        moment = stamp or moment
        step = steps.at(moment, text)
        problem = matching.feed(text)
        command, message = _command(text)
        if command == "endgroup":
            group = None
        if command == "group":
            group = message[:200] or None
        if not message.strip() or command == "endgroup":
            continue
        mention = tests.mention(message)
        extra = _extra(command, group, mention, by_message.get(message.strip()), message)
        if problem is not None:
            extra |= _of_problem(problem)
        severity = _severity(problem.level if problem else command, message, mention)
        for piece in _pieces(message):
            yield CiLine(
                number,
                moment,
                severity,
                piece,
                step,
                mention.test_id if mention else None,
                mention.func_id if mention else None,
                extra,
            )


def _command(text: str) -> tuple[str | None, str]:
    match = _COMMAND.match(text)
    if match:
        return match[1] or match[2], match[3]
    match = _WORKFLOW_COMMAND.match(text.lstrip())
    if match:
        message: str = match[3]
        return match[1], message.replace("%0A", "\n").replace("%0D", "").replace("%25", "%")
    return None, text


def _of_problem(problem: Problem) -> dict[str, Any]:
    """Return the attributes of a line in which a problem matcher found something."""
    found = {
        "ci.annotation": problem.level,
        "ci.matcher": problem.owner,
        "ci.problem": problem.message,
        "ci.code": problem.code,
        "ci.file": problem.path,
        "ci.file_line": problem.line,
    }
    return {name: value for name, value in found.items() if value is not None}


def _extra(
    command: str | None,
    group: str | None,
    mention: MentionedTest | None,
    annotation: Annotation | None,
    message: str,
) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if command:
        extra["ci.command"] = command
    if group:
        extra["ci.group"] = group
    if mention and mention.outcome:
        extra["ci.test_outcome"] = mention.outcome
    coverage = coverage_of(message)
    if coverage is not None:
        extra["ci.coverage"] = coverage
    if annotation and annotation.path:
        extra |= {"ci.file": annotation.path, "ci.file_line": annotation.line}
    if annotation and annotation.title:
        extra["ci.title"] = annotation.title
    return extra


def _severity(command: str | None, message: str, mention: MentionedTest | None) -> Severity:
    if command in _LEVELS:
        return _LEVELS[command]
    if command in ("group", "command", "section"):
        return Severity.INFO
    if mention and mention.outcome == "failed":
        return Severity.ERROR
    stamped = _LEVEL_AFTER_TIME.match(message)
    if stamped:
        return _WORD_LEVELS[stamped[1]]
    if _ERROR_LINE.match(message) or message.rstrip().endswith((" FAILED", "... FAILED")):
        return Severity.ERROR
    return Severity.WARN if _WARN_LINE.match(message) else Severity.INFO


def _pieces(message: str) -> Iterator[str]:
    """Split a message into pieces that fit a log entry."""
    for start in range(0, len(message), _PIECE):
        yield message[start : start + _PIECE]


def _unseen_annotations(job: Job, annotations: Sequence[Annotation], lines: Sequence[CiLine]) -> Iterator[CiLine]:
    """Annotations whose message is not among the lines."""
    shown = {line.message.strip() for line in lines} | {line.extra.get("ci.problem") for line in lines}
    for annotation in annotations:
        if not annotation.message.strip() or annotation.message.strip() in shown:
            continue
        place = f"{annotation.path}:{annotation.line}: " if annotation.path and annotation.line else ""
        yield CiLine(
            0,
            _end_of(job, lines),
            _LEVELS.get(annotation.level, Severity.INFO),
            f"{place}{clean_text(annotation.message)}"[:_PIECE],
            extra={
                "ci.annotation": annotation.level,
                "ci.file": annotation.path,
                "ci.file_line": annotation.line,
                "ci.title": annotation.title,
            },
        )


def _job_end(job: Job, lines: Sequence[CiLine]) -> CiLine:
    failed = [step.name for step in job.steps if step.conclusion == "failure"]
    conclusion = job.conclusion or "unknown"
    took = ""
    if job.started_at and job.completed_at:
        took = f" after {(job.completed_at - job.started_at).total_seconds():.0f} s"
    where = f" in step {', '.join(failed)}" if failed else ""
    severity = {"failure": Severity.ERROR, "timed_out": Severity.ERROR, "cancelled": Severity.WARN}.get(
        conclusion, Severity.INFO
    )
    return CiLine(
        0,
        _end_of(job, lines),
        severity,
        f"job {job.name}: {conclusion}{took}{where}",
        extra={"ci.job_conclusion": conclusion},
    )


def _end_of(job: Job, lines: Sequence[CiLine]) -> datetime:
    return job.completed_at or (lines[-1].timestamp if lines else job.started_at or _EPOCH)
