"""The values of a run and of its output that conditions may read."""

from typing import Any

from logloop_contracts.conditions.names import ITEM_FIELDS
from pydantic import BaseModel

from logloop_ci_bridge.runs.output import RunOutput
from logloop_ci_bridge.runs.run import Run

UNKNOWN_EXIT_CODE = -1
UNKNOWN_COVERAGE = -1.0


def run_values(run: Run) -> dict[str, Any]:
    """Return the values of a run. `hop` is -1 for a run that Logloop did not start."""
    return {
        "run.id": run.run_id,
        "run.repository": run.repository,
        "run.workflow": run.workflow or "",
        "run.name": run.name or "",
        "run.conclusion": run.conclusion or "",
        "run.attempt": run.attempt,
        "run.hop": -1 if run.hop is None else run.hop,
        "run.log_count": run.log_count,
        "run.failed_jobs": run.failed_jobs,
        "run.failed_tests": run.failed_tests,
        "run.pipeline": run.pipeline_id or "",
        "run.rule": run.rule_id or "",
    }


def output_values(output: RunOutput) -> dict[str, Any]:
    """Return the values of the output of a run. `step` is the first step that failed."""
    step = output.failed_step
    exit_code = 0 if step is None else step.exit_code
    return {
        "out.lines": [_item("out.lines", line) for line in output.lines],
        "out.annotations": [_item("out.annotations", annotation) for annotation in output.annotations],
        "out.tests.failed": [test.test_id for test in output.tests if test.outcome == "failed"],
        "out.coverage": UNKNOWN_COVERAGE if output.coverage is None else output.coverage,
        "step.name": step.name if step else "",
        "step.job": step.job if step else "",
        "step.exit_code": UNKNOWN_EXIT_CODE if exit_code is None else exit_code,
        "outputs": dict(output.outputs),
    }


def _item(name: str, item: BaseModel) -> dict[str, str | int]:
    """Return the fields of an item that conditions may read; an absent one is empty, an absent line 0."""
    values = item.model_dump(mode="json", include=set(ITEM_FIELDS[name]))
    return {key: (0 if key == "line" else "") if value is None else value for key, value in values.items()}
