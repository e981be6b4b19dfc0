"""Endpoints that compare failed tests with green runs, and group the failures of a run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from logloop_chassis.auth.dependencies import CurrentPrincipal
from logloop_chassis.auth.principal import require
from logloop_chassis.http.parameters import ProjectParam, problems
from logloop_chassis.http.problems import NotFound, TooManyRequests
from pydantic import BaseModel, Field

from logloop_analyzer.analysis.failed_tests import ComparedTest, ExplainedRun, TooManyComparisons
from logloop_analyzer.comparison import alignment, difference
from logloop_analyzer.comparison.attempts import AttemptLine
from logloop_analyzer.comparison.check_file import check_file, file_name
from logloop_analyzer.comparison.history import Attempt
from logloop_analyzer.comparison.signature import sentence
from logloop_analyzer.comparison.verdict import Verdict
from logloop_analyzer.errors import AnalysisError
from logloop_analyzer.http.dependencies import Services
from logloop_analyzer.http.previews import problem_of

router = APIRouter(prefix="/api/v1/analyzer", tags=["tests"])
_RUN_ID = "^[0-9a-f]{32}$"


class ComparedLine(BaseModel):
    """A log of a run."""

    log_id: str
    timestamp: datetime
    service_id: str
    severity: str
    message: str


class ComparedRow(BaseModel):
    """A line of the green run beside one of this run; one of them may be null."""

    mark: Literal["same", "value", "new", "missing", "varies", "report"] = Field(
        description="value: another text than in every green run. new: in no green run. missing: in every green run, "
        "and not in this one. varies: also differs among the green runs. report: written by the test runner."
    )
    green: ComparedLine | None
    run: ComparedLine | None


class Step(BaseModel):
    """One place at which this run differs from every green run."""

    kind: Literal["new", "missing", "value", "order"]
    service_id: str
    text: str = Field(
        description="The difference in a sentence.",
        examples=[
            "payment: after 'timed out', the green runs continue with 'trying pay-us'; this run logs nothing more."
        ],
    )
    after: ComparedLine | None = Field(description="The line before it. null: there is none in the service.")
    expected: ComparedLine | None = Field(description="What green runs log. null: nothing more.")
    instead: ComparedLine | None = Field(description="What this run logs. null: nothing more.")


class Outcome(BaseModel):
    """One outcome of the test."""

    test_run_id: str = Field(description="The run, readable under /api/v1/test-runs.")
    run_id: str
    outcome: str = Field(examples=["failed"])
    at: datetime
    duration_s: float | None
    commit: str | None
    branch: str | None
    log_id: str


class FailureVerdict(BaseModel):
    """What kind of failure it is. It follows from outcomes alone."""

    kind: Literal["passed", "infrastructure", "flaky", "regressed", "unknown"]
    reason: str = Field(examples=["it has failed 3 times in a row since commit 4f1c2ab and passed on 91be07d"])
    settle: str | None = Field(description="The run that would settle what is open.")
    first_bad_commit: str | None
    last_good_commit: str | None


class FailureSignature(BaseModel):
    """What a failure is recognised by. Failures with one signature have one cause."""

    id: str = Field(examples=["9f2c41d07be3a516"])
    title: str


class GeneratedChecks(BaseModel):
    """A test that checks the logs of this test. It fails on this run and passes on the green ones."""

    file_name: str = Field(examples=["test_logs_of_charge.py"])
    code: str = Field(description="Source of a pytest file; the plugin `logloop` runs it.")
    violations: list[str] = Field(description="What it finds in this run.")
    green_runs: int = Field(description="Green runs that it passes on.")


class TestComparison(BaseModel):
    """An outcome of a test beside its last green runs."""

    project_id: str
    test_id: str
    subject: Outcome
    greens: list[Outcome] = Field(description="The green runs it is compared with, newest first; at most 5.")
    verdict: FailureVerdict
    signature: FailureSignature | None = Field(description="null: the test did not fail.")
    first_difference: Step | None
    differences: list[Step] = Field(description="Every step that no green run has, the earliest first.")
    rows: list[ComparedRow] = Field(description="The lines of the newest green run beside those of this run.")
    generated: GeneratedChecks | None
    not_generated: str | None = Field(description="Why no check is offered.")


class FailureGroup(BaseModel):
    """Failures of a run that have one signature."""

    signature: FailureSignature
    verdict: FailureVerdict = Field(description="Of the first of the tests.")
    tests: list[str]


class RunFailures(BaseModel):
    """The failures of a run by signature, the largest group first."""

    test_run_id: str
    run_id: str
    commit: str | None
    branch: str | None
    failed: int
    decided: int = Field(description="Outcomes that passed or failed.")
    compared: int = Field(description="Failed tests whose logs were compared with green runs; at most 40.")
    groups: list[FailureGroup]


@router.get(
    "/test-comparison",
    summary="Compare a test with its green runs",
    operation_id="test_comparison_read",
    responses=problems(404, 409, 429),
)
async def compare(
    project_id: ProjectParam,
    test_id: Annotated[
        str, Query(min_length=1, max_length=512, description="The test.", examples=["tests/test_pay.py::test_card"])
    ],
    services: Services,
    principal: CurrentPrincipal,
    response: Response,
    test_run_id: Annotated[
        str | None, Query(pattern=_RUN_ID, description="The run to compare; without it the newest failure.")
    ] = None,
) -> TestComparison:
    """Show what a run of a test did differently from its last green runs, and what kind of failure it is."""
    require(principal, "read", project_id)
    response.headers["Cache-Control"] = "no-store"
    try:
        found = await services.failed_tests.compare(project_id, test_id, test_run_id)
    except TooManyComparisons as error:
        raise TooManyRequests("too many comparisons at once; try again in a moment", retry_after=2) from error
    except AnalysisError as error:
        raise problem_of(error) from error
    if found is None:
        where = "in that run" if test_run_id else "yet"
        raise NotFound(f"the test has no outcome {where}; list its outcomes with GET /api/v1/test-history")
    return _comparison(project_id, found)


@router.get(
    "/test-runs/{test_run_id}/failures",
    summary="Group the failures of a run",
    operation_id="test_run_failures_read",
    responses=problems(404, 409, 429),
)
async def failures(
    test_run_id: Annotated[str, Path(pattern=_RUN_ID, examples=["5f2b8c1e9a7d4f60b3c2a1908e7d6f54"])],
    project_id: ProjectParam,
    services: Services,
    principal: CurrentPrincipal,
    response: Response,
) -> RunFailures:
    """Group the failed tests of a run by what went wrong first, with a verdict for each group."""
    require(principal, "read", project_id)
    response.headers["Cache-Control"] = "no-store"
    try:
        found = await services.failed_tests.explain_run(project_id, test_run_id)
    except TooManyComparisons as error:
        raise TooManyRequests("too many comparisons at once; try again in a moment", retry_after=2) from error
    except AnalysisError as error:
        raise problem_of(error) from error
    if found is None:
        raise NotFound(f"there is no test run {test_run_id!r} in this project; list them with GET /api/v1/test-runs")
    return _failures(found)


def _comparison(project_id: str, found: ComparedTest) -> TestComparison:
    test_id, proposed = found.subject.test_id, found.proposed
    generated = None
    if proposed.checks:
        generated = GeneratedChecks(
            file_name=file_name(test_id),
            code=check_file(test_id, proposed.checks),
            violations=list(proposed.violations),
            green_runs=len(found.greens),
        )
    return TestComparison(
        project_id=project_id,
        test_id=test_id,
        subject=_outcome(found.subject),
        greens=[_outcome(item) for item in found.greens],
        verdict=_verdict(found.verdict),
        signature=FailureSignature(id=found.signature.id, title=found.signature.title) if found.signature else None,
        first_difference=_step(found.first) if found.first else None,
        differences=_steps(found.deviations),
        rows=[_row(row) for row in found.rows],
        generated=generated,
        not_generated=proposed.reason,
    )


def _failures(found: ExplainedRun) -> RunFailures:
    run = found.run
    return RunFailures(
        test_run_id=run.id,
        run_id=run.run_id,
        commit=run.commit,
        branch=run.branch,
        failed=run.failed,
        decided=run.decided,
        compared=found.compared,
        groups=[
            FailureGroup(
                signature=FailureSignature(id=group.signature.id, title=group.signature.title),
                verdict=_verdict(group.verdict),
                tests=[item.test_id for item in group.tests],
            )
            for group in found.groups
        ],
    )


def _outcome(item: Attempt) -> Outcome:
    return Outcome(**{name: getattr(item, name) for name in Outcome.model_fields})


def _verdict(verdict: Verdict) -> FailureVerdict:
    return FailureVerdict(**{name: getattr(verdict, name) for name in FailureVerdict.model_fields})


def _steps(found: Sequence[difference.Deviation]) -> list[Step]:
    return [_step(item) for item in found]


def _step(item: difference.Deviation) -> Step:
    return Step(
        kind=item.kind,
        service_id=item.service_id,
        text=sentence(item),
        after=_line(item.after),
        expected=_line(item.expected),
        instead=_line(item.instead),
    )


def _row(row: alignment.Row) -> ComparedRow:
    return ComparedRow(mark=row.mark, green=_line(row.green), run=_line(row.run))


def _line(line: AttemptLine | None) -> ComparedLine | None:
    if line is None:
        return None
    log = line.log
    return ComparedLine(
        log_id=log.id,
        timestamp=log.timestamp,
        service_id=log.service_id,
        severity=log.severity,
        message=log.message,
    )
