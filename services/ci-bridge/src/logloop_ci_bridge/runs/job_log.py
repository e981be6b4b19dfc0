"""The output of a CI job as log lines: timestamps, commands, colours, steps, tests and severities.

It must not fetch or publish. Lines follow the format of GitHub's job logs; a line it cannot read is kept as it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from logloop_contracts.log_entry import MAX_MESSAGE_BYTES, Severity

from logloop_ci_bridge.github.gateway import Annotation, Job, Step
from logloop_ci_bridge.runs.reported_tests import TestMention, TestNames

_TIMED = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z ?(.*)$", re.DOTALL)
_COMMAND = re.compile(r"^(?:##\[(\w+)\]|\[(command)\])(.*)$", re.DOTALL)
_WORKFLOW_COMMAND = re.compile(r"^::(error|warning|notice|debug|group|endgroup)(?: ([^:]*))?::(.*)$", re.DOTALL)
# CSI and OSC sequences, then what is left of control characters but the tab.
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
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


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
    """A job's lines in their order, remarks and the end of the job, and which tests failed."""

    lines: tuple[CiLine, ...]
    ending: tuple[CiLine, ...]
    failed_tests: tuple[str, ...]


def parse_job(job: Job, raw: bytes | None, annotations: Sequence[Annotation] = ()) -> ParsedJob:
    """Parse a job's whole output; `raw` None when GitHub has none."""
    text = (raw or b"").decode("utf-8", "replace").removeprefix("\ufeff")
    plain = [_timed(line) for line in text.split("\n")]
    names = TestNames.of(clean for _, clean in plain)
    remarks = {remark.message.strip(): remark for remark in annotations}
    lines = tuple(_lines(job, plain, names, remarks))
    ending = (*_left_remarks(job, annotations, lines), _job_end(job, lines))
    return ParsedJob(lines, ending, tuple(names.failed))


def clean_text(text: str) -> str:
    """Text without colours and control characters; of a line redrawn with carriage returns, the last drawing."""
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
    """Which step a line belongs to. Steps start at whole seconds, so a step's first line decides within one."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = sorted(
            (step for step in steps if step.started_at and step.conclusion != "skipped"), key=lambda step: step.number
        )
        self._at = 0

    def at(self, moment: datetime, line: str) -> str | None:
        """The step's name."""
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
    job: Job, plain: Sequence[tuple[datetime | None, str]], names: TestNames, remarks: dict[str, Annotation]
) -> Iterator[CiLine]:
    steps = _Steps(job.steps)
    moment = job.started_at or _OLDEST
    group: str | None = None
    for number, (stamp, text) in enumerate(plain, start=1):
        moment = stamp or moment
        step = steps.at(moment, text)
        command, message = _command(text)
        if command == "endgroup":
            group = None
        if command == "group":
            group = message[:200] or None
        if not message.strip() or command == "endgroup":
            continue
        mention = names.mention(message)
        extra = _extra(command, group, mention, remarks.get(message.strip()))
        severity = _severity(command, message, mention)
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


def _extra(
    command: str | None, group: str | None, mention: TestMention | None, remark: Annotation | None
) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if command:
        extra["ci.command"] = command
    if group:
        extra["ci.group"] = group
    if mention and mention.outcome:
        extra["ci.test_outcome"] = mention.outcome
    if remark and remark.path:
        extra |= {"ci.file": remark.path, "ci.file_line": remark.line}
    return extra


def _severity(command: str | None, message: str, mention: TestMention | None) -> Severity:
    if command in _LEVELS:
        return _LEVELS[command]
    if command in ("group", "command", "section"):
        return Severity.INFO
    if mention and mention.outcome == "failed" and _ERROR_LINE.match(message):
        return Severity.ERROR
    stamped = _LEVEL_AFTER_TIME.match(message)
    if stamped:
        return _WORD_LEVELS[stamped[1]]
    if _ERROR_LINE.match(message) or message.rstrip().endswith((" FAILED", "... FAILED")):
        return Severity.ERROR
    if message.lstrip().startswith("--- FAIL: "):
        return Severity.ERROR
    return Severity.WARN if _WARN_LINE.match(message) else Severity.INFO


def _pieces(message: str) -> Iterator[str]:
    """A message in pieces that a log entry may hold."""
    for start in range(0, len(message), _PIECE):
        yield message[start : start + _PIECE]


def _left_remarks(job: Job, annotations: Sequence[Annotation], lines: Sequence[CiLine]) -> Iterator[CiLine]:
    """Annotations that no line shows."""
    shown = {line.message.strip() for line in lines}
    for remark in annotations:
        if not remark.message.strip() or remark.message.strip() in shown:
            continue
        place = f"{remark.path}:{remark.line}: " if remark.path and remark.line else ""
        yield CiLine(
            0,
            _end_of(job, lines),
            _LEVELS.get(remark.level, Severity.INFO),
            f"{place}{clean_text(remark.message)}"[:_PIECE],
            extra={"ci.annotation": remark.level, "ci.file": remark.path, "ci.file_line": remark.line},
        )


def _job_end(job: Job, lines: Sequence[CiLine]) -> CiLine:
    bad = [step.name for step in job.steps if step.conclusion == "failure"]
    conclusion = job.conclusion or "unknown"
    took = ""
    if job.started_at and job.completed_at:
        took = f" after {(job.completed_at - job.started_at).total_seconds():.0f} s"
    where = f" in step {', '.join(bad)}" if bad else ""
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
    return job.completed_at or (lines[-1].timestamp if lines else job.started_at or _OLDEST)
