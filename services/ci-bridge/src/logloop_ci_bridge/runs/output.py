"""The output of a run in parts that conditions and comparisons read: lines, annotations, tests, steps and outputs."""

import re
from collections.abc import Iterable, Iterator, Sequence

from logloop_contracts.log_entry import Severity
from pydantic import BaseModel, Field

from logloop_ci_bridge.github.gateway import Job
from logloop_ci_bridge.runs.job_log import CiLine, ParsedJob
from logloop_ci_bridge.runs.problem_matchers import MatcherDraft, Matching

MAX_LINES = 5_000
MAX_TEXT = 1_000
MAX_LINES_TEXT = 2_000_000
"""Characters of all lines of a run together."""
MAX_ANNOTATIONS, MAX_ITEMS = 2_000, 5_000
"""With the lines, they stay below the 16 MB of a document of MongoDB, whatever a program prints."""
MAX_OUTPUTS, MAX_OUTPUT_TEXT = 200, 4_096
_LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}
_EXIT_CODE = re.compile(r"Process completed with exit code (\d{1,9})\.")


class OutputLine(BaseModel):
    """A line of a job."""

    job: str
    step: str | None = None
    number: int
    severity: Severity
    text: str
    group: str | None = None
    test_id: str | None = None


class OutputAnnotation(BaseModel):
    """A message of a job, in most cases about a place in a file."""

    job: str
    level: str = Field(examples=["failure"])
    message: str
    path: str | None = None
    line: int | None = None
    title: str | None = None
    source: str = Field(description="`github`, or the owner of the problem matcher that found it.")


class OutputTest(BaseModel):
    """The result of a test."""

    job: str
    test_id: str
    func_id: str | None = None
    outcome: str = Field(examples=["failed"])


class OutputStep(BaseModel):
    """A step of a job."""

    job: str
    number: int
    name: str
    conclusion: str | None = None
    exit_code: int | None = Field(None, description="Null when it is unknown, or when the step did not run.")


class RunOutput(BaseModel):
    """What the jobs of one attempt of a run printed and reported."""

    lines: list[OutputLine] = Field(default_factory=list, description="The last lines; see lines_left_out.")
    lines_left_out: int = Field(0, description="Lines before those, which are only in the logs.")
    annotations: list[OutputAnnotation] = Field(default_factory=list)
    tests: list[OutputTest] = Field(default_factory=list)
    steps: list[OutputStep] = Field(default_factory=list)
    coverage: float | None = Field(None, description="Percentage in the last summary of coverage.")
    outputs: dict[str, str] = Field(
        default_factory=dict, description="What steps wrote to GITHUB_OUTPUT. GitHub does not report it."
    )

    def add(self, job: Job, parsed: ParsedJob) -> None:
        """Add a job."""
        self.lines += [_line(job, line) for line in parsed.lines[-MAX_LINES:]]
        self.lines_left_out += max(0, len(parsed.lines) - MAX_LINES)
        self._drop_old_lines()
        self.annotations += _annotations(job, (*parsed.lines, *parsed.ending))
        del self.annotations[MAX_ANNOTATIONS:]
        self.tests += _tests(job, parsed)
        del self.tests[MAX_ITEMS:]
        summaries = (line.extra.get("ci.coverage") for line in reversed(parsed.lines))
        self.coverage = next((found for found in summaries if found is not None), self.coverage)
        self.steps += _steps(job, parsed.lines)
        del self.steps[MAX_ITEMS:]
        for name, value in job.outputs.items():
            if name in self.outputs or len(self.outputs) < MAX_OUTPUTS:
                self.outputs[name] = value[:MAX_OUTPUT_TEXT]

    def _drop_old_lines(self) -> None:
        kept = size = 0
        for line in reversed(self.lines):
            size += len(line.text)
            if size > MAX_LINES_TEXT or kept == MAX_LINES:
                break
            kept += 1
        self.lines_left_out += len(self.lines) - kept
        self.lines = self.lines[len(self.lines) - kept :]

    @property
    def failed_step(self) -> OutputStep | None:
        """The first step that failed."""
        return next((step for step in self.steps if step.conclusion in ("failure", "timed_out")), None)


def _line(job: Job, line: CiLine) -> OutputLine:
    return OutputLine(
        job=job.name,
        step=line.step,
        number=line.number,
        severity=line.severity,
        text=line.message[:MAX_TEXT],
        group=line.extra.get("ci.group"),
        test_id=line.test_id,
    )


def _annotations(job: Job, lines: Iterable[CiLine]) -> Iterator[OutputAnnotation]:
    for line in lines:
        level = line.extra.get("ci.annotation") or _LEVELS.get(line.extra.get("ci.command", ""))
        if level is not None and not _EXIT_CODE.match(line.message):
            yield OutputAnnotation(
                job=job.name,
                level=level,
                message=line.extra.get("ci.problem", line.message)[:MAX_TEXT],
                path=line.extra.get("ci.file"),
                line=line.extra.get("ci.file_line"),
                title=line.extra.get("ci.title", line.extra.get("ci.code")),
                source=line.extra.get("ci.matcher", "github"),
            )


def matched_again(output: RunOutput, matcher: MatcherDraft) -> list[OutputAnnotation]:
    """Return what a matcher finds in stored output, as if it applied to all of it."""
    found, job, matching = list[OutputAnnotation](), None, Matching(())
    for line in output.lines:
        if line.job != job:
            job, matching = line.job, Matching([matcher.model_copy(update={"file": None})])
        problem = matching.feed(line.text)
        if problem is not None and len(found) < MAX_ANNOTATIONS:
            found.append(
                OutputAnnotation(
                    job=line.job,
                    level=problem.level,
                    message=problem.message[:MAX_TEXT],
                    path=problem.path,
                    line=problem.line,
                    title=problem.code,
                    source=problem.owner,
                )
            )
    return found


def _tests(job: Job, parsed: ParsedJob) -> Iterator[OutputTest]:
    for test in parsed.tests:
        if test.outcome is not None:
            yield OutputTest(job=job.name, test_id=test.test_id, func_id=test.func_id, outcome=test.outcome)


def _steps(job: Job, lines: Sequence[CiLine]) -> list[OutputStep]:
    """Return the steps of a job with their exit codes, which only the log has."""
    steps = [
        OutputStep(
            job=job.name,
            number=step.number,
            name=step.name,
            conclusion=step.conclusion,
            exit_code=0 if step.conclusion == "success" else None,
        )
        for step in job.steps
    ]
    for line in lines:
        code = _EXIT_CODE.match(line.message) if line.extra.get("ci.command") == "error" else None
        if code is not None:
            _set_exit_code(steps, line.step, int(code[1]))
    return steps


def _set_exit_code(steps: Sequence[OutputStep], name: str | None, code: int) -> None:
    """Set the exit code of the step with a name, else of a failed one. A step that may fail is a success."""
    named = [step for step in steps if step.name == name] or [step for step in steps if step.conclusion == "failure"]
    found = min(named, key=lambda step: step.conclusion != "failure" or step.exit_code is not None, default=None)
    if found is not None:
        found.exit_code = code
